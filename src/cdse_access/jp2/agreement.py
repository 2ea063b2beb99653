"""What a file says of itself, and what its item says of it: where two of them differ, the file is refused.

The header of a JPEG 2000 file has no checksum, and with one bit flipped in it decoders go on, to other pixels. But
nearly all that it says stands there twice, or follows from the rest: in the box `ihdr` and in SIZ, in COD and in QCD.
What is no law of the format holds for all that Sentinel-2 writes: square tiles, code blocks and precincts, and as many
bits in the two mixed quarters of each level.
"""

import re
import struct
from collections.abc import Iterator

import numpy as np
from odc.geo.geobox import GeoBox

from cdse_access.jp2.codestream import COD, QCD, SIZ, Header, Layout
from cdse_access.jp2.wanted import Wanted
from cdse_access.messages import say
from cdse_access.problems import BadData, Message

SHORTEST_COD, SHORTEST_QCD = 14, 6  # bytes, with the marker
STYLE = 0x1F  # the bits of QCD's first byte that are no guard bits
PRECINCTS = 1  # a bit of COD's first byte: their sizes follow, one for each resolution
LOSSLESS, NOT_QUANTISED = 1, 0  # the transformation of COD, and the style of QCD that goes with it
EXCEPTIONS = {b"\xff\x53", b"\xff\x5d", b"\xff\x5e"}  # COC, QCC, RGN: what holds for one band, against COD and QCD
NEAR = 0.01  # pixels by which file and item may differ in where they lie
SPARE = {-1, 0, 1}  # bits by which encoders differ in what they keep ready for a quarter


def check_promises(header: Header, wanted: Wanted, size: int | None, name: str) -> None:
    """BadData where a file is not what its item says, or contradicts itself. Where it lies: see `check_place`."""
    if wanted.size not in (None, size):
        raise BadData(say("image-changed", name=name, told=wanted.size, found=size))
    check_layout(header.layout, wanted, name)
    if odd := next(_find_contradictions(header), None):
        raise BadData(say("header-odd", name=name, what=odd))


def check_layout(layout: Layout, wanted: Wanted, name: str) -> None:
    """BadData where pixels are not as this item says; of a file that is kept, another item may have said it right."""
    _check_size(layout, wanted, name)
    if wanted.dtype is not None and not _holds(wanted.dtype, layout.bits):
        raise BadData(say("image-type", name=name, told=wanted.dtype, bits=layout.bits))
    if wanted.nodata not in (None, 0):
        raise BadData(say("image-nodata", name=name, told=wanted.nodata))


def check_numbers(layout: Layout, nodata: float | None, wanted: Wanted, name: str) -> None:
    """The same of a GeoTIFF, which says itself what its numbers are; what the item leaves out is taken from there."""
    _check_size(layout, wanted, name)
    if wanted.dtype not in (None, layout.dtype):
        raise BadData(say("cog-type", name=name, told=wanted.dtype, found=layout.dtype))
    if None in (wanted.nodata, nodata):
        return
    told, found = np.array([wanted.nodata, nodata]).astype(layout.dtype)
    if not np.array_equal(told, found, equal_nan=True):
        raise BadData(say("cog-nodata", name=name, told=wanted.nodata, found=nodata))


def _check_size(layout: Layout, wanted: Wanted, name: str) -> None:
    promises = (
        (tuple(wanted.grid.shape), (layout.height, layout.width)),
        (wanted.bands, layout.bands),
    )
    for told, found in promises:
        if told not in (None, found):
            raise BadData(say("image-changed", name=name, told=told, found=found))


def _holds(dtype: str, bits: int) -> bool:
    """Can this type of numbers hold every number of so many bits?"""
    largest = 2**bits - 1
    try:
        return bool(int(np.array(largest).astype(dtype)) == largest)
    except (TypeError, ValueError, OverflowError):
        return False


# -- where it lies -----------------------------------------------------------


def check_place(found: object, expected: GeoBox, name: str) -> None:
    """BadData where an image that was kept does not lie where this item says: another may have said so before."""
    if isinstance(found, GeoBox) and found.shape != expected.shape:
        raise BadData(say("image-changed", name=name, told=tuple(expected.shape), found=tuple(found.shape)))
    if wrong := compare_places(found, expected):
        raise BadData(say("image-misplaced", name=name, what=wrong))


def compare_places(found: object, expected: GeoBox) -> str:
    """What is wrong with the place of a file: a damaged bit moves it, and resampling shows a tenth of a pixel."""
    if not isinstance(found, GeoBox) or found.crs is None:
        return say("place-none")
    if found.crs != expected.crs:
        return say("place-other-crs", epsg=found.crs.epsg)
    shift = ~expected.affine * found.affine
    corners = ((0, 0), (expected.width, expected.height))
    apart = max(abs(a - b) for corner in corners for a, b in zip(shift * corner, corner, strict=True))
    return say("place-shifted", pixels=apart) if not apart <= NEAR else ""


# -- a file against itself ---------------------------------------------------


def _find_contradictions(header: Header) -> Iterator[Message]:
    layout = header.layout
    if layout.tile_width != layout.tile_height:
        yield say("odd-tiling", width=layout.tile_width, height=layout.tile_height)
    if _read_image_box(header.data) != (layout.height, layout.width, layout.bands, header.segments[SIZ][40]):
        yield say("odd-copies")
    has_exceptions = layout.bands == 1 and EXCEPTIONS & header.segments.keys()
    if has_exceptions or not _is_coding_whole(header.segments[COD], header.segments[QCD], layout):
        yield say("odd-coding")


def _read_image_box(data: bytes) -> tuple[int, ...] | None:
    """Height, width, bands and depth as the box `ihdr` tells them, which repeats what SIZ says."""
    found = re.search(rb"\0\0\0\x16ihdr(.{11})\x07", data, re.DOTALL)
    return struct.unpack(">2IHB", found[1]) if found else None


def _is_coding_whole(coding: bytes, quantisation: bytes, layout: Layout) -> bool:
    """Do lengths, shapes, styles and bits go together?"""
    if len(coding) < SHORTEST_COD or len(quantisation) < SHORTEST_QCD:
        return False
    levels, width, height, _, transformation = coding[9:14]
    precincts = coding[SHORTEST_COD:]
    style = quantisation[4] & STYLE
    count = levels + 1 if coding[4] & PRECINCTS else 0
    has_all = len(precincts) == count
    is_square = width == height
    is_square &= all(size >> 4 == size & 0xF for size in precincts)
    is_one_way = (transformation == LOSSLESS) == (style == NOT_QUANTISED)
    return has_all and is_square and is_one_way and _are_bits_whole(quantisation, levels, layout)


def _are_bits_whole(quantisation: bytes, levels: int, layout: Layout) -> bool:
    """The bits of each quarter of each level, where nothing is quantised: the image's, and some for the filter."""
    style, guard_bits = quantisation[4] & STYLE, quantisation[4] >> 5
    if style != NOT_QUANTISED:
        return bool(guard_bits)
    smallest, *quarters = (step >> 3 for step in quantisation[5:])
    mixed = quarters[::3]
    also_mixed = quarters[1::3]
    diagonal = quarters[2::3]
    if mixed != also_mixed or not len(mixed) == len(diagonal) == levels:
        return False
    bits = {smallest}
    bits.update(more - 1 for more in mixed)
    bits.update(more - 2 for more in diagonal)
    usual = {layout.bits + more for more in SPARE}
    are_usual = layout.bands > 1 or bits <= usual  # colours are mixed before
    return bool(guard_bits) and are_usual
