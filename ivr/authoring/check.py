"""What only the whole tree shows: ways that lead nowhere, slots that nobody fills."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping

import yaml

from ivr.authoring import grammar
from ivr.authoring.source import Source, nearest
from ivr.dialogue.forms import slot_type
from ivr.dialogue.tree import (
    KEY_WORDS,
    TARGETS,
    AskPart,
    EndPart,
    FormPart,
    MemberPart,
    MenuPart,
    Part,
    RecordPart,
    Reply,
    SayPart,
    Text,
    TransferPart,
    Tree,
)
from ivr.rail.answers import LIST, QuerySpec
from ivr.speech import placeholders
from ivr.speech.reading import LABEL

_BRACKET = re.compile(r"\[[^\[\]]*\]")

#: A text, the slots it may name with their types, and those of them that may have no value.
Spoken = tuple[Text, Mapping[str, str], frozenset[str]]
_NONE: frozenset[str] = frozenset()
_NO_QUERY = QuerySpec("", {}, {})
#: The type of a slot that is a list, where a reply says how its entries are read.
TOLD = "told"


def check(sources: Iterable[Source], tree: Tree, places: Mapping[str, tuple[Source, yaml.Node]]) -> None:
    """Note the faults that need the whole tree. ``places``: part → where it stands."""
    for word in (*TARGETS, *KEY_WORDS):
        if word in places:
            source, place = places[word]
            source.fault(
                place, grammar.taken_name, f"'{word}' means something already; give the part another name"
            )
    for source in sources:
        for node, target in source.targets:
            if target not in places and target not in TARGETS and target.strip("<>") not in source.missing:
                source.fault(
                    node,
                    grammar.missing_target,
                    f"there is no part '{target}'; {_nearest_part(source, target, places)}",
                )
    for name, part in tree.parts.items():
        source, place = places[name]
        _check_slots(source, tree, part, place)


def _nearest_part(source: Source, target: str, places: Iterable[str]) -> str:
    own = [name.removeprefix(f"{source.prefix}.") for name in places] if source.prefix else list(places)
    words = difflib.get_close_matches(target, TARGETS, n=1, cutoff=0.75)  # agian is again, agent is not
    return nearest(target, [*own, *words])


def _check_slots(source: Source, tree: Tree, part: Part, place: yaml.Node) -> None:
    told = set()  # a reply may do for several outcomes
    for text, slots, optional in texts_of(tree, part):
        for language, words in text.items():
            for slot, why in _unfilled(words, slots, optional):
                if (id(text), language, slot) not in told:
                    told.add((id(text), language, slot))
                    what = f"part '{part.name}' ({language}) names {{{slot}}}"
                    source.fault(place, grammar.unfilled_slot, f"{what}, {why}")


def _unfilled(words: str, slots: Mapping[str, str], optional: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The slots that cannot be filled there, and why."""
    for slot in placeholders(words):
        if slot not in slots:
            yield slot, f"which has no value there; {nearest(slot, slots)}"
        elif slots[slot] == LIST:
            yield slot, f"a list; say how an entry is read: lists: {{{slot}: …}}"
    for slot in placeholders(_BRACKET.sub("", words)):
        if slot in optional:
            yield slot, f"which may have no value; put it in brackets: […{{{slot}}}…]"


def texts_of(tree: Tree, part: Part) -> Iterator[Spoken]:
    """Every text of a part."""
    facts = dict(tree.facts)
    for text in _plain_texts(part):
        yield text, facts, _NONE
    if isinstance(part, FormPart):
        yield from _texts_of_form(facts, part)
    elif isinstance(part, AskPart):
        yield from _texts_of_answers(part.replies, part.ask, facts)
    elif isinstance(part, MemberPart):
        yield from _texts_of_answers(part.replies, _NO_QUERY, {**facts, part.staff: "digits"})
    elif isinstance(part, (TransferPart, RecordPart)):
        yield from _texts_of_answers(part.replies, _NO_QUERY, facts)


def _plain_texts(part: Part) -> Iterator[Text]:
    """The texts of a part that may name facts of the call only."""
    texts: tuple[Text | None, ...] = ()
    if isinstance(part, SayPart):
        texts = (part.text,)
    elif isinstance(part, MenuPart):
        texts = (part.intro, part.outro, *(option.label for option in part.options))
    elif isinstance(part, TransferPart):
        texts = (part.say, *(option.label for option in part.options))
    elif isinstance(part, (RecordPart, EndPart)):
        texts = (part.say,)
    yield from (text for text in texts if text is not None)


def _texts_of_form(facts: Mapping[str, str], form: FormPart) -> Iterator[Spoken]:
    slots = {**facts, **{field.name: slot_type(field) for field in form.fields}}
    for field in form.fields:
        yield field.prompt, {**slots, "label": LABEL}, _NONE
        if field.last is not None:
            yield field.last, {"last": slot_type(field), "key": "key"}, _NONE
    checked = form.check or _NO_QUERY
    fine = next(iter(checked.outcomes), "")
    if form.read_back is not None:
        yield form.read_back, {**slots, **checked.outcomes.get(fine, {})}, _optional(checked, fine)
    yield from _texts_of_answers(form.replies, _either(form.ask, checked), slots)


def _either(ask: QuerySpec, checked: QuerySpec) -> QuerySpec:
    """What may answer a form: its query, or what was asked before the read-back; so a reply has the slots of both."""
    outcomes = {
        outcome: {name: kind for name, kind in slots.items() if name in checked.outcomes.get(outcome, slots)}
        for outcome, slots in ask.outcomes.items()
    }
    return QuerySpec(ask.name, {}, outcomes, ask.items, ask.optional | checked.optional, lists=ask.lists)


def _texts_of_answers(
    replies: Mapping[str, Reply], spec: QuerySpec, slots: Mapping[str, str]
) -> Iterator[Spoken]:
    for outcome, reply in replies.items():
        read = dict.fromkeys(reply.lists, TOLD)
        said = {**slots, **spec.outcomes.get(outcome, {})}
        each = {**said, **spec.items.get(outcome, {})}
        optional = _optional(spec, outcome)
        of_items = optional | _optional(spec, "items")
        if reply.say is not None:
            yield reply.say, _as(read, said), optional
        if reply.each is not None:
            yield reply.each, _as(read, each), of_items
        for name, entry in reply.lists.items():
            around = each if name in spec.items.get(outcome, {}) else said
            own = spec.lists[name]
            yield entry, {**around, **own}, of_items - {*own} | _optional(spec, name)


def _as(kinds: Mapping[str, str], slots: Mapping[str, str]) -> dict[str, str]:
    return {name: kinds.get(name, kind) for name, kind in slots.items()}


def _optional(spec: QuerySpec, place: str) -> frozenset[str]:
    return frozenset(name.split(".")[1] for name in spec.optional if name.startswith(f"{place}."))
