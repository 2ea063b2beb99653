"""Bringing the tiles of many files: those that are kept, and from the store only what is missing."""

import os
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from odc.geo.geobox import GeoBox

from cdse_access import gdal
from cdse_access.exchange import Pool
from cdse_access.jp2.agreement import check_layout, check_numbers, check_place, check_promises
from cdse_access.jp2.answers import file_name
from cdse_access.jp2.cache import Cache, Folder, find_root, read_limit, shorten, trim
from cdse_access.jp2.codestream import Header, read_header, write_tiles
from cdse_access.jp2.cog import Cog, Levels
from cdse_access.jp2.decoding import Image, decode_tile, describe, mask_rim
from cdse_access.jp2.mosaic import find_images, find_tile, keep_image, keep_mosaic, keep_tile, list_files
from cdse_access.jp2.ranges import Remote, open_pool
from cdse_access.jp2.survey import Survey
from cdse_access.jp2.tiff import BEGIN
from cdse_access.jp2.tile_parts import read_tiles
from cdse_access.jp2.wanted import Wanted
from cdse_access.messages import say
from cdse_access.problems import BadData, BadInput
from cdse_access.settings import CONNECTIONS
from cdse_access.store import Store

Result = TypeVar("Result")
Tile = tuple[int, list[bytes]]  # number and tile-parts
PROJECTIONS = ("PROJ_DATA", "PROJ_LIB")  # where PROJ looks for its tables
THIS_PROCESS = secrets.token_hex(8)  # a store without an identity may be another one tomorrow, also under CDSE_CACHE


@cache
def open_cache(root: Path, identity: str) -> Cache:
    """The cache of a service in this process: it remembers which files were checked."""
    return Cache(root, identity)


class Seal(NamedTuple):
    """What the digests of an image's kept files were made with: whoever has it can tell whether they are whole."""

    root: Path
    identity: str
    key: str


class Kept(NamedTuple):
    """A virtual raster of an image, over its kept tiles."""

    path: Path
    image: Image
    seal: Seal


def find_damage(path: Path, seal: Seal) -> Path | None:
    """The first kept file under a virtual raster that is gone, or not as it was kept; None where all are whole.

    Each is read once in a process, and again where it was changed since.
    """
    folder = Folder(open_cache(seal.root, seal.identity), seal.key)
    return next((one for one in list_files(path) if not folder.holds(one)), None)


