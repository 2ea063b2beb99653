"""`python -m tests.faults.real_time PLACE`: one case, with the course's own waits; its outcome as a line of JSON."""

import sys
import tempfile
from pathlib import Path

from tests.faults.cases import CASES
from tests.faults.children import offline_service
from tests.faults.course import Course


def main() -> None:
    with offline_service() as service, tempfile.TemporaryDirectory() as folder:
        print(Course(service, Path(folder)).run(CASES[int(sys.argv[1])]).as_json())


if __name__ == "__main__":
    main()
