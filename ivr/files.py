"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from pathlib import Path


def write_whole(path: Path, data: bytes | str, *, private: bool = False) -> None:
    """Write a file under a temporary name and rename it; when that fails, one that was there is as it was.

    Text is written as UTF-8. A file that was there keeps its mode, unless the new one is ``private`` (0600); a link is
    followed; pipes and devices are written to. Raises :class:`OSError`.
    """
    if isinstance(data, str):
        data = data.encode()
    try:
        target = path.resolve()
    except RuntimeError as fault:  # links that lead to themselves, before Python 3.13
        raise OSError(errno.ELOOP, str(fault)) from None
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    temporary = target.with_name(f".{target.name[:100]}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        mode = 0o600 if private else 0o666
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists() and not private:
            shutil.copymode(target, temporary)
        temporary.replace(target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
