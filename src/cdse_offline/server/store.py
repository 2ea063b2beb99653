"""The files of the holdings: those of a pack as they are, simulated ones made when first read and kept in the cache.

A file is made in a worker process, so that the service itself needs neither numpy nor GDAL. It is written under
another name and then renamed: whoever sees it sees the whole. Of two services that make the same file the first one
wins: another file, with another time, would be a change to those who are reading it.
"""

import asyncio
import multiprocessing
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from cdse_access.files import make_folder
from cdse_offline.server.cache import Cache
from cdse_offline.server.failures import KILLED, Failure, NotMadeError, describe_failure
from cdse_offline.server.line import FullError, Line
from cdse_offline.simulation.files import AnyFile, DerivedFile, SimulatedFile, make_file

WORKERS = 2
MAX_QUICKLOOKS = 24  # that wait to be drawn: anybody may ask for them
# Assets that are wanted together. A client that loads many dates asks for all dates of one band first; when it comes to
# the next band, the scenes of the first dates are forgotten. So the companions are made while the scene is at hand.
TOGETHER = (("B04_10m", "B08_10m", "SCL_20m"), ("B02_10m", "B03_10m"))
IDLE = 60  # seconds without work after which a worker ends: it holds hundreds of megabytes
LAST = 10  # seconds that it has for that
Make = Callable[[AnyFile, Path], None]


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
    """A process that makes one file after the other, started at the first one and again when it has ended.

    It ends when it was idle for a minute. All that is done with it is done in one thread, one thing after the other.
    """

    def __init__(self, make: Make, folder: Path) -> None:
        self._make = make
        self._folder = folder
        self._process: multiprocessing.process.BaseProcess | None = None
        self._jobs: Pipe | None = None
        self._thread = ThreadPoolExecutor(1)
        self._line = Line()
        self._rest: asyncio.TimerHandle | None = None
        self.wanted = 0  # files that it makes or will make
        self.batches = 0

    async def make(self, wanted: AnyFile, path: Path) -> None:
        """Images first, in the order in which they are asked for; quicklooks when no image is wanted."""
        loop = asyncio.get_running_loop()
        self.wanted += 1
        if self._rest:
            self._rest.cancel()
        try:
            async with self._line.turn(lambda _: _is_quicklook(wanted)):
                await loop.run_in_executor(self._thread, self._wait_for, wanted, path)
        finally:
            self.wanted -= 1
            if not self.wanted:
                self._rest = loop.call_later(IDLE, self._thread.submit, self._end)

    def _wait_for(self, wanted: AnyFile, path: Path) -> None:
        """Have it made. A worker that dies is replaced once: somebody may have stopped it, or memory was short."""
        failure = self._try_to_make(wanted, path)
        if failure is not None and failure.code == KILLED:
            failure = self._try_to_make(wanted, path)
        if failure is not None:
            raise NotMadeError(failure)

    def _try_to_make(self, wanted: AnyFile, path: Path) -> Failure | None:
        jobs = self._jobs or self._start()
        try:
            jobs.send((wanted, path))
            failure: Failure | None = jobs.recv()
        except (EOFError, OSError):
            self._jobs = None  # the next one starts a new process
            return self._tell_death(wanted)
        return failure

    def _tell_death(self, wanted: AnyFile) -> Failure:
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

    def _end(self) -> None:
        """Let the process end, and with it the scenes that it keeps."""
        if self._jobs is None or self._process is None:
            return
        self._jobs.close()
        self._jobs = None
        self._process.join(LAST)
        self._process.kill()  # if it has not ended

    def close(self) -> None:
        if self._rest:
            self._rest.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._process:
            self._process.kill()


class FileStore:
    """Objects by their keys, as files."""

    def __init__(self, objects: Mapping[str, AnyFile | Path], cache: Cache, make: Make = make_file) -> None:
        self.objects = objects
        self.cache = cache
        self._workers = [Worker(make, cache.folder) for _ in range(WORKERS)]
        self._batch_workers: dict[str, Worker] = {}  # the bands of one scene go to one worker, which keeps the scene
        self._making: dict[Path, asyncio.Task[None]] = {}
        self._quicklooks = Line(MAX_QUICKLOOKS)

    async def find_file(self, key: str) -> Path:
        """The object's file, made if need be; KeyError if there is no such object, FullError if too many are wanted."""
        wanted = self.objects[key]
        if isinstance(wanted, Path):
            return wanted
        path = self._locate(wanted)
        self.cache.mark_used(path)
        if not _is_readable(path):
            making = self._start(wanted)
            for companion in _find_companions(wanted):
                self._start(companion)
            # All who ask while it is being made wait for the one making, and none of them can cancel it.
            await asyncio.shield(making)
        return path

    def _locate(self, wanted: AnyFile) -> Path:
        return self.cache.folder / wanted.path

    def _start(self, wanted: AnyFile) -> asyncio.Task[None]:
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

    async def _make(self, wanted: AnyFile, path: Path) -> None:
        if _is_readable(path):
            return
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            await self._make_in_turn(wanted, unfinished)
            if not _is_readable(path):  # another service was faster: whoever reads its file reads on
                unfinished.replace(path)
                self.cache.add(path)
        except (NotMadeError, FullError):
            raise
        except Exception as error:  # a full disk, a folder that is not ours; no memory, no thread
            raise NotMadeError(describe_failure(error, path.parent)) from error
        finally:
            with suppress(OSError):
                unfinished.unlink()

    async def _make_in_turn(self, wanted: AnyFile, path: Path) -> None:
        if not _is_quicklook(wanted):
            await self._write(wanted, path)
            return
        async with self._quicklooks.turn(lambda _: 0):  # one at a time, so that the other worker is free for images
            await self._write(wanted, path)

    async def _write(self, wanted: AnyFile, path: Path) -> None:
        """Have it made; once more where the folder was removed meanwhile."""
        worker = self._choose_worker(wanted.batch)
        make_folder(path.parent)
        try:
            await worker.make(wanted, path)
        except NotMadeError:
            if path.parent.is_dir():
                raise
            make_folder(path.parent)
            await worker.make(wanted, path)

    def _choose_worker(self, batch: str) -> Worker:
        if batch not in self._batch_workers:
            self._batch_workers[batch] = min(self._workers, key=lambda worker: (worker.wanted, worker.batches))
            self._batch_workers[batch].batches += 1
        return self._batch_workers[batch]

    def close(self) -> None:
        for worker in self._workers:
            worker.close()


def _is_quicklook(wanted: AnyFile) -> bool:
    return isinstance(wanted, SimulatedFile) and wanted.kind == "thumbnail"


def _find_companions(wanted: AnyFile) -> list[AnyFile]:
    if isinstance(wanted, DerivedFile):
        images = wanted.source.images if wanted.asset in wanted.source.images else ()
        return [replace(wanted, asset=asset) for asset in images if asset != wanted.asset]
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
