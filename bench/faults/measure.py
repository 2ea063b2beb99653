"""Both ways of every case, in processes of their own; what was measured is kept until the code changes."""

import json
import os
import pickle
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from difflib import SequenceMatcher
from functools import partial
from importlib.metadata import distributions, version
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import rasterio

from bench.faults import page
from bench.faults.naive import Plain
from bench.results import KEPT, hash_sources
from cdse_offline.practice import limit, switch_off, switch_on, usage
from tests.faults import flips
from tests.faults.cases import CASES, Case
from tests.faults.children import Child, offline_service
from tests.faults.cogs import ACTION, CogCourse, cog_service
from tests.faults.course import Course
from tests.faults.fuzz import SEED, describe, draw_all
from tests.faults.world import LIMIT, SILENT, TRUTH, Outcome, Service

WITHOUT_PLAIN = {"said"}  # there is no one plain way to show keys
PACKAGES = ("rasterio", "odc-stac", "odc-loader", "pystac-client", "xarray", "dask", "numpy", "boto3")
SOURCES = ("src", "lessons", "tests/faults", "bench/faults")
BATCH = 10  # cases between two times that results are kept
LONGEST = 7200  # seconds that a part may take
TELLING = 20  # seconds between two lines that say how far it is
Row = dict[str, Any]


def measure_cases(parts: int, share: float) -> list[Row]:
    return measure_all("cases", CASES[:: round(1 / share)], parts)


def measure_new_cases(parts: int) -> list[Row]:
    """The cases that were added since, among the results of the others."""
    known = json.loads(page.RESULTS.read_text(encoding="utf-8"))["cases"]
    names = [(case.number, case.title) for case in CASES]
    matched = SequenceMatcher(None, names, [(row["number"], row["title"]) for row in known], autojunk=False)
    rows = {
        block.a + step: known[block.b + step] for block in matched.get_matching_blocks() for step in range(block.size)
    }
    new = [place for place in range(len(CASES)) if place not in rows]
    measured = measure_all("new", [CASES[place] for place in new], parts)
    rows |= dict(zip(new, measured, strict=True))
    return [rows[place] for place in range(len(CASES))]


def measure_fuzz(parts: int, share: float) -> Row:
    """How often each end came, by family, both ways; and what of the course's was not as it must be."""
    cases = draw_all(share)
    rows = measure_all("fuzz", cases, parts)
    families = {
        title: [row for row in rows if row["title"] == title] for title in dict.fromkeys(row["title"] for row in rows)
    }
    pairs = zip(cases, rows, strict=True)
    wrong = [
        f"{row['course']['kind']} ({row['course']['text']}): {describe(case)}"
        for case, row in pairs
        if is_wrong(case, row)
    ]
    print(*wrong, sep="\n")
    tallies = {
        title: {"count": len(some)} | {way: tally(some, way) for way in page.WAYS} for title, some in families.items()
    }
    return {"seed": SEED, "count": len(rows), "families": tallies, "wrong": wrong}


def is_wrong(case: Case, row: Row) -> bool:
    return row["course"]["kind"] not in case.expects or row["course"]["seconds"] > LIMIT


def measure_flips(parts: int, share: float) -> Row:
    """What came of each flipped bit, and which of them nobody saw."""
    pairs = flips.try_all(every=round(1 / share), aside=False, parts=min(parts, os.cpu_count() or 1))
    print(*flips.tell(pairs), sep="\n")
    ends = Counter(flips.name_end(outcome) for _, outcome in pairs)
    silent = [flip for flip, outcome in pairs if flips.name_end(outcome) == SILENT]
    unseen = [{"at": flip.at, "bit": flip.bit, "place": str(flip)} for flip in silent]
    return {"count": len(pairs), "ends": dict(ends.most_common()), "unseen": unseen}


def tally(rows: Sequence[Row], way: str) -> Row:
    """How often each end came; wrong pixels where it was silent, and the longest run."""
    kinds = Counter(row[way]["kind"] for row in rows)
    shares = [row[way]["share"] for row in rows if row[way]["kind"] == SILENT]
    slowest = max(row[way]["seconds"] for row in rows)
    return {"ends": dict(kinds.most_common()), "median_share": median(shares or [0]), "slowest": round(slowest, 1)}


def keep(**measured: Any) -> None:
    """Write what was measured beside what was measured before."""
    before = json.loads(page.RESULTS.read_text(encoding="utf-8")) if page.RESULTS.exists() else {}
    versions = {"Python": platform.python_version(), "GDAL": rasterio.__gdal_version__}
    installed = {distribution.name for distribution in distributions()}
    versions |= {package: version(package) for package in PACKAGES if package in installed}
    results = before | {"date": f"{datetime.now(UTC):%Y-%m-%d}", "versions": versions} | measured
    page.RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


