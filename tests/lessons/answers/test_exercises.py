"""All exercises: each has ways that it was tried with, its words, its cell in the lesson, and words for what is odd."""

import re
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from lessons.answers.checking import EXERCISES, judge
from lessons.answers.messages import VIETNAMESE
from tests.lessons.answers.harness import Ways, list_untried

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
MODULES = [import_module(f"{__package__}.{path.stem}") for path in sorted(HERE.glob("test_lesson_*.py"))]
WAYS: dict[str, Ways] = {number: ways for module in MODULES for number, ways in module.WAYS.items()}
TEXTS = VIETNAMESE[None]
# Wrong answers that students gave, each of which the exercise's old "right result" let pass.
CLASSROOM = [
    ("2.1", "wrong-area", "Bayern's bbox instead of the rice district's: the same total"),
    ("2.2", "odd-no-items", "a misspelt property, or '65' as a text: no items, without a word"),
    ("3.1", "offset-forgotten", "a mean of 0.35, still between 0.15 and 0.4"),
    ("3.1", "wrong-day", "isel(time=0)"),
    ("3.4", "bands-lack", "three bands instead of four: still about two thousand times"),
    ("3.4", "one-day-for-all", "one day only: the same ratio"),
    ("4.2", "mask-forgotten", "no cloud to be seen, differs in 0.07 % of the pixels"),
    ("4.3", "mask-forgotten", "two peaks and a trough all the same"),
    ("5.2", "raw-dn", "changes with the season as well"),
]
CELL = re.compile(r'^check\("(\d\.\d)", \w+\)$', re.MULTILINE)


def test_each_exercise_was_tried():
    assert WAYS.keys() == EXERCISES.keys()


def test_each_hint_was_asked_for():
    assert list_untried(WAYS) == set()


@pytest.mark.parametrize(("number", "slot", "story"), CLASSROOM)
def test_what_students_answered_wrongly_is_among_the_wrong_ways(number, slot, story):
    """So the exercise's own tests prove that it is rejected, and with which hint."""
    if number not in EXERCISES:
        pytest.skip("written with its lesson")
    assert slot in {hint for hint, _ in WAYS[number].wrong}


def test_each_exercise_and_hint_has_its_words():
    slots = {slot for exercise in EXERCISES.values() for slot in exercise.mistakes}
    slots |= {f"right-{number}" for number in EXERCISES}
    assert slots - TEXTS.keys() == set()


def test_each_check_of_a_lesson_has_its_table():
    for path in sorted((ROOT / "notebooks/md").glob("0*.md")):
        text = path.read_text(encoding="utf-8")
        numbers = set(CELL.findall(text))
        assert numbers <= EXERCISES.keys()


ODD = {
    "None": None,
    "text": "đúng rồi!",
    "dataset": xr.Dataset({"a": ("x", [1.0, 2.0])}),
    "figure": plt.Figure(),
    "empty": np.array([]),
    "object": object(),
}


@pytest.mark.parametrize("number", EXERCISES)
def test_what_is_no_answer_gets_words(number):
    assert judge(number, ..., {}).slot == "blank"
    for name, value in ODD.items():
        slot = judge(number, value, {}).slot
        is_text = name == "text" and slot in {"missing", "wrong-unknown"}  # for the kind Names a text is an answer
        assert slot.startswith("odd-") or is_text, name
