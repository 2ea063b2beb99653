"""How a lesson reads: the size of its cells, what they end on, its figures, its prose, its exercises.

    python -m tools.lesson_measures [NAME ...]    a line for each lesson, and what goes beyond an aim

Seen cells are those with code that a reader of the book sees: no exercise, none that is hidden or removed.
"""

import ast
import re
import sys
from dataclasses import dataclass
from statistics import median

import nbformat
from nbformat import NotebookNode

from tools.notebooks import NOTEBOOKS, names

UNSEEN = {"exercise"}
COLUMNS = 72
QUESTIONS = 5
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.DOTALL | re.MULTILINE)
CLOSED = re.compile(r"^(:{3,})\{dropdown\}(.*?)$.*?^\1$", re.DOTALL | re.MULTILINE)
DIRECTIVE = re.compile(r"^:{3,}(\{[\w-]+\})?|^:[a-z-]+:.*$", re.MULTILINE)
QUESTION = re.compile(r"^\*\*Câu \d+\.\*\*", re.MULTILINE)
CHOICES = re.compile(r"^:class: quiz\n(Đúng|Chưa đúng): \S", re.MULTILINE)
DICT = re.compile(r"^(Frozen\()?(mappingproxy\()?\{")


@dataclass(frozen=True)
class Measures:
    """Of one lesson; shares are between 0 and 1."""

    cells: int  # seen
    lines: float  # of a seen cell, median
    short: float  # share of seen cells with at most 10 lines
    figure_lines: int  # of the longest cell that shows a picture
    values: float  # share of seen cells that end on a value
    dicts: int  # outputs that are the repr of a dict
    first_picture: int  # the how manieth code cell shows it; 0 is none
    syllables: int
    columns: int  # of the widest line of code
    asserts: int
    exercises: int
    questions: int  # of the quiz that have one right choice
    untold: int  # pictures without alt text, caption and label


@dataclass(frozen=True)
class Aim:
    """What a lesson should reach, and what the test lets pass."""

    lowest: float = 0
    highest: float = float("inf")
    slack: float = 0

    def holds(self, value: float, *, with_slack: bool) -> bool:
        slack = self.slack if with_slack else 0
        return self.lowest - slack <= value <= self.highest + slack


AIMS = {
    "cells": Aim(highest=25, slack=2),
    "lines": Aim(highest=4, slack=0.5),
    "short": Aim(lowest=0.95, slack=0.02),
    "figure_lines": Aim(highest=5, slack=1),
    "values": Aim(lowest=0.6, slack=0.05),
    "dicts": Aim(highest=0),
    "first_picture": Aim(lowest=1, highest=10),
    "syllables": Aim(lowest=800, highest=2000, slack=150),
    "columns": Aim(highest=COLUMNS, slack=2),
    "asserts": Aim(highest=0),
    "exercises": Aim(lowest=3),
    "questions": Aim(lowest=QUESTIONS, highest=QUESTIONS),
    "untold": Aim(highest=0),
}


def read(name: str) -> list[NotebookNode]:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells


def measure(cells: list[NotebookNode]) -> Measures:
    code = [cell for cell in cells if cell.cell_type == "code"]
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    seen = [cell for cell in code if not UNSEEN & tags(cell)]
    sizes = [count_lines(cell.source) for cell in seen]
    figures = [cell for cell in code if shows_picture(cell)]
    places = [place for place, cell in enumerate(code, start=1) if shows_picture(cell)]
    return Measures(
        cells=len(seen),
        lines=median(sizes),
        short=sum(size <= 10 for size in sizes) / len(sizes),
        figure_lines=max((count_lines(cell.source) for cell in figures), default=0),
        values=sum(ends_on_value(cell.source) for cell in seen) / len(seen),
        dicts=sum(map(shows_dict, seen)),
        first_picture=places[0] if places else 0,
        syllables=sum(map(count_syllables, prose)),
        columns=max(len(line) for cell in code for line in cell.source.splitlines()),
        asserts=sum(has_assert(cell.source) for cell in code),
        exercises=sum("exercise" in tags(cell) for cell in code),
        questions=sum(map(count_questions, prose)),
        untold=sum(not {"alt", "caption", "label"} <= set(cell.metadata) for cell in figures),
    )


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", ()))


def count_lines(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def shows_picture(cell: NotebookNode) -> bool:
    return any(kind.startswith("image/") for output in cell.outputs for kind in output.get("data", {}))


def shows_dict(cell: NotebookNode) -> bool:
    texts = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    texts += [output.get("text", "") for output in cell.outputs]
    return any(DICT.match(text) for text in texts)


def _parse(source: str) -> list[ast.stmt]:
    """The statements of a cell, without the lines that are IPython's."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    return ast.parse("\n".join(lines)).body


def ends_on_value(source: str) -> bool:
    """An expression that is no print; a picture that a figure shows is a value, too."""
    *_, last = [None, *_parse(source)]
    if not isinstance(last, ast.Expr):
        return False
    call = last.value
    return not (isinstance(call, ast.Call) and ast.unparse(call.func) == "print")


def has_assert(source: str) -> bool:
    return any(isinstance(node, ast.Assert) for statement in _parse(source) for node in ast.walk(statement))


def count_syllables(text: str) -> int:
    """Words as Vietnamese writes them, one syllable each; neither code, nor marks, nor what a dropdown keeps closed."""
    opened = CLOSED.sub(r"\2", text)
    prose = DIRECTIVE.sub("", FENCE.sub("", opened))
    return sum(any(map(str.isalpha, word)) for word in prose.split())


def count_questions(text: str) -> int:
    """Questions with three or more choices of which one is right."""
    parts = QUESTION.split(text)[1:]
    choices = [CHOICES.findall(part) for part in parts]
    return sum(len(found) >= 3 and found.count("Đúng") == 1 for found in choices)


def find_excesses(measures: Measures, *, with_slack: bool = False) -> list[str]:
    values = vars(measures)
    return [
        f"{name} {values[name]:.3g}, aim {aim.lowest:g} to {aim.highest:g}"
        for name, aim in AIMS.items()
        if not aim.holds(values[name], with_slack=with_slack)
    ]


def main() -> None:
    for name in sys.argv[1:] or names():
        measures = measure(read(name))
        shown = "  ".join(f"{key} {value:.3g}" for key, value in vars(measures).items())
        print(f"{name}: {shown}")
        for excess in find_excesses(measures):
            print(f"    {excess}")


if __name__ == "__main__":
    main()
