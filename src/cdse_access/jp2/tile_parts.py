"""Reading some tiles of a JPEG 2000 file without reading all of it.

ESA's files are tile-parts one behind the other, most of them without an index. GDAL walks from one to the next, more
than a hundred requests; here the place of a tile is guessed (see `survey`). What is read around the guess shows some
tile-parts, and makes a better guess. Whatever was guessed, a place counts only if a tile-part of that tile is there.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from cdse_access.jp2.codestream import (
    EOC,
    SMALLEST_PART,
    SOT,
    Header,
    Location,
    label_part,
    read_index,
    read_part_header,
    walk_parts,
)
from cdse_access.jp2.sources import Source
from cdse_access.jp2.survey import BLIND, File, Known, Survey, spread

WINDOWS = 8  # that show no tile-part, one beside the other, before the file is walked through
LOOKS = 50  # for one run of tiles, before the file is walked through: a handful finds any tile of ESA's files
LONGEST_RUN = 8_000_000  # bytes that are read at once, about: so many are held in memory
TRUSTED = 0.35  # of a tile's mean length: a guess that misses by less is worth a request for the whole tile
LEAST = 1 << 18  # bytes to look through at once: to read fewer takes no less time
PROBE = 0.85  # of a tile's mean length: what is read around a worse guess, to meet a tile-part or two
FIRST_PROBE = 1.5  # the same in the first file of a grid, of which nothing is known
# A SOT whose length is told; one without (0: to the end of the file) cannot be checked against what follows it.
_SOT_PATTERN = re.compile(re.escape(SOT) + rb"\0\x0a(?=..(?!\0\0\0\0)....)", re.DOTALL)


def read_tiles(
    file: Source, header: Header, numbers: Iterable[int], survey: Survey | None = None, date: str = "", band: str = ""
) -> Iterator[tuple[int, list[bytes]]]:
    """Number and tile-parts of each of these tiles, as they come; a reader that drops them needs little memory.

    They are found by the file's index, by a search, or by a walk from the first to the last. `survey` knows the files
    of this grid that were read before, and learns this one. BadData where the file is damaged.
    """
    search = _Search(file, header, survey or Survey(), date, band)
    longest = max(int(LONGEST_RUN / header.mean_length), 1)
    for first, stop in _find_runs(numbers, longest):
        search.find(first, stop)
        for number in range(first, stop):
            yield number, search.read_tile(number)
        file.forget()
    search.tell()


def _find_runs(numbers: Iterable[int], longest: int) -> Iterator[tuple[int, int]]:
    """Numbers that follow each other, at most so many, as (first, last + 1), in their order."""
    run: list[int] = []
    for number in sorted(numbers):
        if run and (number != run[-1] + 1 or len(run) == longest):
            yield run[0], run[-1] + 1
            run = []
        run.append(number)
    if run:
        yield run[0], run[-1] + 1


def _widen(start: int, limit: int, size: int) -> Iterator[tuple[int, int]]:
    """Windows one behind the other up to a limit, each twice as wide; they overlap by a SOT, which may lie across."""
    while start < limit:
        end = min(start + size, limit)
        yield start - SMALLEST_PART, end
        start, size = end, 2 * size


class _Search:
    """The search for tiles in one file."""

    def __init__(self, file: Source, header: Header, survey: Survey, date: str, band: str) -> None:
        self.file, self.header, self.survey = file, header, survey
        self.date, self.band = date, band
        self.guess = survey.guess(header, date, band)
        self.index = read_index(header)
        self.known: Known = {0: header.first, header.layout.tile_count: header.end}  # found, perhaps misled
        self.certain: Known = dict(self.known)
        self.misses: list[float] = []

    def tell(self) -> None:
        """Let the survey learn from this file."""
        self.survey.add(File(self.date, self.band, self.certain), self.guess.kind, self.misses)

    # -- finding -------------------------------------------------------------

    def find(self, first: int, stop: int) -> None:
        """Find a run of tiles and fetch it, at best in one request; nothing is found where places mislead."""
        if self.index:
            return
        before = dict(self.known)
        for _ in range(LOOKS):
            if first in self.known:
                break
            if not self._look(first, stop):
                return
        else:
            return
        self._note_miss(before, first)
        if stop - first > 1:
            self.file.read(self.known[first], int(self.guess.place(self.known, stop) + self._margin(stop)))

    def _note_miss(self, before: Known, number: int) -> None:
        if number not in before:
            miss = abs(self.guess.place(before, number) - self.known[number])
            self.misses.append(miss / spread(before, number) / self.header.mean_length)

    def _margin(self, number: int) -> float:
        return self.guess.margin(self.known, number, self.header.mean_length)

    def _look(self, first: int, stop: int) -> bool:
        """Read where the run may begin, until some tile-part is met that was not known: then guess again."""
        count = len(self.known)
        for start, end in islice(self._choose_windows(first, stop), WINDOWS):
            self._note_parts(start, end)
            if len(self.known) > count:
                return True
        return False

    def _choose_windows(self, first: int, stop: int) -> Iterator[tuple[int, int]]:
        """Where to look: at the guess, then behind it, then before it, between the known tiles."""
        lowest = self.known[max(number for number in self.known if number < first)]
        highest = self.known[min(number for number in self.known if number > first)] + SMALLEST_PART
        start, end = self._guess_window(first, stop)
        start, end = max(start, lowest), min(end, highest)
        yield start, end
        if first + 1 in self.known:  # it begins a little earlier than was thought
            size = int(2 * self._margin(first)) + SMALLEST_PART
        else:  # where no SOT is, there is a large tile: first look behind it
            size = int(max(self.header.mean_length, LEAST))
            yield from _widen(end, highest, size)
        for after, before in _widen(-start, -lowest, size):
            yield -before, -after

    def _guess_window(self, first: int, stop: int) -> tuple[int, int]:
        begin, end = self.guess.place(self.known, first), self.guess.place(self.known, stop)
        mean = self.header.mean_length
        if (margin := self._margin(first)) <= TRUSTED * mean:
            return int(begin - margin), int(end + min(margin, self._margin(stop))) + SMALLEST_PART
        size = max((FIRST_PROBE if self.guess.kind == BLIND else PROBE) * mean, LEAST)
        return int(begin - size / 2), int(begin + size / 2)

    def _note_parts(self, start: int, end: int) -> None:
        """Remember each tile that begins in this window, and where it ends."""
        for found in _SOT_PATTERN.finditer(self.file.read(start, end)):
            at = start + found.start()
            part = read_part_header(self.file, self.header, at)
            if part and part.order == 0:
                self.known.setdefault(part.tile, at)
                if part.total == 1:
                    self.known.setdefault(part.tile + 1, at + part.length)

    # -- reading -------------------------------------------------------------

    def read_tile(self, number: int) -> list[bytes]:
        """The tile-parts of a tile, from where it was found; from a walk through the file where that misleads."""
        places = self.index.get(number) or self._follow(number)
        if not places or not self._confirm(number, places):
            self.index = walk_parts(self.file, self.header)
            places = self.index[number]
        start, end = places[0][0], sum(places[-1])
        if end - start == sum(length for _, length in places):  # one behind the other
            self.certain |= {number: start, number + 1: end}
            self.known[number + 1] = end
        return [label_part(self.file.read(at, at + length), number, length) for at, length in places]

    def _follow(self, number: int) -> list[Location] | None:
        """The tile-parts of a tile, one behind the other, and a SOT or EOC behind them; None where it does not fit."""
        places: list[Location] = []
        total, at = 0, self.known.get(number, self.header.end)
        while at < self.header.end:
            part = read_part_header(self.file, self.header, at, ahead=int(self.header.mean_length))
            if part is None:
                return None
            if part.tile != number:
                break
            places.append((at, part.length))
            total = part.total
            self.file.read(at, at + part.length + SMALLEST_PART)  # with what follows, in one request
            at += part.length
        ended = at < self.header.end or self.file.read(at, at + len(EOC)) == EOC
        return places if places and total == len(places) and ended else None

    def _confirm(self, number: int, places: list[Location]) -> bool:
        for order, (at, length) in enumerate(places):
            self.file.read(at, at + length)
            part = read_part_header(self.file, self.header, at)
            if part is None or part[:3] != (number, length, order) or part.total not in (0, len(places)):
                return False
        return True
