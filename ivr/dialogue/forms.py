"""Forms: fields one after the other, a choice when several fit, a read-back, a query.

A lone ``#`` goes one field back, from the first field to the menu. In the read-back a wrong field is asked
again for itself only, and so is the field that an answer names: a date that is not on sale. A form's ``check`` is asked
before the read-back: what it knows is read back too.

What a caller keys wrongly ends the keys that were pressed ahead: the sentence about it is heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ivr.dialogue import replies
from ivr.dialogue.entries import ENTRIES
from ivr.dialogue.events import Answered, Digits, Event
from ivr.dialogue.tree import Field, FormPart
from ivr.dialogue.turn import Turn, argument
from ivr.rail.answers import Answer, QuerySpec
from ivr.rail.dates import SHORTER_DATES
from ivr.rail.queries import OFFERED, QUERIES

CONFIRM_KEY = "1"
#: Takes what the caller chose last. No station's keys begin with it: letters are on 2 to 9, area codes begin with 0.
LAST_KEY = "1"
#: What the caller with this number (private) chose last in the field of this name.
LAST_CHOICE = QuerySpec(
    "last_choice", {"caller": "text", "field": "text"}, {"known": {"last": "named"}, "none": {}}
)
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
    "phone": "grouped",
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
    caller = turn.session.call.caller
    if field.last and caller and field.name not in turn.session.recalled:
        turn.ask("recall", LAST_CHOICE.name, {"caller": caller, "field": field.name}, ("caller",))
        return
    turn.mark_question()
    if last := _offered(turn, field):
        turn.say(field.last, {"last": (slot_type(field), last), "key": ("key", LAST_KEY)})
    turn.say(field.prompt, {**turn.slots(), "label": turn.label(field.label)})
    for choice in field.choices:
        turn.word("option", label=turn.label(choice.label), key=("key", choice.digit))
    turn.gather("field", field.max_keys, shorter=_shorter(turn, field), private=field.private)


def _shorter(turn: Turn, field: Field) -> Mapping[str, int]:
    """What the field's input may begin with that ends it early: key → how many keys it then has."""
    if field.type == "date":
        return SHORTER_DATES
    return {LAST_KEY: 1} if _offered(turn, field) else {}


def recalled(turn: Turn, event: Event) -> None:
    """What the caller chose last, or nothing; the field is asked with it."""
    form = _form(turn)
    field = form.fields[turn.session.field_index]
    slots = event.answer.slots if isinstance(event, Answered) else {}
    turn.change(recalled={**turn.session.recalled, field.name: slots.get("last")})
    _ask_field(turn, form, turn.session.field_index)


def _offered(turn: Turn, field: Field) -> Any:
    """The caller's last choice, where the field offers it."""
    return turn.session.recalled.get(field.name) if field.last else None


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
    elif keys == LAST_KEY and _offered(turn, field):
        _accept(turn, form, _offered(turn, field))
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
    elif page:
        turn.word("candidates_again", label=turn.label(field.label))
    if field.type not in OFFERED:
        turn.word("no_candidate")
    turn.gather("choose")


def choose_keys(turn: Turn, event: Event) -> None:
    """A key, or none, while candidates are offered. ``*`` reads more of them, and after the last ones the first; where
    all fit into one group it means what it means everywhere."""
    form = _form(turn)
    field = form.fields[turn.session.field_index]
    if not isinstance(event, Digits):
        turn.miss(form.tries, "no_input")
        return
    candidates, page = turn.session.candidates, turn.session.page
    rest = candidates[page:]
    if event.keys == "*" and len(candidates) > CANDIDATES_AT_A_TIME:
        there_are_more = len(rest) > CANDIDATES_AT_A_TIME
        turn.change(page=page + CANDIDATES_AT_A_TIME if there_are_more else 0, misses={})
        if not there_are_more:
            turn.word("from_the_first")
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
        turn.must_be_heard()
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
        turn.query(form.check, form.given, _arguments(turn), _private(form), phase="check")


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


def correct(turn: Turn, form: FormPart, name: str) -> None:
    """Ask for one field again, for itself: what the answer said of it has to be heard first."""
    turn.change(amending=True, answer={})
    turn.must_be_heard()
    _ask_field(turn, form, next(index for index, field in enumerate(form.fields) if field.name == name))


def _query(turn: Turn, form: FormPart) -> None:
    _keep(turn, form)
    values = turn.session.values
    chosen = {f.name: values[f.name][1] for f in form.fields if f.last and f.name in values}
    if not turn.session.call.caller:
        chosen = {}
    turn.change(recalled={**turn.session.recalled, **chosen})
    remember = {name: argument(value) for name, value in chosen.items()}
    turn.query(form.ask, form.given, _arguments(turn), _private(form), remember)


def _keep(turn: Turn, form: FormPart) -> None:
    """What was keyed may be used by later parts, except what is private."""
    kept = {name: value for name, value in turn.session.values.items() if name not in _private(form)}
    turn.change(keyed={**turn.session.keyed, **kept})


def _arguments(turn: Turn) -> dict[str, Any]:
    return {name: argument(value) for name, (_, value) in turn.session.values.items()}


def _private(form: FormPart) -> tuple[str, ...]:
    return tuple(field.name for field in form.fields if field.private)
