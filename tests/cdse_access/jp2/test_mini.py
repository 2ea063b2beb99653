"""cdse_access.jp2.mini: small files that any reader opens, whatever way the original is coded."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox

from cdse_access.jp2.mini import check_place, join, split
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.tile_parts import SIZ, SOT, TLM, read_header, read_tiles
from cdse_access.problems import BadData, Reason

SIDE, TILE = 300, 96  # 4 x 4 tiles, those at the edges cut off
PLAIN = {"blockxsize": TILE, "blockysize": TILE, "resolutions": 4, "quality": 100, "reversible": "YES"}
# Other precincts, code blocks, order and quantisation than those that the empty tiles carry.
LOSSY = PLAIN | {
    "nbits": 12, "reversible": "NO", "quality": 25, "progression": "RPCL", "precincts": "{64,64},{32,32}",
    "codeblock_width": 16, "sop": "YES", "eph": "YES",
}  # fmt: skip
CODINGS = {
    "plain": PLAIN,
    "lossy": LOSSY,
    "an index in the header": PLAIN | {"tlm": "YES"},
    "several parts a tile": PLAIN | {"tileparts": "RESOLUTIONS"},
    "an index and several parts": PLAIN | {"tileparts": "RESOLUTIONS", "tlm": "YES"},
    "packet lengths": PLAIN | {"plt": "YES"},
    "one tile": PLAIN | {"blockxsize": 512, "blockysize": 512},
}


def encoded(path: Path, options: dict, bands: int = 1, dtype: str = "uint16") -> bytes:
    pixels = np.random.default_rng(1).integers(150, 250, (bands, SIDE, SIDE), dtype=dtype)
    place = {"transform": rasterio.Affine(10, 0, 0, 0, -10, 0), "crs": "EPSG:32632"}
    size = {"width": SIDE, "height": SIDE, "count": bands, "dtype": dtype}
    with rasterio.open(path, "w", "JP2OpenJPEG", codec="JP2", **place, **size, **options) as file:
        file.write(pixels)
    return path.read_bytes()


def pixels(path: Path) -> np.ndarray:
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 32632
        return file.read()


@pytest.mark.parametrize(("bands", "dtype"), [(1, "uint16"), (1, "uint8"), (3, "uint8")])
@pytest.mark.parametrize("coding", CODINGS)
def test_tiles_that_were_brought_are_those_of_the_file_and_others_are_0(tmp_path, coding, bands, dtype):
    options = {name: value for name, value in CODINGS[coding].items() if dtype == "uint16" or name != "nbits"}
    file = InMemory("a", encoded(tmp_path / "a.jp2", options, bands, dtype))
    head = read_header(file)
    assert (TLM in head.segments) is ("index" in coding)
    assert file.read(0, file.size).count(SOT + b"\0\x0a") > head.count or "several" not in coding
    wanted = {number for number in (0, 6, 11) if number < head.count}
    (tmp_path / "b.jp2").write_bytes(join(head, read_tiles(file, head, wanted)))
    before, after = pixels(tmp_path / "a.jp2"), pixels(tmp_path / "b.jp2")
    brought = np.zeros((SIDE, SIDE), bool)
    wide, high = head.tile
    for row, column in (divmod(number, head.across) for number in wanted):
        brought[row * high : (row + 1) * high, column * wide : (column + 1) * wide] = True
    assert before.min() > 0 and (after == np.where(brought, before, 0)).all()


def test_what_was_joined_is_split_again(tmp_path):
    file = InMemory("a", encoded(tmp_path / "a.jp2", PLAIN))
    head = read_header(file)
    tiles = read_tiles(file, head, {0, 6, 11})
    again, found = split(join(head, tiles), "b")
    assert found == tiles and again.data == head.data
    assert split(join(head, {}), "c")[1] == {}


@pytest.mark.parametrize("depth", [17, 0x80 | 12])  # 17 bits; 13 bits with a sign
def test_pixels_that_are_no_dn_are_refused(tmp_path, depth):
    data = encoded(tmp_path / "a.jp2", PLAIN)
    at = data.index(SIZ) + 40
    head = read_header(
        InMemory("a", data[:at] + struct.pack(">B", depth - 1 if depth == 17 else depth) + data[at + 1 :])
    )
    with pytest.raises(BadData, match="số bit") as caught:
        join(head, {})
    assert caught.value.reason is Reason.BROKEN


GRID = GeoBox((SIDE, SIDE), rasterio.Affine(10, 0, 0, 0, -10, 0), "EPSG:32632")


def test_a_file_that_lies_where_the_item_says_is_good(tmp_path):
    check_place(encoded(tmp_path / "a.jp2", PLAIN), GRID, "a")


def test_the_place_of_another_header_is_read_anew(tmp_path):
    data = encoded(tmp_path / "a.jp2", PLAIN)
    check_place(data, GRID, "a")
    moved = data.replace(b"EPSG::32632", b"EPSG::32633").replace(struct.pack("<H", 32632), struct.pack("<H", 32633))
    assert moved != data
    with pytest.raises(BadData, match="nó ở EPSG:32633"):
        check_place(moved, GRID, "a")


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
        check_place(encoded(tmp_path / "a.jp2", PLAIN), grid, "a")
    assert caught.value.reason is Reason.BROKEN


def test_a_file_whose_place_cannot_be_read_is_refused(tmp_path):
    data = encoded(tmp_path / "a.jp2", PLAIN)
    without = re.sub(rb"EPSG::?32632|II\*\0", lambda found: b"?" * len(found[0]), data)  # both notes of the place
    for damaged in (without, data[:40]):
        with pytest.raises(BadData, match="a không nằm ở chỗ item ghi"):
            check_place(damaged, GRID, "a")
