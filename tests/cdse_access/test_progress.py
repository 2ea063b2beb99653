"""The progress bar: the same items, shown where somebody watches."""

import os
import subprocess
import sys

import pytest

from cdse_access import progress
from cdse_access.progress import follow


@pytest.mark.parametrize(
    ("watched", "shown", "timed", "lines"),
    [
        (False, True, False, []),
        (True, False, False, []),
        (True, True, False, ["Ảnh |########################| 3/3"]),
        (True, True, True, ["Ảnh |########################| 3/3, 00:00"]),
    ],
)
def test_items_pass_and_the_last_line_says_how_many(monkeypatch, capsys, watched, shown, timed, lines):
    monkeypatch.setattr(progress, "is_watched", lambda: watched)
    assert list(follow(iter("abc"), 3, "Ảnh", shown=shown, timed=timed)) == ["a", "b", "c"]
    written = capsys.readouterr().out.replace("\n", "").split("\r")
    assert [line for line in written if line][-1:] == lines


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
