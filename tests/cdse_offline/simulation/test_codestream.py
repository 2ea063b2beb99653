"""Taking JP2 files apart and putting them together, on bytes small enough to be written by hand."""

import struct
from pathlib import Path

import pytest

from cdse_access.jp2.codestream import COD, EOC, QCD, SIGNATURE, SIZ
from cdse_access.problems import BadData
from cdse_offline.simulation.codestream import EmptyTiles, resize, split, write


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def segment(marker: bytes, content: bytes) -> bytes:
    return marker + struct.pack(">H", 2 + len(content)) + content


def part(number: int, body: bytes) -> bytes:
    return struct.pack(">HHHIBB", 0xFF90, 10, number, 14 + len(body), 0, 1) + b"\xff\x93" + body


def file(side: int, *parts: bytes) -> bytes:
    """Tiles of 4 pixels in an image of this side."""
    size = struct.pack(">H8I", 0, side, side, 0, 0, 4, 4, 0, 0) + b"\0\1\x0e\1\1"
    main = b"\xff\x4f" + segment(SIZ, size) + segment(COD, b"12345678") + segment(QCD, b"9") + b"\xff\x64\0\3!"
    boxes = SIGNATURE + box(b"jp2h", box(b"ihdr", struct.pack(">II", side, side)))
    return boxes + box(b"jp2c", main + b"".join(parts) + EOC)


FILE = file(7, *(part(number, body) for number, body in enumerate((b"aa", b"b", b"cc", b"d"))))


def test_split_gives_the_header_and_every_tile_part():
    header, parts = split(FILE)
    assert header.endswith(b"\xff\x64\0\3!") and header.count(b"\0\0\0\0jp2c\xff\x4f") == 1
    assert parts == {0: part(0, b"aa"), 1: part(1, b"b"), 2: part(2, b"cc"), 3: part(3, b"d")}


def test_a_file_that_lacks_a_tile_is_not_split():
    with pytest.raises(BadData, match="có 1 trong 4 ô"):
        split(file(7, part(0, b"aa")))


def test_parts_stand_in_their_places_and_empty_ones_elsewhere(tmp_path: Path):
    header, parts = split(FILE)
    empty = EmptyTiles(*(part(0, body) for body in (b"inner", b"right", b"bottom", b"corner")))
    write(tmp_path / "a.jp2", resize(header, 10), empty.fill_grid({4: parts[0]}, across=3))
    _, written = split((tmp_path / "a.jp2").read_bytes())
    bodies = [written[number][14:] for number in range(9)]
    assert bodies == [b"inner", b"inner", b"right", b"inner", b"aa", b"right", b"bottom", b"bottom", b"corner"]


def test_parts_are_filled_up_to_the_lengths_that_are_told(tmp_path: Path):
    header, parts = split(FILE)
    write(tmp_path / "a.jp2", header, parts.values(), [20, 0, 15, 40])
    data = (tmp_path / "a.jp2").read_bytes()
    bodies = (b"aa" + bytes(4), b"b", b"cc", b"d" + bytes(25))
    assert data == header + b"".join(part(number, body) for number, body in enumerate(bodies)) + EOC


def test_resize_changes_the_size_in_the_box_and_in_the_main_header():
    header, _ = split(FILE)
    assert resize(header, 8) == split(file(8, *(part(number, b"") for number in range(4))))[0]
    with pytest.raises(ValueError, match="stands 3 times"):
        resize(header + struct.pack(">II", 7, 7), 8)