class Reader:
    """Reads many files of one store over few connections, and learns from each where tiles lie in the next."""

    def __init__(self, store: Store) -> None:
        _check_drivers()
        _check_projections()
        read_limit()  # a wrong one is told before anything is fetched
        self.store = store
        identity = store.lasting_identity
        only_here = f"{store.endpoint} {store.trial} {THIS_PROCESS}"
        self.cache = open_cache(find_root(identity), identity or only_here)
        self._pool: Pool = open_pool(store, CONNECTIONS)
        self._surveys: dict[GeoBox, Survey] = defaultdict(Survey)
        self._images: dict[str, Image] = {}  # by digest of a header: opening a file takes 10 ms
        self._began = time.time() - 1  # the clock of file systems is coarse

    def read_all(self, wanted: Iterable[Wanted], read: Callable[[Wanted], Result]) -> Iterator[tuple[Wanted, Result]]:
        """The results of `read` as they come, four at a time. One that fails stops all others."""
        first, others = _choose_first(wanted)
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            try:
                for some in (first, others):
                    running: dict[Future[Result], Wanted] = {threads.submit(read, one): one for one in some}
                    for done in as_completed(running):
                        yield running[done], done.result()
                trim(self.cache, since=self._began)
            except BaseException as error:
                self._pool.stop.set()  # nobody waits to try again
                if not isinstance(error, Exception):
                    self._pool.abort()  # an interrupt waits for no answer either
                threads.shutdown(cancel_futures=True)
                raise

    # -- one file ------------------------------------------------------------

    def keep_tiles(self, wanted: Wanted) -> Kept:
        """A virtual raster of the file whose tiles under the frame are kept, at the levels that will be read."""
        try:
            return self._find_or_fetch(wanted)
        except FileNotFoundError as error:  # kept a moment ago, and removed by another process since
            raise BadData(say("cache-removed", path=self.cache.root, error=error)) from error

    def _find_or_fetch(self, wanted: Wanted) -> Kept:
        file = Remote(wanted.href, self.store, self._pool)
        folder = self.open_folder(wanted, file)
        for etag, image in _find_images(folder, wanted).items():
            levels = _choose_tiles(wanted, image)
            if not _find_missing(folder, etag, levels):
                return self._keep_mosaic(folder, image, etag, levels, wanted)
        if wanted.is_cog:
            return self._fetch_blocks(wanted, file, folder)
        return self._fetch_missing(wanted, file, folder)

    def open_folder(self, wanted: Wanted, file: Remote) -> Folder:
        """Where the tiles of this version are kept. Where the item tells no version, the store is asked, once."""
        version = wanted.version or self.cache.versions.get(wanted.href)
        if not version:
            if wanted.is_cog:
                file.read(0, BEGIN)
            else:
                read_header(file)
            version = self.cache.versions.setdefault(wanted.href, f"{file.etag} {file.size}")
        return self.cache.open_folder(wanted.href, wanted.name_kept(version))

    def _fetch_missing(self, wanted: Wanted, file: Remote, folder: Folder) -> Kept:
        header = self._read_header(wanted, file)
        etag = shorten(file.etag.encode(), 8)
        image = _find_images(folder, wanted).get(etag)
        numbers = header.layout.tiles_under(*wanted.frame[:4])
        if image is not None:
            missing = _find_missing(folder, etag, _choose_tiles(wanted, image))
            numbers = set().union(*missing.values())
        for number, parts in self._read_tiles(wanted, file, header, numbers):
            data = write_tiles(header, parts)
            if image is None:
                image = self._describe(header, data, wanted)
                keep_image(folder, image, etag)
            for level in wanted.frame.choose_levels(image.levels):
                if find_tile(folder, etag, level, number) is None:
                    geotiff = decode_tile(data, image, number, level, wanted.nodata, file.name)
                    if level and wanted.has_rim:
                        geotiff = mask_rim(geotiff, data, image, number, level, file.name)
                    keep_tile(folder, etag, level, number, geotiff)
        assert image is not None  # there is at least one tile under a frame
        return self._keep_mosaic(folder, image, etag, _choose_tiles(wanted, image), wanted)

    def _fetch_blocks(self, wanted: Wanted, file: Remote, folder: Folder) -> Kept:
        """Of a GeoTIFF, whose tables say where each tile of each level stands."""
        cog = Cog(file)
        etag = shorten(file.etag.encode(), 8)
        image = _find_images(folder, wanted).get(etag)
        if image is None:
            image = _without_levels(cog.describe(wanted), wanted)
            keep_image(folder, image, etag)
        levels = _choose_tiles(wanted, image)
        missing = _find_missing(folder, etag, levels)
        for tile in cog.decode(image, missing, _choose_nodata(image, wanted)):
            keep_tile(folder, etag, tile.level, tile.number, tile.geotiff)
        return self._keep_mosaic(folder, image, etag, levels, wanted)

    def _keep_mosaic(self, folder: Folder, image: Image, etag: str, levels: Levels, wanted: Wanted) -> Kept:
        nodata = _choose_nodata(image, wanted)
        path = keep_mosaic(folder, image, etag, levels, nodata)
        return Kept(path, image, self._seal(folder))

    def _seal(self, folder: Folder) -> Seal:
        return Seal(self.cache.root, self.cache.identity, folder.key)

    def read_parts(self, wanted: Wanted) -> tuple[Header, dict[int, list[bytes]]]:
        """The header of the file, and the tile-parts under the frame as they are, by number of their tile."""
        file = Remote(wanted.href, self.store, self._pool)
        header = self._read_header(wanted, file)
        numbers = header.layout.tiles_under(*wanted.frame[:4])
        tiles = dict(self._read_tiles(wanted, file, header, numbers))
        some_tile = next(iter(tiles.values()))
        self._describe(header, write_tiles(header, some_tile), wanted)  # refuses what lies elsewhere
        return header, tiles

    def _read_tiles(self, wanted: Wanted, file: Remote, header: Header, numbers: set[int]) -> Iterator[Tile]:
        return read_tiles(file, header, numbers, self._surveys[wanted.grid], wanted.date, wanted.band)

    def _read_header(self, wanted: Wanted, file: Remote) -> Header:
        _check_driver()
        header = read_header(file)
        check_promises(header, wanted, file.size, file.name)
        return header

    def _describe(self, header: Header, data: bytes, wanted: Wanted) -> Image:
        key = shorten(header.data + repr(wanted.grid).encode())
        if key not in self._images:
            self._images[key] = describe(data, header.layout, wanted.grid, file_name(wanted.href))
        return _without_levels(self._images[key], wanted)


