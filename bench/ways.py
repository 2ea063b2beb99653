"""The ways of reading that are compared. Each runs in a process of its own: `python -m bench.ways`, a task on stdin.

A task says what to read from which service. The answer, one line of JSON, says how long it took from parsed items to
arrays in memory, by the clock and by the processor, the most memory that the process held, and a digest of the pixels.
Imports, and the start of a Dask cluster, are not part of the time; what a way does not need is not imported, so that it
is not part of the memory.
"""

import importlib
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import odc.stac
import xarray as xr
from odc.geo.geobox import GeoBox
from pystac import Item

from cdse_offline import practice

Pixels = list[np.ndarray]  # of each band: time, row, column
PIECES = 5  # on each side
ROWS = 64  # are worked on at a time, on the way to a median


@dataclass
class Task:
    """What to read, and how; plain values, so that it goes through a pipe."""

    way: str
    documents: list[dict[str, Any]]  # the items, oldest first
    bands: list[str]
    area: dict[str, Any]  # bbox, or x, y and crs; resolution
    threads: int
    folder: str  # of the data pack, for those who may look there
    service: str  # host:port
    keys: tuple[str, str]
    ready: Any = None  # what the way has prepared before the clock runs

    @cached_property
    def items(self) -> list[Item]:
        return [Item.from_dict(document) for document in self.documents]

    @cached_property
    def geobox(self) -> GeoBox:
        parsed = [odc.stac.parse_item(item) for item in self.items]
        geobox = odc.stac.output_geobox(parsed, self.bands, **self.area)
        assert geobox
        return geobox

    @property
    def epsg(self) -> int:
        assert self.geobox.crs and self.geobox.crs.epsg
        return self.geobox.crs.epsg

    def hrefs(self, band: str) -> list[str]:
        return [item.assets[band].href for item in self.items]

    def path(self, href: str) -> Path:
        return Path(self.folder, "eodata", href.removeprefix("s3://eodata/"))


# -- the ways ----------------------------------------------------------------


def seed(task: Task) -> Pixels:
    """As in the lesson that this course grew from: lazily, in pieces of 1024 pixels, one band after the other."""
    dn = odc.stac.load(task.items, chunks={"x": 1024, "y": 1024}, **task.area)
    return [dn[band].compute().values for band in task.bands]


def odc_stac(task: Task, **more: Any) -> Pixels:
    with ThreadPoolExecutor(task.threads) as pool:
        dn = odc.stac.load(task.items, task.bands, groupby="solar_day", pool=pool, **task.area, **more)
    return [dn[band].values for band in task.bands]


def stackstac(task: Task) -> Pixels:
    import dask
    import stackstac

    with ThreadPoolExecutor(task.threads) as pool, dask.config.set(pool=pool):
        dn = stackstac.stack(
            task.items,
            task.bands,
            epsg=task.epsg,
            bounds=tuple(task.geobox.boundingbox),
            resolution=task.geobox.resolution.x,
            dtype=np.dtype("uint16"),
            fill_value=np.uint16(0),
            rescale=False,
        ).compute()
    return list(dn.values.swapaxes(0, 1))


def rioxarray(task: Task) -> Pixels:
    from rioxarray import open_rasterio

    def clip(href: str) -> np.ndarray:
        image = open_rasterio(href)
        assert isinstance(image, xr.DataArray)
        with image:
            left, bottom, right, top = task.geobox.boundingbox
            half = task.geobox.resolution.x / 2  # it takes every pixel that the box touches
            return image.rio.clip_box(left + half, bottom + half, right - half, top - half).values[0]

    return [np.stack([clip(href) for href in task.hrefs(band)]) for band in task.bands]


def plain_rasterio(task: Task) -> Pixels:
    import rasterio
    from rasterio.windows import from_bounds

    def read(href: str) -> np.ndarray:
        with rasterio.open(href) as file:
            return file.read(1, window=from_bounds(*task.geobox.boundingbox, file.transform))

    with ThreadPoolExecutor(task.threads) as pool:
        bands = [[pool.submit(read, href) for href in task.hrefs(band)] for band in task.bands]
        return [np.stack([one.result() for one in band]) for band in bands]


