"""cdse_access.jp2.tile_parts: finding tile-parts in files that are odd, or not what they seem, with few requests."""

import struct

import numpy as np
import pytest

from cdse_access.jp2 import tile_parts
from cdse_access.jp2.codestream import COD, EOC, TLM, read_header, walk_parts
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.survey import Survey
from cdse_access.jp2.tile_parts import read_tiles
from cdse_access.problems import BadData
from cdse_offline.simulation import lengths
from cdse_offline.simulation.places import MUNICH, acquisitions
from tests.cdse_access.jp2.example import Counted, encoded, sot


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(tile_parts, "LEAST", 12000)


def read(content: bytes, numbers: set[int]) -> tuple[dict[int, bytes], list[tuple[int, int]]]:
    """The tiles, each with all its tile-parts, and what was asked for."""
    file = Counted(content)
    tiles = read_tiles(file, read_header(file), numbers)
    return {number: b"".join(parts) for number, parts in tiles}, file.requests


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
    def requests(survey: Survey, seed: int) -> int:
        file = Counted(stretched(header, seed))
        list(read_tiles(file, read_header(file), {number}, survey, date=str(seed)))
        return len(file.requests)

    survey = Survey()
    alone = [requests(Survey(), seed) for seed in range(20)]
    guided = [requests(survey, seed) for seed in range(20)]
    assert guided[0] == alone[0] and sum(guided) <= 0.85 * sum(alone) and min(guided) == 2


def simulated(header: bytes, date: int, band: str) -> bytes:
    """A file of 11 x 11 tiles as long as the offline CDSE simulates them, at a twentieth."""
    table = lengths.tile_parts(acquisitions(MUNICH)[date], band)
    parts = [sot(number, bytes(length // 20)) for number, length in enumerate(table)]
    return header + b"".join(parts) + EOC


def test_a_guess_that_missed_is_trusted_less():
    header, requests = read_header(InMemory("x", encoded(704))).data, []
    for date in range(10):
        requests += read(simulated(header, date, "B04_10m"), {60})[1]
    assert len(requests) <= 3.6 * 10


def test_many_files_cost_little_more_than_header_and_tile():
    """Any cloud, a tile in mid-file: band by band, as `fetch` reads."""
    header, number, survey = read_header(InMemory("x", encoded(704))).data, 37, Survey()
    requests, size, least = 0, 0, 0
    for band in ("B04_10m", "B08_10m"):
        for date in range(31):
            file = Counted(simulated(header, date, band))
            [(_, tile)] = read_tiles(file, read_header(file), {number}, survey, str(date), band)
            requests += len(file.requests)
            # Beside a tile of 40 KB, the first 8 KB weigh more than they do beside one of a megabyte.
            size += sum(stop - start for start, stop in file.requests if start)
            least += sum(map(len, tile))
    assert requests <= 185 and size <= 1.7 * least


@pytest.mark.parametrize("first", [2, 7, 12])
def test_neighbours_are_read_together(header, first):
    content = stretched(header, 1)
    places = walk_parts(InMemory("x", content), read_header(InMemory("x", content)))
    found, requests = read(content, set(range(first, first + 5)))
    assert [len(found[number]) for number in range(first, first + 5)] == [
        places[number][0][1] for number in range(first, first + 5)
    ]
    alone = read(content, {first})[1]
    assert len(requests) <= len(alone) + 2  # one for all, one for what it did not reach


@pytest.mark.parametrize("number", [1, 7, 12])
def test_a_tile_much_larger_than_all_others_is_found_too(header, number):
    lengths = [200_000 if tile == number else 1000 for tile in range(25)]
    found, requests = read(
        header + b"".join(sot(tile, bytes(length)) for tile, length in enumerate(lengths)) + EOC, {number}
    )
    assert len(found[number]) == 12 + 200_000 and len(requests) <= 12


def test_a_run_of_small_tiles_is_read_at_once(header):
    file = Counted(stretched(header, 1))
    assert [number for number, _ in read_tiles(file, read_header(file), range(25))] == list(range(25))
    assert len(file.requests) <= 3


def test_a_long_run_is_read_in_pieces(header, monkeypatch):
    content = stretched(header, 1)
    monkeypatch.setattr(tile_parts, "LONGEST_RUN", 8 * len(content) / 25)  # eight tiles
    file = Counted(content)
    numbers = []
    for number, _ in read_tiles(file, read_header(file), range(25)):
        numbers.append(number)
        assert sum(len(data) for _, data in file.chunks) < 0.6 * len(content)
    assert numbers == list(range(25)) and len(file.requests) <= 3 + 25 / 8


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
    assert TLM not in read_header(InMemory("x", content)).data


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
    head = read_header(file)
    for number in range(25):
        survey = Survey()
        assert list(read_tiles(file, head, {number}, survey)) == [(number, both[number])]
        (learned,) = survey.files
        assert learned.known.keys() == ({0, 25} if interleaved else {0, number, number + 1, 25})
        assert len(file.requests) <= 6 or interleaved or not total
        file.chunks, file.requests = [], []


def test_tiles_out_of_order(header, parts):
    found, _ = read(header + b"".join(parts[::-1]) + EOC, {0, 7, 24})
    assert found == {number: parts[number] for number in (0, 7, 24)}


def test_one_tile_whose_length_is_not_told():
    content = encoded(60, 64)
    file = InMemory("x", content)
    head = read_header(file)
    body = content[head.first + 12 : head.end]
    found, requests = read(content[: head.first] + sot(0, body, length=0) + EOC, {0})
    # The length is told afterwards: another tile may follow.
    assert head.layout.tile_count == 1 and found == {0: sot(0, body)} and len(requests) == 2
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


# -- what a hostile file may cost --------------------------------------------


SOD = b"\xff\x93"


def test_a_file_of_countless_tile_parts_is_given_up(header):
    """R6: the walk ends where no image has so many."""
    many = header + b"".join(sot(number % 25, SOD, number // 25, 0) for number in range(25 * 250)) + EOC
    with pytest.raises(BadData, match="không có phần ô"):
        read(many, {24})
    few = header + b"".join(sot(number % 25, SOD, number // 25, 0) for number in range(25 * 8)) + EOC
    assert len(read(few, {24})[0][24]) == 8 * 14


@pytest.mark.parametrize("length", [1, 13, 2**31, 2**32 - 1])
def test_a_tile_part_whose_length_leads_back_or_away_is_given_up(header, length):
    parts = [sot(number, bytes(50), length=length if number == 3 else None) for number in range(25)]
    with pytest.raises(BadData):
        read(header + b"".join(parts) + EOC, {3})


def test_places_that_mislead_for_ever_are_left_for_a_walk(header, monkeypatch):
    monkeypatch.setattr(tile_parts, "LOOKS", 2)
    looks = []
    look = tile_parts._Search._look
    monkeypatch.setattr(tile_parts._Search, "_look", lambda *where: looks.append(where) or look(*where))
    content = stretched(header, 1)
    assert set(read(content, {13})[0]) == {13} and len(looks) <= 2


@pytest.mark.parametrize("entries", [bytes(1 << 16), b"\0\x0e" * 30000])
def test_an_index_that_says_nothing_costs_little_and_is_not_believed(header, parts, entries):
    tlm = TLM + struct.pack(">HBB", 4 + len(entries[:65000]), 0, 0) + entries[:65000]
    start = header.index(COD)
    assert read(header[:start] + 15 * tlm + header[start:] + b"".join(parts) + EOC, {7})[0] == {7: parts[7]}
