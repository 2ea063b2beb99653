"""The format of JPEG 2000 files, as far as it takes to find tiles and to take them out: nothing is decoded here.

A file is boxes, one of which (jp2c) holds the codestream: a main header, then tile-parts, then EOC. Each tile-part
begins with a SOT marker that tells its tile and its length. Source: ISO/IEC 15444-1, annexes A (markers), I (boxes).
"""

import re
import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from cdse_access.jp2.sources import Source
from cdse_access.messages import say
from cdse_access.problems import BadData

SOC, SOT, SIZ, COD, QCD, EOC = b"\xff\x4f", b"\xff\x90", b"\xff\x51", b"\xff\x52", b"\xff\x5c", b"\xff\xd9"
TLM, PLM, PPM, POC = b"\xff\x55", b"\xff\x57", b"\xff\x60", b"\xff\x5f"
SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"  # the first 12 bytes of every JP2 file
SMALLEST_PART = 14  # bytes of a tile-part without data: SOT and SOD
HEADER_SIZES = (8192, 1 << 17, 1 << 20)  # bytes to read until the main header is whole
# What a damaged or hostile header may cost, well above what Sentinel-2 writes: 121 tiles, a tile-part each, 3 bands.
MOST_TILES, MOST_PARTS, MOST_BANDS = 1024, 8, 4


