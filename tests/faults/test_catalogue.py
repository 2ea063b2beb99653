"""Every fault of the catalogue, played by a running service: the truth comes, or an error that names the reason."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.faults.cases import CASES, LAST, WITHOUT, Case
from tests.faults.cogs import ACTION, CogCourse, cog_service
from tests.faults.course import Course
from tests.faults.impostor import OPENSSL
from tests.faults.world import LIMIT, Outcome

ROOT = Path(__file__).parents[2]


def judge(case: Case, outcome: Outcome) -> None:
    assert outcome.kind in case.expects, f"{case.title}: {outcome}"
    assert outcome.seconds <= LIMIT
    if case.faults or case.limits:
        assert (outcome.met == 0) == case.unmet, f"{case.title}: {outcome.met} requests met the fault"


def chosen(*, real_time: bool) -> list:
    pairs = [(place, case) for place, case in enumerate(CASES) if case.real_time == real_time]
    return [pytest.param(*pair, id=f"{pair[1].number}-{pair[0]}") for pair in pairs]


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[dict[int, subprocess.Popen]]:
    """The cases with the course's own waits run meanwhile, in processes of their own."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.real_time"]
    started = {
        place: subprocess.Popen([*command, str(place)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for place, case in enumerate(CASES)
        if case.real_time
    }
    yield started
    for process in started.values():  # all have ended, unless only some tests were chosen
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def cog_course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with cog_service(tmp_path_factory.mktemp("cogs")) as service:
        yield CogCourse(service, tmp_path_factory.mktemp("learner"))


@pytest.mark.parametrize(("place", "case"), chosen(real_time=False))
def test_the_truth_or_a_reason(place: int, case: Case, request: pytest.FixtureRequest):
    course: Course = request.getfixturevalue("cog_course" if case.action == ACTION else "course")
    if case.action == "impostor" and OPENSSL is None:
        pytest.skip("openssl, which makes the impostor's certificate, is not on this machine")
    if case.action == "configured" and find_spec("boto3") is None:
        pytest.skip("rasterio takes keys in this way only where boto3 is, and the course does not need it")
    judge(case, course.run(case))


@pytest.mark.parametrize(("place", "case"), chosen(real_time=True))
def test_the_truth_or_a_reason_within_a_minute(place: int, case: Case, patient: dict[int, subprocess.Popen]):
    output, _ = patient[place].communicate(timeout=2 * LIMIT)
    judge(case, Outcome(**json.loads(output)))


def test_every_number_of_the_catalogue_has_a_case_or_a_reason_why_not():
    numbers = {case.number for case in CASES}
    assert numbers | WITHOUT.keys() == set(range(1, LAST + 1)) and not numbers & WITHOUT.keys()
    assert len(CASES) >= 120


def test_rows_of_one_title_expect_the_same():
    found: dict[tuple[int, str], set[frozenset[str]]] = {}
    for case in CASES:
        found.setdefault((case.number, case.title), set()).add(case.expects)
    assert [row for row, expected in found.items() if len(expected) > 1] == []
