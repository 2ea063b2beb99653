"""The lessons on a bad day: now and then the service is busy, a connection breaks, each answer comes late.

The outputs must be the stored ones. All lessons, with their pictures, on the machine that stored them:
`python -m tests.project.test_mild_faults`.
"""

import argparse
import configparser
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from functools import cache

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode, v4

from cdse_offline.__main__ import PRACTICE, open_practice
from cdse_offline.practice import fault
from cdse_offline.practice.middleware import Limits
from tools import notebooks

LESSONS = ("01-xac-thuc", "02-kham-pha-stac", "03-tai-du-lieu", "04-ndvi", "05-rgb")
S3, STAC = "/eodata/*", "/stac/*"
# A lesson asks the catalogue some ten times: with these seeds the third time and the fifth time are met.
MILD = [
    fault("delay", path=S3, seconds=0.03),
    fault("delay", path=STAC, seconds=0.03),
    fault("status", path=S3, which="2%", seed=0, status=503),
    fault("status", path=STAC, which="2%", seed=106, status=503),
    fault("reset", path=S3, which="1%", seed=0),
    fault("reset", path=STAC, which="1%", seed=6),
]
# Runs last, in the kernel: only there is it known where the service is, unless the lesson has logged out.
LAST = """
import http.client, json
from cdse_access.current import find_current
if _session := find_current():
    _door = http.client.HTTPConnection(_session.store.endpoint)
    _door.request("GET", "/practice")
    _rules = json.load(_door.getresponse())["rules"]
else:
    _rules = []
print(json.dumps({_rule["kind"] + " " + _rule["path"]: _rule["met"] for _rule in _rules}))
"""


def execute(stored: NotebookNode) -> tuple[list[NotebookNode], dict[str, int]]:
    """The cells with new outputs, and how many requests met each fault."""
    cells = [*map(nbformat.from_dict, stored.cells), v4.new_code_cell(LAST)]
    again = v4.new_notebook(metadata=stored.metadata, cells=cells)
    NotebookClient(
        again,
        kernel_name="python3",
        timeout=notebooks.CELL_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(notebooks.NOTEBOOKS)}},
    ).execute()
    notebooks._settle(again)
    return again.cells[:-1], json.loads(again.cells[-1].outputs[-1].text)


@cache
def sanitized() -> list[tuple[re.Pattern[str], str]]:
    """What may differ from run to run: the same as when stored outputs are compared without faults."""
    rules = configparser.RawConfigParser()
    rules.read(notebooks.ROOT / "tests/nbval_sanitize.cfg", encoding="utf-8")
    return [(re.compile(rules[name]["regex"]), rules[name]["replace"]) for name in rules.sections()]


def shown(cell: NotebookNode, *, pictures: bool) -> list[str]:
    """A cell's outputs, each as a text."""
    return [_text(output, pictures=pictures) for output in cell.outputs]


def _text(output: NotebookNode, *, pictures: bool) -> str:
    data = output.get("data", {}).items()
    kept = {kind: value for kind, value in data if pictures or not kind.startswith("image/")}
    text = json.dumps({**output, "data": kept, "metadata": {}, "execution_count": None}, sort_keys=True)
    for pattern, by in sanitized():
        text = pattern.sub(by, text)
    return text


def differences(stored: NotebookNode, cells: list[NotebookNode], *, pictures: bool = False) -> Iterator[str]:
    now = {cell.id: cell for cell in cells}
    for cell in stored.cells:
        if cell.cell_type == "code" and cell.id in now:
            before, after = shown(cell, pictures=pictures), shown(now[cell.id], pictures=pictures)
            if before != after:
                yield f"{cell.source}\n--- stored: {before}\n--- now: {after}"


def read(name: str) -> NotebookNode:
    return nbformat.read(notebooks.NOTEBOOKS / f"{name}.ipynb", as_version=4)


def test_a_lesson_shows_the_same_under_mild_faults(monkeypatch):
    monkeypatch.setenv(PRACTICE, json.dumps({"rules": MILD}))
    stored = read("04-ndvi")
    cells, met = execute(stored)
    assert list(differences(stored, cells)) == []
    assert met[f"delay {S3}"] > 100 and min(met.values()) >= 1, met


def notebook(text: str, html: str = "") -> NotebookNode:
    outputs = [
        v4.new_output("stream", text=text),
        v4.new_output("display_data", {"text/html": html, "image/png": text}),
    ]
    return v4.new_notebook(cells=[v4.new_code_cell("load()", id="a", outputs=outputs)])


@pytest.mark.parametrize(
    ("then", "now", "differ"),
    [
        (notebook("NDVI 0.71"), notebook("NDVI 0.71"), False),
        (notebook("NDVI 0.71"), notebook("NDVI 0.70"), True),
        (notebook("", html="<b>1</b>"), notebook("", html="<b>2</b>"), True),
        (notebook("127.0.0.1:4000"), notebook("127.0.0.1:5000"), False),
    ],
)
def test_what_counts_as_a_difference(then, now, differ):
    assert bool(list(differences(then, now.cells))) is differ


def asked(**options: bool) -> argparse.Namespace:
    return argparse.Namespace(**({"practice": False, "until_stdin_closes": False} | options))


def test_faults_from_the_start_are_those_of_the_variable(monkeypatch):
    monkeypatch.setenv(PRACTICE, json.dumps({"rules": MILD[:2], "limits": {"connections": 4}}))
    for option in ("practice", "until_stdin_closes"):
        practice = open_practice(asked(**{option: True}))
        assert [rule.kind for rule in practice.rules] == ["delay", "delay"] and practice.limits.connections == 4


def test_without_the_variable_nothing_is_on(monkeypatch):
    monkeypatch.delenv(PRACTICE, raising=False)
    assert open_practice(asked()) is None
    practice = open_practice(asked(until_stdin_closes=True))
    assert practice.rules == [] and practice.limits == Limits()


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        ('{"rules": []}', {}, "hãy thêm nó, hoặc bỏ biến này"),
        ("delay", {"practice": True}, "CDSE_OFFLINE_PRACTICE: Không đọc được JSON"),
        ('[{"kind": "delay"}]', {"until_stdin_closes": True}, "CDSE_OFFLINE_PRACTICE: Cần JSON dạng"),
        ('{"rules": [{"kind": "slowness"}]}', {"practice": True}, "các loại: status"),
    ],
)
def test_a_variable_that_cannot_be_stops_the_service(monkeypatch, value, options, message):
    monkeypatch.setenv(PRACTICE, value)
    with pytest.raises(ValueError, match=message):
        open_practice(asked(**options))


def main() -> None:
    """Each lesson under mild faults: the seconds, how many requests met a fault, and what changed."""
    environment = notebooks.learner_environment() | {PRACTICE: json.dumps({"rules": MILD})}
    os.environ.clear()
    os.environ.update(environment)
    for name in sys.argv[1:] or LESSONS:
        begin, stored = time.monotonic(), read(name)
        cells, met = execute(stored)
        found = list(differences(stored, cells, pictures=True))
        print(
            f"{name}: {time.monotonic() - begin:.0f} s, {met}, {len(found)} cells differ", *found, sep="\n", flush=True
        )


if __name__ == "__main__":
    main()