class Rectangle(NamedTuple):
    """Pixels of an image: from left and top to before right and bottom."""

    left: int
    top: int
    right: int
    bottom: int

    def reduce(self, level: int) -> "Rectangle":
        """The same rectangle in the image reduced by two to the power of `level`."""
        factor = 1 << level
        return Rectangle(*(-(-side // factor) for side in self))


class Layout(NamedTuple):
    """Size of an image and of its tiles, in pixels, its bands and their bits; tiles are counted by rows, from 0.

    kind: the type of its numbers, where bits do not tell it.
    """

    width: int
    height: int
    tile_width: int
    tile_height: int
    bands: int
    bits: int
    kind: str = ""

    @property
    def columns(self) -> int:
        return -(-self.width // self.tile_width)

    @property
    def rows(self) -> int:
        return -(-self.height // self.tile_height)

    @property
    def tile_count(self) -> int:
        return self.columns * self.rows

    @property
    def dtype(self) -> str:
        return self.kind or ("uint8" if self.bits <= 8 else "uint16")

    def bounds(self, number: int) -> Rectangle:
        """The pixels of a tile."""
        row, column = divmod(number, self.columns)
        left, top = column * self.tile_width, row * self.tile_height
        right = min(left + self.tile_width, self.width)
        return Rectangle(left, top, right, min(top + self.tile_height, self.height))

    def pixels_before(self, number: int) -> int:
        """How many pixels all tiles before this one have."""
        row, column = divmod(number, self.columns)
        top = min(row * self.tile_height, self.height)
        height = min(self.tile_height, self.height - top)
        return top * self.width + height * column * self.tile_width

    def tiles_under(self, left: float, top: float, right: float, bottom: float) -> set[int]:
        """Numbers of the tiles under a frame, in pixels, its right and bottom edge included."""
        first_column = max(int(left // self.tile_width), 0)
        first_row = max(int(top // self.tile_height), 0)
        columns = range(first_column, min(int(right // self.tile_width) + 1, self.columns))
        rows = range(first_row, min(int(bottom // self.tile_height) + 1, self.rows))
        return {row * self.columns + column for row in rows for column in columns}


class Header(NamedTuple):
    """All that stands before the first tile-part, and where the tile-parts lie in the file."""

    data: bytes  # boxes and main header, without an index (TLM, PLM): it would be wrong for some of the tiles
    segments: dict[bytes, bytes]  # by marker, the index included
    layout: Layout
    first: int  # byte of the first tile-part
    end: int  # byte of EOC

    @property
    def mean_length(self) -> float:
        """Bytes of a tile, on average."""
        return max(self.end - self.first, 1) / self.layout.tile_count

    @property
    def most_parts(self) -> int:
        """How many tile-parts are looked at, in one file: with more, it is no Sentinel-2 image."""
        return MOST_PARTS * self.layout.tile_count


def read_header(file: Source) -> Header:
    """Read boxes and main header. BadData: no JP2, cut off, or of a structure that tiles cannot be taken from."""
    for size in HEADER_SIZES:
        data = file.read(0, size)
        try:
            return _parse_header(data, file)
        except struct.error:  # the header is longer
            if file.size is None or size >= file.size:
                break
    raise BadData(say("header-cut", name=file.name))


def is_page(body: bytes) -> bool:
    """Does it look like a web page or JSON, rather than an image or S3's XML?"""
    return re.match(rb"\s*(<!doctype html|<html|<head|<body|\{)", body[:512], re.IGNORECASE) is not None


def _parse_header(data: bytes, file: Source) -> Header:
    if not data.startswith(SIGNATURE):
        slot = "page-for-image" if is_page(data) else "not-image"
        raise BadData(say(slot, name=file.name, kind="JP2", begin=data[:24]))
    box, codestream, box_end = _find_codestream(data, file)
    segments, kept, first = _read_segments(data, codestream + len(SOC), file.name)
    if not {SIZ, COD, QCD} <= segments.keys():
        raise BadData(say("header-incomplete", name=file.name))
    if file.size is not None and box_end > file.size:
        raise BadData(say("file-cut", name=file.name, size=file.size, expected=box_end))
    # The box's length is set to 0, to the end of the file: what is put behind the header may be of any length.
    boxes = data[:box] + struct.pack(">I4s", 0, b"jp2c") + SOC
    return Header(boxes + kept, segments, _read_layout(segments, file.name), first, box_end - len(EOC))


def _find_codestream(data: bytes, file: Source) -> tuple[int, int, int]:
    """Where the box jp2c begins, where its content begins, where it ends."""
    start = 0
    while True:
        length, kind = struct.unpack(">I4s", data[start : start + 8])
        content = start + 8
        if length == 1:
            (length,) = struct.unpack(">Q", data[content : content + 8])
            content += 8
        end = start + length if length else file.size or 0
        if end < content:
            raise BadData(say("header-odd", name=file.name, what=say("odd-length", at=start)))
        if kind == b"jp2c":
            return start, content, end
        start = end


def _read_segments(data: bytes, start: int, name: str) -> tuple[dict[bytes, bytes], bytes, int]:
    """The main header's segments by marker; all of them but the index, in their order; where the first SOT stands."""
    found: dict[bytes, list[bytes]] = {}
    kept: list[bytes] = []
    while (marker := data[start : start + 2]) != SOT:
        (length,) = struct.unpack_from(">H", data, start + 2)
        if marker[0] != 0xFF or length < 2:
            raise BadData(say("header-odd", name=name, what=say("odd-length", at=start)))
        segment = data[start : start + 2 + length]
        found.setdefault(marker, []).append(segment)
        if marker not in (TLM, PLM):
            kept.append(segment)
        start += 2 + length
    segments = {marker: b"".join(several) for marker, several in found.items()}
    return segments, b"".join(kept), start


def _read_layout(segments: dict[bytes, bytes], name: str) -> Layout:
    size = segments[SIZ]
    width, height, left, top, tile_width, tile_height, tile_left, tile_top, bands = struct.unpack_from(">8IH", size, 6)
    shifted = any((left, top, tile_left, tile_top)) or {*size[41::3], *size[42::3]} > {1}
    if shifted or {PPM, POC} & segments.keys() or not tile_width * tile_height:
        raise BadData(say("tiles-shifted", name=name))
    if not 0 < bands <= MOST_BANDS or len(size) != 40 + 3 * bands:
        raise BadData(say("header-odd", name=name, what=say("odd-bands", bands=bands)))
    depths = {1 + size[40 + 3 * band] for band in range(bands)}  # with a sign: above 128
    if len(depths) != 1 or max(depths) > 16:
        raise BadData(say("bit-depth", name=name, depths=sorted(depths)))
    layout = Layout(width, height, tile_width, tile_height, bands, depths.pop())
    if not 0 < layout.tile_count <= MOST_TILES:
        raise BadData(say("header-odd", name=name, what=say("odd-tiles", count=layout.tile_count)))
    return layout


# -- tile-parts --------------------------------------------------------------


class PartHeader(NamedTuple):
    """What a SOT tells: tile, bytes from SOT on, which of the tile's parts, how many there are (0: not told)."""

    tile: int
    length: int
    order: int
    total: int


Location = tuple[int, int]  # of a tile-part: first byte, length


def read_part_header(file: Source, header: Header, at: int, ahead: int = 0) -> PartHeader | None:
    """The SOT at this byte; None if there is none, or if it tells what cannot be."""
    data = file.read(at, min(at + SMALLEST_PART, header.end), ahead)
    if len(data) < SMALLEST_PART or not data.startswith(SOT + b"\0\x0a"):
        return None
    found = PartHeader(*struct.unpack_from(">HIBB", data, 4))
    if not found.length:  # to the end of the codestream
        found = found._replace(length=header.end - at)
    fits = SMALLEST_PART <= found.length <= header.end - at
    ordered = found.order < found.total or not found.total
    return found if found.tile < header.layout.tile_count and fits and ordered else None


def label_part(data: bytes, tile: int, length: int) -> bytes:
    """The same tile-part with this tile number and this length in its SOT."""
    return data[:4] + struct.pack(">HI", tile, length) + data[10:]


def walk_parts(file: Source, header: Header) -> dict[int, list[Location]]:
    """Where all tile-parts lie, by tile: from one to the next, slow but always right. BadData where it breaks off."""
    found: dict[int, list[Location]] = {}
    at, left = header.first, header.most_parts
    while at < header.end:
        part = read_part_header(file, header, at, ahead=4096)
        left -= 1
        if part is None or part.order != len(found.setdefault(part.tile, [])) or left < 0:
            raise BadData(say("no-tile-part", name=file.name, at=at))
        found[part.tile].append((at, part.length))
        at += part.length
    if file.read(header.end, header.end + 2) != EOC or len(found) != header.layout.tile_count:
        raise BadData(say("tiles-missing", name=file.name, found=len(found), count=header.layout.tile_count))
    return found


def read_index(header: Header) -> dict[int, list[Location]]:
    """Where the tile-parts lie as TLM tells it, by tile; empty where there is no TLM, or a damaged one."""
    found: dict[int, list[Location]] = {}
    at = header.first
    try:
        entries = list(islice(_read_tlm(header.segments.get(TLM, b"")), header.most_parts + 1))
    except (struct.error, IndexError):
        return {}
    for order, (tile, length) in enumerate(entries):
        found.setdefault(order if tile is None else tile, []).append((at, length))
        at += length
    return {} if len(entries) > header.most_parts or at > header.end else found


def _read_tlm(segments: bytes) -> Iterator[tuple[int | None, int]]:
    """Tile (None: in their order) and length of each tile-part. struct.error where its own lengths do not fit."""
    start = 0
    while start < len(segments):
        length, style = struct.unpack_from(">HxB", segments, start + 2)
        number_type = ("", "B", "H")[style >> 4 & 3]
        length_type = "HI"[style >> 6 & 1]
        for entry in struct.iter_unpack(f">{number_type}{length_type}", segments[start + 6 : start + 2 + length]):
            yield (entry[0] if number_type else None), entry[-1]
        start += 2 + length  # at least 2: so says `_read_segments`


def write_tiles(header: Header, parts: Iterable[bytes]) -> bytes:
    """A file of the whole grid that holds only these tile-parts: a decoder reads their tiles from it, and no others."""
    return header.data + b"".join(parts) + EOC
