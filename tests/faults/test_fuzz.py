"""Random runs of every family: the truth or a reason; never silent, never raw, never more than a minute."""

import os
from collections import Counter

import pytest

from tests.faults.course import Course
from tests.faults.fuzz import FAMILIES, SEED, describe, draw
from tests.faults.world import LIMIT

COUNT = 10  # of each family


@pytest.mark.parametrize("family", FAMILIES)
def test_the_truth_or_a_reason(family: str, course: Course):
    seed = int(os.environ.get("FAULT_SEED", SEED))
    print(f"FAULT_SEED={seed}")
    ends: Counter[str] = Counter()
    wrong = []
    for case in draw(family, COUNT, seed):
        outcome = course.run(case)
        ends[outcome.kind] += 1
        if outcome.kind not in case.expects or outcome.seconds > LIMIT:
            wrong.append(f"{outcome}: {describe(case)}")
    assert not wrong, f"FAULT_SEED={seed}\n" + "\n".join(wrong)
    assert len(ends) > 1, ends  # faults that heal, or cost nothing, and named ones
