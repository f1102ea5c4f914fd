"""Reads one channel's keys over AGI, so that none is lost: a caller may key a whole form in one go.

Asterisk throws away keys that are pressed while no command listens: while a query runs, while a sound is made, between
two commands. ``StoreDTMF`` (app_dtmfstore, Asterisk 18.6 on) notes every key of the channel in a variable, also those.
So each input goes like this:

1. The note is read. Keys that no input has taken yet and that answer this one whole are its event: nothing is played.
2. Else ``Read`` plays the prompt, or only listens when the beginning of the input is there already; but only
   while the note is as long as before: both happens within one command, during which keys stay in the channel's
   queue. Longer: a key came in between, and nothing is played.
3. The note is read again: ``Read``'s own keys, and those behind them, which are for the next inputs.

Who answers a prompt within a second of its beginning knows it by heart, and is likely to be keying on: the next prompt
waits for a moment, so that no shreds of prompts are heard between the keys. What has to be heard, an
answer, does not wait.

A key whose beginning Asterisk has not seen, or that comes sooner than 45 ms after the one before (packets that a bad
line delivers in bursts), is noted at once, but let through later, perhaps into the next ``Read``, and may be noted once
more then. Such an echo of a key that was noted while nobody listened is not a key: ``Read`` heard it and the note has
nothing new, or it comes sooner than a finger can press again. What ``Read`` hears and the note does not have is
believed. Without app_dtmfstore all is as if nothing had been noted.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from time import monotonic

from ivr.dialogue.actions import Gather
from ivr.dialogue.events import Digits, Event, HungUp, NoInput
from ivr.dialogue.type_ahead import first_input
from ivr.telephony import channel_variables as var
from ivr.telephony import wire
from ivr.telephony.wire import Reply

#: ``StoreDTMF`` cuts what it has noted at 511 keys; a caller who presses more is heard without its help.
_MOST_NOTED = 500
#: ``READSTATUS`` when ``Read`` was not run.
_EARLY = "EARLY"
#: Who presses a key so soon after a prompt began, in seconds, has not listened to it.
_BY_HEART_S = 1.0
#: A finger, or a dialler, needs so long for each key, in seconds.
_PRESS_S = 0.12
#: A key that was kept back is noted again within 45 ms; some more for a machine that has much to do.
_KEPT_BACK_S = 0.1
#: So long a prompt waits for the next key of a caller who knows the way by heart: longer than from key to key.
_NEXT_KEY_S = 0.5


class KeyReader:
    """The keys of one channel."""

    def __init__(self) -> None:
        self._by_heart = False
        self._looked = 0.0  # when the note was read last
        self._kept_back, self._kept_at = "", 0.0  # keys that were noted while nobody listened, and when
        self._waits = (0.0, 0.0)
        self._noting: bool | None = None  # not tried yet
        self._noted = ""
        self._ahead = ""
        self._skip = False

    def forget(self) -> None:
        """Keys that were pressed until the next input do not count."""
        self._skip = True

    def early(self, gather: Gather) -> Generator[str, Reply, Event | None]:
        """The event for an input that is answered before its prompt is played, or ``None``."""
        if self._noting is None:
            yield from self._begin()
        if self._noting:
            reply = yield wire.get_expression(f"${{{var.NOTED_KEYS}}}")
            if reply.gone:
                return HungUp()
            self._ahead += self._unheard(self._new(reply.value), self._looked)
            self._looked = monotonic()
        if gather.fresh or self._skip:
            self._ahead, self._by_heart = "", False
        self._skip = False
        event: Event | None = self._first(gather)
        if event is not None:
            self._by_heart = True
        elif self._ahead or self._by_heart:
            event = yield from self._collect(gather, None)
        return event

    def _begin(self) -> Generator[str, Reply, None]:
        yield wire.set_variable(var.NOTED_KEYS, "")  # a dialogue before the queue may have left some
        reply = yield wire.execute("StoreDTMF", "RX", var.NOTED_KEYS)
        self._noting = reply.result == "0"

    def _new(self, noted: str) -> str:
        new = noted[len(self._noted) :]
        self._noted = noted
        self._noting = len(noted) < _MOST_NOTED
        return new

    def _unheard(self, new: str, since: float) -> str:
        """Keys that were noted while nobody listened, ``since`` that moment; their echoes left out."""
        now = monotonic()
        while new and self._echoes(new[0], now):
            new = new[1:]
        if len(new) * _PRESS_S > now - since:  # more than can be pressed
            half = len(new) // 2
            new = new[:half] if new == new[:half] * 2 else new
            new = "".join(key for before, key in zip(" " + new, new, strict=False) if key != before)
        if new:
            self._kept_back, self._kept_at = new, now
        return new

    def _echoes(self, key: str, now: float) -> bool:
        """Whether ``key`` is one that was noted before; they come in order, one after the other."""
        if key not in self._kept_back or now - self._kept_at >= _KEPT_BACK_S:
            return False
        self._kept_back, self._kept_at = self._kept_back.partition(key)[2], now
        return True

    def _first(self, gather: Gather) -> Digits | None:
        found = first_input(gather, self._ahead)
        if found is None:
            return None
        keys, self._ahead = found
        return Digits(keys)

    def read(self, gather: Gather, sounds: Sequence[str]) -> Generator[str, Reply, Event]:
        """Play the prompt and collect the keys of an input, after :meth:`early` gave no event."""
        waits = (gather.first_wait_s, gather.next_wait_s)
        if waits != self._waits:
            for name, seconds in zip((var.FIRST_KEY_WAIT, var.NEXT_KEY_WAIT), waits, strict=True):
                if (yield wire.set_variable(name, f"{seconds:g}")).gone:
                    return HungUp()
            self._waits = waits
        return (yield from self._collect(gather, sounds)) or NoInput()

    def _collect(
        self, gather: Gather, sounds: Sequence[str] | None
    ) -> Generator[str, Reply, Digits | HungUp | None]:
        """The keys of an input; ``None`` when there are none. Without ``sounds`` the wait is short."""
        while True:
            begun, begun_at = self._ahead, monotonic()
            prompt = () if begun else sounds or ()
            most = gather.most(begun) - len(begun) if begun else _first_keys(gather)
            if self._kept_back and begun_at - self._kept_at < _KEPT_BACK_S:
                most = 1  # an echo is known by its moment, and Read tells that of its last key only
            wait = gather.next_wait_s if begun else _NEXT_KEY_S if sounds is None else None
            reply = yield from self._listen(prompt, most, wait)
            if reply.gone:
                return HungUp()
            ended = monotonic()
            reply = yield wire.get_expression(f"${{{var.READ_STATUS}}}:${{{var.KEYS}}}:${{{var.NOTED_KEYS}}}")
            status, _, rest = reply.value.partition(":")
            keys, _, noted = rest.partition(":")
            if reply.gone or status == "HANGUP":
                return HungUp()
            if status == "ERROR" and prompt:  # a sound is missing: the caller may still press, unprompted
                sounds = ()
                continue
            self._take(status, keys, most, noted, ended)
            self._looked = ended
            if not begun:
                self._by_heart = bool(self._ahead) and ended - begun_at < _BY_HEART_S
            event = self._first(gather)
            if event is not None:
                return event
            if status in (_EARLY, "OK") or len(self._ahead) > len(begun) + len(keys):
                continue  # more keys are to come, or came just after the wait
            keys, self._ahead = self._ahead, ""
            return Digits(keys) if keys else None

    def _listen(self, sounds: Sequence[str], most: int, wait: float | None) -> Generator[str, Reply, Reply]:
        guard = f"$[${{LEN(${{{var.NOTED_KEYS}}})}}={len(self._noted)}]" if self._noting else ""
        after = (str(most), "", "1", "" if wait is None else f"{wait:g}")
        return (yield from play("Read", sounds, (var.KEYS,), after, guard))

    def _take(self, status: str, keys: str, most: int, noted: str, ended: float) -> None:
        new = self._new(noted) if self._noting else ""
        if status == _EARLY:
            self._noting = self._noting and bool(new)
            self._ahead += self._unheard(new, self._looked)
            return
        heard = keys + ("#" if status == "OK" and len(keys) < most else "")
        echoes = (
            n for n in range(1, len(heard) + 1) if self._kept_back.endswith(heard[:n]) and heard[n:] in new
        )
        if heard not in new:
            heard = heard[next(echoes, 0) :]
        if heard not in new:
            self._ahead += heard
            return
        behind = new.partition(heard)[2] if heard else new
        if most == 1 and heard and self._echoes(heard, ended):
            heard = ""
        self._ahead += heard + self._unheard(behind, ended)

    def end(self) -> Generator[str, Reply, None]:
        """Note no more keys: the call goes to the queue or ends, and what is keyed there is not ours."""
        if self._noting:
            yield wire.execute("StoreDTMF", "remove")


def _first_keys(gather: Gather) -> int:
    # Read counts keys and does not look at them; where the first one says how many there are, it is read alone.
    return 1 if gather.shorter else gather.max_keys


def play(
    application: str,
    sounds: Sequence[str],
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    guard: str = "",
) -> Generator[str, Reply, Reply]:
    """Run an application with a list of sounds among its arguments, in one command; with a ``guard``, an expression,
    only where that is so: else ``READSTATUS`` says so."""
    parts = wire.pieces(sounds)
    if len(parts) > 1 or (guard and any("$" in part for part in parts)):
        names = [f"{var.SOUNDS}{number}" for number in range(1, len(parts) + 1)]
        for name, part in zip(names, parts, strict=True):
            reply = yield wire.set_variable(name, part)
            if reply.gone:
                return reply
        joined = "&".join(f"${{{name}}}" for name in names)
    else:
        joined = parts[0] if parts else ""
        if not guard:
            return (yield wire.execute(application, *before, joined, *after))
    call = f"{application}({','.join((*before, joined, *after))})"
    if guard:
        call = f"ExecIf({guard}?{call}:Set({var.READ_STATUS}={_EARLY}))"
    return (yield wire.execute("Exec", call))
