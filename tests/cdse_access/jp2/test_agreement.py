"""cdse_access.jp2.agreement: a file against itself and against its item."""

import struct
from itertools import product

import pytest
from odc.geo.geobox import GeoBox
from rasterio import Affine

from cdse_access.jp2.agreement import check_place, check_promises
from cdse_access.jp2.codestream import COD, QCD, SIZ, read_header
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.wanted import Frame, Wanted
from cdse_access.problems import BadData, Reason
from tests.cdse_access.jp2.codings import CODINGS, encoded

GRID = GeoBox((300, 300), Affine(10, 0, 0, 0, -10, 0), "EPSG:32632")
SQUARE = {"precincts": "{256,256}", "codeblock_width": 64, "codeblock_height": 64}
WANTED = Wanted("s3://eodata/x.jp2", GRID, 0, None, "1", "2023-09-28", "B04", Frame(0, 0, 9, 9, (1,)), "uint16", 1)


def check(data: bytes, wanted: Wanted = WANTED) -> None:
    file = InMemory("x", data)
    check_promises(read_header(file), wanted, file.size, file.name)


def refuse(data: bytes, wanted: Wanted = WANTED) -> str:
    with pytest.raises(BadData) as caught:
        check(data, wanted)
    assert caught.value.reason is Reason.BROKEN
    return str(caught.value)


def is_accepted(data: bytes) -> bool:
    try:
        check(data)
    except BadData:
        return False
    return True


def test_a_header_that_lost_a_bit_is_refused_but_for_bits_without_a_second_witness(whole):
    """R5: of all bits of SIZ, COD and QCD. Which of those that pass do harm, `tests.faults.flips` measures."""
    header = read_header(InMemory("x", whole))
    passed = set()
    for marker in (SIZ, COD, QCD):
        start, length = whole.index(header.segments[marker]), len(header.segments[marker])
        for at, bit in product(range(start, start + length), range(8)):
            if is_accepted(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]):
                passed.add((marker, at - start, bit))
    capabilities = {(SIZ, at, bit) for at, bit in product((4, 5), range(8))}
    # SOP and EPH, order, layers, mixing of colours, habits of the code blocks; the size of code blocks is square.
    free = {(COD, at, bit) for at, bit in product((4, 5, 6, 7, 8, 12), range(8))}
    guard_bits = {(QCD, 4, bit) for bit in (5, 6, 7)}
    unused = {(QCD, at, bit) for at, bit in product(range(5, 12), range(3))}
    one_bit_less = {(QCD, at, 3) for at in range(5, 12)}
    assert passed <= capabilities | free | guard_bits | unused | one_bit_less
    assert all(not is_accepted(whole[: whole.index(marker) + 2] + bytes(40) + whole[-99:]) for marker in (SIZ, COD))


@pytest.mark.parametrize("coding", CODINGS)
def test_other_ways_of_coding_do_not_contradict_themselves(tmp_path, coding):
    check(encoded(tmp_path / "a.jp2", CODINGS[coding] | SQUARE))


@pytest.mark.parametrize("colours", [1, 3])
def test_bytes_do_not_contradict_themselves(tmp_path, colours):
    data = encoded(tmp_path / "a.jp2", CODINGS["plain"] | SQUARE, colours, "uint8")
    check(data, WANTED._replace(dtype="uint8", bands=colours))


# -- against the item --------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "float32", "float64", None])
def test_types_that_hold_the_numbers_are_good(whole, dtype):
    check(whole, WANTED._replace(dtype=dtype))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "float16", "bool", "no type", ""])
def test_a_type_that_does_not_hold_the_numbers_is_refused(whole, dtype):
    """R12: every pixel was 255, without a word."""
    assert f"item ghi kiểu số {dtype}, không chứa nổi 15 bit" in refuse(whole, WANTED._replace(dtype=dtype))


def test_16_bits_do_not_fit_numbers_with_a_sign(tmp_path):
    data = encoded(tmp_path / "a.jp2", CODINGS["plain"] | SQUARE)
    assert "16 bit" in refuse(data, WANTED._replace(dtype="int16"))


@pytest.mark.parametrize("nodata", [1000, -1, float("nan"), 65535, 0.5])
def test_another_nodata_than_sentinel_2_writes_is_refused(whole, nodata):
    assert f"item ghi nodata {nodata}" in refuse(whole, WANTED._replace(nodata=nodata))
    check(whole, WANTED._replace(nodata=None))
    check(whole, WANTED._replace(nodata=0.0))


