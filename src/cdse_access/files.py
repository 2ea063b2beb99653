"""Files that are there whole or not at all, and why one cannot be read or written."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cdse_access.messages import say
from cdse_access.problems import BadData

PRIVATE, USUAL = 0o600, 0o666  # the usual mode is cut by the user's umask, as open() does
OWNER = stat.S_IRWXU
_NUMBERS = {  # of errors of the system, by name: not every system has all of them
    "file-size": "EFBIG",
    "forbidden": "EACCES EPERM",
    "full": "ENOSPC EDQUOT",  # a disk without a free inode says the first, too
    "gone": "ENOENT ESTALE",
    "in-the-way": "ENOTDIR EISDIR EEXIST ELOOP",
    "memory": "ENOMEM",
    "name": "ENAMETOOLONG EILSEQ EINVAL",
    "open-files": "EMFILE ENFILE",
    "read-only": "EROFS",
}
_SLOT_OF = {name: slot for slot, names in _NUMBERS.items() for name in names.split()}


class Why(NamedTuple):
    """Why the system refuses, and what to do about it, each a part of a sentence."""

    slot: str
    reason: str
    cure: str


def explain_refusal(error: OSError) -> Why:
    """Reason and cure by the number of the error: a full disk wants another cure than a missing permission."""
    name = errno.errorcode.get(error.errno or 0, "")
    slot = _SLOT_OF.get(name, "other")
    words = error.strerror or error
    return Why(slot, say(f"disk-{slot}", words=words), say(f"disk-{slot}-cure"))


def write_whole(path: Path, data: bytes, *, private: bool = False, variable: str = "") -> None:
    """Write a file under another name and then rename it: whoever sees it sees the whole. Its folder is made.

    private: only this user may read it. variable: the one that would choose another folder, for the message.
    A link stays a link: what it points to is written.
    BadData with Reason.DISK where it cannot be written; nothing is left then.
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        make_folder(path.parent)
        _write_new(temporary, data, PRIVATE if private else USUAL)
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error, variable) from error
    finally:
        with suppress(OSError):  # mostly it is not there any more
            temporary.unlink()


def unwritable(path: Path, error: OSError, variable: str = "") -> BadData:
    """The error for a file or folder that cannot be written."""
    _, why, cure = explain_refusal(error)
    if variable:
        cure = say("cure-or-variable", cure=cure, variable=variable)
    return BadData(say("cannot-write", path=path, why=why, cure=cure))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; this user may use them, whatever the umask."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        with suppress(FileExistsError):  # another process makes it, too
            one.mkdir()
            _give_owner(one, OWNER)
    folder.mkdir(exist_ok=True)  # an error where it is no folder


def _give_owner(path: Path, wanted: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & wanted != wanted:
        path.chmod(mode | wanted)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(data)
    _give_owner(path, PRIVATE)
