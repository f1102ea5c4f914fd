"""The seats (phones) of the default set-up and the secrets that Asterisk and we share.

Everything lies in ``IVR_HOME/secrets`` (folder 0700, files 0600), is made once and then stays.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from ivr.errors import IvrError

#: SIP users of the phones; a seat's Asterisk interface is ``PJSIP/<seat>``.
SEATS = ("1001", "1002", "1003", "1004", "1005")
#: The dialplan pattern (without its ``_``) that matches exactly :data:`SEATS`.
SEAT_PATTERN = "100[1-5]"
#: The user of Asterisk's manager interface.
AMI_USER = "ivr"
#: The user, with the same password, who sees holds and writes them into queue_log.
HOLD_USER = "ivr-holds"


def seat_secrets(home: Path) -> dict[str, str]:
    """Seat → SIP password, made at the first call. Raises :class:`IvrError` for a damaged file."""
    path = home / "secrets" / "seats.json"
    text = _made_once(path, lambda: json.dumps({seat: _secret() for seat in SEATS}, indent=2) + "\n")
    try:
        found = json.loads(text)
        return {seat: _checked(found[seat]) for seat in SEATS}
    except (ValueError, KeyError, TypeError):
        raise IvrError(
            "the seats' secrets are damaged",
            where=str(path),
            mend="restore the file, or delete it and give the phones the new secrets (ivr seat list)",
        ) from None


def ami_secret(home: Path) -> str:
    """The password of :data:`AMI_USER`, made at the first call."""
    path = home / "secrets" / "ami.secret"
    try:
        return _checked(_made_once(path, lambda: _secret() + "\n").strip())
    except ValueError:
        raise IvrError("the manager's secret is damaged", where=str(path), mend="delete the file") from None


def _secret() -> str:
    return secrets.token_hex(12)  # hexadecimal: nothing that a configuration file would read otherwise


def _checked(secret: str) -> str:
    if not (isinstance(secret, str) and len(secret) >= 8 and secret.isascii() and secret.isalnum()):
        raise ValueError("at least 8 letters and digits")
    return secret


def _made_once(path: Path, make: Callable[[], str]) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(make())
            try:
                os.link(temporary, path)  # the first of two starters wins, whole
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        return path.read_text("ascii", errors="replace")
    except OSError as fault:
        raise IvrError(
            f"cannot be read or made: {fault.strerror}", where=str(path), mend="check IVR_HOME and its owner"
        ) from None
