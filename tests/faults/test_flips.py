"""Bits that flip in the header of an image, a part of them: refused, or without effect; silent only where it is known.

All of them: `python -m tests.faults.flips`.
"""

import os
from itertools import pairwise

import pytest
import xarray as xr

from tests.faults.course import Course
from tests.faults.flips import RED_BAND, REFUSED, Flip, list_fields, list_flips, name_end, tell, try_flip
from tests.faults.fuzz import SEED, list_unseen
from tests.faults.world import SILENT, TRUTH, Outcome

STEP = 53  # one bit of so many


@pytest.fixture(scope="module")
def loaded(course: Course) -> tuple[bytes, xr.Dataset]:
    """The red file and the cube that is loaded from it."""
    with course.environment({}):
        course.enter()
        return course.image(RED_BAND), course.load()


def test_the_fields_of_a_header_lie_one_behind_the_other(loaded: tuple[bytes, xr.Dataset]):
    data, _ = loaded
    fields = list_fields(data)
    names = ["jP  ", "ftyp", "jp2h", "uuid", "jp2c", "SOC", "SIZ", "COD", "QCD", "COM", "COM text"]
    assert [field.name for field in fields] == names
    assert fields[0].start == 0 and data[fields[-1].end :].startswith(b"\xff\x90")
    assert all(one.end == other.start for one, other in pairwise(fields))
    assert len(list_flips(data)) == 1368 and len(list_flips(data, aside=True)) == 8 * fields[-1].end


def test_a_flipped_bit_is_refused_or_does_nothing(course: Course, loaded: tuple[bytes, xr.Dataset], short_waits: None):
    seed = int(os.environ.get("FAULT_SEED", SEED))
    data, truth = loaded
    chosen = list_flips(data)[seed % STEP :: STEP]
    pairs = [(flip, try_flip(course, flip, truth)) for flip in chosen]
    wrong = [pair for pair in pairs if name_end(pair[1]) not in (TRUTH, REFUSED) and not _is_known(*pair)]
    assert not wrong, "\n".join((f"FAULT_SEED={seed}", *tell(wrong)))
    assert {name_end(outcome) for _, outcome in pairs} >= {TRUTH, REFUSED}


def _is_known(flip: Flip, outcome: Outcome) -> bool:
    return outcome.kind == SILENT and (flip.at, flip.bit) in list_unseen()