def test_sizes_and_bands_are_compared(whole):
    assert "item ghi cỡ 3, kho có 1" in refuse(whole, WANTED._replace(bands=3))
    assert "item ghi cỡ 9, kho có" in refuse(whole, WANTED._replace(size=9))
    other = GeoBox((300, 299), GRID.affine, GRID.crs)
    assert "item ghi cỡ (300, 299), kho có (300, 300)" in refuse(whole, WANTED._replace(grid=other))
    check(whole, WANTED._replace(bands=None, size=len(whole)))


def test_places_are_compared():
    check_place(GRID, GRID, "x")
    for grid, what in (
        (GeoBox((300, 301), GRID.affine, GRID.crs), r"item ghi cỡ \(300, 301\)"),
        (GeoBox((300, 300), GRID.affine * Affine.translation(0, 30), GRID.crs), r"lệch 30\.0 pixel"),
        (GeoBox((300, 300), GRID.affine, "EPSG:32633"), "nó ở EPSG:32632"),
    ):
        with pytest.raises(BadData, match=what):
            check_place(GRID, grid, "x")


# -- what a header may cost --------------------------------------------------


def change(data: bytes, marker: bytes, offset: int, form: str, *values: int) -> bytes:
    at = data.index(marker) + offset
    return data[:at] + struct.pack(form, *values) + data[at + struct.calcsize(form) :]


@pytest.mark.parametrize("bands", [0, 2, 3, 5, 255, 16384, 65535])
def test_a_number_of_bands_that_does_not_fit_its_segment_is_refused(whole, bands):
    assert f"({bands} band)" in refuse(change(whole, SIZ, 38, ">H", bands))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 300), (300, 1), (9, 9), (8, 2**31)])
def test_more_tiles_than_an_image_has_are_refused(whole, width, height):
    told = refuse(change(whole, SIZ, 22, ">II", width, height))
    assert "ô" in told


def test_an_image_of_no_pixels_is_refused(whole):
    assert "(0 ô)" in refuse(change(whole, SIZ, 6, ">II", 0, 0))


@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_a_box_shorter_than_its_own_head_is_refused(whole, length):
    """A length of 1 means that it stands behind: here an XLBox that leads back."""
    at = whole.index(b"jp2h") - 4
    damaged = whole[:at] + struct.pack(">I4sQ", length, b"junk", 3) + whole[at + 16 :]
    assert f"độ dài sai ở byte {at}" in refuse(damaged)


@pytest.mark.parametrize("length", [0, 1, 2**31, 2**63])
def test_a_long_box_leads_on_or_is_refused(whole, length):
    at = whole.index(b"jp2h") - 4
    assert refuse(whole[:at] + struct.pack(">I4sQ", 1, b"junk", length) + whole[at + 16 :])


@pytest.mark.parametrize("filling", [bytes(1 << 20), b"\xff\x64\0\0" * (1 << 18), b"\xff\x64\0\1" * (1 << 18)])
def test_a_header_of_segments_without_length_is_refused_at_once(whole, filling):
    """R6: a main header that ends in zeros took 15 s."""
    start = whole.index(COD)
    assert f"độ dài sai ở byte {start}" in refuse(whole[:start] + filling)


def test_a_header_of_many_small_segments_is_read_in_one_pass(whole):
    start = whole.index(COD)
    small = b"\xff\x64\0\2" * (1 << 17)
    check(whole[:start] + small + whole[start:])
    assert "cắt cụt" in refuse(whole[:start] + small * 4)


@pytest.mark.parametrize("marker", [b"\xff\x53", b"\xff\x5d", b"\xff\x5e"])
def test_a_segment_that_overrules_the_coding_of_the_only_band_is_refused(whole, marker):
    """COC, QCC, RGN: decoders follow them, so that COD and QCD are no witnesses any more."""
    first = read_header(InMemory("x", whole)).first
    segment = marker + struct.pack(">H", 5) + bytes(3)
    assert "các tham số nén không khớp" in refuse(whole[:first] + segment + whole[first:])


@pytest.mark.parametrize("pixels", [0.1, 0.4])
def test_a_tenth_of_a_pixel_is_another_place(pixels):
    """Bilinear resampling showed it in nine of ten pixels."""
    with pytest.raises(BadData, match="lệch"):
        check_place(GRID, GeoBox(GRID.shape, GRID.affine * Affine.translation(pixels, 0), GRID.crs), "x")
