"""Forms: fields one after the other, a choice when several fit, a read-back, a query.

A lone ``#`` goes one field back, from the first field to the menu. In the read-back a wrong field is asked
again for itself only. A form's ``check`` is asked before the read-back: what it knows is read back too.
"""

from __future__ import annotations

from typing import Any

from ivr.dialogue import replies
from ivr.dialogue.entries import ENTRIES
from ivr.dialogue.events import Answered, Digits, Event
from ivr.dialogue.tree import Field, FormPart
from ivr.dialogue.turn import Turn, argument
from ivr.rail.answers import Answer
from ivr.rail.queries import OFFERED, QUERIES

CONFIRM_KEY = "1"
#: Candidates that are read at a time: what people keep in mind.
CANDIDATES_AT_A_TIME = 4

_SLOT_TYPES = {
    "station": "named",
    "city": "named",
    "train": "train",
    "operated_train": "train",
    "booking_train": "train",
    "seat_class": "named",
    "date": "date",
    "resident_id": "document",
    "id_tail": "document",
    "booking_number": "grouped",
    "digits": "digits",
    "choice": "named",
}


def slot_type(field: Field) -> str:
    """How a field's value is read aloud."""
    return _SLOT_TYPES[field.type]


def begin_form(turn: Turn, form: FormPart) -> None:
    """Begin with the first field and nothing filled in."""
    turn.change(values={}, answer={}, amending=False)
    _ask_field(turn, form, 0)


def _form(turn: Turn) -> FormPart:
    if not isinstance(turn.part, FormPart):
        raise TypeError(f"{turn.part.name} is not a form")
    return turn.part


def _asked_for(turn: Turn, field: Field) -> bool:
    """Whether the form asks for the field, given the values so far."""
    values = turn.session.values
    return all(name in values and argument(values[name][1]) in wanted for name, wanted in field.only)


def _ask_field(turn: Turn, form: FormPart, index: int) -> None:
    field = form.fields[index]
    turn.change(field_index=index, candidates=[], page=0, misses={})
    if field.type in OFFERED:
        _look_up(turn, form, field, "")
        return
    turn.mark_question()
    turn.say(field.prompt, {**turn.slots(), "label": turn.label(field.label)})
    for choice in field.choices:
        turn.word("option", label=turn.label(choice.label), key=("key", choice.digit))
    turn.gather("field", field.max_keys, private=field.private)


def field_keys(turn: Turn, event: Event) -> None:
    """Keys, or none, for a field."""
    form = _form(turn)
    field = form.fields[turn.session.field_index]
    tries = field.tries or form.tries
    if not isinstance(event, Digits):
        turn.miss(tries, "no_input")
        return
    keys = event.keys
    if keys == "" and turn.tree.keys.get("#") == "back" and _one_field_back(turn, form):
        return
    if any(choice.digit == keys for choice in field.choices):
        _accept(turn, form, _chosen(field, keys))
    elif turn.pressed_global(keys):
        return
    elif keys == "" or not _takes(field, keys) or field.choices:
        turn.miss(tries, "no_match")
    elif len(keys) < field.min_keys:
        turn.miss(tries, "partial")
    elif field.lookup:
        _look_up(turn, form, field, keys)
    elif field.type in ENTRIES:
        entry = ENTRIES[field.type]
        value = entry.read(keys, turn.now.date())
        if value is None:
            turn.miss(tries, "no_match", word=entry.slip)
        else:
            _accept(turn, form, value)
    else:
        _accept(turn, form, keys)


def _takes(field: Field, keys: str) -> bool:
    """Whether the field is for such keys at all: digits, and in some ``*``."""
    entry = ENTRIES.get(field.type)
    return (keys.replace("*", "0") if entry is not None and entry.star else keys).isdigit()


