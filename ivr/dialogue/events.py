"""What can happen to a call: the engine's input.

==============  ==================================================================
``Digits``      the caller pressed keys. ``#`` ended them and is not part of ``keys``;
                ``keys == ""`` is a lone ``#``
``NoInput``     the caller said nothing within the wait
``HungUp``      the caller is gone; nothing that comes later counts
``Answered``    what an ``Ask``, ``Say`` or ``Member`` brought back
==============  ==================================================================

A caller who is back from a queue begins a new dialogue (entry ``after_queue``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from ivr.rail.answers import Answer


@dataclass(frozen=True)
class Digits:
    keys: str


@dataclass(frozen=True)
class NoInput:
    pass


@dataclass(frozen=True)
class HungUp:
    pass


@dataclass(frozen=True)
class Answered:
    """``answer.outcome`` is one of the outcomes that the query declares, or ``error``."""

    answer: Answer


Event = Union[Digits, NoInput, HungUp, Answered]
