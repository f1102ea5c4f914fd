"""The JSON Schemas of the files beside a menu tree."""

from __future__ import annotations

from ivr.acd.roster import LEVELS
from ivr.authoring import calendar_file, notices_file, queues_file, words_file
from ivr.authoring.schema_base import DRAFT, DURATION, TEXT, WORD, YES, Schema, a_map, each, list_of, map_of
from ivr.dialogue.calendar import KINDS
from ivr.dialogue.queues import STRATEGIES
from ivr.dialogue.words import WORDS
from ivr.speech.voices import VOICES
from ivr.speech.wordbook import FRAMES, KEYS, UNITS

_DAY = r"\d{4}-\d{2}-\d{2}"
_STRETCH = rf"^{_DAY}( to {_DAY})?$"
_SPAN = r"([01]\d|2[0-3]):[0-5]\d\s*-\s*(([01]\d|2[0-3]):[0-5]\d|24:00)"
_HOURS = rf"^(closed|{_SPAN}(\s*,\s*{_SPAN})*)$"


def calendar() -> Schema:
    def text(pattern: str, about: str) -> Schema:
        return {"type": "string", "pattern": pattern, "description": about}

    stretch = text(_STRETCH, "A day such as 2027-02-10, or 2027-02-05 to 2027-02-11.")
    days = {"anyOf": [stretch, list_of(stretch)]}
    values: dict[str, Schema] = {
        "hours": _week(),
        "holiday_hours": {"description": "Instead of hours on holidays.", **_week()},
        "exceptions": map_of(_day_hours(), propertyNames={"pattern": _STRETCH}),
        "holidays": list_of(stretch),
        "workdays": list_of(stretch),
        "periods": map_of(
            a_map({"days": days, "peak": YES}, ["days"]), propertyNames={"not": {"enum": list(KINDS)}}
        ),
    }
    return {
        "$schema": DRAFT,
        "title": "The centre's calendar",
        **a_map(each(calendar_file.TOP, values), type=["object", "null"]),
    }


def _day_hours() -> Schema:
    about = "Such as 06:00-23:00, or 08:00-12:00, 13:00-18:00, or closed."
    return {"type": "string", "pattern": _HOURS, "description": about}


def _week() -> Schema:
    return a_map(dict.fromkeys((*calendar_file.SPANS, *calendar_file.DAYS), _day_hours()))


def queues() -> Schema:
    def number(about: str, least: int, most: int) -> Schema:
        return {"description": about, "type": "integer", "minimum": least, "maximum": most}

    def time(about: str) -> Schema:
        return {"description": about, "type": "string", "pattern": DURATION}

    codes = map_of(WORD, propertyNames={"pattern": f"^{queues_file.CODE}$"})
    level = number("A level of the skill, 1 is the best.", 1, LEVELS)
    values: dict[str, Schema] = {
        "label": {"description": "The queue's name for people.", **WORD},
        "strategy": {"description": "Who comes first among free agents of one level.", "enum": [*STRATEGIES]},
        "weight": number("The heavier of two queues gets the agent of both.", 0, queues_file.HEAVIEST),
        "levels": {**level, "description": "Agents of levels 1 to this one are rung at first."},
        "widen": map_of(level, description="From these waits on agents up to these levels are rung too."),
        "most_waiting": number("More callers are refused (full); 0 for any number.", 0, 10_000),
        "longest_wait": time("Then the caller comes back to the menu (timeout)."),
        "service_level": time("Answered within this is in time."),
        "ring": time("How long a phone rings before the next one does."),
        "wrapup": time("An agent's time after a call."),
        "announce": {"description": "The place in the queue is told this often, or never.", **WORD},
        "hours": {"description": "When the queue is open; otherwise always.", **_week()},
        "number": number("Agents hand callers over to it at *6 and this digit.", 0, 8),
        "language": {"description": "Callers who hear this language come here first.", **WORD},
        "sticky": time("Who calls again within this gets the agent of the last call first."),
        "codes": {**codes, "description": "What its calls may be about, besides the codes of all queues."},
    }
    queue = a_map(each(queues_file.KEYS, values))
    names = {"pattern": f"^{queues_file.NAME}$", "not": {"enum": [*queues_file.TAKEN]}}
    queues = map_of(queue, propertyNames=names)
    about = "What a call may have been about, in all queues: the code that agents key after *55, and what it is called."
    top: dict[str, Schema] = {"queues": queues, "codes": {**codes, "description": about}}
    return {
        "$schema": DRAFT,
        "title": "The queues",
        **a_map(each(queues_file.TOP, top), type=["object", "null"]),
    }


def notices() -> Schema:
    moment = {"type": "string", "pattern": rf"^{_DAY}(T\d{{2}}:\d{{2}})?$"}
    values: dict[str, Schema] = {
        "text": TEXT,
        "from": {"description": "A day or a moment such as 2026-07-24T18:00.", **moment},
        "until": {"description": "A day (it is included) or a moment.", **moment},
        "before": {"description": "Said before this part.", **WORD},
        "queue": {"description": "Said before this queue.", **WORD},
    }
    notices = list_of(a_map(each(notices_file.KEYS, values), ["text"]), type=["array", "null"])
    return {
        "$schema": DRAFT,
        "title": "Standing notices",
        **a_map({"notices": notices}, type=["object", "null"]),
    }


def words() -> Schema:
    forms = ("zero", "one", "two", "few", "many", "other")
    number = {"type": "string", "pattern": r"\{n\}"}
    gender = {"description": "Of the unit.", "enum": [word for word in words_file.GENDERS if word]}
    unit = {"anyOf": [number, a_map({**dict.fromkeys(forms, number), "gender": gender})]}
    values: dict[str, Schema] = {
        **{name: {"description": f"Slots: {', '.join(slots)}.", **WORD} for name, slots in FRAMES.items()},
        **dict.fromkeys(UNITS, {"description": "A number with its unit: {n} …", **unit}),
        **{name: list_of(WORD, minItems=n, maxItems=n) for name, n in words_file.LISTS.items()},
        "keys": a_map(dict.fromkeys(KEYS, WORD), KEYS),
        "letters": map_of(WORD, description="How the letters of trains are read."),
        "names": map_of(WORD, description="Names of the data by their Chinese name."),
        "sentences": a_map(dict.fromkeys(WORDS, WORD), WORDS),
    }
    book = a_map(each(words_file.TOP, values), words_file.NEEDED)
    pinyin = {"type": "string", "pattern": "^[a-zü]+[1-5]( [a-zü]+[1-5])*$"}
    readings = map_of(
        pinyin, description="Words of Mandarin, each with its pinyin and tones, such as lu4 an1."
    )
    return {
        "$schema": DRAFT,
        "title": "The words of languages other than Chinese and English, and readings of Mandarin words",
        "type": ["object", "null"],
        "propertyNames": {"enum": ["zh", *VOICES]},
        "properties": {"zh": a_map({words_file.READINGS: readings})},
        "additionalProperties": book,
    }


def translations() -> Schema:
    """Of ``TREE.translations.yaml``."""
    entry = {"type": "object", "minProperties": 2, "additionalProperties": WORD}
    return {
        "$schema": DRAFT,
        "title": "The sentences of a menu tree in further languages",
        "description": "Each entry: the sentence in the tree's first language, and what it is in others: {zh: …, en: …}.",
        **list_of(entry, type=["array", "null"]),
    }