def _look_up(turn: Turn, form: FormPart, field: Field, keys: str) -> None:
    """Ask what the keys mean, given the form's values so far where the query takes them."""
    keyed = turn.session.keyed
    before = {name: keyed[other] for name, other in form.given.keyed.items() if other in keyed}
    fields = {**before, **turn.session.values}
    known = {**form.given.words, **{name: argument(value) for name, (_, value) in fields.items()}}
    args = {name: known[name] for name in QUERIES[field.lookup].takes if name in known}
    turn.ask("lookup", field.lookup, {"keys": keys, **args} if keys else args)


def _chosen(field: Field, digit: str) -> dict[str, str]:
    choice = next(choice for choice in field.choices if choice.digit == digit)
    return {"code": choice.value, **choice.label}


def _one_field_back(turn: Turn, form: FormPart) -> bool:
    if turn.session.amending:
        _confirm(turn, form)
    else:
        before = [i for i, f in enumerate(form.fields[: turn.session.field_index]) if _asked_for(turn, f)]
        if not before:
            return False
        _ask_field(turn, form, before[-1])
    return True


def looked_up(turn: Turn, event: Event) -> None:
    """What the keys of a field can mean: one thing, several, none."""
    form = _form(turn)
    field = form.fields[turn.session.field_index]
    answer = event.answer if isinstance(event, Answered) else None
    if answer is not None and answer.outcome == "one":
        _accept(turn, form, answer.slots[field.slot])
    elif answer is not None and answer.outcome == "many":
        turn.change(candidates=[item[field.slot] for item in answer.items], page=0, misses={})
        turn.word("candidates", label=turn.label(field.label))
        _offer_candidates(turn, field)
    elif answer is not None and field.type in OFFERED and answer.outcome in form.replies:
        # There is nothing to choose from: the form cannot go on, and its answer says why.
        spec = QUERIES[field.lookup]
        _keep(turn, form)
        replies.answered(turn, event, replies.typed(spec, answer), form.replies)
    elif answer is not None and answer.outcome == "none" and field.type not in OFFERED:
        tries = field.tries or form.tries
        turn.miss(tries, "no_match", word="not_found", label=turn.label(field.label))
    else:
        turn.word("error")
        turn.go(turn.tree.recover)


def _offer_candidates(turn: Turn, field: Field) -> None:
    candidates, page = turn.session.candidates, turn.session.page
    turn.mark_question()
    group = candidates[page : page + CANDIDATES_AT_A_TIME]
    for number, candidate in enumerate(group, 1):
        turn.word("candidate", candidate=(slot_type(field), candidate), key=("key", str(number)))
    if page + len(group) < len(candidates):
        turn.word("more_candidates")
    if field.type not in OFFERED:
        turn.word("no_candidate")
    turn.gather("choose")


def choose_keys(turn: Turn, event: Event) -> None:
    """A key, or none, while candidates are offered. ``*`` reads more of them when there are more."""
    form = _form(turn)
    field = form.fields[turn.session.field_index]
    if not isinstance(event, Digits):
        turn.miss(form.tries, "no_input")
        return
    candidates, page = turn.session.candidates, turn.session.page
    rest = candidates[page:]
    if event.keys == "*" and len(rest) > CANDIDATES_AT_A_TIME:
        turn.change(page=page + CANDIDATES_AT_A_TIME, misses={})
        _offer_candidates(turn, field)
    elif event.keys == "" and field.type in OFFERED:
        if not _one_field_back(turn, form):
            turn.back()
    elif event.keys == "":
        _ask_field(turn, form, turn.session.field_index)
    elif event.keys in "1234"[: len(rest)]:
        _accept(turn, form, rest[int(event.keys) - 1])
    elif not turn.pressed_global(event.keys):
        turn.miss(form.tries, "no_match")


