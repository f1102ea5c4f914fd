"""Personal data at rest: encrypted with a key that lies outside the database.

The key file (``IVR_HOME/secrets/data.key``, mode 0600) is made at the first start. A column of
type :class:`Encrypted` holds Fernet tokens (AES-128-CBC with HMAC-SHA256); a keyed hash beside it
(:func:`keyed_hash`) makes exact search possible without reading it.
"""

from __future__ import annotations

import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Text
from sqlalchemy.types import TypeDecorator

from ivr.errors import IvrError

_key: bytes | None = None


def private_file(path: Path, make: Any) -> bytes:
    """The bytes of ``path``; when missing, ``make()``'s bytes written whole with mode 0600."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(make())
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(temporary, path)  # the first of two starters wins, whole
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_bytes()


def use_key(home: Path) -> None:
    """Take the data key of this home, making it when there is none yet."""
    global _key
    key = private_file(home / "secrets" / "data.key", Fernet.generate_key).strip()
    try:
        Fernet(key)
    except ValueError:
        raise IvrError(
            "the data key is damaged",
            where=str(home / "secrets" / "data.key"),
            mend="restore it from your backup; without it callers' numbers stay unreadable",
        ) from None
    _key = key


def _the_key() -> bytes:
    if _key is None:
        raise RuntimeError("use_key() was not called")
    return _key


def keyed_hash(text: str) -> str:
    """A hash of ``text`` that only the holder of the key can make: 32 hex characters."""
    return hmac.digest(_the_key(), text.encode(), "sha256").hex()[:32]


def mask(number: str) -> str:
    """A phone number as logs and screens show it: ``138****5678``."""
    if len(number) <= 4:
        return "*" * len(number)
    keep = 3 if len(number) >= 10 else 0
    return number[:keep] + "*" * (len(number) - keep - 4) + number[-4:]


@lru_cache(4)
def _fernet(key: bytes) -> Fernet:
    return Fernet(key)


def _encrypted(key: bytes, text: str) -> str:
    return _fernet(key).encrypt(text.encode()).decode()


class Encrypted(TypeDecorator[str]):
    """Text that the database only sees encrypted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else _encrypted(_the_key(), value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        if value is None:
            return None
        try:
            return _fernet(_the_key()).decrypt(value.encode()).decode()
        except InvalidToken:
            raise IvrError(
                "a value was encrypted with another data key",
                mend="restore IVR_HOME/secrets/data.key from the backup",
            ) from None


class EncryptedNumber(Encrypted):
    """The same for callers' numbers, many of which come twice within a moment: a call and its queue entries are
    encrypted once. Equal numbers can be told from equal hashes anyway."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else _encrypted_lately(_the_key(), value)


_encrypted_lately = lru_cache(4096)(_encrypted)  # more than a batch of the recorder has


def encrypted_number(number: str) -> str:
    """What :class:`EncryptedNumber` stores, for statements without it."""
    return _encrypted_lately(_the_key(), number)
