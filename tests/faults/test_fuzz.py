"""Two hundred random combinations of faults: never silent, never more than a minute."""

import os
from collections import Counter

from tests.faults.fuzz import SEED, combinations
from tests.faults.world import LIMIT, TRUTH


def test_no_combination_of_faults_is_silent(course, short_waits):
    seed = int(os.environ.get("FAULT_SEED", SEED))
    print(f"FAULT_SEED={seed}")
    ends: Counter[str] = Counter()
    for case in combinations(seed):
        outcome = course.run(case)
        ends[outcome.kind] += 1
        assert outcome.kind in case.expects and outcome.seconds <= LIMIT, f"FAULT_SEED={seed}: {case.faults}: {outcome}"
    assert ends[TRUTH] > 30 and len(ends) > 6, ends  # both are met often: healed faults and named ones