def _accept(turn: Turn, form: FormPart, value: Any) -> None:
    field = form.fields[turn.session.field_index]
    clash = _clashing(turn, form, field, value)
    if clash is not None:
        # The prompt that was played may be a choice; what is asked again is the field.
        turn.word("same", label=turn.label(field.label), other=turn.label(clash.label))
        turn.count("mistakes")
        _ask_field(turn, form, turn.session.field_index)
        return
    turn.change(values={**turn.session.values, field.name: [slot_type(field), value]})
    _drop_what_is_not_asked_for(turn, form)
    start = 0 if turn.session.amending else turn.session.field_index + 1
    for index in range(start, len(form.fields)):
        following = form.fields[index]
        open_still = not turn.session.amending or following.name not in turn.session.values
        if open_still and _asked_for(turn, following):
            _ask_field(turn, form, index)
            return
    _confirm(turn, form)


def _drop_what_is_not_asked_for(turn: Turn, form: FormPart) -> None:
    for field in form.fields:
        if field.name in turn.session.values and not _asked_for(turn, field):
            rest = {name: v for name, v in turn.session.values.items() if name != field.name}
            turn.change(values=rest)


def _clashing(turn: Turn, form: FormPart, field: Field, value: Any) -> Field | None:
    for other in form.fields:
        related = other.name in field.differs_from or field.name in other.differs_from
        if related and turn.session.values.get(other.name, [None, None])[1] == value:
            return other
    return None


def _confirm(turn: Turn, form: FormPart) -> None:
    if form.check is None:
        _read_back(turn, form)
    else:
        _keep(turn, form)
        turn.query(form.check, form.given, _arguments(turn), _private(form), "check")


def checked(turn: Turn, event: Event) -> None:
    """The answer to what is asked before the read-back."""
    form = _form(turn)
    spec = form.check
    assert spec is not None
    answer = event.answer if isinstance(event, Answered) else Answer("error")
    typed = replies.typed(spec, answer)
    if answer.outcome == next(iter(spec.outcomes)):
        turn.change(answer={"outcome": answer.outcome, **typed})
        _read_back(turn, form)
    else:
        replies.answered(turn, event, typed, form.replies)


def _read_back(turn: Turn, form: FormPart) -> None:
    if form.read_back is None:
        _query(turn, form)
        return
    turn.change(misses={}, amending=False)
    turn.mark_question()
    turn.say(form.read_back)
    turn.word("confirm", key=("key", CONFIRM_KEY))
    for number, field in enumerate(_filled(turn, form), 2):
        turn.word("correct_field", label=turn.label(field.label), key=("key", str(number)))
    turn.gather("confirm")


def _filled(turn: Turn, form: FormPart) -> list[Field]:
    return [field for field in form.fields if field.name in turn.session.values]


def confirm_keys(turn: Turn, event: Event) -> None:
    """A key, or none, after the read-back."""
    form = _form(turn)
    if not isinstance(event, Digits):
        turn.miss(form.tries, "no_input")
    elif event.keys == CONFIRM_KEY:
        _query(turn, form)
    elif event.keys and event.keys in "23456789"[: len(_filled(turn, form))]:
        turn.change(amending=True)
        field = _filled(turn, form)[int(event.keys) - 2]
        _ask_field(turn, form, form.fields.index(field))
    elif not turn.pressed_global(event.keys):
        turn.miss(form.tries, "no_match")


def _query(turn: Turn, form: FormPart) -> None:
    _keep(turn, form)
    turn.query(form.ask, form.given, _arguments(turn), _private(form))


def _keep(turn: Turn, form: FormPart) -> None:
    """What was keyed may be used by later parts, except what is private."""
    kept = {name: value for name, value in turn.session.values.items() if name not in _private(form)}
    turn.change(keyed={**turn.session.keyed, **kept})


def _arguments(turn: Turn) -> dict[str, Any]:
    return {name: argument(value) for name, (_, value) in turn.session.values.items()}


def _private(form: FormPart) -> tuple[str, ...]:
    return tuple(field.name for field in form.fields if field.private)
