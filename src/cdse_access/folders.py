"""Where things are kept: in the folder that a variable names, else in the user's cache, else in a temporary one.

Whatever lies in such a folder is believed, so it must be this user's own: a digest shows damage, not forgery. In a
folder that others own or may write to, such as one for a whole class, each user has a private one inside.
"""

import errno
import os
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import platformdirs

from cdse_access.files import OWNER, explain_refusal, make_folder
from cdse_access.messages import say
from cdse_access.problems import BadData
from cdse_access.variables import read_variable

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_TRIAL = bytes(1 << 16)  # what a folder must have room for


class Place(NamedTuple):
    """A folder that can be used, and what the user should know of it, if it is not the usual one."""

    folder: Path
    note: str = ""


def find_place(variable: str, name: str) -> Place:
    """A folder of this user's own that can be written: the one of this variable, or a cache folder of this name.

    BadData (Reason.DISK) where the variable's cannot be used, or where there is none at all.
    """
    if given := read_variable(variable):
        return Place(_use_given(variable, given))
    try:
        usual = _find_usual(name)
        _refuse_foreign(usual)
        return Place(_prepare(usual))
    except (OSError, RuntimeError) as error:  # the second: no home
        return _use_temporary(variable, name, error)


def locate_folder(variable: str, name: str) -> Path:
    """Where the folder is, be it there or not. BadData (Reason.DISK) where that cannot be known."""
    given = read_variable(variable)
    try:
        folder = Path(given).expanduser().absolute() if given else _find_usual(name)
        own = folder / _name_own()
        return own if own.is_dir() else folder
    except (OSError, RuntimeError) as error:
        raise _unusable(variable, given, error) from error


def _find_usual(name: str) -> Path:
    return Path(platformdirs.user_cache_dir(name, appauthor=False)).absolute()


def _unusable(variable: str, folder: str, error: OSError | RuntimeError) -> BadData:
    why, cure = _tell(error)
    return BadData(say("folder-unusable", variable=variable, folder=folder, why=why, cure=cure))


def make_temporary() -> Path:
    """A folder for this process, removed when it ends. BadData (Reason.DISK) where none can be made."""
    try:
        return Path(_open_temporary().name)
    except OSError as error:  # also where there is no folder for temporary files at all
        raise _unusable("TMPDIR", os.environ.get("TMPDIR", "/tmp"), error) from error


@cache
def _open_temporary() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="cdse-")


def _use_given(variable: str, given: str) -> Path:
    try:
        return _prepare(Path(given).expanduser().absolute())
    except (OSError, RuntimeError) as error:
        raise _unusable(variable, given, error) from error


def _use_temporary(variable: str, name: str, error: OSError | RuntimeError) -> Place:
    """The user's cache cannot be used: what is kept lasts as long as this process, and the user is told."""
    why, _ = _tell(error)
    folder = getattr(error, "filename", None) or f"~ ({name})"
    try:
        now = _prepare(make_temporary())
    except OSError as second:
        told = {"variable": variable, "folder": folder, "why": why, "also": second}
        raise BadData(say("no-folder", **told)) from second
    return Place(now, say("kept-elsewhere", folder=folder, why=why, now=now, variable=variable))


def _tell(error: OSError | RuntimeError) -> tuple[str, str]:
    """Reason and cure; a RuntimeError is Python's where it knows no home."""
    if isinstance(error, RuntimeError):
        return say("disk-no-home"), say("disk-no-home-cure")
    _, why, cure = explain_refusal(error)
    return why, cure


# -- whose, and is it usable -----------------------------------------------------


def _prepare(folder: Path) -> Path:
    """Make this folder; it or the user's own one inside, once a file could be written there. OSError if not."""
    if not _can_be_named(folder):
        raise _refusal(errno.EILSEQ, folder)
    make_folder(folder)
    if _is_open_to_others(folder):
        folder = folder / _name_own()
        _make_private(folder)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(_TRIAL)
    return folder


def _refusal(number: int, folder: Path) -> OSError:
    """An error as the system itself would raise it."""
    words = os.strerror(number)
    return OSError(number, words, str(folder))


def _can_be_named(folder: Path) -> bool:
    """GDAL wants names in UTF-8, bytes that are not stand as surrogates here; `/vsi…` it takes for no folder."""
    return not str(folder).startswith("/vsi") and not any("\ud800" <= letter <= "\udfff" for letter in str(folder))


def _name_own() -> str:
    number = os.getuid() if hasattr(os, "getuid") else 0
    return f"user-{number}"


def _is_foreign(status: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):
        return False
    return status.st_uid != os.getuid()


def _is_open_to_others(folder: Path) -> bool:
    """May somebody else have put files there? A group that has the user's own number is nobody else."""
    status = folder.stat()
    if _is_foreign(status):
        return True
    if os.name == "nt":  # modes say nothing there
        return False
    has_own_group = status.st_gid == status.st_uid
    others = stat.S_IWOTH if has_own_group else _OTHERS_WRITE
    return bool(status.st_mode & others)


def _make_private(folder: Path) -> None:
    """A folder that nobody else may look into. PermissionError where somebody has put another one there."""
    with suppress(FileExistsError):
        folder.mkdir(OWNER)
        folder.chmod(OWNER)  # whatever the umask
    status = folder.lstat()
    is_folder = stat.S_ISDIR(status.st_mode)
    is_open = status.st_mode & _OTHERS_WRITE
    if not is_folder or is_open or _is_foreign(status):
        raise _refusal(errno.EACCES, folder)


def _refuse_foreign(folder: Path) -> None:
    """PermissionError where another user's home would be written into, as with `sudo -E`."""
    above = (folder, *folder.parents)
    existing = next(one for one in above if one.exists())
    if _is_foreign(existing.stat()):
        raise _refusal(errno.EACCES, folder)
