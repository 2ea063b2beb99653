"""A TIFF file of which parts are here: the tables that say where its tiles lie, and what GDAL makes of some of them.

GDAL is given a file of full length in which only these parts stand, so that it reads the tables itself; the few of them
that must be read before are read here. Sources: TIFF 6.0, BigTIFF; GDAL, /vsisparse/ and Cloud Optimized GeoTIFF.
"""

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rasterio.io import MemoryFile

from cdse_access.jp2.codestream import is_page
from cdse_access.jp2.sources import Source
from cdse_access.messages import say
from cdse_access.problems import BadData

BEGIN = 1 << 14  # bytes in which the tables of most files stand
LEADER = b"BLOCK_LEADER=SIZE_AS_UINT4"  # GDAL's word for: before each tile stands how long it is
# What a damaged or hostile table may cost, well above what CDSE writes: 6 images, 20 entries each, 100 tiles.
MOST_IMAGES, MOST_ENTRIES, MOST_BYTES = 32, 100, 1 << 20
ORDERS = {b"II": "<", b"MM": ">"}
TILES = 324  # the number of the entry that lists where tiles stand
# How many bytes each type of TIFF takes, by its number.
TYPES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}


class Span(NamedTuple):
    """Some bytes of a file, and where in it they stand."""

    start: int
    data: bytes


class Form(NamedTuple):
    """How the tables of a file are written, as `struct` says it: how many entries, one entry, where the next table is.

    What is no longer than the last field of an entry stands in it, all else where it points to.
    """

    number: str
    entry: str
    place: str


CLASSIC = Form("H", "HHI4s", "I")
BIG = Form("Q", "HHQ8s", "Q")


class Tables:
    """The tables of a file, read piece by piece; `spans` are the pieces, `tiles` how many each image lists."""

    def __init__(self, file: Source) -> None:
        self.file = file
        begin = file.read(0, BEGIN)
        self.spans = [Span(0, begin)]
        self.has_leaders = LEADER in begin[:512]
        self.tiles: list[int] = []
        self._taken = 0
        self._read_all(begin)

    def _read_all(self, begin: bytes) -> None:
        order, form, place = self._read_form(begin)
        count = 0
        while place:
            if count == MOST_IMAGES:
                raise self._refuse()
            count += 1
            place = self._read_table(order, form, place)

    def _read_form(self, begin: bytes) -> tuple[str, Form, int]:
        """Order of bytes, form of the tables, and the place of the first."""
        order = ORDERS.get(begin[:2])
        if order and len(begin) >= 16:
            (version,) = struct.unpack(f"{order}H", begin[2:4])
            if version == 42:
                (place,) = struct.unpack(f"{order}I", begin[4:8])
                return order, CLASSIC, place
            if version == 43:
                width, zero, place = struct.unpack(f"{order}HHQ", begin[4:16])
                if (width, zero) == (8, 0):
                    return order, BIG, place
        slot = "page-for-image" if is_page(begin) else "not-image"
        raise BadData(say(slot, name=self.file.name, kind="TIFF", begin=begin[:24]))

    def _read_table(self, order: str, form: Form, place: int) -> int:
        """Take a table and all that it points to; the place of the next one, 0 where there is none."""
        number, entry, pointer = [struct.Struct(order + part) for part in form]
        (count,) = number.unpack(self._take(place, number.size))
        if not 0 < count <= MOST_ENTRIES:
            raise self._refuse()
        place += number.size
        entries = self._take(place, count * entry.size)
        for name, kind, values, field in entry.iter_unpack(entries):
            if name == TILES:
                self.tiles.append(values)
            length = TYPES.get(kind, 1) * values
            if length > len(field):
                (start,) = pointer.unpack(field)
                self._take(start, length)
        (following,) = pointer.unpack(self._take(place + len(entries), pointer.size))
        return int(following)

    def _take(self, start: int, length: int) -> bytes:
        self._taken += length
        if self._taken > MOST_BYTES:
            raise self._refuse()
        data = self.file.read(start, start + length, ahead=BEGIN)
        if len(data) < length:
            raise BadData(say("header-cut", name=self.file.name))
        if start + length > BEGIN:
            self.spans.append(Span(start, data))
        return data

    def _refuse(self) -> BadData:
        return BadData(say("cog-odd", name=self.file.name, what=say("odd-tables")))


@contextmanager
def open_parts(spans: Iterable[Span], size: int) -> Iterator[str]:
    """The name under which GDAL finds a file of this size that has these bytes, and zeros elsewhere."""
    parts = list(spans)
    whole = b"".join(part.data for part in parts)
    with MemoryFile(whole) as memory:
        regions = ""
        at = 0
        for part in parts:
            regions += _write_region(memory.name, at, part)
            at += len(part.data)
        table = f"<VSISparseFile><Length>{size}</Length>{regions}</VSISparseFile>"
        with MemoryFile(table.encode(), ext=".xml") as written:
            yield f"/vsisparse/{written.name}"


def _write_region(path: str, at: int, part: Span) -> str:
    return (
        f'<SubfileRegion><Filename relative="0">{path}</Filename><SourceOffset>{at}</SourceOffset>'
        f"<DestinationOffset>{part.start}</DestinationOffset><RegionLength>{len(part.data)}</RegionLength></SubfileRegion>"
    )
