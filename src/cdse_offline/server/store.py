"""The files of the simulated scenes: made when first read, kept in the user's cache folder.

A file is made in a worker process, so that the service itself needs neither numpy nor GDAL. It is written under
another name and then renamed: whoever sees it sees the whole. Two services that make the same file write the same
pixels, and the last rename wins.
"""

import asyncio
import multiprocessing
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, lru_cache, partial
from hashlib import sha256
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cdse_offline import simulation
from cdse_offline.holdings import Simulated
from cdse_offline.simulation import lengths

WORKERS = 2
# Assets that are wanted together. A client that loads many dates asks for all dates of one band first; when it comes to
# the next band, the scenes of the first dates are forgotten. So the companions are made while the scene is at hand.
TOGETHER = (("B04_10m", "B08_10m", "SCL_20m"), ("B02_10m", "B03_10m"))
KEEP_OLD_VERSIONS = 86400  # seconds: another service may still run from the old source
Make = Callable[[Simulated, Path], None]


class NotMadeError(Exception):
    """The worker failed or died while it made a file."""


def cache_folder() -> Path:
    """`CDSE_OFFLINE_CACHE`, or the user's cache folder of this platform."""
    if given := os.environ.get("CDSE_OFFLINE_CACHE"):
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("cdse_offline", appauthor=False))


@cache
def version() -> str:
    """A name for the source that files are made by: when it changes, old files are not served any more."""
    digest = sha256()
    for source in sorted(Path(simulation.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def make(wanted: Simulated, path: Path) -> None:
    """Make one file; runs in a worker process, where the heavy imports belong."""
    if wanted.kind == "metadata":
        from cdse_offline.simulation import metadata

        path.write_bytes(metadata.document(wanted.acquisition, wanted.asset))
        return
    from cdse_offline.product.assets import resolution
    from cdse_offline.simulation import jp2

    scene = _scene(wanted.acquisition)
    if wanted.kind == "thumbnail":
        jp2.write_jpeg(path, scene.thumbnail())
        return
    long = wanted.kind == "pixels" and resolution(wanted.asset) == 10 and lengths.holes_are_free(path.parent)
    jp2.write(
        path,
        scene.pixels(wanted.asset) if wanted.kind == "pixels" else scene.truth(wanted.asset),
        place=wanted.acquisition.place,
        resolution=resolution(wanted.asset),
        lengths=lengths.tile_parts(wanted.acquisition, wanted.asset) if long else None,
    )


@lru_cache(maxsize=4)
def _scene(acquisition: Any) -> Any:
    from cdse_offline.simulation.scenes import Scene

    return Scene(acquisition)


def _work(jobs: Connection, make: Make, folder: Path) -> None:
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
            jobs.send(f"{type(error).__name__}: {error}")


class Worker:
    """A process that makes one file after the other, started at the first one and again when it has died."""

    def __init__(self, make: Make, folder: Path) -> None:
        self._work = make, folder
        self._process: multiprocessing.process.BaseProcess | None = None
        self._jobs: Connection | None = None
        self._queue = ThreadPoolExecutor(1)

    async def make(self, wanted: Simulated, path: Path) -> None:
        await asyncio.get_running_loop().run_in_executor(self._queue, self._ask, wanted, path)

    def _ask(self, wanted: Simulated, path: Path) -> None:
        if self._process is None:
            self._start()
        try:
            self._jobs.send((wanted, path))
            failure = self._jobs.recv()
        except (EOFError, OSError) as error:
            self._process = None  # the next one starts a new process
            raise NotMadeError(f"the worker died while it made {wanted.asset} of {wanted.acquisition.id}") from error
        if failure:
            raise NotMadeError(f"{wanted.asset} of {wanted.acquisition.id}: {failure}")

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._jobs, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, *self._work), daemon=True)
        self._process.start()
        theirs.close()  # else the end of the worker would not be seen here

    def close(self) -> None:
        self._queue.shutdown(wait=False, cancel_futures=True)
        if self._process:
            self._process.kill()


class Store:
    """Objects by their keys, as files."""

    def __init__(self, objects: Mapping[str, Simulated | Path], folder: Path | None = None, make: Make = make) -> None:
        self.objects = objects
        self.cache = folder or cache_folder()
        self.folder = self.cache / version()
        self._workers = [Worker(make, self.folder) for _ in range(WORKERS)]
        self._turns = count()
        self._homes: dict[str, Worker] = {}  # the bands of one scene go to one worker, which keeps the scene
        self._making: dict[Path, asyncio.Task[None]] = {}

    async def file(self, key: str) -> Path:
        """The object's file, made if need be; KeyError if there is no such object."""
        wanted = self.objects[key]
        if isinstance(wanted, Path):
            return wanted
        path = self._path(wanted)
        if not path.exists():
            making = self._start(wanted)
            for companion in _companions(wanted):
                self._start(companion)
            # All who ask while it is being made wait for the one making, and none of them can cancel it.
            await asyncio.shield(making)
        return path

    def _path(self, wanted: Simulated) -> Path:
        return self.folder / wanted.acquisition.id / f"{wanted.kind}-{wanted.asset}"

    def _start(self, wanted: Simulated) -> asyncio.Task[None]:
        path = self._path(wanted)
        if path not in self._making:
            self._making[path] = asyncio.create_task(self._made(wanted, path))
            self._making[path].add_done_callback(partial(self._ended, path))
        return self._making[path]

    def _ended(self, path: Path, making: asyncio.Task[None]) -> None:
        del self._making[path]
        if not making.cancelled():
            making.exception()  # who waits is told; if nobody waits, it will be tried again when it is asked for

    async def _made(self, wanted: Simulated, path: Path) -> None:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            await self._home(wanted.acquisition.id).make(wanted, unfinished)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _home(self, scene: str) -> Worker:
        if scene not in self._homes:
            self._homes[scene] = self._workers[next(self._turns) % len(self._workers)]
        return self._homes[scene]

    def tidy(self) -> threading.Thread:
        """Mark this version as used and remove those that no service has used for a day; in the background."""
        self.folder.mkdir(parents=True, exist_ok=True)
        os.utime(self.folder)
        removal = threading.Thread(target=_remove_old, args=(self.folder,), daemon=True)
        removal.start()
        return removal

    def close(self) -> None:
        for worker in self._workers:
            worker.close()


def _companions(wanted: Simulated) -> list[Simulated]:
    together = next((group for group in TOGETHER if wanted.kind == "pixels" and wanted.asset in group), ())
    return [replace(wanted, asset=asset) for asset in together if asset != wanted.asset]


def _remove_old(folder: Path) -> None:
    for other in folder.parent.iterdir():
        if other != folder and other.is_dir() and time.time() - other.stat().st_mtime > KEEP_OLD_VERSIONS:
            shutil.rmtree(other, ignore_errors=True)


def size(folder: Path) -> int:
    """Bytes that the files of a folder take on disk, which for a simulated image is far less than its length."""
    return sum(lengths.allocated(file.stat()) for file in folder.rglob("*") if file.is_file())
