"""cdse_access.jp2.decoding: tiles as GeoTIFFs, at every level what GDAL reads of the whole file."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.env
import rasterio.shutil
from odc.geo.geobox import GeoBox
from rasterio.io import MemoryFile
from rasterio.windows import Window

from cdse_access.gdal import set_option
from cdse_access.jp2.codestream import read_header, write_tiles
from cdse_access.jp2.decoding import decode_tile, describe, mask_rim
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.tile_parts import read_tiles
from cdse_access.problems import BadData, Reason
from tests.cdse_access.jp2.codings import CODINGS, PLAIN, SIDE, encoded

GRID = GeoBox((SIDE, SIDE), rasterio.Affine(10, 0, 0, 0, -10, 0), "EPSG:32632")


@pytest.fixture
def many_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment says that many decode, with which GDAL would go on where it cannot decode."""
    monkeypatch.setenv("GDAL_NUM_THREADS", "ALL_CPUS")
    yield
    set_option("GDAL_NUM_THREADS", None)  # rasterio.Env, when left, makes an option of what the environment said


def describe_file(data: bytes, grid: GeoBox = GRID):
    return describe(data, read_header(InMemory("a", data)).layout, grid, "a")


@pytest.mark.parametrize(("bands", "dtype"), [(1, "uint16"), (1, "uint8"), (3, "uint8")])
@pytest.mark.parametrize("coding", CODINGS)
def test_a_tile_is_that_of_the_whole_file_at_every_level(tmp_path, coding, bands, dtype):
    options = {name: value for name, value in CODINGS[coding].items() if dtype == "uint16" or name != "nbits"}
    path = tmp_path / "a.jp2"
    file = InMemory("a", encoded(path, options, bands, dtype))
    header = read_header(file)
    image = describe_file(file.data)
    assert image.levels >= 1 and image.layout.dtype == dtype and image.crs == "EPSG:32632"
    wanted = {number for number in (0, 6, 11, 15) if number < header.layout.tile_count}
    for number, parts in read_tiles(file, header, wanted):
        data = write_tiles(header, parts)
        for level in range(image.levels + 1):
            left, top, right, bottom = header.layout.bounds(number).reduce(level)
            settings = {"overview_level": level - 1} if level else {}
            with rasterio.open(path, **settings) as whole:
                expected = whole.read(window=Window(left, top, right - left, bottom - top))
            with MemoryFile(decode_tile(data, image, number, level, 0, "a")) as memory, memory.open() as tile:
                assert (tile.read() == expected).all() and expected.min() > 0
                assert tile.nodata == 0 and tile.crs.to_epsg() == 32632
                west, north = tile.transform * (0, 0)
                assert np.allclose((west, north), (10 * left * 2**level, -10 * top * 2**level), atol=10 * 2**level)
                assert tile.compression.name == "zstd"


