"""What comes of each single bit that flips in the header of an image: all before its first tile-part.

`python -m tests.faults.flips` flips every bit of B04's file in a load of one date and two bands, and prints how often
the load was right, refused, wrong without a word, or an error of some library; then where the wrong ones lie.
`--every 40` flips a part of them, `--all` also those of the georeference and of the comment, which are text and places.
"""

import argparse
import pickle
import struct
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import xarray as xr

from cdse_access.jp2.codestream import COD, QCD, SIZ, read_header
from cdse_access.jp2.sources import InMemory
from cdse_access.problems import Reason
from cdse_offline.practice import fault, switch_off, switch_on
from tests.faults.children import Child, offline_service
from tests.faults.course import Course, short_waits
from tests.faults.world import LIMIT, RED, SILENT, TRUTH, Outcome, watch

REFUSED, RAW = "refused", "raw"
ENDS = (TRUTH, REFUSED, SILENT, RAW)
RED_BAND = "B04_20m"
COM = b"\xff\x64"
SEGMENTS = {SIZ: "SIZ", COD: "COD", QCD: "QCD", COM: "COM"}
# Not of the image itself: where it lies, which is compared with the item, and who wrote it.
ASIDE = ("uuid", "COM text")


@dataclass(frozen=True)
class Field:
    """Bytes of the header that belong together: [start, end)."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Flip:
    """A bit of the file, and the field it lies in."""

    at: int
    bit: int
    field: Field

    def __str__(self) -> str:
        return f"{self.field.name} +{self.at - self.field.start}, bit {self.bit} (byte {self.at})"


def list_fields(data: bytes) -> list[Field]:
    """The boxes of a JP2 file and the segments of its main header, in their order."""
    boxes = list(_list_boxes(data))
    return [*boxes, *_list_segments(data, boxes[-1].end)]


def _list_boxes(data: bytes) -> Iterator[Field]:
    """Each box, of the last one (jp2c) only its head."""
    start = 0
    while True:
        length, kind = struct.unpack_from(">I4s", data, start)
        name = kind.decode("ascii")
        if name == "jp2c":
            yield Field(name, start, start + (16 if length == 1 else 8))
            return
        yield Field(name, start, start + length)
        start += length


def _list_segments(data: bytes, start: int) -> Iterator[Field]:
    """Each segment before the first tile-part; of a comment, its text by itself."""
    header_end = read_header(InMemory("header", data)).first
    yield Field("SOC", start, start := start + 2)
    while start < header_end:
        marker, length = struct.unpack_from(">2sH", data, start)
        name, end = SEGMENTS.get(marker, marker.hex()), start + 2 + length
        if marker == COM:
            yield Field(name, start, start := start + 4)
            name += " text"
        yield Field(name, start, end)
        start = end


def list_flips(data: bytes, *, aside: bool = False) -> list[Flip]:
    """Every bit of the header; those `aside` too where they are asked for."""
    fields = [field for field in list_fields(data) if aside or field.name not in ASIDE]
    return [Flip(at, bit, field) for field in fields for at in range(field.start, field.end) for bit in range(8)]


def try_flip(course: Course, flip: Flip, truth: xr.Dataset) -> Outcome:
    """Load with this bit flipped; where that is refused, the next load, without it, must be right."""
    with course.environment({}):
        course.enter()
        try:
            switch_on(fault("corrupt", RED, at=flip.at, bit=flip.bit), service=course.service.s3)
            outcome = watch(course.load, truth, LIMIT)
        finally:
            switch_off(course.service.s3)
        if name_end(outcome) != REFUSED:
            return outcome
        after = watch(course.load, truth, LIMIT)
    return outcome if after.kind == TRUTH else replace(after, text=f"sau khi báo {outcome.kind}: {after.text}")


def name_end(outcome: Outcome) -> str:
    """Right, refused with a reason, silent, or raw: whatever else may come of a load."""
    if outcome.kind in (TRUTH, SILENT):
        return outcome.kind
    return REFUSED if outcome.kind in set(map(str, Reason)) else RAW


# -- all of them -------------------------------------------------------------


def try_all(every: int, aside: bool, parts: int) -> list[tuple[Flip, Outcome]]:
    """Every `every`-th flip, dealt to so many processes, each with a service of its own."""
    with tempfile.TemporaryDirectory() as folder:
        targets = [Path(folder) / f"{part}.pickle" for part in range(parts)]
        deals = [partial(_try_part, part, every * parts, aside, target) for part, target in enumerate(targets)]
        for number, child in enumerate([Child(partial(deal, every)) for deal in deals]):
            if (outcome := child.outcome(3600)).kind != TRUTH:
                raise RuntimeError(f"part {number} did not end well: {outcome}")
        return [pair for target in targets for pair in pickle.loads(target.read_bytes())]


def _try_part(part: int, step: int, aside: bool, target: Path, every: int) -> Outcome:
    with offline_service() as service, tempfile.TemporaryDirectory() as folder, short_waits():
        course = Course(service, Path(folder))
        with course.environment({}):
            course.enter()
            flips = list_flips(course.image(RED_BAND), aside=aside)[part * every :: step]
            truth = course.load()
        target.write_bytes(pickle.dumps([(flip, try_flip(course, flip, truth)) for flip in flips]))
    return Outcome(TRUTH)


def tell(pairs: Sequence[tuple[Flip, Outcome]]) -> Iterator[str]:
    """How often each end came, by field; then what was silent or raw, bit by bit."""
    ends = Counter(name_end(outcome) for _, outcome in pairs)
    yield f"{len(pairs)} flips: " + ", ".join(f"{ends[end]} {end}" for end in ENDS)
    fields = dict.fromkeys(flip.field.name for flip, _ in sorted(pairs, key=lambda pair: pair[0].at))
    for field in fields:
        found = Counter(name_end(outcome) for flip, outcome in pairs if flip.field.name == field)
        yield f"  {field:8} " + ", ".join(f"{found[end]} {end}" for end in ENDS if found[end])
    for flip, outcome in sorted(pairs, key=lambda pair: (pair[0].at, pair[0].bit)):
        if (end := name_end(outcome)) in (SILENT, RAW):
            yield f"{end}: {flip}: {outcome.kind} {outcome.text} ({outcome.seconds:.1f} s)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="one flip of so many")
    parser.add_argument("--all", action="store_true", help="the georeference and the comment too")
    parser.add_argument("--parts", type=int, default=2, help="processes at once")
    arguments = parser.parse_args()
    print(*tell(try_all(arguments.every, arguments.all, arguments.parts)), sep="\n")


if __name__ == "__main__":
    main()
