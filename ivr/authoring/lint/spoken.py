"""Every text of a tree with the place where it stands, and every prompt as a caller hears it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import yaml

from ivr.authoring.form_reader import FIELD_TYPES
from ivr.authoring.lint.reading import Place, Reading, at
from ivr.authoring.source import Source
from ivr.dialogue.tree import (
    AskPart,
    EndPart,
    FormPart,
    MemberPart,
    MenuPart,
    RecordPart,
    Reply,
    SayPart,
    Text,
    TransferPart,
)

#: The keys under which texts stand.
_TEXTS = frozenset(["say", "each", "intro", "outro", "label", "read_back", "prompt", "last", "record"])
_LABELS = frozenset(FIELD_TYPES) - {"choice"}
#: So many entries a list within an item is taken for: most trains have three classes or fewer.
_ENTRIES = 3

#: A source, the node of a text in one language, the language, the words.
Found = tuple[Source, yaml.Node, str, str]


def texts(reading: Reading) -> Iterator[Found]:
    """Every text as it stands in the files, parameters filled in, fragments not."""
    languages = reading.tree.languages
    for source, root in reading.roots:
        for top in ("fragments", "words"):
            for _, node in _pairs(at(root, top)):
                yield from _in_languages(source, node, languages)
        for _, part in _pairs(at(root, "parts")):
            yield from _within(source, part, _TEXTS, languages)
    yield from reading.translations.texts()


def _pairs(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return [(key.value, value) for key, value in pairs if isinstance(key, yaml.ScalarNode)]


def _within(
    source: Source, node: yaml.Node, keys: frozenset[str], languages: tuple[str, ...]
) -> Iterator[Found]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _within(source, item, keys, languages)
    for key, value in _pairs(node):
        if key == "fields":
            for _, field in _pairs(value):
                yield from _within(source, field, _TEXTS | _LABELS, languages)
        elif key == "lists":
            for _, entry in _pairs(value):
                yield from _in_languages(source, entry, languages)
        elif key in keys and (
            not isinstance(value, yaml.MappingNode) or {key for key, _ in _pairs(value)} & {*languages}
        ):
            yield from _in_languages(source, value, languages)
        else:
            yield from _within(source, value, keys, languages)


def _in_languages(source: Source, node: yaml.Node, languages: tuple[str, ...]) -> Iterator[Found]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _in_languages(source, item, languages)
    elif isinstance(node, yaml.MappingNode):
        for language, value in _pairs(node):
            if language in languages and isinstance(value, yaml.ScalarNode) and value.value.strip():
                yield source, value, language, source.word(value, "")
    elif node.value.strip():
        yield source, node, languages[0], source.word(node, "")


# --- prompts -------------------------------------------------------------------------------------

#: Where a prompt stands, what it is, language → all its words.
Prompt = tuple[Source, yaml.Node, str, Mapping[str, str]]


def prompts(reading: Reading) -> Iterator[Prompt]:
    """Everything a caller hears in one piece, as long as it can become."""
    for name, part in reading.tree.parts.items():
        if isinstance(part, MenuPart):
            options = [option.label for option in part.options]
            said = [part.intro, *_listed(reading, options), part.outro]
            yield _prompt(reading, reading.place(name), f"menu '{name}'", said)
        elif isinstance(part, SayPart):
            yield _prompt(reading, reading.place(name, "say"), f"part '{name}'", [part.text])
        elif isinstance(part, (TransferPart, EndPart, RecordPart)) and part.say:
            key = "record" if isinstance(part, RecordPart) else "say"
            yield _prompt(reading, reading.place(name, key), f"part '{name}'", [part.say])
        if isinstance(part, TransferPart) and part.options:
            told = _listed(reading, [option.label for option in part.options])
            yield _prompt(reading, reading.place(name, "keys"), f"the keys of '{name}'", told)
        if isinstance(part, FormPart):
            yield from _of_form(reading, part)
        if isinstance(part, (FormPart, AskPart, MemberPart, TransferPart, RecordPart)):
            yield from _of_answers(reading, name, part.replies)


def _of_form(reading: Reading, form: FormPart) -> Iterator[Prompt]:
    for field in form.fields:
        said = [field.last, field.prompt, *_listed(reading, [choice.label for choice in field.choices])]
        place = reading.place(form.name, "form", "fields", field.name)
        yield _prompt(reading, place, f"field '{field.name}'", said)
    if form.read_back is not None:
        yield _prompt(
            reading, reading.place(form.name, "form", "read_back"), "the read-back", [form.read_back]
        )


def _of_answers(reading: Reading, name: str, replies: Mapping[str, Reply]) -> Iterator[Prompt]:
    for outcome, reply in replies.items():
        place = reading.place(name, "answers", outcome)
        if place == reading.places[name]:
            continue  # it is not written: "one" is taken from "many"
        item = [reply.each, *[entry for entry in reply.lists.values() for _ in range(_ENTRIES)]]
        said = [reply.say, *(item * reply.at_a_time if reply.each else [])]
        yield _prompt(reading, place, f"answer '{outcome}'", said)


def _listed(reading: Reading, labels: list[Text]) -> list[Text]:
    option = reading.tree.sentence("option")
    return [
        {language: words.replace("{label}", label.get(language, "")) for language, words in option.items()}
        for label in labels
    ]


def _prompt(reading: Reading, place: Place, what: str, said: Sequence[Text | None]) -> Prompt:
    whole = {
        language: " ".join(text[language] for text in said if text and language in text)
        for language in reading.tree.languages
    }
    return (*place, what, whole)