def ours(task: Task) -> Pixels:
    from cdse_access import load

    dn = load(task.items, task.bands, progress=False, **task.area)
    return [dn[band].values for band in task.bands]


def ours_in_pieces(task: Task) -> Pixels:
    """As neighbouring areas of one image, one after the other, here put together."""
    from cdse_access import load

    height, width = task.geobox.shape
    pixels = [np.zeros((len(task.items), height, width), np.uint16) for _ in task.bands]
    for rows in cut(height):
        for columns in cut(width):
            dn = load(task.items, task.bands, progress=False, geobox=task.geobox[rows, columns])
            for band, array in zip(task.bands, pixels, strict=True):
                array[:, rows, columns] = dn[band].values
    return pixels


def cut(length: int) -> Iterator[slice]:
    """A side in pieces of about the same length."""
    step = math.ceil(length / PIECES)
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


def ours_to_median(task: Task) -> Pixels:
    """The lesson's whole chain: reflectance, clouds away, NDVI, its median; the result is one array."""
    from cdse_access import load
    from lessons.bands import clear, ndvi, reflectance, scale_offset

    *optical, classes = task.bands
    dn = load(task.items, task.bands, progress=False, **task.area).chunk(y=ROWS)
    rho = reflectance(dn[optical], *scale_offset(task.items, optical))
    red, infrared = (rho[band] for band in optical)
    index = ndvi(infrared, red).where(clear(dn[classes]))
    return [index.median("time").values]


def ours_with_threads(task: Task) -> Pixels:
    """Fetched over four connections, whatever the threads; they read."""
    from cdse_access import fetch

    return odc_stac(task, patch_url=fetch(task.items, task.bands, progress=False, **task.area))


def on_cluster(task: Task, **more: Any) -> Pixels:
    dn = odc.stac.load(task.items, task.bands, groupby="solar_day", chunks={}, **task.area, **more)
    (dn,) = task.ready.gather(task.ready.compute([dn]))
    return [dn[band].values for band in task.bands]


def ours_on_cluster(task: Task) -> Pixels:
    from cdse_access import fetch

    return on_cluster(task, patch_url=fetch(task.items, task.bands, progress=False, **task.area))


def floor(task: Task) -> Pixels:
    """Only the wanted tile-parts, one request each: for someone who knows every place beforehand."""
    from bench import fullsize
    from cdse_access.jp2.ranges import Remote, open_pool
    from cdse_access.session import current

    store, folder = current().store, tempfile.TemporaryDirectory(prefix="floor-")
    connections = open_pool(store, task.threads)
    paths: dict[str, str] = {}

    def copy_tile_parts(href: str) -> None:
        file = Remote(href, store, connections)
        parts = {number: file.read(*place) for number, place in task.ready[href].items()}
        paths[href] = f"{folder.name}/{len(paths)}.jp2"
        fullsize.join(Path(paths[href]), parts)

    with folder:
        with ThreadPoolExecutor(task.threads) as pool:
            list(pool.map(copy_tile_parts, task.ready))
        return odc_stac(task, patch_url=paths.__getitem__)


def truth(task: Task) -> Pixels:
    """From the disk, each tile decoded at each reading: the pixels that all others must give."""
    return odc_stac(task, patch_url=lambda href: str(task.path(href)))


# -- what they need before ---------------------------------------------------


def learner(task: Task) -> AbstractContextManager[None]:
    """What `connect` sets, for a service whose catalogue nobody asks."""
    from cdse_access.secrets import Keys
    from cdse_access.session import use_store
    from cdse_access.store import Store

    use_store(Store(task.service, https=False, keys=Keys.from_texts(*task.keys), identity="bench"))
    return nullcontext()


@contextmanager
def cluster(task: Task) -> Iterator[Any]:
    from distributed import Client, LocalCluster

    size = {"n_workers": 2, "threads_per_worker": 2, "dashboard_address": None}
    with learner(task), LocalCluster(**size) as two, Client(two) as client:
        client.run(importlib.import_module, "odc.stac")
        yield client


@contextmanager
def places(task: Task) -> Iterator[dict[str, dict[int, tuple[int, int]]]]:
    """Of each file, begin and end of the tile-parts under the area."""
    from bench import data, fullsize

    numbers = data.find_tiles(*task.geobox.boundingbox)
    fullsize.empty_tiles()  # encoded now
    found = {}
    for href in (href for band in task.bands for href in task.hrefs(band)):
        index = fullsize.index(task.path(href))
        found[href] = {number: index[number] for number in numbers}
    with learner(task):
        yield found


