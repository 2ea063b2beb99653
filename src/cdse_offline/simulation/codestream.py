"""JPEG 2000 files taken apart and put together, without decoding a pixel.

A file is boxes and a main header (together the header here), then one tile-part for each tile. `split` takes a file
apart, `write` builds one. Between the two a tile-part can come from anywhere, if only the coding parameters agree.
"""

import struct
from collections.abc import Mapping, Sequence
from os import SEEK_CUR
from pathlib import Path

from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.tile_parts import EOC, labelled, read_header, walk


def split(data: bytes) -> tuple[bytes, dict[int, bytes]]:
    """Header and tile-parts by tile number, of a file with one tile-part a tile."""
    file = InMemory("the encoded file", data)
    head = read_header(file)
    return head.data, {number: data[at : at + length] for number, [(at, length)] in walk(file, head).items()}


def resized(header: bytes, side: int) -> bytes:
    """The same header for a square image with another number of pixels, in box `ihdr` and in segment SIZ."""
    at = header.index(b"ihdr") + 4
    size = header[at : at + 8]
    if header.count(size) != 2:
        raise ValueError(f"the size {size.hex()} stands {header.count(size)} times in the header, not twice")
    return header.replace(size, struct.pack(">II", side, side))


def write(
    path: Path,
    header: bytes,
    parts: Mapping[int, bytes],
    empty: Mapping[tuple[bool, bool], bytes],
    across: int,
    lengths: Sequence[int] | None = None,
) -> None:
    """A file of `across` x `across` tiles; `empty[last row?, last column?]` stands where `parts` has none.

    A tile-part that is shorter than its length in `lengths` is filled up with zeros, which decoders pass over: it has
    no more packets by then. They are not written but skipped, and so take no space where the disk knows holes.
    """
    with path.open("wb") as file:
        file.write(header)
        for number in range(across * across):
            row, column = divmod(number, across)
            part = parts.get(number) or empty[row == across - 1, column == across - 1]
            length = max(len(part), lengths[number]) if lengths else len(part)
            file.write(labelled(part, number, length))
            file.seek(length - len(part), SEEK_CUR)
        file.write(EOC)