# -- in several processes ----------------------------------------------------


def measure_all(name: str, cases: Sequence[Case], parts: int) -> list[Row]:
    """The cases dealt to so many processes, each with a service of its own; results in the cases' order."""
    folder = KEPT / "faults" / f"{name}-{len(cases)}-{hash_sources(*SOURCES)}"
    folder.mkdir(parents=True, exist_ok=True)
    kept = read_rows(folder)
    left = [place for place in range(len(cases)) if place not in kept]
    children = [
        Child(partial(_part, [(place, cases[place]) for place in left[part::parts]], folder)) for part in range(parts)
    ]
    watcher = Thread(target=_tell, args=(folder, len(cases)), daemon=True)
    watcher.start()
    for child in children:
        _ended(child, LONGEST)
    found = read_rows(folder)
    return [found[place] for place in range(len(cases))]


def read_rows(folder: Path) -> dict[int, Row]:
    """What was measured of this code, by the place of its case."""
    lines = [line for path in folder.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["place"]: row for row in map(json.loads, lines)}


def _tell(folder: Path, count: int) -> None:
    while (done := len(read_rows(folder))) < count:
        print(f"  {done} of {count}", flush=True)
        time.sleep(TELLING)


def _part(cases: Sequence[tuple[int, Case]], folder: Path) -> Outcome:
    of_cogs = [(place, case) for place, case in cases if case.action == ACTION]
    others = [(place, case) for place, case in cases if case.action != ACTION]
    if others:
        with offline_service() as service:
            _measure_part(others, service, folder, Course)
    if of_cogs:
        with tempfile.TemporaryDirectory() as pack, cog_service(Path(pack)) as service:
            _measure_part(of_cogs, service, folder, CogCourse)
    return Outcome(TRUTH)


def _measure_part(cases: Sequence[tuple[int, Case]], service: Service, folder: Path, course: type[Course]) -> None:
    with tempfile.TemporaryDirectory() as learner:
        for start in range(0, len(cases), BATCH):
            places, some = zip(*cases[start : start + BATCH], strict=True)
            rows = both(some, service, Path(learner), course)
            lines = [
                json.dumps({"place": place} | row, ensure_ascii=False) for place, row in zip(places, rows, strict=True)
            ]
            with (folder / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))


def _ended(child: Child, seconds: float) -> None:
    if (outcome := child.outcome(seconds)).kind != TRUTH:
        raise RuntimeError(f"a part did not end well: {outcome}")


# -- both ways ---------------------------------------------------------------


def both(cases: Sequence[Case], service: Service, folder: Path, kind: type[Course]) -> Iterator[Row]:
    """What comes of each case, the plain way and the course's. This process itself never reads an image."""
    stored = folder / "course.pickle"
    _ended(Child(partial(_course, cases, service, folder, stored, kind)), LONGEST)
    image, runs = pickle.loads(stored.read_bytes())
    plain = Plain(service, folder, image)
    for case, (outcome, truth) in zip(cases, runs, strict=True):
        row = {"number": case.number, "title": case.title, "course": asdict(outcome)}
        if case.action not in WITHOUT_PLAIN:
            row["plain"] = asdict(_plain(plain, case, truth))
        yield row


def _course(cases: Sequence[Case], service: Service, folder: Path, stored: Path, kind: type[Course]) -> Outcome:
    """The course's way, each case in a process of its own, so that none spoils another."""
    course, runs = kind(service, folder), []
    for case in cases:
        truth = course.truth(case)
        runs.append((Child(partial(course.run, case)).outcome(LIMIT + 20), truth))
    with course.environment({}):
        course.enter()
        stored.write_bytes(pickle.dumps((course.image(), runs)))
    return Outcome(TRUTH)


def _plain(plain: Plain, case: Case, truth: Any) -> Outcome:
    service = plain.service
    try:
        switch_on(*case.faults, service=service.s3)
        if case.limits:
            limit(**case.limits, service=service.s3)
        usage(reset=True, service=service.s3)
        outcome = Child(partial(plain.run, case, truth)).outcome(LIMIT + 2)
        counts = usage(service=service.s3)
    finally:
        switch_off(service.s3)
    text, home = outcome.text, str(Path.home())
    own = {service.access_key: "KHÓA", service.secret_key: "SECRET", service.s3: "127.0.0.1", home: "~"}
    for private, public in own.items():
        text = text.replace(private, public)
    return replace(outcome, text=text, met=counts["faulted"] + counts["refused"])
