"""Every case, the random runs and every bit of a header, the plain way and the course's; then a class of forty.

`python -m bench.faults` measures all of it and writes the tables of the book's page anew. What was measured is kept in
_build/bench/faults until the code changes: a run that was stopped goes on where it was. `--only fuzz` measures a part,
`--share 0.05` a twentieth of the random runs, to try it; then nothing is written.
"""

import argparse
import os
import subprocess
import sys

from bench.faults import measure, page

PARTS = ("cases", "flips", "fuzz", "class")  # the random runs know from the flips what nobody sees


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--parts", type=int, default=8, help="processes at once; most of the time they wait")
    parser.add_argument("--share", type=float, default=1, help="of the random runs, to try it: nothing is written")
    parser.add_argument("--new", action="store_true", help="measure only the cases that were not measured before")
    parser.add_argument("--page", action="store_true", help="measure nothing: only write the page anew")
    arguments = parser.parse_args()
    if arguments.new:
        measure.keep(cases=measure.measure_new_cases(arguments.parts))
    elif not arguments.page:
        for part in arguments.only:
            _measure(part, arguments.parts, arguments.share)
    if arguments.share == 1:
        page.write()


def _measure(part: str, parts: int, share: float) -> None:
    print(part, flush=True)
    if part == "class":
        command = [sys.executable, "-m", "bench.students"]
        small = ["--once", "--students", "2", "--out", os.devnull]
        subprocess.run(command if share == 1 else command + small, check=True)
        return
    found = {part: MEASURES[part](parts, share)}
    if share == 1:
        measure.keep(**found)


MEASURES = {"cases": measure.measure_cases, "fuzz": measure.measure_fuzz, "flips": measure.measure_flips}

if __name__ == "__main__":
    main()
