"""The book's page says what the tests demand and what was measured; and the measure is known to be able to fail."""

import json
from collections import Counter

import pytest

from bench.faults import page
from tests.faults.cases import CASES
from tests.faults.flips import RAW
from tests.faults.fuzz import FAMILIES, PATIENT, SEED, list_patient
from tests.faults.world import SILENT, TRUTH


@pytest.fixture(scope="module")
def results() -> dict:
    return json.loads(page.RESULTS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def students() -> dict:
    return json.loads(page.CLASS.read_text(encoding="utf-8"))


def test_the_tables_are_made_from_the_cases_and_the_measure(results, students):
    text = page.PAGE.read_text(encoding="utf-8")
    made = page.tables(results, students)
    assert {found[2] for found in page.MARK.finditer(text)} == made.keys()
    assert page.filled(text, made) == text, "run: python -m bench.faults --page"


def test_every_case_was_measured(results):
    measured = [(row["number"], row["title"]) for row in results["cases"]]
    assert measured == [(case.number, case.title) for case in CASES], "run: python -m bench.faults"


def test_the_course_did_what_the_cases_demand(results):
    pairs = zip(CASES, results["cases"], strict=True)
    assert [row for case, row in pairs if row["course"]["kind"] not in case.expects] == []


def test_the_course_was_silent_only_where_nobody_can_see_it(results):
    numbers = {row["number"] for row in results["cases"] if row["course"]["kind"] == SILENT}
    assert numbers == {50}


def test_the_measure_can_fail(results):
    silent = [row for row in results["cases"] if row.get("plain", {}).get("kind") == SILENT]
    assert len(silent) > 40
    ends = Counter(end for family in results["fuzz"]["families"].values() for end in family["plain"]["ends"])
    assert ends[SILENT] > 2  # of the families


def test_the_random_runs_and_the_flips_were_measured_whole_and_none_was_wrong(results):
    counts = {name: count for name, (_, count) in FAMILIES.items()} | {PATIENT: len(list_patient())}
    assert {name: family["count"] for name, family in results["fuzz"]["families"].items()} == counts
    assert sum(counts.values()) >= 600 and results["fuzz"]["seed"] == SEED
    assert results["fuzz"]["wrong"] == []
    flips = results["flips"]
    assert flips["count"] == 1368 and RAW not in flips["ends"] and len(flips["unseen"]) <= 20


def test_forty_students_at_once_all_had_the_right_pixels(students):
    ends = [(one["students"], one["right"], one["errors"]) for one in students["rounds"]]
    assert ends == [(40, 40, [])] * 3
    caches = [(one["service_cache"], one["student_cache"]) for one in students["rounds"]]
    assert caches == [("cold", "own"), ("warm", "own"), ("warm", "shared")]


def test_the_page_counts_the_cases_in_real_time():
    text = page.PAGE.read_text(encoding="utf-8")
    assert sum(case.real_time for case in CASES) == 8 and "Tám ca chạy với thời gian chờ thật" in text


def test_the_plain_way_met_the_faults(results):
    """Where the course met a fault, the plain way did so too, or failed before."""
    pairs = [(case, row["plain"]) for case, row in zip(CASES, results["cases"], strict=True) if "plain" in row]
    calm = [case.title for case, plain in pairs if case.faults and not plain["met"] and plain["kind"] == TRUTH]
    assert calm == []
