"""The state of one call's dialogue between two events: plain data that survives JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from ivr.dialogue.call import CallInfo

#: A phrase as JSON: its text, its language, its parts.
Spoken = list[Any]


@dataclass(frozen=True)
class Session:
    """One call's dialogue.

    ``revision`` pins the tree with which the call began. ``phase`` says what the caller is being
    asked: ``menu``, ``field``, ``choose``, ``check``, ``confirm``, ``lookup``, ``query``, ``items``, ``facts``, ``done``, or
    ``ended``. ``values``: the form's fields so far, name → ``[slot type, JSON value]``. ``answer``: the last query's answer.
    ``keyed``: the fields of every form whose query was asked, like ``values``: what later parts may use.
    ``pending``: phrases ``[text, language, parts]`` waiting to be played with the next prompt; ``prompt``:
    those last played, of which the first ``lead`` came before the question itself;
    ``gathering``, ``max_keys``, ``shorter``, ``private``: for which phase and how its keys were gathered;
    ``full``: the last input took as many keys as it could. ``history``: the menus the caller came
    through. ``page``: where a list stands. ``misses``: silences and mistakes in this place.
    ``visited``: the parts the caller was in; ``known``: what was asked for conditions; ``heard``: the notices told.
    ``told``: whether the caller has heard an answer, or an announcement they asked for.
    ``recalled``: what the caller chose last, field → value or ``None``.
    """

    call: CallInfo
    revision: str
    language: str
    began: str
    part: str = ""
    phase: str = ""
    field_index: int = 0
    amending: bool = False
    values: Mapping[str, list[Any]] = field(default_factory=dict)
    keyed: Mapping[str, list[Any]] = field(default_factory=dict)
    candidates: list[Any] = field(default_factory=list)
    answer: Mapping[str, Any] = field(default_factory=dict)
    page: int = 0
    pending: list[Spoken] = field(default_factory=list)
    prompt: list[Spoken] = field(default_factory=list)
    lead: int = 0
    gathering: str = ""
    max_keys: int = 1
    shorter: Mapping[str, int] = field(default_factory=dict)
    private: bool = False
    full: bool = False
    history: list[str] = field(default_factory=list)
    misses: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    visited: list[str] = field(default_factory=list)
    known: Mapping[str, Any] = field(default_factory=dict)
    heard: list[int] = field(default_factory=list)
    recalled: Mapping[str, Any] = field(default_factory=dict)
    over_limit: bool = False
    told: bool = False
    outcome: str = ""

    @property
    def ended(self) -> bool:
        """Whether the dialogue is over; nothing that arrives later counts."""
        return self.phase == "ended"

    @property
    def began_at(self) -> datetime:
        """The moment of the beginning, aware."""
        return datetime.fromisoformat(self.began)

    def to_json(self) -> str:
        """The session as one JSON document."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> Session:
        """The session that :meth:`to_json` wrote."""
        data = json.loads(text)
        data["call"] = CallInfo(**data["call"])
        return Session(**data)

    def but(self, **changes: Any) -> Session:
        """The same session with some fields changed. Raises ``TypeError`` for what is no field."""
        if unknown := changes.keys() - _FIELDS:
            raise TypeError(f"a session has no {', '.join(sorted(unknown))}")
        # dataclasses.replace does the same, but took half of a turn's time.
        session = object.__new__(Session)
        session.__dict__.update(self.__dict__, **changes)
        return session


_FIELDS = frozenset(field.name for field in fields(Session))
