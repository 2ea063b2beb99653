"""A class at once, a small one: everybody has the right pixels, and what is measured of them is right."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench import students
from bench.students import Work, measured
from tests.project.test_frame import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="students are forked, their memory is read in /proc")
SOME_DAYS = "2023-09-25/2023-09-28"


def run(out: Path, number: int) -> dict:
    command = [sys.executable, "-m", "bench.students", "--once", "--students", str(number), "--dates", SOME_DAYS]
    subprocess.run([*command, "--out", str(out)], cwd=ROOT, check=True, timeout=300, capture_output=True)
    (found,) = json.loads(out.read_text())["rounds"]
    return found


def test_eight_students_at_once_all_have_the_right_pixels(tmp_path):
    found = run(tmp_path / "out.json", 8)
    assert (found["students"], found["right"], found["errors"]) == (8, 8, [])
    assert found["requests"] > 8 * 12 and found["peak_requests"] > 1  # at a time
    assert 0 < found["fastest"] <= found["median"] <= found["slowest"] <= found["seconds"]
    assert 0.5 < found["service_cpu"] < 60 and 0.1 < found["student_cpu"] < found["slowest"] * 4
    assert 20 < found["service_mb"] < 400 and 50 < found["student_own_mb"] < found["student_mb"] < 1000


def work(digest: str, began: float, ended: float) -> Work:
    return Work(digest, began, ended, peak=200.0, own=90.0, cpu=ended - began)


def test_what_is_measured(monkeypatch):
    usage = {"requests": 90, "peak": 7, "bytes": 12_000_000}
    monkeypatch.setattr(students.practice, "usage", lambda **_: usage)
    works = [work("right", 10, 14), work("right", 11, 13), work("wrong", 10, 40), OSError("no pixels")]
    found = measured("warm", "own", works, "right", psutil.Process(), "127.0.0.1:1")
    assert (found.students, found.right, found.errors) == (4, 2, ["OSError: no pixels"])
    assert (found.seconds, found.fastest, found.median, found.slowest) == (30, 2, 4, 30)
    assert (found.students_per_minute, found.requests_per_second) == (6, 3)
    assert found.student_cpu == 4 and found.service_cpu > 0
    assert (found.megabytes, found.peak_requests, found.student_mb, found.student_own_mb) == (12, 7, 200, 90)
