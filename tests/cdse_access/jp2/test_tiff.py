"""cdse_access.jp2.tiff: tables are found wherever they stand, and damaged ones cost little."""

import struct

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile

from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.tiff import Span, Tables, open_parts
from cdse_access.problems import BadData, Reason
from tests.cdse_access.cogs import make_radar, write_cog

PIXELS = np.arange(300 * 300, dtype="int16").reshape(300, 300)
GRID = rasterio.Affine(10, 0, 0, 0, -10, 0)


def write(**options) -> bytes:
    return write_cog(PIXELS, "EPSG:32648", GRID, None, **options)


def write_plain(**options) -> bytes:
    """As GDAL writes a file that is no COG: tables may stand at its end."""
    tiles = {"driver": "GTiff", "tiled": True, "blockxsize": 64, "blockysize": 64, "blocksize": None, "predictor": 2}
    return write(**(tiles | options))


FORMS = {
    "cog": write(),
    "big": write(bigtiff="YES"),
    "last byte first": write_plain(endianness="BIG"),
    "plain": write_plain(),
    "big, last byte first": write_plain(endianness="BIG", bigtiff="YES"),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_gdal_finds_in_the_tables_what_it_finds_in_the_file(data):
    spans = Tables(InMemory("x", data)).spans
    with (
        open_parts(spans, len(data)) as name,
        rasterio.open(name) as parts,
        MemoryFile(data) as memory,
        memory.open() as whole,
    ):
        assert parts.profile == whole.profile and parts.overviews(1) == whole.overviews(1)
        for tag in ("BLOCK_OFFSET_1_1", "BLOCK_SIZE_1_1"):
            assert parts.get_tag_item(tag, "TIFF", 1) == whole.get_tag_item(tag, "TIFF", 1)


def test_a_file_in_parts_has_the_bytes_of_its_parts_and_its_length():
    data = FORMS["cog"]
    with open_parts([Span(0, data[:5000]), Span(5000, data[5000:])], len(data)) as name, rasterio.open(name) as file:
        assert (file.read(1) == PIXELS).all()


def test_leaders_are_told_in_the_first_bytes():
    assert Tables(InMemory("x", FORMS["cog"])).has_leaders
    assert not Tables(InMemory("x", FORMS["plain"])).has_leaders


@pytest.mark.parametrize(
    ("data", "why", "reason"),
    [
        (b"<html>Xin dang nhap</html>", "không phải tệp TIFF", Reason.NOT_SERVICE),
        (b"\x89PNG" * 900, "không phải tệp TIFF", Reason.BROKEN),
        (b"II*", "không phải tệp TIFF", Reason.BROKEN),
        (b"MM" + FORMS["cog"][2:], "không phải tệp TIFF", Reason.BROKEN),  # told in the wrong order of bytes
        (FORMS["cog"][:300], "bị cắt cụt trong phần đầu", Reason.BROKEN),
        (FORMS["cog"][:4] + struct.pack("<I", 1 << 30) + FORMS["cog"][8:], "bị cắt cụt trong phần đầu", Reason.BROKEN),
    ],
)
def test_what_is_no_tiff_or_ends_in_its_tables_is_named(data, why, reason):
    with pytest.raises(BadData, match=f"x {why}") as caught:
        Tables(InMemory("x", data))
    assert caught.value.reason is reason


def make_table(*entries: tuple[int, int, int, int], following: int) -> bytes:
    """One table at byte 8, and what it points to."""
    written = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    return head + written + struct.pack("<I", following) + bytes(4000)


@pytest.mark.parametrize(
    "data",
    [
        make_table((256, 3, 1, 1), following=8),  # again and again the same
        make_table((324, 16, 1 << 28, 60), following=0),  # gigabytes of places
        make_table(following=0),
        make_table(*[(256, 3, 1, 1)] * 101, following=0),
        struct.pack("<2sHI", b"II", 42, 8)
        + b"".join(struct.pack("<HHHIII", 1, 256, 3, 1, 1, 26 + 18 * i) for i in range(90)),
    ],
)
def test_hostile_tables_cost_no_more_than_a_megabyte(data):
    with pytest.raises(BadData, match=r"các bảng ở phần đầu hỏng|bị cắt cụt"):
        Tables(InMemory("x", data))


class Endless(InMemory):
    """A file of terabytes; `taken` is what was asked of it."""

    def __init__(self, begin: bytes) -> None:
        super().__init__("x", begin)
        self.size, self.taken, self.times = 1 << 40, 0, 0

    def read(self, start: int, end: int, ahead: int = 0) -> bytes:
        self.times += 1
        self.taken += end - start
        assert self.taken < 2_000_000 and self.times < 200
        return super().read(start, end).ljust(end - start, b"\0")


def test_of_an_endless_file_little_is_read_and_seldom():
    tables = make_table(*[(324, 16, 1 << 12, 60 + i) for i in range(90)], following=0)
    again = make_table((256, 3, 1, 1), following=8)
    for data in tables, again, make_table((324, 16, 1 << 28, 60), following=0):
        with pytest.raises(BadData, match="các bảng ở phần đầu hỏng"):
            Tables(Endless(data))


def test_every_bit_of_the_tables_may_be_wrong_and_nothing_hangs_or_crashes():
    (data,) = {bytes(content) for content in make_radar().files.values()}
    begin = data.index(b"II*")
    dice = np.random.default_rng(5)
    for place in dice.integers(begin, 1500, 300):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(dice.integers(8))
        try:
            Tables(InMemory("x", bytes(flipped)))
        except BadData:
            continue
