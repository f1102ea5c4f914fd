"""Errors that a person reads: one line that says what is wrong, where, and how to mend it."""

from __future__ import annotations


class IvrError(Exception):
    """Something the user can mend. ``str()`` is the one line that is shown; exit code 1."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what = what
        self.where = where
        self.mend = mend
        super().__init__(what)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line} ({self.mend})" if self.mend else line


class UsageFault(IvrError):
    """A wrong setting, option or argument; exit code 2."""

    exit_code = 2


class GivenUp(Exception):
    """Whoever asked for a change no longer waits for it: nothing was changed."""


class SmsRefused(IvrError):
    """The gateway will never take this text message. The words say why, without personal data."""


class SmsDelayed(IvrError):
    """The gateway cannot take a text message now; it may later. The words say why, without personal data."""
