"""cdse_access.jp2.tile_parts: finding tile-parts in files that are odd, or not what they seem, with few requests."""

import struct

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile

from cdse_access.jp2 import tile_parts as tiles
from cdse_access.jp2.ranges import Remote
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.tile_parts import EOC, SOT, TLM
from cdse_access.problems import BadData, Reason
from cdse_offline.simulation import lengths
from cdse_offline.simulation.places import MUNICH, acquisitions

SIDE, TILE = 300, 64  # 5 x 5 tiles, those at the edges cut off


class Counted(Remote):
    """A file that counts how often it is asked."""

    def __init__(self, content: bytes) -> None:
        super().__init__("s3://eodata/x.jp2", None, None)
        self.content, self.requests = content, []

    def _get(self, start: int, stop: int) -> bytes:
        self.size = len(self.content)
        self.requests.append((start, stop))
        return self.content[start:stop]


def encoded(side: int = SIDE, tile: int = TILE) -> bytes:
    """Random pixels: tiles of about 8 KB, but for the last rows, which hold nothing."""
    pixels = np.random.default_rng(1).integers(0, 32767, (1, side, side), dtype=np.uint16)
    pixels[:, side // 2 :, : side // 2] = 0
    options = {
        "blockxsize": tile,
        "blockysize": tile,
        "resolutions": 3,
        "nbits": 15,
        "codec": "JP2",
        "transform": rasterio.Affine(10, 0, 0, 0, -10, 0),
    }
    with MemoryFile() as memory:
        with memory.open(
            "JP2OpenJPEG", side, side, 1, "EPSG:32632", dtype="uint16", quality=100, reversible="YES", **options
        ) as file:
            file.write(pixels)
        return bytes(memory.getbuffer())


@pytest.fixture(scope="module")
def whole() -> bytes:
    return encoded()


@pytest.fixture(scope="module")
def parts(whole: bytes) -> list[bytes]:
    file = InMemory("x", whole)
    index = tiles.walk(file, tiles.read_header(file))
    return [whole[at : at + length] for _, [(at, length)] in sorted(index.items())]


@pytest.fixture(scope="module")
def header(whole: bytes) -> bytes:
    return tiles.read_header(InMemory("x", whole)).data


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(tiles, "LEAST", 12000)


def sot(number: int, body: bytes, order: int = 0, total: int = 1, length: int | None = None) -> bytes:
    return SOT + struct.pack(">HHIBB", 10, number, 12 + len(body) if length is None else length, order, total) + body


def read(content: bytes, numbers: set[int]) -> tuple[dict[int, bytes], list[tuple[int, int]]]:
    file = Counted(content)
    return tiles.read_tiles(file, tiles.read_header(file), numbers), file.requests


def test_the_grid_is_counted_by_rows(whole: bytes):
    head = tiles.read_header(InMemory("x", whole))
    assert (head.width, head.height, head.tile, head.across, head.count) == (300, 300, (64, 64), 5, 25)
    assert [head.before(number) for number in (0, 1, 5, 6, 21, 25)] == [0, 4096, 19200, 23296, 79616, 90000]
    assert head.under(63, 0, 64, 10) == {0, 1} and head.under(10, 255, 10, 400) == {15, 20}
    assert head.under(-90, -90, -1, -1) == head.under(400, 0, 500, 10) == set()


@pytest.mark.parametrize("number", [0, 1, 7, 12, 17, 24])
def test_a_tile_is_found_in_few_requests(whole, parts, number):
    found, requests = read(whole, {number})
    assert found == {number: parts[number]}
    assert len(requests) <= 4


def test_many_tiles_share_what_was_read(whole, parts):
    found, requests = read(whole, {6, 7, 11, 12})
    assert found == {number: parts[number] for number in (6, 7, 11, 12)}
    assert len(requests) <= 8 and sum(stop - start for start, stop in requests) < len(whole)


def stretched(header: bytes, seed: int) -> bytes:
    """A file of 25 tiles of about 40 KB: lengths like those of the same place at another date, within 3 %."""
    land, own = np.random.default_rng(1), np.random.default_rng(seed)
    lengths = land.integers(10_000, 70_000, 25) * own.uniform(0.97, 1.03, 25)
    return header + b"".join(sot(number, bytes(int(length))) for number, length in enumerate(lengths)) + EOC


@pytest.mark.parametrize("number", [9, 12, 19])
def test_a_file_read_before_makes_a_better_guess(header, number):
    def requests(others: list[dict[int, int]] | None, seed: int) -> int:
        file = Counted(stretched(header, seed))
        tiles.read_tiles(file, tiles.read_header(file), {number}, others)
        return len(file.requests)

    alone = [requests(None, seed) for seed in range(20)]
    others: list[dict[int, int]] = []
    guided = [requests(others, seed) for seed in range(20)]
    assert guided[0] == alone[0] and sum(guided) <= 0.85 * sum(alone) and min(guided) == 2
    assert len(others) == 20 and all(known.keys() == {0, number, number + 1, 25} for known in others)


def test_a_guess_that_missed_is_trusted_less(monkeypatch):
    """Lengths as the offline CDSE simulates them, at a twentieth: 11 x 11 tiles, of which the middle one is wanted."""
    monkeypatch.setattr(tiles, "LEAST", (1 << 19) // 20)
    header, requests = tiles.read_header(InMemory("x", encoded(704))).data, []
    for acquisition in acquisitions(MUNICH)[:10]:
        table = lengths.tile_parts(acquisition, "B04_10m")
        parts = [sot(number, bytes(length // 20)) for number, length in enumerate(table)]
        requests += read(header + b"".join(parts) + EOC, {60})[1]
    assert len(requests) <= 3.3 * 10


def test_files_of_another_grid_or_length_do_not_mislead(header, whole, parts):
    head = tiles.read_header(InMemory("x", whole))
    others = [{0: 1, 81: 9}, {0: 1, 12: 2, 25: 10 * len(whole)}, {0: 1, 12: 2, 25: len(whole) // 10}]
    assert tiles.guess(head, others) == (head.before, 0.1) == tiles.guess(head, [])
    near, nearer = ({0: head.first, 12: 5000, 25: length} for length in (len(whole) + 3000, len(whole) + 2000))
    before, doubt = tiles.guess(head, [near, *others, nearer])
    assert doubt < 0.1 and before(25) == nearer[25] and before(12) == 5000
    for number in (7, 12, 13):
        file = Counted(whole)
        assert tiles.read_tiles(file, head, {number}, [nearer]) == {number: parts[number]}


@pytest.mark.parametrize("first", [2, 7, 12])
def test_neighbours_are_read_together(header, first):
    content = stretched(header, 1)
    places = tiles.walk(InMemory("x", content), tiles.read_header(InMemory("x", content)))
    found, requests = read(content, set(range(first, first + 5)))
    assert [len(found[number]) for number in range(first, first + 5)] == [
        places[number][0][1] for number in range(first, first + 5)
    ]
    alone = read(content, {first})[1]
    assert len(requests) <= len(alone) + 2  # one for all, one for what it did not reach


@pytest.mark.parametrize("number", [1, 7, 12])
def test_a_tile_larger_than_the_window_is_found_too(monkeypatch, whole, parts, number):
    monkeypatch.setattr(tiles.Header, "window", 3000)
    found, requests = read(whole, {number})
    assert found == {number: parts[number]} and len(requests) <= 12


@pytest.mark.parametrize("orders", [(0, 0), (1, 0), (0, 2)])
def test_parts_that_do_not_follow_each_other_are_refused(header, parts, orders):
    twice = b"".join(sot(7, parts[7][12:], order, 3) for order in orders)
    with pytest.raises(BadData, match="hỏng ở byte"):
        read(header + b"".join([*parts[:7], twice, *parts[8:]]) + EOC, {7})


def test_nothing_is_read_twice():
    file = Counted(bytes(range(100)))
    assert file.read(10, 20) == bytes(range(10, 20)) and file.read(15, 25) == bytes(range(15, 25))
    assert file.read(5, 30) == bytes(range(5, 30)) and file.read(90, 200) == bytes(range(90, 100))
    assert file.requests == [(10, 20), (20, 25), (5, 10), (25, 30), (90, 200)]


@pytest.mark.parametrize("style", [0x40, 0x50, 0x60])  # lengths of four bytes; number of none, one, two
def test_an_index_in_the_header_is_used(header, parts, style):
    number = {0x40: "", 0x50: "B", 0x60: "H"}[style]
    entries = [struct.pack(f">{number}I", *([n] if number else []), len(part)) for n, part in enumerate(parts)]
    index = b"".join(
        TLM + struct.pack(">HBB", 4 + sum(map(len, some)), position, style) + b"".join(some)
        for position, some in enumerate((entries[:10], entries[10:]))
    )
    content = header + index + b"".join(parts) + EOC
    found, requests = read(content, {7, 18})
    assert found == {7: parts[7], 18: parts[18]} and len(requests) == 3
    assert TLM not in tiles.read_header(InMemory("x", content)).data


@pytest.mark.parametrize("style", [0x40, 0x70])
def test_a_wrong_index_does_no_harm(header, parts, style):
    lengths = [len(part) for part in parts]
    lengths[3], lengths[4] = lengths[3] + 5, lengths[4] - 5
    index = TLM + struct.pack(">HBB25I", 104, 0, style, *lengths)
    found, _ = read(header + index + b"".join(parts) + EOC, {4, 9})
    assert found == {4: parts[4], 9: parts[9]}


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("total", [2, 0])  # how many parts: told, not told
def test_several_parts_a_tile(header, parts, interleaved, total):
    def cut(number: int) -> list[bytes]:
        body = parts[number][12:]
        half = len(body) // 2
        return [sot(number, body[:half], 0, total), sot(number, b"\xff\x93" + body[half:], 1, total)]

    both = [cut(number) for number in range(25)]
    order = (
        [part for side in zip(*both, strict=True) for part in side]
        if interleaved
        else [part for pair in both for part in pair]
    )
    file = Counted(header + b"".join(order) + EOC)
    head = tiles.read_header(file)
    for number in range(25):
        others: list[dict[int, int]] = []
        found = tiles.read_tiles(file, head, {number}, others)
        assert found == {number: b"".join(both[number])}
        assert others[0].keys() == ({0, 25} if interleaved else {0, number, number + 1, 25})
        assert len(file.requests) <= 6 or interleaved or not total
        file.chunks, file.requests = [], []


def test_tiles_out_of_order(header, parts):
    found, _ = read(header + b"".join(parts[::-1]) + EOC, {0, 7, 24})
    assert found == {number: parts[number] for number in (0, 7, 24)}


def test_one_tile_whose_length_is_not_told():
    content = encoded(60, 64)
    file = InMemory("x", content)
    head = tiles.read_header(file)
    body = content[head.first + 12 : head.end]
    found, requests = read(content[: head.first] + sot(0, body, length=0) + EOC, {0})
    # The length is told afterwards: another tile may follow.
    assert head.count == 1 and found == {0: sot(0, body)} and len(requests) == 2
    with pytest.raises(BadData, match=r"bị cắt cụt|hỏng ở byte"):
        read(head.data + sot(0, body[:-100], length=0), {0})


@pytest.mark.parametrize("length", [0, 20, 3000, 2**31])
@pytest.mark.parametrize("fake", [6, 7, 8, 9, 13, 60])
def test_marker_bytes_inside_data_do_not_mislead(header, parts, fake, length):
    inside = parts[7][:-200] + sot(fake, b"\xff\x93", length=length) + parts[7][-200:]
    inside = inside[:6] + struct.pack(">I", len(inside)) + inside[10:]
    changed = [*parts[:7], inside, *parts[8:]]
    for number in (6, 7, 8, 9, 13):
        assert read(header + b"".join(changed) + EOC, {number})[0] == {number: changed[number]}


@pytest.mark.parametrize("change", [-7, 9, 100000])
def test_a_wrong_length_is_refused(header, parts, change):
    wrong = parts[7][:6] + struct.pack(">I", len(parts[7]) + change) + parts[7][10:]
    content = header + b"".join([*parts[:7], wrong, *parts[8:]]) + EOC
    with pytest.raises(BadData, match=r"x.jp2 hỏng ở byte \d+"):
        read(content, {7})
    assert read(content, {20})[0] == {20: parts[20]}


def test_a_file_cut_short_is_refused_or_read_where_it_is_whole(header, parts):
    content = header + b"".join(parts)[: len(b"".join(parts[:9])) + 300]
    assert read(content, {2})[0] == {2: parts[2]}
    for number in (9, 20):
        with pytest.raises(BadData, match="hỏng ở byte"):
            read(content, {number})
    with pytest.raises(BadData, match="bị cắt cụt: có 9 trong 25 ô"):
        read(header + b"".join(parts[:9]) + EOC, {20})


def test_a_file_shorter_than_its_box_is_refused(whole):
    start = whole.index(b"jp2c") - 4
    told = whole[:start] + struct.pack(">I", len(whole) - start) + whole[start + 4 :]
    assert tiles.read_header(InMemory("x", told)).count == 25
    with pytest.raises(BadData, match="bị cắt cụt"):
        tiles.read_header(InMemory("x", told[:-1]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>Xin dang nhap</html>", Reason.NOT_SERVICE),
        (b'{"detail": "Unauthorized"}', Reason.NOT_SERVICE),
        (b"", Reason.BROKEN),
        (b"\x89PNG" * 9000, Reason.BROKEN),
    ],
)
def test_what_is_no_jp2_is_named(content, reason):
    with pytest.raises(BadData, match="x không phải tệp JP2") as caught:
        tiles.read_header(InMemory("x", content))
    assert caught.value.reason is reason


def test_a_header_cut_short_is_named(whole):
    for size in (12, 30, 100, whole.index(SOT)):
        with pytest.raises(BadData, match="cắt cụt"):
            tiles.read_header(InMemory("x", whole[:size]))


def test_a_long_header_is_read_in_two_requests(whole):
    comment = b"\xff\x64" + struct.pack(">H", 60000) + bytes(59998)
    file = Counted(whole.replace(SOT, comment + SOT, 1))
    assert tiles.read_header(file).first == whole.index(SOT) + 60002 and len(file.requests) == 2


@pytest.mark.parametrize("marker", [b"\xff\x60", b"\xff\x5f"])
def test_what_cannot_be_cut_out_is_refused(whole, marker):
    with pytest.raises(BadData, match="PPM hay POC"):
        tiles.read_header(InMemory("x", whole.replace(SOT, marker + b"\0\x04ab" + SOT, 1)))
