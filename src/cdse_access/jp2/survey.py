"""Guessing where a tile lies in a file, from the files of its grid that were read before.

A neighbouring date has the same land, the other bands of a date have the same clouds: a tile lies at about the same
share of all of them. How far such guesses miss is learned as well, so that no more is read than is worth it.
"""

from collections.abc import Callable, Iterable
from math import sqrt
from threading import Lock
from typing import NamedTuple

from cdse_access.jp2.codestream import Header

Known = dict[int, int]  # tile number: its first byte; the number behind the last tile: where all tile-parts end
Curve = Callable[[int], float]  # tile number: what lies before it in the file, in any unit

# By how much guesses miss before there is experience, in `spread`s: see there.
BLIND, BY_OTHER_DATES, BY_THIS_DATE = 0.2, 0.04, 0.03
CHANCE = 0.04  # by how much the files of one date miss each other without a reason, in `spread`s
QUANTILE = 0.9  # share of guesses that shall hit: requests, which CDSE counts, weigh more than a few per cent of bytes


class File(NamedTuple):
    """A file that was read, and the places in it that are certain."""

    date: str
    band: str
    known: Known


class Guess(NamedTuple):
    """Where tiles may lie, and by how much that usually misses, in `spread`s."""

    kind: float
    miss: float
    curve: Curve

    def place(self, known: Known, number: int) -> float:
        """The first byte of a tile, between the two nearest tiles that are known."""
        return interpolate(known, self.curve, number)

    def margin(self, known: Known, number: int, mean_length: float) -> float:
        """Bytes by which `place` may miss."""
        return self.miss * spread(known, number) * mean_length


def interpolate(known: Known, curve: Curve, number: int) -> float:
    """The place of a tile: known, or between its known neighbours as `curve` shares it out."""
    if number in known:
        return known[number]
    low, high = neighbours(known, number)
    share = (curve(number) - curve(low)) / (curve(high) - curve(low))
    return known[low] + share * (known[high] - known[low])


def neighbours(known: Known, number: int) -> tuple[int, int]:
    """The nearest known numbers below and above."""
    return max(one for one in known if one < number), min(one for one in known if one > number)


def spread(known: Known, number: int) -> float:
    """How uncertain a place is between two certain ones, in lengths of a tile that vary one by one: a random bridge."""
    if number in known:
        return 0
    low, high = neighbours(known, number)
    return sqrt((number - low) * (high - number) / (high - low))


class Survey:
    """What was learned of the files of one grid; threads share it."""

    def __init__(self) -> None:
        self.files: list[File] = []
        self._misses: dict[float, list[float]] = {kind: [kind] for kind in (BLIND, BY_OTHER_DATES, BY_THIS_DATE)}
        self._lock = Lock()

    def add(self, file: File, kind: float, misses: Iterable[float]) -> None:
        """Learn the certain places of a file, and by how many `spread`s each guess in it has missed."""
        with self._lock:
            self.files.append(file)
            self._misses[kind].extend(misses)

    def guess(self, header: Header, date: str, band: str) -> Guess:
        """How to guess in the file of this date and band."""
        with self._lock:
            files = [file for file in self.files if header.layout.tile_count in file.known]
            misses = {kind: sorted(some) for kind, some in self._misses.items()}
        kind, curve = _choose(files, header, date, band)
        miss = misses[kind][int(QUANTILE * (len(misses[kind]) - 1))]
        return Guess(kind, miss, curve)


def _choose(files: list[File], header: Header, date: str, band: str) -> tuple[float, Curve]:
    by_pixels = header.layout.pixels_before
    others = [file for file in files if file.date != date]
    alike = [file for file in files if file.date == date]
    if alike:
        return BY_THIS_DATE, _shift(alike, others, band, header)
    if others:
        return BY_OTHER_DATES, _mean_share(_of_band(others, band) or others, by_pixels)
    return BLIND, by_pixels


def _of_band(files: Iterable[File], band: str) -> list[File]:
    return [file for file in files if file.band == band]


def _mean_share(files: list[File], by_pixels: Curve) -> Curve:
    """The share of a file before a tile, on average; of files that know it exactly if there are any."""

    def share(number: int) -> float:
        exact = [file for file in files if number in file.known] or files
        return sum(_share(file.known, by_pixels, number) for file in exact) / len(exact)

    return share


def _share(known: Known, by_pixels: Curve, number: int) -> float:
    first, end = min(known.values()), max(known.values())
    return (interpolate(known, by_pixels, number) - first) / (end - first)


def _shift(alike: list[File], others: list[File], band: str, header: Header) -> Curve:
    """Another band of this date; or this band at other dates, shifted as that band is: by clouds, not by chance."""
    by_pixels, count = header.layout.pixels_before, header.layout.tile_count
    same_band = _of_band(others, band)
    dates = {file.date for file in same_band}
    compared = [file for file in _of_band(others, alike[0].band) if file.date in dates]
    here = _mean_share(alike[:1], by_pixels)
    if not compared:
        return here
    usual, usual_there = _mean_share(same_band, by_pixels), _mean_share(compared, by_pixels)

    def share(number: int) -> float:
        shift = here(number) - usual_there(number)
        chance = CHANCE * spread({0: 0, count: 0}, number) / count
        return usual(number) + shift * shift**2 / (shift**2 + chance**2 + 1e-12)

    return share
