"""cdse_access.jp2.codestream: headers that are odd, or not what they seem; files of a few tiles."""

import struct

import pytest
from rasterio.errors import RasterioIOError
from rasterio.io import MemoryFile
from rasterio.windows import Window

from cdse_access.jp2.codestream import EOC, SIZ, SOT, read_header, read_part_header, write_tiles
from cdse_access.jp2.sources import InMemory
from cdse_access.problems import BadData, Reason
from tests.cdse_access.jp2.example import Counted, sot


def test_the_grid_is_counted_by_rows(whole: bytes):
    layout = read_header(InMemory("x", whole)).layout
    assert layout[:6] == (300, 300, 64, 64, 1, 15) and (layout.columns, layout.rows, layout.tile_count) == (5, 5, 25)
    before = [layout.pixels_before(number) for number in (0, 1, 5, 6, 21, 25)]
    assert before == [0, 4096, 19200, 23296, 79616, 90000]
    assert layout.tiles_under(63, 0, 64, 10) == {0, 1} and layout.tiles_under(10, 255, 10, 400) == {15, 20}
    assert layout.tiles_under(-90, -90, -1, -1) == layout.tiles_under(400, 0, 500, 10) == set()


def test_a_tile_has_bounds_in_each_reduced_level(whole: bytes):
    layout = read_header(InMemory("x", whole)).layout
    assert layout.bounds(6) == (64, 64, 128, 128) and layout.bounds(24) == (256, 256, 300, 300)
    assert layout.bounds(24).reduce(3) == (32, 32, 38, 38)  # 37.5 is rounded up, as the standard says


def test_a_file_of_a_few_tiles_can_be_read_where_they_are(whole: bytes, parts: list[bytes]):
    header = read_header(InMemory("x", whole))
    with MemoryFile(write_tiles(header, [parts[7]]), ext=".jp2") as memory, memory.open() as some:
        with MemoryFile(whole) as every, every.open() as file:
            window = Window(128, 64, 64, 64)
            assert (some.read(window=window) == file.read(window=window)).all() and some.shape == file.shape
        with pytest.raises(RasterioIOError):
            some.read(window=Window(0, 0, 64, 64))


@pytest.mark.parametrize("depth", [17, 0x80 | 12])  # 17 bits; 13 bits with a sign
def test_pixels_that_are_no_dn_are_refused(whole: bytes, depth: int):
    at = whole.index(SIZ) + 40
    changed = whole[:at] + struct.pack(">B", depth - 1 if depth == 17 else depth) + whole[at + 1 :]
    with pytest.raises(BadData, match="số bit") as caught:
        read_header(InMemory("a", changed))
    assert caught.value.reason is Reason.BROKEN


def test_a_file_shorter_than_its_box_is_refused(whole):
    start = whole.index(b"jp2c") - 4
    told = whole[:start] + struct.pack(">I", len(whole) - start) + whole[start + 4 :]
    assert read_header(InMemory("x", told)).layout.tile_count == 25
    with pytest.raises(BadData, match="bị cắt cụt"):
        read_header(InMemory("x", told[:-1]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>Xin dang nhap</html>", Reason.NOT_SERVICE),
        (b'{"detail": "Unauthorized"}', Reason.NOT_SERVICE),
        (b"", Reason.BROKEN),
        (b"\x89PNG" * 9000, Reason.BROKEN),
    ],
)
def test_what_is_no_jp2_is_named(content, reason):
    with pytest.raises(BadData, match="x không phải tệp JP2") as caught:
        read_header(InMemory("x", content))
    assert caught.value.reason is reason


def test_a_header_cut_short_is_named(whole):
    for size in (12, 30, 100, whole.index(SOT)):
        with pytest.raises(BadData, match="cắt cụt"):
            read_header(InMemory("x", whole[:size]))


def test_a_long_header_is_read_in_two_requests(whole):
    comment = b"\xff\x64" + struct.pack(">H", 60000) + bytes(59998)
    file = Counted(whole.replace(SOT, comment + SOT, 1))
    assert read_header(file).first == whole.index(SOT) + 60002 and len(file.requests) == 2


@pytest.mark.parametrize("marker", [b"\xff\x60", b"\xff\x5f"])
def test_what_cannot_be_cut_out_is_refused(whole, marker):
    with pytest.raises(BadData, match="PPM hay POC"):
        read_header(InMemory("x", whole.replace(SOT, marker + b"\0\x04ab" + SOT, 1)))


@pytest.mark.parametrize(
    ("tile", "length", "order", "total", "fits"),
    [
        (24, 14, 0, 1, True),
        (25, 14, 0, 1, False),  # there are 25 tiles
        (24, 13, 0, 1, False),  # shorter than SOT and SOD
        (24, 0, 0, 1, True),  # to the end
        (24, 100, 0, 1, True),
        (24, 101, 0, 1, False),  # beyond the end
        (24, 14, 1, 1, False),  # the second of one
        (24, 14, 1, 0, True),  # of how many is not told
    ],
)
def test_a_tile_part_that_cannot_be_is_none(whole, tile, length, order, total, fits):
    header = read_header(InMemory("x", whole))._replace(first=0, end=100)
    data = sot(tile, b"\xff\x93" + bytes(86), order, total, length) + EOC
    found = read_part_header(InMemory("x", data), header, 0)
    assert found == ((tile, length or 100, order, total) if fits else None)
