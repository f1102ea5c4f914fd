"""Keys that were pressed before they were asked for: which of them answer an input.

Every driver holds the keys of its caller that no input has taken yet, and cuts the next input off them by this rule.
An input that they answer whole is not heard: who keys a form in one go hears only the answer.
"""

from __future__ import annotations

from ivr.dialogue.actions import Gather


def first_input(gather: Gather, keys: str) -> tuple[str, str] | None:
    """The keys of the first whole input in ``keys``, without its ``#``, and the keys behind it; ``None`` when it is
    not whole yet."""
    for count, key in enumerate(keys, 1):
        if key == "#":
            return keys[: count - 1], keys[count:]
        if count >= gather.most(keys):
            return keys[:count], keys[count:]
    return None
