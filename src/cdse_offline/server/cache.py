"""The images that are kept on disk: where, how much room they take, and which of them go.

When there are too many, the scene that was used least recently goes as a whole. The time of its folder says when that
was: a file's own time is its version to those who are reading it, and never changes. Several services may share the
cache; each marks what it uses, and none removes what was used a moment ago.
"""

import os
import re
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cdse_access.files import make_folder
from cdse_access.folders import Place, find_place
from cdse_access.variables import read_gigabytes
from cdse_offline.simulation import lengths
from cdse_offline.simulation.version import source_version

VARIABLE, LIMIT, FOLDER = "CDSE_OFFLINE_CACHE", "CDSE_OFFLINE_CACHE_MAX_GB", "cdse_offline"
DEFAULT_GIGABYTES = 4.0
KEEP_OLD_VERSIONS = 86400  # seconds: another service may still run from the old source
IN_USE = 600  # seconds: what was used since then stays, however much there is
MARKED = 30  # seconds until a scene that is used all the time is marked again
LOW = 0.95  # of the limit: so much is left, so that not every new file costs a search
STEP = 0.025  # of the limit: after so much of our own we look again what others have added
_VERSION = re.compile(r"[0-9a-f]{16}")  # as `source_version` names them


def find_cache() -> Place:
    """`CDSE_OFFLINE_CACHE`, or the user's cache folder of this platform, or a temporary one with a note."""
    return find_place(VARIABLE, FOLDER)


def read_limit() -> float:
    """Bytes that the images may take on disk: 4 GB, or as many as `CDSE_OFFLINE_CACHE_MAX_GB` says.

    BadInput where it says no number.
    """
    return read_gigabytes(LIMIT, DEFAULT_GIGABYTES)


class Cache:
    """The kept images of all versions; new ones are of this version."""

    def __init__(self, root: Path, limit: float = DEFAULT_GIGABYTES * 1e9) -> None:
        self.root, self.limit = root, limit
        self.folder = root / source_version()
        self._marked: dict[Path, float] = {}  # scenes, and when they were marked as used
        self.size = 0.0  # as far as we know
        self._grown = 0.0  # since we looked
        self._turn = threading.Lock()

    def mark_used(self, path: Path) -> None:
        """The scene of this file is in use, and so is its version; to be told before the file is looked for."""
        scene, now = path.parent, time.monotonic()
        if now - self._marked.get(scene, -MARKED) < MARKED:
            return
        with suppress(OSError):  # it is not there yet
            os.utime(scene)
            os.utime(scene.parent)
            self._marked[scene] = now

    def add(self, path: Path) -> None:
        """A file has been made: where that may be too much, room is made in the background."""
        with suppress(OSError):  # removed again
            size = lengths.allocated(path.stat())
            self.size += size
            self._grown += size
        if self.size > self.limit or self._grown > STEP * self.limit:
            self._grown = 0
            with suppress(RuntimeError):  # no thread left: the next file looks again
                _run_aside(self.make_room)

    def clean(self) -> threading.Thread:
        """Mark this version as used; in the background, remove old ones and what is too much."""
        make_folder(self.folder)
        os.utime(self.folder)
        return _run_aside(self._clean)

    def _clean(self) -> None:
        self._remove_old_versions()
        self.make_room()

    def _remove_old_versions(self) -> None:
        """Those that no service has used for a day."""
        for other in list_versions(self.root):
            if other == self.folder:
                continue
            with suppress(OSError):  # another service removes it, too
                age = time.time() - other.stat().st_mtime
                if age > KEEP_OLD_VERSIONS:
                    shutil.rmtree(other, ignore_errors=True)

    def make_room(self) -> None:
        """Where there is more than the limit, remove scenes until there is somewhat less, but none that is in use."""
        if not self._turn.acquire(blocking=False):
            return  # it is being done
        try:
            versions = list_versions(self.root)
            size: float = sum(map(measure_size, versions))
            if size > self.limit:
                size -= _remove_scenes(versions, size - LOW * self.limit)
            self.size = size
        finally:
            self._turn.release()


def _remove_scenes(versions: list[Path], excess: float) -> float:
    """Remove about so many bytes, of the scenes that were used least recently; how many were removed."""
    removed = 0.0
    for scene in sorted(_list_scenes(versions)):
        if removed >= excess or not _is_idle(scene.path):
            break
        size = measure_size(scene.path)
        shutil.rmtree(scene.path, ignore_errors=True)
        removed += size - measure_size(scene.path)  # what may not be removed is still there
    return removed


class _Scene(NamedTuple):
    used: float  # when it was used last, seconds
    path: Path


def _list_scenes(versions: list[Path]) -> Iterator[_Scene]:
    """The folders of scenes; files beside them, the drawn lands, are few and stay."""
    for version in versions:
        with suppress(OSError):  # another service removes it
            for entry in os.scandir(version):
                if entry.is_dir(follow_symlinks=False):
                    yield _Scene(entry.stat().st_mtime, Path(entry.path))


def _is_idle(scene: Path) -> bool:
    """Has nobody used it for a while? Asked just before it is removed, since somebody may have come meanwhile.

    A mark far in the future was made when the clock was wrong, and says nothing.
    """
    try:
        return abs(time.time() - scene.stat().st_mtime) > IN_USE
    except OSError:
        return False


def _run_aside(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def list_versions(root: Path) -> list[Path]:
    """The folders of all versions. Whatever else lies in the cache's folder, which may be anyone's, is left alone."""
    with suppress(OSError):
        return [one for one in root.iterdir() if _VERSION.fullmatch(one.name) and not one.is_symlink()]
    return []


def measure_size(folder: Path) -> int:
    """Bytes that the files of a folder take on disk, which for a simulated image is far less than its length."""
    return sum(map(_measure_file, folder.rglob("*")))


def _measure_file(path: Path) -> int:
    with suppress(OSError):  # removed meanwhile
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            return lengths.allocated(status)
    return 0
