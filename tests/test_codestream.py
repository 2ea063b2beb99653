"""Taking JP2 files apart and putting them together, on bytes small enough to be written by hand."""

import struct

from cdse_offline.codestream import EOC, boxes, join, markers, numbered, resized, split


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def part(number: int, body: bytes) -> bytes:
    return struct.pack(">HHHIBB", 0xFF90, 10, number, 14 + len(body), 0, 1) + b"\xff\x93" + body


SIZ_SEGMENT = struct.pack(">HHHIIII", 0xFF51, 20, 0, 7, 7, 0, 0)
MAIN = b"\xff\x4f" + SIZ_SEGMENT + b"\xff\x64\x00\x03!"
IHDR = box(b"ihdr", struct.pack(">II", 7, 7))
FILE = box(b"jP  ", b"") + box(b"jp2h", IHDR) + box(b"jp2c", MAIN + part(0, b"aa") + part(1, b"b") + EOC)


def test_boxes_are_found_with_ordinary_and_long_and_open_lengths():
    long = struct.pack(">I4sQ", 1, b"long", 18) + b"xy"
    data = box(b"jP  ", b"123") + long + struct.pack(">I4s", 0, b"last") + b"rest"
    found = [(kind, data[content:end]) for kind, _, content, end in boxes(data)]
    assert found == [(b"jP  ", b"123"), (b"long", b"xy"), (b"last", b"rest")]


def test_markers_end_with_the_first_tile_part():
    assert [marker for marker, _ in markers(FILE, FILE.index(MAIN))] == [b"\xff\x51", b"\xff\x64", b"\xff\x90"]


def test_split_gives_the_header_and_every_tile_part():
    header, parts = split(FILE)
    assert header.endswith(b"\x00\x00\x00\x00jp2c" + MAIN)
    assert parts == {0: part(0, b"aa"), 1: part(1, b"b")}


def test_join_puts_parts_in_their_places_and_empty_ones_elsewhere():
    header, parts = split(FILE)
    kinds = [(False, False), (False, True), (True, False), (True, True)]
    empty = {kind: part(0, body) for kind, body in zip(kinds, (b"inner", b"right", b"bottom", b"corner"), strict=True)}
    _, joined = split(join(header, {4: parts[0]}, empty, across=3))
    bodies = [joined[number][14:] for number in range(9)]
    assert bodies == [b"inner", b"inner", b"right", b"inner", b"aa", b"right", b"bottom", b"bottom", b"corner"]


def test_joining_what_was_split_gives_the_same_image():
    header, parts = split(FILE)
    assert split(join(header, dict(enumerate([*parts.values(), *parts.values()])), {}, across=2))[1] == {
        0: part(0, b"aa"), 1: part(1, b"b"), 2: part(2, b"aa"), 3: part(3, b"b"),
    }  # fmt: skip


def test_a_numbered_part_differs_in_its_number_alone():
    assert numbered(part(0, b"aa"), 107) == part(107, b"aa")


def test_resized_changes_the_size_in_the_box_and_in_the_main_header():
    header, _ = split(FILE)
    changed = resized(header, 10980)
    assert changed.count(struct.pack(">II", 10980, 10980)) == 2 and len(changed) == len(header)
    assert struct.pack(">II", 7, 7) not in changed
