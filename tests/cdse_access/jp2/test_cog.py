"""cdse_access.jp2.cog: tiles by their place, in few requests; what would be left out without a word is refused."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile

from cdse_access.jp2.cog import Cog
from cdse_access.jp2.decoding import Image
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.wanted import Frame, Wanted
from cdse_access.problems import BadData, Reason
from tests.cdse_access.cogs import write_cog

SIDE = 300
GRID = GeoBox((SIDE, SIDE), rasterio.Affine(10, 0, 499980, 0, -10, 2400000), "EPSG:32648")
PIXELS = np.random.default_rng(1).integers(0, 3000, (SIDE, SIDE)).astype("int16")
HREF = "s3://eodata/x/x.tif"
WANTED = Wanted(HREF, GRID, -32768, None, "1", "2023-01-01", "B04", Frame(0, 0, 299, 299, (1,)), "int16", 1)
TILES = {0: set(range(9))}


def write(pixels: np.ndarray = PIXELS, nodata: float | None = -32768, **options: Any) -> bytes:
    return write_cog(pixels, "EPSG:32648", GRID.affine, nodata, **options)


DATA = write()


class Asked(InMemory):
    """A file that notes what is asked."""

    def __init__(self, data: bytes) -> None:
        super().__init__("x.tif", data)
        self.asked: list[tuple[int, int]] = []

    def read(self, start: int, end: int, ahead: int = 0) -> bytes:
        self.asked.append((start, end))
        return super().read(start, end)


def describe(data: bytes, wanted: Wanted = WANTED) -> Image:
    return Cog(InMemory("x.tif", data)).describe(wanted)


def decode(
    data: bytes, levels: dict[int, set[int]] = TILES, wanted: Wanted = WANTED
) -> dict[tuple[int, int], np.ndarray]:
    cog = Cog(InMemory("x.tif", data))
    image = cog.describe(wanted)
    found = {}
    for level, number, geotiff in cog.decode(image, levels, wanted.nodata):
        with MemoryFile(geotiff) as memory, memory.open() as tile:
            found[level, number] = tile.read(1)
    return found


def refuse(data: bytes, wanted: Wanted = WANTED) -> str:
    with pytest.raises(BadData) as caught:
        decode(data, wanted=wanted)
    assert caught.value.reason is Reason.BROKEN
    return str(caught.value)


# -- what it is ----------------------------------------------------------------


def test_a_file_is_described_by_its_own_tables():
    image = describe(DATA)
    assert image.geobox == GRID and (image.nodata, image.layout.dtype) == (-32768, "int16")
    assert [(one.width, one.height, one.tile_width) for one in (image.layout, *image.overviews)] == [
        (300, 300, 128),
        (150, 150, 128),
        (75, 75, 128),
    ]
    assert image.levels == 2


def test_without_overviews_it_has_one_level():
    assert describe(write(overviews="NONE")).levels == 0


def change(data: bytes, what: Callable[[Any], None]) -> bytes:
    """The file after something was changed in it; the bytes that were given stay as they are."""
    with MemoryFile(ext=".tif") as memory:
        memory.write(data)
        with rasterio.open(memory.name, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
            what(file)
        return bytes(memory.getbuffer())


def test_overviews_are_levels_only_where_each_is_half_of_the_one_before():
    def build(factors: list[int]) -> bytes:
        return change(write(overviews="NONE"), lambda file: file.build_overviews(factors))

    assert [describe(build(factors)).levels for factors in ([2, 4], [2, 6], [3, 6], [4])] == [2, 1, 0, 0]


@pytest.mark.parametrize("nodata", [None, -32768])
def test_every_tile_of_every_level_is_that_of_the_file(nodata):
    data = write(nodata=nodata, overview_resampling="NEAREST")
    wanted = WANTED._replace(nodata=nodata)
    found = decode(data, {0: set(range(9)), 1: {0, 1, 2, 3}, 2: {0}}, wanted)
    image = describe(data, wanted)
    for (level, number), pixels in found.items():
        left, top, right, bottom = image.bounds(number, level)
        reduced = {"overview_level": level - 1} if level else {}
        with MemoryFile(data, ext=".tif") as memory, memory.open(**reduced) as file:
            whole = file.read(1)
        assert (pixels == whole[top:bottom, left:right]).all()
    assert len(found) == 14


@pytest.mark.parametrize(
    "options", [{"compress": "LZW"}, {"compress": "ZSTD"}, {"compress": "NONE"}, {"bigtiff": "YES"}, {"blocksize": 512}]
)
def test_other_ways_to_write_the_same_are_read(options):
    tiles = decode(write(**options), {0: {0}})
    (tile,) = tiles.values()
    assert (tile == PIXELS[: len(tile), : len(tile)]).all()


def test_tiles_side_by_side_are_one_request():
    file = Asked(DATA)
    cog = Cog(file)
    image = cog.describe(WANTED)
    file.asked.clear()
    assert len(list(cog.decode(image, {0: {0, 1, 2}}, -32768))) == 3 and len(file.asked) == 1
    file.asked.clear()
    assert len(list(cog.decode(image, {0: {0, 6}}, -32768))) == 2 and len(file.asked) == 2


# -- what would be left out without a word ---------------------------------------


def write_masked(where: str) -> bytes:
    """With a mask inside, or a channel that says what is transparent."""
    bands = 2 if where == "alpha" else 1
    given: dict[str, Any] = {"driver": "GTiff", "crs": "EPSG:32648", "transform": GRID.affine, "dtype": "int16"}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), MemoryFile() as plain, MemoryFile() as memory:
        with plain.open(height=SIDE, width=SIDE, count=bands, **given) as file:
            file.write(PIXELS, 1)
            if where == "alpha":
                file.colorinterp = [rasterio.enums.ColorInterp.gray, rasterio.enums.ColorInterp.alpha]
            else:
                file.write_mask(PIXELS > 100)
        rasterio.shutil.copy(plain.name, memory.name, driver="COG", blocksize=128)
        return bytes(memory.getbuffer())


def scale(file: Any) -> None:
    file.scales, file.offsets = [0.0001], [-0.1]


def damage(data: bytes, entry: int, value: int) -> bytes:
    """With another value in the first table."""
    (place,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, place)
    [at] = [at for at in range(place + 2, place + 2 + 12 * count, 12) if struct.unpack_from("<H", data, at) == (entry,)]
    return data[: at + 8] + struct.pack("<I", value) + data[at + 12 :]


@pytest.mark.parametrize(
    ("entry", "value", "why"),
    [
        (317, 1, "các tham số nén không khớp nhau"),  # predictor: 1 is none
        (322, 64, "các bảng ở phần đầu hỏng"),  # width of a tile
        (258, 12, "kiểu số uint16, 12 bit"),
    ],
)
def test_what_would_make_other_numbers_of_whole_tiles_is_refused(entry, value, why):
    assert damage(DATA, 317, 2) == DATA
    assert why in refuse(damage(DATA, entry, value))


def test_a_mask_in_the_file_is_no_nodata_and_is_refused():
    assert "có mặt nạ hay kênh trong suốt" in refuse(write_masked("mask"), WANTED._replace(nodata=None))
    assert "item ghi cỡ 1, kho có 2" in refuse(write_masked("alpha"), WANTED._replace(nodata=None))


def test_a_scale_is_refused_unless_the_item_tells_it_too():
    data = change(DATA, scale)
    assert "ghi scale 0.0001 và offset -0.1 mà item không ghi" in refuse(data)
    assert describe(data, WANTED._replace(scaling=(0.0001, -0.1))).levels


def write_channels(interleave: str) -> bytes:
    """Three channels, without compression: nothing in the file would tell that a tile is not there."""
    options = {"driver": "GTiff", "count": 3, "dtype": "int16", "nodata": -32768, "interleave": interleave}
    tiles = {"tiled": True, "blockxsize": 128, "blockysize": 128}
    with MemoryFile() as memory:
        with memory.open(width=SIDE, height=SIDE, crs="EPSG:32648", transform=GRID.affine, **options, **tiles) as file:
            file.write(np.stack([PIXELS, PIXELS + 1, PIXELS + 2]))
        return bytes(memory.getbuffer())


def test_channels_are_read_where_one_tile_has_them_all_and_refused_where_each_has_its_own():
    wanted = WANTED._replace(bands=3)
    image = describe(write_channels("pixel"), wanted)
    cog = Cog(InMemory("x.tif", write_channels("pixel")))
    [tile] = cog.decode(image, {0: {0}}, wanted.nodata)
    with MemoryFile(tile.geotiff) as memory, memory.open() as file:
        assert np.array_equal(file.read(3), PIXELS[:128, :128] + 2)
    assert "mỗi kênh nằm trong những ô riêng" in refuse(write_channels("band"), wanted)


def test_what_is_not_tiled_is_no_cog():
    assert "không chia thành ô" in refuse(write(driver="GTiff", blocksize=None, predictor=2))


def test_tiles_that_are_not_written_are_nodata_and_without_one_refused():
    empty = PIXELS.copy()
    empty[:128, :128] = -32768
    data = write(empty, sparse_ok="TRUE", overviews="NONE")
    assert (decode(data)[0, 0] == -32768).all() and (decode(data)[0, 8] == PIXELS[256:, 256:]).all()
    zero = PIXELS.copy()
    zero[:128, :128] = 0
    sparse = write(zero, None, sparse_ok="TRUE", overviews="NONE")
    assert "để trống ô 0 mà không ghi nodata" in refuse(sparse, WANTED._replace(nodata=None))


# -- what is damaged -------------------------------------------------------------


@pytest.mark.parametrize("size", [100, 2000, len(DATA) // 2, len(DATA) - 100])
def test_a_file_that_was_cut_is_refused(size):
    told = refuse(DATA[:size])
    assert size < 4000 or f"{size}" in told


def find_tile(data: bytes, number: int = 4) -> tuple[int, int]:
    with MemoryFile(data, ext=".tif") as memory, memory.open() as file:
        row, column = divmod(number, 3)
        told = [file.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", 1) for what in ("OFFSET", "SIZE")]
    start, size = map(int, told)
    return start, size


@pytest.mark.parametrize("at", [0, 1, 50, 5000])
def test_a_damaged_tile_is_refused(at):
    """Deflate, which CDSE writes, has a checksum."""
    data = bytearray(DATA)
    start, _ = find_tile(bytes(data))
    for place in range(start + at, start + at + 64):
        data[place] ^= 0xFF
    assert refuse(bytes(data))


@pytest.mark.parametrize("shift", [-1, -4])
def test_a_tile_whose_length_is_told_otherwise_beside_it_is_refused(shift):
    data = bytearray(write(compress="NONE"))
    start, _ = find_tile(bytes(data))
    data[start + shift] ^= 1
    assert "ô 4 không khớp với bảng của tệp" in refuse(bytes(data))


def test_what_the_tables_say_wrongly_is_refused_or_changes_no_pixel():
    """Bits of the tables, one after the other: the truth, or a reason."""
    dice = np.random.default_rng(7)
    some = {0: {0, 4}}
    truth = decode(DATA, some)
    for place in dice.integers(0, 1700, 40):
        data = bytearray(DATA)
        data[place] ^= 1 << int(dice.integers(8))
        try:
            found = decode(bytes(data), some)
        except BadData:
            continue
        assert all((found[key] == pixels).all() for key, pixels in truth.items()), place
