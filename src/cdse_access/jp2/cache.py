"""The user's cache: files that are there whole or not at all, never change, and are removed when they are too many.

Each file carries a digest of its content and of what it belongs to (service, address, version, tile). It is compared
when the file is first used in a process: a damaged file, or one that was put in another's place, is removed then.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from cdse_access.files import explain_refusal, unwritable, write_whole
from cdse_access.folders import find_place, make_temporary
from cdse_access.messages import say
from cdse_access.problems import BadData
from cdse_access.telling import tell
from cdse_access.variables import read_gigabytes, read_variable

VARIABLE, LIMIT = "CDSE_CACHE", "CDSE_CACHE_MAX"
FOLDER = "cdse-bai-hoc"
DEFAULT_GIGABYTES = 20.0
_FOLDER_NAME = re.compile(r"[0-9a-f]{20}")
_FILE_NAME = re.compile(r".+-[0-9a-f]{24}\.\w+|\.[0-9a-f]{16}\.part")  # what is kept, and what was being written
LARGEST_FILE = 1 << 27  # bytes: the largest tile of Sentinel-2 has an eighth of it


def shorten(data: bytes, length: int = 20) -> str:
    """A short name for a content."""
    return sha256(data).hexdigest()[:length]


def find_root(identity: str) -> Path:
    """The user's folder of kept images (`CDSE_CACHE` moves it); what has no identity lies in one of this process.

    BadData (Reason.DISK) where nothing can be kept. Where it is not the usual folder, the user is told, once.
    """
    if not identity and not read_variable(VARIABLE):
        return make_temporary()
    place = find_place(VARIABLE, FOLDER)
    if place.note:
        _tell_once(say("note", note=place.note))
    return place.folder


@cache
def _tell_once(note: str) -> None:
    tell(note)


def read_limit() -> float:
    """Bytes that the cache may hold: 20 GB, or as many gigabytes as `CDSE_CACHE_MAX` says."""
    return read_gigabytes(LIMIT, DEFAULT_GIGABYTES)


class Cache:
    """The kept files of one service."""

    def __init__(self, root: Path, identity: str) -> None:
        self.root, self.identity = root, identity
        self.versions: dict[str, str] = {}  # by address, what the store said where the item says nothing
        self.has_grown = False
        self.checked: dict[Path, int] = {}  # files whose digest was right, and when they were changed last

    def open_folder(self, href: str, version: str) -> "Folder":
        """The folder of an image in one version: other services and other versions have others."""
        return Folder(self, f"{self.identity} {href} {version}")


class Folder:
    """The kept files of one version of one image."""

    def __init__(self, owner: Cache, key: str) -> None:
        self.cache, self.key = owner, key
        self.path = owner.root / shorten(key.encode())
        self._names: set[str] = set()
        try:
            self._names.update(path.name for path in self.path.iterdir())
        except FileNotFoundError:
            pass  # nothing is kept yet
        except OSError as error:
            _, why, cure = explain_refusal(error)
            cure = say("cure-or-variable", cure=cure, variable=VARIABLE)
            raise BadData(say("cache-unreadable", path=self.path, why=why, cure=cure)) from error

    def find(self, name: str) -> Path | None:
        """The kept file of this name, whole and its own; None if there is none."""
        for found in self._names:
            if found.startswith(f"{name}-") and self._check(self.path / found, name):
                return self.path / found
        return None

    def find_all(self, start: str) -> list[Path]:
        """Every whole file whose name starts like this, in no order: a file's time says when it was used last."""
        paths = [self.path / found for found in self._names if found.startswith(start)]
        return [path for path in paths if self.holds(path)]

    def holds(self, path: Path) -> bool:
        """Is this file of the folder there, and as it was kept? A damaged one is removed."""
        return self._check(path, path.stem.rpartition("-")[0])

    def remove(self, path: Path) -> None:
        """Keep this file no longer."""
        self._names.discard(path.name)
        with suppress(OSError):
            path.unlink()

    def keep(self, name: str, suffix: str, data: bytes) -> Path:
        """Keep a file under this name. BadData (Reason.DISK) where it cannot be written."""
        path = self.path / f"{name}-{self._digest(name, data)}{suffix}"
        if path.name not in self._names or not self._check(path, name):
            write_whole(path, data, variable=VARIABLE)
            self._names.add(path.name)
            self.cache.has_grown = True
        try:
            self.cache.checked[path] = path.stat().st_mtime_ns
        except OSError as error:  # removed since, or what is written there is lost
            raise unwritable(path, error, VARIABLE) from error
        return path

    def _digest(self, name: str, data: bytes) -> str:
        digest = sha256(f"{self.key} {name}\n".encode())
        digest.update(data)
        return digest.hexdigest()[:24]

    def _check(self, path: Path, name: str) -> bool:
        """Is it as it was kept? Read only once in a process, unless it was changed since; if not, it is removed."""
        try:
            status = path.stat()
            if not S_ISREG(status.st_mode) or status.st_size > LARGEST_FILE:  # a pipe would be waited for without end
                path.unlink()
                return False
            known = self.cache.checked.get(path) == status.st_mtime_ns
            if not known and not path.stem.endswith(self._digest(name, path.read_bytes())):
                path.unlink()
                return False
            with suppress(PermissionError):  # on a disk that is only to be read
                os.utime(path)  # used now: others are removed before it
            self.cache.checked[path] = path.stat().st_mtime_ns
        except OSError:  # gone, or not to be read: it is fetched again, and who cannot replace it tells why
            return False
        return True


def discard_image(path: Path) -> None:
    """Remove a kept file, and all that belong to the same image; on Windows those stay that are open."""
    if _FOLDER_NAME.fullmatch(path.parent.name):
        shutil.rmtree(path.parent, ignore_errors=True)
    with suppress(OSError):
        path.unlink(missing_ok=True)


# -- size --------------------------------------------------------------------


class Kept(NamedTuple):
    """A file of the cache."""

    used: float  # when it was used last, seconds
    size: int
    path: Path


def find_files(root: Path) -> Iterator[Kept]:
    """All files of the cache; what else lies in its folder is not looked at."""
    if not root.is_dir():
        return
    for folder in root.iterdir():
        if not _FOLDER_NAME.fullmatch(folder.name):
            continue
        with suppress(OSError):  # another process removes whole folders, too
            yield from _list_files(folder)


def _list_files(folder: Path) -> Iterator[Kept]:
    for path in folder.iterdir():
        if not _FILE_NAME.fullmatch(path.name):  # a learner's own, in a folder with such a name
            continue
        with suppress(OSError):
            status = path.stat()
            yield Kept(status.st_mtime, status.st_size, path)


def trim(owner: Cache, since: float) -> None:
    """Where the cache has grown beyond its limit, remove what was not used for longest; nothing used since then."""
    if not owner.has_grown:
        return
    owner.has_grown = False
    kept = sorted(find_files(owner.root))
    excess = sum(file.size for file in kept) - read_limit()
    for file in kept:
        if excess <= 0 or file.used >= since:
            return
        with suppress(OSError):
            file.path.unlink()
            excess -= file.size


def clear(root: Path) -> tuple[int, int]:
    """Remove everything that was kept: how many files, how many bytes that were."""
    kept = list(find_files(root))
    for file in kept:
        with suppress(OSError):
            file.path.unlink()
    for folder in {file.path.parent for file in kept}:
        with suppress(OSError):  # not empty: something else lies there
            folder.rmdir()
    removed = [file for file in kept if not file.path.exists()]
    return len(removed), sum(file.size for file in removed)
