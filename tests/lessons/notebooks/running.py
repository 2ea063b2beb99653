"""A lesson in this process, as "Run All" runs it: its names, what it printed, what its solutions were told."""

import ast
import contextlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import jupytext
import matplotlib.pyplot as plt
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from cdse_access.problems import Problem
from tools.notebooks import TEXTS

QUIET = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
SOLUTION = re.compile(r"^:::+\{dropdown\} Lời giải\n(.*?)^:::+$", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"""\bcheck\(\s*["'](\d\.\d)["']""")


@dataclass
class Lesson:
    """What is left of a lesson that has run."""

    names: dict[str, Any] = field(default_factory=dict)  # the namespace after the last cell
    printed: str = ""
    answers: dict[str, str] = field(default_factory=dict)  # exercise: what `check` said to the solution
    problem: Problem | None = None  # where it stopped, if it did


@dataclass(frozen=True)
class Cell:
    is_code: bool
    source: str

    @property
    def solutions(self) -> list[str]:
        if self.is_code:
            return []
        return [block for solution in SOLUTION.findall(self.source) for block in BLOCK.findall(solution)]


def read_cells(name: str) -> list[Cell]:
    notebook = jupytext.read(TEXTS / f"{name}.md")
    return [Cell(cell.cell_type == "code", cell.source) for cell in notebook.cells]


def list_exercises(cells: list[Cell]) -> list[str]:
    """Numbers of the exercises that cells ask for."""
    return [number for cell in cells if cell.is_code for number in NUMBER.findall(cell.source)]


def change_cells(cells: list[Cell], change: Mapping[str, str]) -> list[Cell]:
    """The cells with another value where a name is first assigned."""
    changed = list(cells)
    for name, value in change.items():
        at = next((at for at, cell in enumerate(changed) if _find_value(cell, name)), None)
        assert at is not None, f"no cell assigns {name}"
        changed[at] = _replace_value(changed[at], name, value)
    return changed


def _find_value(cell: Cell, name: str) -> ast.expr | None:
    if not cell.is_code or re.search(r"^\s*[%!]", cell.source, re.MULTILINE):
        return None
    for statement in ast.parse(cell.source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return statement.value
    return None


def _replace_value(cell: Cell, name: str, value: str) -> Cell:
    found = _find_value(cell, name)
    assert found is not None
    old = ast.get_source_segment(cell.source, found)
    assert old is not None
    return Cell(True, cell.source.replace(f"{name} = {old}", f"{name} = {value}", 1))


def run_cells(cells: list[Cell], *, solve: bool = True) -> Lesson:
    """Run code cells in order, each solution where it stands, on a copy of the names: it leaves none behind.

    A problem that the client or the lessons tell in words ends the lesson; any other error goes on to the test.
    """
    lesson = Lesson()
    with _open_shell() as shell:
        try:
            for cell in cells:
                if cell.is_code:
                    lesson.printed += _run(shell, cell.source)
                for solution in cell.solutions if solve else []:
                    _solve(shell, solution, lesson)
        except Problem as problem:
            lesson.problem = problem
        lesson.names = dict(shell.user_ns)
    return lesson


def _solve(shell: InteractiveShell, solution: str, lesson: Lesson) -> None:
    before = dict(shell.user_ns)
    told = _run(shell, solution)
    for number in NUMBER.findall(solution):
        lesson.answers[number] = told.strip()
    shell.user_ns.clear()
    shell.user_ns.update(before)


def _run(shell: InteractiveShell, source: str, again: int = 3) -> str:
    """What the code printed; its error is raised here.

    On a crowded machine images are drawn slowly: the learner is told to run the cell again, and so do we.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        result = shell.run_cell(source)
    plt.close("all")
    if error := result.error_before_exec or result.error_in_exec:
        if again and "OfflineBusy" in str(error):
            return _run(shell, source, again - 1)
        error.add_note(f"in this cell:\n{source}")
        raise error
    return printed.getvalue()


@contextlib.contextmanager
def _open_shell() -> Iterator[InteractiveShell]:
    """An IPython of its own, which `get_ipython` finds; files that a lesson saves go with it."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=QUIET, user_module=ModuleType("bai_hoc"))
    shell.showtraceback = lambda *_, **__: None  # type: ignore[method-assign]
    with TemporaryDirectory(prefix="lesson-") as folder, contextlib.chdir(Path(folder)):
        try:
            yield shell
        finally:
            InteractiveShell.clear_instance()
