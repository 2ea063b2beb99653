"""Files that are there whole or not at all."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cdse_access.messages import say
from cdse_access.problems import BadData

PRIVATE, USUAL = 0o600, 0o666  # the usual mode is cut by the user's umask, as open() does


def write_whole(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file under another name and then rename it: whoever sees it sees the whole. Its folder is made.

    private: only this user may read it. A link stays a link: what it points to is written.
    BadData with Reason.DISK where it cannot be written; nothing is left then.
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(temporary, data, PRIVATE if private else USUAL)
        temporary.replace(path)
    except OSError as error:
        raise BadData(say("cannot-write", path=path, why=error.strerror)) from error
    finally:
        with suppress(OSError):  # mostly it is not there any more
            temporary.unlink()


def _write_new(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(data)
