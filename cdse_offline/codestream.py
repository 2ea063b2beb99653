"""JPEG 2000 files taken apart and put together, without decoding a pixel.

A JP2 file is a row of boxes. The last one, `jp2c`, holds the codestream: a main header, then one tile-part for each
tile. `split` takes a file apart into header and tile-parts, `join` builds one. Between the two a tile-part can come
from anywhere, if only the coding parameters agree.
"""

import struct
from collections.abc import Iterator, Mapping

SIZ, SOT, EOC = b"\xff\x51", b"\xff\x90", b"\xff\xd9"


def boxes(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int, int]]:
    """Kind, start, start of the content and end of each box; a length of 0 means up to the end of the file."""
    end = len(data) if end is None else end
    while at < end:
        length, kind = struct.unpack_from(">I4s", data, at)
        content = at + 8
        if length == 1:
            (length,), content = struct.unpack_from(">Q", data, content), content + 8
        stop = at + length if length else end
        yield kind, at, content, stop
        at = stop


def markers(data: bytes, codestream: int) -> Iterator[tuple[bytes, int]]:
    """Marker and position of each segment of the main header, and of the first tile-part after it."""
    at = codestream + 2  # after SOC, which has no length
    while True:
        marker = data[at : at + 2]
        yield marker, at
        if marker == SOT:
            return
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]


def split(data: bytes) -> tuple[bytes, dict[int, bytes]]:
    """Header (boxes and main header) and tile-parts by tile number, of a file with one tile-part a tile."""
    start, codestream = next((start, content) for kind, start, content, _ in boxes(data) if kind == b"jp2c")
    at = dict(markers(data, codestream))[SOT]
    # Length 0: the box reaches to the end of the file, however long the tile-parts will be.
    header = data[:start] + struct.pack(">I4s", 0, b"jp2c") + data[codestream:at]
    parts = {}
    while data[at : at + 2] == SOT:
        number, length = struct.unpack_from(">HI", data, at + 4)
        parts[number] = data[at : at + length]
        at += length
    return header, parts


def numbered(part: bytes, number: int) -> bytes:
    """The same tile-part as that of another tile."""
    return part[:4] + struct.pack(">H", number) + part[6:]


def resized(header: bytes, side: int) -> bytes:
    """The same header for a square image with another number of pixels, in box `ihdr` and in segment SIZ."""
    patched = bytearray(header)
    for kind, _, content, end in boxes(header):
        if kind == b"jp2h":
            ihdr = next(start for kind, _, start, _ in boxes(header, content, end) if kind == b"ihdr")
            struct.pack_into(">II", patched, ihdr, side, side)
        if kind == b"jp2c":
            struct.pack_into(">II", patched, content + 2 + 6, side, side)  # SIZ is the first segment, always
    return bytes(patched)


def join(header: bytes, parts: Mapping[int, bytes], empty: Mapping[tuple[bool, bool], bytes], across: int) -> bytes:
    """A file of `across` x `across` tiles; `empty[last row?, last column?]` stands where `parts` has none."""
    tiles = []
    for number in range(across * across):
        row, column = divmod(number, across)
        part = parts.get(number) or empty[row == across - 1, column == across - 1]
        tiles.append(numbered(part, number))
    return header + b"".join(tiles) + EOC
