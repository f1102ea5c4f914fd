"""What a waiting caller is told, as the names of Asterisk's sounds (:mod:`ivr.voice.system_sounds`).

The place is told as a number up to :data:`FAR`, beyond it only that it is far.
"""

from __future__ import annotations

from ivr.acd.wait import Told

#: Places beyond this are not counted aloud.
FAR = 99


def place_sounds(position: int, language: str) -> list[str]:
    """The place in the queue, from 1."""
    if position <= 1:
        return ["queue-youarenext"]
    if position > FAR:
        return ["ivr-far-behind"]
    return ["queue-thereare", *number_sounds(position, language), "queue-callswaiting"]


def number_sounds(number: int, language: str) -> list[str]:
    """A number from 1 to 99 as ``digits/…``. English has words of its own up to 19."""
    if number < (20 if language == "en" else 10):
        return [f"digits/{number}"]
    ones = number % 10
    return [f"digits/{number - ones}", *([f"digits/{ones}"] if ones else [])]


def wait_sound(told: Told) -> str:
    """The wait in words that people use."""
    return f"ivr-wait-{told.minutes}"
