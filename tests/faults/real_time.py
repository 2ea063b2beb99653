"""`python -m tests.faults.real_time`: the cases that show the course's own waits, all at once, as lines of JSON."""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.faults.cases import CASES, Case
from tests.faults.children import Child, offline_service
from tests.faults.course import Course
from tests.faults.world import LIMIT, Outcome


def run(case: Case) -> Outcome:
    with offline_service() as service, tempfile.TemporaryDirectory() as folder:
        return Course(service, Path(folder)).run(case)


def main() -> None:
    chosen = [(place, case) for place, case in enumerate(CASES) if case.real_time]
    children = [(place, Child(lambda case=case: run(case))) for place, case in chosen]
    for place, child in children:
        print(json.dumps({"place": place} | asdict(child.outcome(LIMIT + 30))), flush=True)


if __name__ == "__main__":
    sys.exit(main())
