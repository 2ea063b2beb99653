"""The progress bar: the same items, shown where somebody watches."""

import os
import re
import subprocess
import sys
import time

import pytest

from cdse_access import progress
from cdse_access.progress import follow


@pytest.mark.parametrize(
    ("watched", "shown", "lines"),
    [
        (False, True, []),
        (True, False, []),
        (True, True, ["Ảnh |########################| 3/3, 00:00"]),
    ],
)
def test_items_pass_and_the_last_line_says_how_many(monkeypatch, capsys, watched, shown, lines):
    monkeypatch.setattr(progress, "is_watched", lambda: watched)
    assert list(follow(iter("abc"), 3, "Ảnh", shown=shown)) == ["a", "b", "c"]
    assert read_lines(capsys)[-1:] == lines


def test_meanwhile_it_says_how_long_it_has_taken_and_may_take(monkeypatch, capsys):
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    followed = follow(iter("abc"), 3, "Ảnh")
    next(followed)
    time.sleep(0.11)  # tqdm draws ten times a second
    next(followed)
    assert re.fullmatch(r"Ảnh \|#{8} {16}\| 1/3, 00:00, còn 00:00", read_lines(capsys)[-1])


def read_lines(capsys) -> list[str]:
    lines = capsys.readouterr().out.replace("\n", "\r").split("\r")
    return [line.strip() for line in lines if line.strip()]


def test_a_test_does_not_watch():
    assert not progress.is_watched()


def test_who_watches(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert not progress.is_watched()
    monkeypatch.delenv("TQDM_DISABLE")
    assert progress.is_watched()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert not progress.is_watched()
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert progress.is_watched()


def test_a_variable_that_tqdm_cannot_read_costs_the_bar_only():
    """tqdm reads `TQDM_…` when it is imported: `TQDM_NCOLS=auto` kept `load` from being imported."""
    code = "from cdse_access.progress import follow; print(list(follow([1, 2], 2, 'x')))"
    environment = {**os.environ, "TQDM_NCOLS": "auto", "TQDM_MININTERVAL": "x"}
    child = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert child.stdout == "[1, 2]\n"
