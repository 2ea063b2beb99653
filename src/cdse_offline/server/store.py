"""The files of the holdings: those of a pack as they are, simulated ones made when first read and kept in the cache.

A file is made in a worker process, so that the service itself needs neither numpy nor GDAL. It is written under
another name and then renamed: whoever sees it sees the whole. Of two services that make the same file the first one
wins: another file, with another time, would be a change to those who are reading it.
"""

import asyncio
import multiprocessing
import os
import re
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from cdse_access.files import make_folder
from cdse_access.folders import Place, find_place
from cdse_offline.server.failures import KILLED, Failure, NotMadeError, describe_failure
from cdse_offline.server.line import FullError, Line
from cdse_offline.simulation import lengths
from cdse_offline.simulation.files import SimulatedFile, make_file
from cdse_offline.simulation.version import source_version

VARIABLE, FOLDER = "CDSE_OFFLINE_CACHE", "cdse_offline"
_VERSION = re.compile(r"[0-9a-f]{16}")  # as `source_version` names them
WORKERS = 2
MAX_QUICKLOOKS = 24  # that wait to be drawn: anybody may ask for them
# Assets that are wanted together. A client that loads many dates asks for all dates of one band first; when it comes to
# the next band, the scenes of the first dates are forgotten. So the companions are made while the scene is at hand.
TOGETHER = (("B04_10m", "B08_10m", "SCL_20m"), ("B02_10m", "B03_10m"))
KEEP_OLD_VERSIONS = 86400  # seconds: another service may still run from the old source
Make = Callable[[SimulatedFile, Path], None]


def find_cache() -> Place:
    """`CDSE_OFFLINE_CACHE`, or the user's cache folder of this platform, or a temporary one with a note."""
    return find_place(VARIABLE, FOLDER)


def cache_folder() -> Path:
    """The folder of all versions."""
    return find_cache().folder