class Way(NamedTuple):
    read: Callable[[Task], Pixels]
    title: str  # for the reader of the book
    imports: tuple[str, ...] = ()
    prepare: Callable[[Task], AbstractContextManager[Any]] = lambda task: nullcontext()
    twice: bool = False  # the same process has read it all before; the second time is measured


LOADING = ("cdse_access.loading",)
LESSONS = ("cdse_access.loading", "lessons.bands")
WAYS = {
    "seed": Way(seed, "cách của bài gốc", ("dask.array",)),
    "odc-stac": Way(odc_stac, "odc-stac"),
    "stackstac": Way(stackstac, "stackstac", ("stackstac",)),
    "rioxarray": Way(rioxarray, "rioxarray", ("rioxarray",)),
    "rasterio": Way(plain_rasterio, "rasterio"),
    "cold": Way(ours, "`load`, lần đầu", LOADING, learner),
    "again": Way(ours, "`load`, đọc lại", LOADING, learner, twice=True),
    "warm": Way(ours, "`load`, đọc lại, kernel mới", LOADING, learner),
    "pieces": Way(ours_in_pieces, "`load`, 25 vùng", LOADING, learner),
    "chain": Way(ours_to_median, "`load` đến trung vị NDVI", LESSONS, learner),
    "threads": Way(ours_with_threads, "`fetch`, rồi odc-stac", LOADING, learner),
    "cluster": Way(on_cluster, "odc-stac, hai tiến trình Dask", ("distributed",), cluster),
    "our-cluster": Way(ours_on_cluster, "`fetch`, rồi hai tiến trình Dask", ("distributed", *LOADING), cluster),
    "floor": Way(floor, "giới hạn dưới", ("cdse_access.jp2.ranges", "bench.fullsize"), places),
    "bare": Way(plain_rasterio, "rasterio, GDAL mặc định"),
    "4-mb": Way(odc_stac, "odc-stac, mỗi lần đọc 4 MB"),
    "jp2": Way(truth, "JP2 trên đĩa, đọc lại", twice=True),
    "truth": Way(truth, "JP2 trên đĩa"),
}


# -- one process -------------------------------------------------------------


def peak() -> float:
    """The most memory that this process alone has held, MB (Linux)."""
    status = Path("/proc/self/status").read_text()
    peak_line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak_line.split()[1]) * 1024 / 1e6


def digest(pixels: Pixels) -> str:
    found = sha256(json.dumps([[band.shape, str(band.dtype)] for band in pixels]).encode())
    for band in pixels:
        found.update(np.ascontiguousarray(band).data)
    return found.hexdigest()


def run(task: Task) -> dict[str, Any]:
    """The answer; a failure is one, too."""
    way = WAYS[task.way]
    for name in ("pystac_client", *way.imports):  # whatever reads the items, they were found with it
        importlib.import_module(name)
    with way.prepare(task) as task.ready:
        task.geobox  # noqa: B018 - parses the items, before the clock runs
        if way.twice:
            with suppress(Exception):  # it shows itself the second time
                way.read(task)
        practice.usage(reset=True, service=task.service)
        return measure_reading(task, way)


def measure_reading(task: Task, way: Way) -> dict[str, Any]:
    base, start, spent = peak(), time.perf_counter(), time.process_time()
    try:
        pixels = way.read(task)
    except Exception as error:  # noqa: BLE001 - whatever it is, the table reports it
        return {"seconds": time.perf_counter() - start, "failed": f"{type(error).__name__}: {error}"}
    seconds, processor = time.perf_counter() - start, time.process_time() - spent
    memory = peak() + (sum(task.ready.run(peak).values()) if way.prepare is cluster else 0)
    size = sum(band.nbytes for band in pixels) / 1e6
    taken = {"seconds": seconds, "cpu": processor, "memory": memory, "base": base, "size": size}
    return taken | {"pixels": digest(pixels)}


if __name__ == "__main__":
    print(json.dumps(run(Task(**json.loads(sys.stdin.read())))))
