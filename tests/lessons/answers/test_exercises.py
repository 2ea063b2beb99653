"""All exercises: each has ways that it was tried with, its words, its cell in the lesson, and words for what is odd."""

import re
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from lessons.answers.checking import EXERCISES, judge
from lessons.answers.kinds import FACTORS, RANGES, Number
from lessons.answers.layers import Layer
from lessons.answers.messages import VIETNAMESE
from lessons.answers.names import Names
from lessons.answers.tables import Table
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
    assert slot in {hint for hint, _ in WAYS[number].wrong}


def test_each_exercise_and_hint_has_its_words():
    slots = {slot for exercise in EXERCISES.values() for slot in exercise.mistakes}
    slots |= {f"right-{number}" for number in EXERCISES}
    assert slots - TEXTS.keys() == set()


def test_no_words_are_left_over():
    """Each slot is said by the code, or belongs to an exercise, or to a unit, a layer or names that one asks for."""
    sources = [path for path in (ROOT / "lessons/answers").glob("*.py") if path.name != "messages.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    said = set(re.findall(r'"([\w.-]+)"', code))
    kinds = [exercise.kind for exercise in EXERCISES.values()]
    said |= {f"right-{number}" for number in EXERCISES}
    said |= {f"unit-{kind.unit}" for kind in kinds if isinstance(kind, Number | Table)}
    said |= {f"layer-{kind.unit}" for kind in kinds if isinstance(kind, Layer)}
    said |= {f"names-{kind.of}" for kind in kinds if isinstance(kind, Names)}
    said |= {f"range-{unit}" for unit in RANGES}
    assert TEXTS.keys() - said == set()
    units = {kind.unit for kind in kinds if isinstance(kind, Number | Table)}
    assert FACTORS.keys() | RANGES.keys() == units


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks/md").glob("0*.md")), ids=lambda path: path.stem)
def test_a_lesson_asks_for_its_exercises(path):
    numbers = CELL.findall(path.read_text(encoding="utf-8"))
    of_lesson = [number for number in EXERCISES if number.startswith(path.name[1])]
    assert list(dict.fromkeys(numbers)) == of_lesson and len(of_lesson) >= 3


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