def _run_worker(jobs: Pipe, make: Make, folder: Path) -> None:
    """The worker's loop: it ends when the service's end of the pipe closes, even if the service was killed."""
    for library in ("GDAL", "OPENBLAS", "OMP"):  # there are as many workers as cores to be used
        os.environ[f"{library}_NUM_THREADS"] = "1"
    os.environ["CDSE_OFFLINE_LAND"] = str(folder)  # where the scenes keep the land they have drawn
    while True:
        try:
            wanted, path = jobs.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            make(wanted, path)
            jobs.send(None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the service must hear of it and go on
            jobs.send(describe_failure(error, path.parent))


class Worker:
    """A process that makes one file after the other, started at the first one and again when it has died."""

    def __init__(self, make: Make, folder: Path) -> None:
        self._make = make
        self._folder = folder
        self._process: multiprocessing.process.BaseProcess | None = None
        self._jobs: Pipe | None = None
        self._thread = ThreadPoolExecutor(1)
        self._line = Line()
        self.wanted = 0  # files that it makes or will make
        self.scenes = 0

    async def make(self, wanted: SimulatedFile, path: Path) -> None:
        """Images first, in the order in which they are asked for; quicklooks when no image is wanted."""
        self.wanted += 1
        try:
            async with self._line.turn(lambda _: _is_quicklook(wanted)):
                await asyncio.get_running_loop().run_in_executor(self._thread, self._wait_for, wanted, path)
        finally:
            self.wanted -= 1

    def _wait_for(self, wanted: SimulatedFile, path: Path) -> None:
        """Have it made. A worker that dies is replaced once: somebody may have stopped it, or memory was short."""
        failure = self._try_to_make(wanted, path)
        if failure is not None and failure.code == KILLED:
            failure = self._try_to_make(wanted, path)
        if failure is not None:
            raise NotMadeError(failure)

    def _try_to_make(self, wanted: SimulatedFile, path: Path) -> Failure | None:
        jobs = self._jobs or self._start()
        try:
            jobs.send((wanted, path))
            failure: Failure | None = jobs.recv()
        except (EOFError, OSError):
            self._jobs = None  # the next one starts a new process
            return self._tell_death(wanted)
        return failure

    def _tell_death(self, wanted: SimulatedFile) -> Failure:
        assert self._process is not None
        self._process.join(1)
        return Failure(KILLED, f"{wanted}, {self._process.exitcode}")

    def _start(self) -> Pipe:
        context = multiprocessing.get_context("spawn")
        self._jobs, theirs = context.Pipe()
        self._process = context.Process(target=_run_worker, args=(theirs, self._make, self._folder), daemon=True)
        self._process.start()
        theirs.close()  # else the end of the worker would not be seen here
        return self._jobs

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._process:
            self._process.kill()


class FileStore:
    """Objects by their keys, as files."""

    def __init__(
        self, objects: Mapping[str, SimulatedFile | Path], folder: Path | None = None, make: Make = make_file
    ) -> None:
        self.objects = objects
        self.cache = folder or cache_folder()
        self.folder = self.cache / source_version()
        self._workers = [Worker(make, self.folder) for _ in range(WORKERS)]
        self._scene_workers: dict[str, Worker] = {}  # the bands of one scene go to one worker, which keeps the scene
        self._making: dict[Path, asyncio.Task[None]] = {}
        self._quicklooks = Line(MAX_QUICKLOOKS)

    async def find_file(self, key: str) -> Path:
        """The object's file, made if need be; KeyError if there is no such object, FullError if too many are wanted."""
        wanted = self.objects[key]
        if isinstance(wanted, Path):
            return wanted
        path = self._locate(wanted)
        if not _is_readable(path):
            making = self._start(wanted)
            for companion in _find_companions(wanted):
                self._start(companion)
            # All who ask while it is being made wait for the one making, and none of them can cancel it.
            await asyncio.shield(making)
        return path

    def _locate(self, wanted: SimulatedFile) -> Path:
        return self.folder / wanted.acquisition.id / f"{wanted.kind}-{wanted.asset}"

    def _start(self, wanted: SimulatedFile) -> asyncio.Task[None]:
        path = self._locate(wanted)
        if path not in self._making:
            making = asyncio.create_task(self._make(wanted, path))
            making.add_done_callback(partial(self._forget, path))
            self._making[path] = making
        return self._making[path]

    def _forget(self, path: Path, making: asyncio.Task[None]) -> None:
        del self._making[path]
        if not making.cancelled():
            making.exception()  # who waits is told; if nobody waits, it will be tried again when it is asked for

    async def _make(self, wanted: SimulatedFile, path: Path) -> None:
        if _is_readable(path):
            return
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            await self._make_in_turn(wanted, unfinished)
            if not _is_readable(path):  # another service was faster: whoever reads its file reads on
                unfinished.replace(path)
        except (NotMadeError, FullError):
            raise
        except Exception as error:  # a full disk, a folder that is not ours; no memory, no thread
            raise NotMadeError(describe_failure(error, path.parent)) from error
        finally:
            with suppress(OSError):
                unfinished.unlink()

    async def _make_in_turn(self, wanted: SimulatedFile, path: Path) -> None:
        if not _is_quicklook(wanted):
            await self._write(wanted, path)
            return
        async with self._quicklooks.turn(lambda _: 0):  # one at a time, so that the other worker is free for images
            await self._write(wanted, path)

    async def _write(self, wanted: SimulatedFile, path: Path) -> None:
        """Have it made; once more where the folder was removed meanwhile."""
        worker = self._choose_worker(wanted.acquisition.id)
        make_folder(path.parent)
        try:
            await worker.make(wanted, path)
        except NotMadeError:
            if path.parent.is_dir():
                raise
            make_folder(path.parent)
            await worker.make(wanted, path)

    def _choose_worker(self, scene: str) -> Worker:
        if scene not in self._scene_workers:
            self._scene_workers[scene] = min(self._workers, key=lambda worker: (worker.wanted, worker.scenes))
            self._scene_workers[scene].scenes += 1
        return self._scene_workers[scene]

    def remove_old_versions(self) -> threading.Thread:
        """Mark this version as used and remove those that no service has used for a day; in the background."""
        make_folder(self.folder)
        os.utime(self.folder)
        removal = threading.Thread(target=_remove_others, args=(self.folder,), daemon=True)
        removal.start()
        return removal

    def close(self) -> None:
        for worker in self._workers:
            worker.close()


def _is_quicklook(wanted: SimulatedFile) -> bool:
    return wanted.kind == "thumbnail"


def _find_companions(wanted: SimulatedFile) -> list[SimulatedFile]:
    if wanted.kind != "pixels":
        return []
    for group in TOGETHER:
        if wanted.asset in group:
            return [replace(wanted, asset=asset) for asset in group if asset != wanted.asset]
    return []


def _is_readable(path: Path) -> bool:
    """Is the file there, with something in it, and is it this user's to read? If not, it is made again."""
    try:
        status = path.stat()
    except OSError:  # also where links lead in a circle
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0 and os.access(path, os.R_OK)


def list_versions(folder: Path) -> list[Path]:
    """The folders of all versions. Whatever else lies in the cache's folder, which may be anyone's, is left alone."""
    with suppress(OSError):
        return [one for one in folder.iterdir() if _VERSION.fullmatch(one.name) and not one.is_symlink()]
    return []


def _remove_others(folder: Path) -> None:
    for other in list_versions(folder.parent):
        if other == folder:
            continue
        with suppress(OSError):  # another service removes it, too
            age = time.time() - other.stat().st_mtime
            if age > KEEP_OLD_VERSIONS:
                shutil.rmtree(other, ignore_errors=True)


def measure_size(folder: Path) -> int:
    """Bytes that the files of a folder take on disk, which for a simulated image is far less than its length."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(lengths.allocated(file.stat()) for file in files)