def test_a_tile_that_cannot_be_decoded_is_an_error_and_not_zeros(tmp_path, many_threads):
    file = InMemory("a", encoded(tmp_path / "a.jp2", PLAIN))
    header = read_header(file)
    [(_, parts)] = read_tiles(file, header, {6})
    image = describe_file(file.data)
    for damaged in ([parts[0][: len(parts[0]) // 2]], []):
        with pytest.raises(BadData, match="a: không giải nén được ô 6") as caught:
            decode_tile(write_tiles(header, damaged), image, 6, 0, 0, "a")
        assert caught.value.reason is Reason.BROKEN


def test_one_thread_decodes_whatever_the_environment_says(tmp_path, monkeypatch, many_threads):
    file = InMemory("a", encoded(tmp_path / "a.jp2", PLAIN))
    image = describe_file(file.data)
    seen, copy = [], rasterio.shutil.copy

    def watch(*arguments, **settings):
        seen.append(rasterio.env.getenv()["GDAL_NUM_THREADS"])
        return copy(*arguments, **settings)

    monkeypatch.setattr(rasterio.shutil, "copy", watch)
    decode_tile(file.data, image, 6, 0, 0, "a")
    assert seen == ["1"]


# -- the rim of no data ------------------------------------------------------


def reduce(path: Path, pixels: np.ndarray, number: int, level: int, *, masked: bool) -> np.ndarray:
    """A tile of these pixels, reduced."""
    with rasterio.open(path, "w", "JP2OpenJPEG", codec="JP2", width=SIDE, height=SIDE, count=1, dtype="uint16",
                       transform=GRID.affine, crs=GRID.crs, **PLAIN) as file:  # fmt: skip
        file.write(pixels, 1)
    image = describe_file(path.read_bytes())
    [(_, parts)] = read_tiles(file := InMemory("a", path.read_bytes()), header := read_header(file), {number})
    data = write_tiles(header, parts)
    geotiff = decode_tile(data, image, number, level, 0, "a")
    geotiff = mask_rim(geotiff, data, image, number, level, "a") if masked else geotiff
    with MemoryFile(geotiff) as memory, memory.open() as tile:
        return tile.read(1)


@pytest.mark.parametrize("number", [0, 5, 15])  # of 96 pixels, those at the edges of 12
@pytest.mark.parametrize("level", [1, 2])
def test_what_stays_beside_no_data_does_not_depend_on_it(tmp_path, number, level):
    """K18: whatever stood where there is no data, the pixels that stay would be the same."""
    pixels = np.random.default_rng(3).integers(1100, 3000, (SIDE, SIDE), "uint16")
    missing = np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 97 < 40  # oblique strips
    masked = reduce(tmp_path / "a.jp2", np.where(missing, 0, pixels), number, level, masked=True)
    others = [
        reduce(tmp_path / "b.jp2", np.where(missing, value, pixels), number, level, masked=False)
        for value in (0, 9000, 30000)
    ]
    depends = np.ptp(others, axis=0) > 0
    assert not (masked[depends]).any() and depends.any()
    whole = ~depends & (others[0] >= 1000)
    assert ((masked == others[0])[masked > 0].all() and (masked[whole] > 0).mean() > 0.8) or not whole.any()


def test_a_tile_without_a_rim_stays_as_it_is(tmp_path):
    pixels = np.full((SIDE, SIDE), 1500, "uint16")
    for value in (0, 1500):
        pixels[:] = value
        alike = [reduce(tmp_path / "a.jp2", pixels, 5, 1, masked=masked) for masked in (True, False)]
        assert (alike[0] == alike[1]).all() and (alike[0] == value).all()
    pixels[:] = 900  # dark, but all there
    pixels[100:110] = 500
    alike = [reduce(tmp_path / "a.jp2", pixels, 5, 1, masked=masked) for masked in (True, False)]
    assert (alike[0] == alike[1]).all() and alike[0].any()


def test_a_rim_goes_also_where_the_tile_grows_by_that(tmp_path):
    """Single gaps do not show in numbers that are this small; where they are masked, less can be compressed."""
    gaps = np.random.default_rng(4).random((SIDE // 2, SIDE // 2)) < 0.02
    pixels = np.ones((SIDE, SIDE), "uint16")
    pixels[1::2, 1::2][gaps] = 0
    before, after = (reduce(tmp_path / "a.jp2", pixels, 5, 1, masked=masked) for masked in (False, True))
    assert before.all() and set(np.unique(after)) == {0, 1}


# -- where a file lies -------------------------------------------------------


def test_a_file_that_lies_where_the_item_says_is_good(tmp_path):
    assert describe_file(encoded(tmp_path / "a.jp2", PLAIN)).transform == GRID.affine


@pytest.mark.parametrize(
    ("grid", "what"),
    [
        (GeoBox((SIDE, SIDE), rasterio.Affine(10, 0, 5, 0, -10, 0), "EPSG:32632"), "lệch 0.5 pixel"),  # half a pixel
        (GeoBox((SIDE, SIDE), rasterio.Affine(10, 0, 0, 0, -10, -640), "EPSG:32632"), "lệch 64.0 pixel"),
        (GeoBox((SIDE, SIDE), rasterio.Affine(20, 0, 0, 0, -20, 0), "EPSG:32632"), "lệch 150.0 pixel"),
        (GeoBox((SIDE, SIDE), GRID.affine, "EPSG:32633"), "nó ở EPSG:32632"),
    ],
)
def test_a_file_that_lies_elsewhere_is_refused(tmp_path, grid, what):
    with pytest.raises(BadData, match=what) as caught:
        describe_file(encoded(tmp_path / "a.jp2", PLAIN), grid)
    assert caught.value.reason is Reason.BROKEN


def test_a_header_of_another_zone_is_refused(tmp_path):
    data = encoded(tmp_path / "a.jp2", PLAIN)
    moved = data.replace(b"EPSG::32632", b"EPSG::32633").replace(struct.pack("<H", 32632), struct.pack("<H", 32633))
    assert moved != data
    with pytest.raises(BadData, match="nó ở EPSG:32633"):
        describe_file(moved)


def test_a_file_whose_place_cannot_be_read_is_refused(tmp_path):
    data = encoded(tmp_path / "a.jp2", PLAIN)
    layout = read_header(InMemory("a", data)).layout
    without = re.sub(rb"EPSG::?32632|II\*\0", lambda found: b"?" * len(found[0]), data)  # both notes of the place
    for damaged in (without, data[:40]):
        with pytest.raises(BadData, match="a không nằm ở chỗ item ghi"):
            describe(damaged, layout, GRID, "a")
