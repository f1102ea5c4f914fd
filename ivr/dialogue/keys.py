"""What each key would do where a call stands: for people who write or rehearse menus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ivr.dialogue.forms import CANDIDATES_AT_A_TIME, CONFIRM_KEY, LAST_KEY
from ivr.dialogue.replies import NEXT_KEY
from ivr.dialogue.session import Session
from ivr.dialogue.tree import AskPart, FormPart, MenuPart, Text, Tree


@dataclass(frozen=True)
class KeyMeaning:
    """``key``: one key, or ``keys`` for an input of several. ``to``: the part or word it leads to, "" when it stays in
    the part. ``label``: what it stands for."""

    key: str
    to: str = ""
    label: str = ""


def key_meanings(tree: Tree, session: Session) -> list[KeyMeaning]:
    """The keys that mean something in the input that ``session`` waits for, those of everywhere last."""
    part = tree.parts[session.part]
    found: list[KeyMeaning] = []
    if session.phase == "menu" and isinstance(part, MenuPart):
        found = [KeyMeaning(o.digit, o.go, _words(o.label, tree, session)) for o in part.options]
    elif session.phase == "items" and isinstance(part, (FormPart, AskPart)):
        after = part.replies[session.answer["outcome"]].then
        found = [KeyMeaning(NEXT_KEY, label="more"), KeyMeaning("#", after)]
    elif isinstance(part, FormPart):
        found = _in_form(tree, session, part)
    taken = {meaning.key for meaning in found}
    everywhere = [KeyMeaning(key, to) for key, to in tree.keys_of(part).items() if key not in taken]
    return found + everywhere


def _in_form(tree: Tree, session: Session, form: FormPart) -> list[KeyMeaning]:
    field = form.fields[session.field_index]
    label = _words(field.label, tree, session)
    if session.phase == "confirm":
        filled = [f for f in form.fields if f.name in session.values]
        return [KeyMeaning(CONFIRM_KEY, label=f"ask {form.ask.name}")] + [
            KeyMeaning(str(number), label=f"change {_words(f.label, tree, session)}")
            for number, f in enumerate(filled, 2)
        ]
    if session.phase == "choose":
        rest = session.candidates[session.page :]
        found = [
            KeyMeaning(str(number), label=_candidate(value, session.language))
            for number, value in enumerate(rest[:CANDIDATES_AT_A_TIME], 1)
        ]
        more = [KeyMeaning("*", label="more")] if len(session.candidates) > CANDIDATES_AT_A_TIME else []
        return [*found, *more, KeyMeaning("#", label=f"{label} again")]
    if field.choices:
        return [KeyMeaning(c.digit, label=_words(c.label, tree, session)) for c in field.choices]
    last = session.recalled.get(field.name) if field.last else None
    offered = [KeyMeaning(LAST_KEY, label=_candidate(last, session.language))] if last else []
    least = "" if field.min_keys == field.max_keys else f"{field.min_keys} to "
    return [*offered, KeyMeaning("keys", label=f"{label}, {least}{field.max_keys} keys")]


def _candidate(value: Any, language: str) -> str:
    return str(value.get(language) or value["zh"]) if isinstance(value, dict) else str(value)


def _words(text: Text, tree: Tree, session: Session) -> str:
    return next((text[name] for name in (session.language, *tree.languages) if text.get(name)), "")
