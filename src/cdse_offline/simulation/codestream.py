"""JPEG 2000 files taken apart and put together, without decoding a pixel.

A file is boxes and a main header (together the header here), then one tile-part for each tile. `split` takes a file
apart, `write` builds one. Between the two a tile-part can come from anywhere, if only the coding parameters agree.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import SEEK_CUR
from pathlib import Path

from cdse_access.jp2.codestream import EOC, label_part, read_header, walk_parts
from cdse_access.jp2.sources import InMemory


def split(data: bytes) -> tuple[bytes, dict[int, bytes]]:
    """Header and tile-parts by tile number, of a file with one tile-part a tile."""
    file = InMemory("the encoded file", data)
    head = read_header(file)
    parts = {}
    for number, places in walk_parts(file, head).items():
        [(start, length)] = places
        parts[number] = data[start : start + length]
    return head.data, parts


def resize(header: bytes, side: int) -> bytes:
    """The same header for a square image with another number of pixels, in box `ihdr` and in segment SIZ."""
    start = header.index(b"ihdr") + 4
    size = header[start : start + 8]
    if header.count(size) != 2:
        raise ValueError(f"the size {size.hex()} stands {header.count(size)} times in the header, not twice")
    return header.replace(size, struct.pack(">II", side, side))


@dataclass(frozen=True)
class EmptyTiles:
    """Tile-parts without pixels of a grid whose last row and last column are cut off: four kinds."""

    inner: bytes
    right: bytes
    bottom: bytes
    corner: bytes

    def choose(self, row: int, column: int, across: int) -> bytes:
        last = across - 1
        if row == last:
            return self.corner if column == last else self.bottom
        return self.right if column == last else self.inner

    def fill_grid(self, parts: Mapping[int, bytes], across: int) -> list[bytes]:
        """The tile-parts of a grid of `across` x `across` tiles: these by their numbers, elsewhere empty ones."""
        every = []
        for number in range(across * across):
            row, column = divmod(number, across)
            every.append(parts.get(number) or self.choose(row, column, across))
        return every


def write(path: Path, header: bytes, parts: Iterable[bytes], lengths: Sequence[int] | None = None) -> None:
    """A file of these tile-parts, one a tile, numbered in this order.

    A tile-part that is shorter than its length in `lengths` is filled up with zeros, which decoders pass over: it has
    no more packets by then. They are not written but skipped, and so take no space where the disk knows holes.
    """
    with path.open("wb") as file:
        file.write(header)
        for number, part in enumerate(parts):
            length = max(len(part), lengths[number]) if lengths else len(part)
            file.write(label_part(part, number, length))
            file.seek(length - len(part), SEEK_CUR)
        file.write(EOC)
