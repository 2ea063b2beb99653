"""A cloud-optimised GeoTIFF: its tiles under an area are asked for by their place, and decoded one by one.

GDAL opens what stands in its tables as a file of full length (`tiff`), and tells where tiles lie; over the network it
reads nothing. Whatever a file has that would be left out without a word (a mask, a scale, tiles that are not written)
is a reason to refuse it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, NamedTuple

import rasterio
from odc.geo.converters import rio_geobox
from odc.geo.geobox import GeoBox
from pyproj.exceptions import ProjError
from rasterio.enums import Interleaving, MaskFlags
from rasterio.session import DummySession

from cdse_access.jp2.agreement import check_numbers, check_place
from cdse_access.jp2.codestream import Layout
from cdse_access.jp2.decoding import DECODING_ERRORS, ONE_THREAD, Image, copy_tile, name_projection
from cdse_access.jp2.sources import Source
from cdse_access.jp2.tiff import Span, Tables, open_parts
from cdse_access.jp2.vrt import TYPES
from cdse_access.jp2.wanted import Wanted
from cdse_access.messages import say
from cdse_access.problems import BadData, Message

ALONE = ONE_THREAD | {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}  # what lies beside a file is not looked for
STRUCTURE = "IMAGE_STRUCTURE"  # what GDAL tells of how a file is written
MASKED = {MaskFlags.per_dataset, MaskFlags.alpha}
GAP = 64  # bytes between tiles that one request takes along
MUCH = 1 << 22  # bytes of one request, if no tile alone has more
LARGEST_TILE = 1 << 26  # bytes
LENGTH = 4  # bytes: before a tile how long it is, behind it its last ones again

Levels = dict[int, set[int]]  # numbers of tiles, by level


class Block(NamedTuple):
    """A tile as it stands in the file: from `start` to before `end`."""

    level: int
    number: int
    start: int
    end: int


class Tile(NamedTuple):
    """A tile that was decoded."""

    level: int
    number: int
    geotiff: bytes


class Cog:
    """A file whose tables are read; nothing of its tiles is."""

    def __init__(self, file: Source) -> None:
        self.file = file
        self.tables = Tables(file)
        self.size = file.size or 0

    # -- what it is ----------------------------------------------------------

    def describe(self, wanted: Wanted) -> Image:
        """Its pixels, levels and place. BadData where it is not what the item says, or not to be read rightly."""
        try:
            with self._open() as name:
                image = self._describe(name, wanted)
        except (*DECODING_ERRORS, ProjError, ValueError) as error:
            raise self._refuse(str(error)) from error
        check_numbers(image.layout, image.nodata, wanted, self.file.name)
        return image

    def _describe(self, name: str, wanted: Wanted) -> Image:
        with rasterio.open(name, driver="GTiff") as dataset:
            odd = next(_find_oddities(dataset, wanted), None)
            if odd:
                raise self._refuse(odd)
            layout = _read_layout(dataset)
            place = rio_geobox(dataset)
            predictor = _read_predictor(dataset)
            count = len(dataset.overviews(1))
            nodata = dataset.nodata
        if wanted.size not in (None, self.size):
            raise BadData(say("image-changed", name=self.file.name, told=wanted.size, found=self.size))
        check_place(place, wanted.grid, self.file.name)
        assert isinstance(place, GeoBox)
        reduced = list(_read_overviews(name, layout, count))
        overviews = tuple(overview for overview, _ in reduced)
        if {other for _, other in reduced} - {predictor}:
            raise self._refuse(say("odd-coding"))
        if not {image.tile_count for image in (layout, *overviews)} <= set(self.tables.tiles):
            raise self._refuse(say("odd-tables"))
        return Image(
            layout,
            len(overviews),
            name_projection(wanted.grid),
            place.affine,
            overviews,
            nodata,
        )

    @contextmanager
    def _open(self, spans: Iterable[Span] = ()) -> Iterator[str]:
        """The name under which GDAL finds the tables, and these tiles."""
        parts = [*self.tables.spans, *spans]
        with rasterio.Env(DummySession(), **ALONE), open_parts(parts, self.size) as name:
            yield name

    def _refuse(self, what: str) -> BadData:
        return BadData(say("cog-odd", name=self.file.name, what=what))

    # -- its tiles -----------------------------------------------------------

    def decode(self, image: Image, levels: Levels, nodata: float | None) -> Iterator[Tile]:
        """Level, number and GeoTIFF of each of these tiles; those that lie side by side are asked for at once."""
        blocks, unwritten = self._find_blocks(image, levels)
        for run in _join_runs(blocks):
            yield from self._decode_run(image, run, self._read_run(run), nodata)
            self.file.forget()
        yield from self._decode_run(image, unwritten, [], nodata)

    def _find_blocks(self, image: Image, levels: Levels) -> tuple[list[Block], list[Block]]:
        """Where these tiles stand, and those that do not: of them the file means that nothing was seen there."""
        found: list[Block] = []
        unwritten: list[Block] = []
        with self._open() as name, rasterio.open(name, driver="GTiff") as dataset:
            for level, numbers in levels.items():
                for number in sorted(numbers):
                    block = self._find_block(dataset, image, level, number)
                    known = found if block.end else unwritten
                    known.append(block)
        if unwritten and image.nodata is None:
            raise BadData(say("cog-sparse", name=self.file.name, tile=unwritten[0].number))
        return found, unwritten

    def _find_block(self, dataset: Any, image: Image, level: int, number: int) -> Block:
        row, column = divmod(number, image.layout_at(level).columns)
        place = f"{column}_{row}"
        start = _read_tag(dataset, f"BLOCK_OFFSET_{place}", level)
        size = _read_tag(dataset, f"BLOCK_SIZE_{place}", level)
        end = start + size
        if end > self.size:
            raise BadData(say("file-cut", name=self.file.name, size=self.size, expected=end))
        is_half = bool(start) != bool(size)
        if is_half or size > LARGEST_TILE:
            raise BadData(say("cog-tile", name=self.file.name, tile=number))
        return Block(level, number, start, end)

    def _read_run(self, run: list[Block]) -> list[Span]:
        """The bytes of these tiles; where the file tells the length of each beside it, that is compared."""
        rim = LENGTH if self.tables.has_leaders else 0
        start = run[0].start - rim
        data = self.file.read(start, run[-1].end + rim)
        spans = []
        for block in run:
            first = block.start - start
            last = block.end - start
            framed = data[first - rim : last + rim]
            if len(data) < last or (rim and not _is_framed(framed)):
                raise BadData(say("cog-tile", name=self.file.name, tile=block.number))
            spans.append(Span(block.start, data[first:last]))
        return spans

    def _decode_run(
        self, image: Image, run: Iterable[Block], spans: list[Span], nodata: float | None
    ) -> Iterator[Tile]:
        with self._open(spans) as name:
            for block in run:
                geotiff = copy_tile(
                    name,
                    image,
                    block.number,
                    block.level,
                    nodata,
                    self.file.name,
                )
                yield Tile(block.level, block.number, geotiff)


def _read_tag(dataset: Any, name: str, level: int) -> int:
    """What GDAL tells of a tile; 0 where it has none."""
    overview = level - 1 if level else None
    told = dataset.get_tag_item(name, "TIFF", 1, overview)
    return int(told or 0)


def _find_oddities(dataset: Any, wanted: Wanted) -> Iterator[Message]:
    """What would be left out without a word."""
    if not dataset.profile.get("tiled"):
        yield say("odd-strips")
    kind = dataset.dtypes[0]
    bits = dataset.tags(1, ns=STRUCTURE).get("NBITS")
    if kind not in TYPES or bits:
        yield say("odd-numbers", kind=f"{kind}, {bits} bit" if bits else kind)
    flags = set(chain(*dataset.mask_flag_enums))
    if flags & MASKED:
        yield say("odd-mask")
    if dataset.count > 1 and dataset.interleaving == Interleaving.band:
        yield say("odd-planes")  # only the tiles of the first channel would be asked for
    scale = dataset.scales[0]
    offset = dataset.offsets[0]
    if (scale, offset) not in ((1, 0), wanted.scaling):
        yield say("odd-scale", scale=scale, offset=offset)


def _read_layout(dataset: Any) -> Layout:
    height, width = dataset.block_shapes[0]
    return Layout(
        dataset.width,
        dataset.height,
        width,
        height,
        bands=dataset.count,
        bits=0,
        kind=dataset.dtypes[0],
    )


def _read_predictor(dataset: Any) -> str:
    """How numbers follow from those beside them: with another one they are others, and no sum in the file tells."""
    return str(dataset.tags(ns=STRUCTURE).get("PREDICTOR"))


def _read_overviews(name: str, layout: Layout, count: int) -> Iterator[tuple[Layout, str]]:
    """The levels that are halves of those before, as far as they go, and the predictor of each.

    Others odc-stac would not find by their number.
    """
    for level in range(1, count + 1):
        with rasterio.open(name, driver="GTiff", overview_level=level - 1) as reduced:
            overview = _read_layout(reduced)
            predictor = _read_predictor(reduced)
        if not _is_reduced(layout, overview, 2**level):
            return
        yield overview, predictor


def _is_reduced(layout: Layout, overview: Layout, factor: int) -> bool:
    for whole, reduced in (layout.width, overview.width), (layout.height, overview.height):
        if not whole // factor <= reduced <= -(-whole // factor):
            return False
    return overview.bands == layout.bands and overview.kind == layout.kind


def _join_runs(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Tiles that lie side by side in the file, so many that one request is not too long."""
    run: list[Block] = []
    for block in sorted(blocks, key=lambda block: block.start):
        if run and not _goes_on(run, block):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _goes_on(run: list[Block], block: Block) -> bool:
    gap = block.start - run[-1].end
    length = block.end - run[0].start
    return 0 <= gap <= GAP and length <= MUCH


def _is_framed(data: bytes) -> bool:
    """Does it tell its own length before, and its last bytes behind?"""
    told = int.from_bytes(data[:LENGTH], "little")
    tile = data[LENGTH:-LENGTH]
    return told == len(tile) and tile[-LENGTH:] == data[-LENGTH:]
