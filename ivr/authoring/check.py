"""What only the whole tree shows: ways that lead nowhere, slots that nobody fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from ivr.authoring.source import Source, nearest
from ivr.dialogue.tree import (
    TARGETS,
    AskPart,
    EndPart,
    FormPart,
    MemberPart,
    MenuPart,
    Part,
    Reply,
    SayPart,
    Text,
    TransferPart,
    Tree,
)
from ivr.speech import placeholders

QUEUES = ("operator",)


def check(source: Source, tree: Tree, places: Mapping[str, yaml.Node]) -> None:
    """Note the faults that need the whole tree. ``places``: part → where it stands."""
    known = [*places, *TARGETS]
    for node, target in source.targets:
        if target not in known:
            source.fault(node, f"there is no part '{target}'; {nearest(target, known)}")
    for name, part in tree.parts.items():
        if isinstance(part, TransferPart) and part.queue not in QUEUES:
            source.fault(places[name], f"there is no queue '{part.queue}'; {nearest(part.queue, QUEUES)}")
        _check_slots(source, tree, part, places[name])


def _check_slots(source: Source, tree: Tree, part: Part, place: yaml.Node) -> None:
    for text, slots in texts_of(tree, part):
        for language, words in text.items():
            for slot in placeholders(words):
                if slot not in slots:
                    hint = nearest(slot, slots)
                    source.fault(
                        place,
                        f"part '{part.name}' ({language}) names {{{slot}}}, which has no value there; {hint}",
                    )


def texts_of(tree: Tree, part: Part) -> Iterator[tuple[Text, Mapping[str, str]]]:
    """Every text of a part with the slots it may name: ``(text, slot → type)``."""
    facts = dict(tree.facts)
    for text in _plain_texts(part):
        yield text, facts
    if isinstance(part, FormPart):
        yield from _texts_of_form(facts, part)
    elif isinstance(part, AskPart):
        for outcome, reply in part.replies.items():
            slots = {**facts, **part.ask.outcomes.get(outcome, {})}
            yield from _texts_of_reply(reply, slots, part.ask.items.get(outcome, {}))
    elif isinstance(part, MemberPart):
        for reply in part.replies.values():
            yield from _texts_of_reply(reply, {**facts, part.staff: "digits"}, {})
    elif isinstance(part, TransferPart):
        for reply in part.replies.values():
            yield from _texts_of_reply(reply, facts, {})


def _plain_texts(part: Part) -> Iterator[Text]:
    """The texts of a part that may name facts of the call only."""
    texts: tuple[Text | None, ...] = ()
    if isinstance(part, SayPart):
        texts = (part.text,)
    elif isinstance(part, MenuPart):
        texts = (part.intro, part.outro, *(option.label for option in part.options))
    elif isinstance(part, (TransferPart, EndPart)):
        texts = (part.say,)
    yield from (text for text in texts if text is not None)


def _texts_of_form(facts: Mapping[str, str], form: FormPart) -> Iterator[tuple[Text, Mapping[str, str]]]:
    from ivr.dialogue.forms import slot_type

    slots = {**facts, **{field.name: slot_type(field) for field in form.fields}}
    for field in form.fields:
        yield field.prompt, {**slots, "label": "text"}
    if form.read_back is not None:
        yield form.read_back, slots
    for outcome, reply in form.replies.items():
        answer = {**slots, **form.ask.outcomes.get(outcome, {})}
        yield from _texts_of_reply(reply, answer, form.ask.items.get(outcome, {}))


def _texts_of_reply(
    reply: Reply, slots: Mapping[str, str], item: Mapping[str, str]
) -> Iterator[tuple[Text, Mapping[str, str]]]:
    if reply.say is not None:
        yield reply.say, slots
    if reply.each is not None:
        yield reply.each, {**slots, **item}