def _check_drivers() -> None:
    """BadInput where `GDAL_SKIP` of another course takes away what tiles are kept in."""
    if lacking := gdal.find_lacking():
        raise BadInput(say("gdal-drivers", drivers=", ".join(lacking)))


def _check_driver() -> None:
    """BadInput, before anything is fetched, where this GDAL cannot decode it."""
    if not gdal.has_driver():
        raise BadInput(say("jp2-driver", driver=gdal.DRIVER))


def _check_projections() -> None:
    """BadInput where images could not be placed: odc-geo would end in an assertion."""
    if not gdal.finds_projections():
        told = [
            f"{name}={os.environ[name]!r}" for name in PROJECTIONS if name in os.environ
        ]  # an empty one misleads, too
        raise BadInput(say("projections", variables=", ".join(told) or ", ".join(PROJECTIONS)))


def _choose_first(wanted: Iterable[Wanted]) -> tuple[list[Wanted], list[Wanted]]:
    """One file of each grid, from which is learned where tiles lie, and all others."""
    grids: set[GeoBox] = set()
    first: list[Wanted] = []
    others: list[Wanted] = []
    for one in wanted:
        (others if one.grid in grids else first).append(one)
        grids.add(one.grid)
    return first, others


def _find_images(folder: Folder, wanted: Wanted) -> dict[str, Image]:
    """What is known of the file, by ETag. BadData where it is not what the item says, or does not lie there."""
    images = find_images(folder)
    for image in images.values():
        name = file_name(wanted.href)
        check_place(image.geobox, wanted.grid, name)
        if wanted.is_cog:
            check_numbers(image.layout, image.nodata, wanted, name)
        else:
            check_layout(image.layout, wanted, name)
    return images


def _choose_nodata(image: Image, wanted: Wanted) -> float | None:
    """What the item says; where it says nothing, what the file does."""
    return image.nodata if wanted.nodata is None else wanted.nodata


def _without_levels(image: Image, wanted: Wanted) -> Image:
    """Classes have no levels: a mean of them is nonsense."""
    return image._replace(levels=0) if wanted.has_classes else image


def _choose_tiles(wanted: Wanted, image: Image) -> Levels:
    levels = wanted.frame.choose_levels(image.levels)
    return {level: image.tiles_under(wanted.frame[:4], level) for level in levels}


def _find_missing(folder: Folder, etag: str, levels: Levels) -> Levels:
    missing = {
        level: {number for number in numbers if find_tile(folder, etag, level, number) is None}
        for level, numbers in levels.items()
    }
    return {level: numbers for level, numbers in missing.items() if numbers}
