"""A call to a running hotline, and what the record tells of it afterwards."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.sipp import CallerPhone, Ended
from tests.e2e.waits import Overdue, wait_for

if TYPE_CHECKING:
    from tests.e2e.hotline import Channel, Line

SAME_PROMPT_S = 2.5  #: longer than the hotline takes to look something up and to make its sounds


@dataclass
class Call:
    """One caller on the line. ``prompts``: the sound files of each prompt that a key answered."""

    line: Line
    phone: CallerPhone
    caller: str
    prompts: list[list[Path]] = field(default_factory=list)
    _answered: int = -1
    _last: str = ""
    _since: float = 0.0
    _same_since: float = 0.0
    _uniqueid: str = ""

    @property
    def masked(self) -> str:
        return f"{self.caller[:3]}****{self.caller[-4:]}"

    def channel(self, after: float = 0.0) -> Channel | None:
        """The caller's channel while it is up."""
        return next((c for c in self.line.picture(after).channels if c.caller == self.caller), None)

    def is_in(self, application: str) -> bool:
        """Whether the caller's channel runs ``application`` now."""
        channel = self.channel(time.monotonic())
        return channel is not None and channel.application == application

    def listening(self) -> bool:
        """Whether the hotline waits for keys with a prompt that was not answered yet."""
        picture = self.line.picture(max(self._since, time.monotonic() - 0.05))
        channel = next((c for c in picture.channels if c.caller == self.caller), None)
        if channel is None or channel.application != "Read":
            return False
        answered = picture.gathers.get(channel.uniqueid, 0)
        prompt = [Path(f) for f in channel.data.split(",")[1].split("&") if f]
        if answered <= self._answered or not prompt:  # in silence it waits for somebody who knows the way
            return False
        if self.prompts[-1:] == [prompt] and self._last not in ("*", "#"):
            # Asterisk shows the last application until it runs the next. Only a prompt whose sounds are there comes
            # again, so what is still the same when a new one would have been made is heard again.
            self._same_since = self._same_since or time.monotonic()
            if time.monotonic() - self._same_since < SAME_PROMPT_S:
                return False
        self._same_since = 0.0
        self._answered = answered
        self.prompts.append(prompt)
        return True

    def ready(self, seconds: float = 20) -> None:
        """Wait until the hotline listens to the next keys."""
        wait_for(self.listening, f"call {self.caller} is asked for key {len(self.prompts) + 1}", seconds)

    def press(self, times: int = 1) -> None:
        """Press the next keys, ``times`` times, each when the hotline listens."""
        for _ in range(times):
            self.ready()
            self._last = self.phone.press()
            self._since = time.monotonic()

    def moves_on(self) -> None:
        """Wait until another application than the last prompt runs; after it the same prompt may come again."""
        wait_for(lambda: (c := self.channel(time.monotonic())) and c.application != "Read", "no prompt", 10)
        self.prompts.append([])

    def press_all(self) -> None:
        self.press(len(self.phone.keys))

    def hang_up(self) -> Ended:
        self.phone.hang_up()
        return self.ended()

    def ended(self, seconds: float = 30) -> Ended:
        """Wait for the end of the call."""
        try:
            return self.phone.ended(seconds)
        except subprocess.TimeoutExpired:
            raise Overdue(f"call {self.caller} goes on after {seconds:g} s") from None

    def uniqueid(self) -> str:
        """Asterisk's id of the call, once it is written down."""
        query = "SELECT uniqueid FROM calls WHERE caller_masked = ? ORDER BY id DESC LIMIT 1"
        if not self._uniqueid:  # of calls of one number, the one that is there when it is first asked
            rows = wait_for(lambda: self.line.rows(query, self.masked), f"{self.caller} in SQL")
            self._uniqueid = str(rows[0][0])
        return self._uniqueid

    def story(self, seconds: float = 30) -> Story:
        """``ivr call show`` once the call's end is written down."""
        uniqueid = self.uniqueid()
        closed = (  # by the recorder and, unless the dialogue was killed, by the journal
            "SELECT 1 FROM calls WHERE uniqueid = ? AND ended_at IS NOT NULL AND (dialogue <> '' OR fallback)"
        )
        wait_for(lambda: self.line.rows(closed, uniqueid), f"the end of {uniqueid} in SQL", seconds)
        talking = (
            "SELECT 1 FROM queue_entries WHERE call_uniqueid = ? AND "
            "(outcome = 'waiting' OR outcome = 'answered' AND ended_at IS NULL)"
        )
        wait_for(lambda: not self.line.rows(talking, uniqueid), f"the queue entries of {uniqueid}", seconds)
        return Story(self.line.read("call", "show", uniqueid))


@dataclass(frozen=True)
class Story:
    """``ivr call show --json``."""

    document: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.document[key]

    @property
    def said(self) -> list[str]:
        """All that was said, prompt by prompt."""
        return [step["said"] for step in self["steps"] if step["said"]]

    @property
    def keys(self) -> list[str]:
        """The keys of each prompt that got some; a lone ``#`` is "", silence is left out."""
        return [step["keys"] for step in self["steps"] if step["outcome"] == "digits"]

    @property
    def parts(self) -> list[str]:
        """The menu's parts in the order in which the call came to them."""
        parts = [step["part"] for step in self["steps"]]
        return [part for before, part in zip(["", *parts], parts, strict=False) if part != before]

    @property
    def entries(self) -> list[dict[str, Any]]:
        return list(self["queue_entries"])

    @property
    def attempts(self) -> list[tuple[str, str]]:
        """(agent, outcome) of every ring."""
        return [(ring["agent"], ring["outcome"]) for entry in self.entries for ring in entry["attempts"]]
