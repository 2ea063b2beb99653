"""A lesson that has run, once for all tests of a module; a lesson that runs with changes.

A module here names its lesson, NAME = "04-ndvi", and what learners may change, CHANGES = [{"bbox": "[...]"}, ...].
"""

from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.lessons.notebooks.running import Cell, Lesson, change_cells, read_cells, run_cells

Run = Callable[[Mapping[str, str]], Lesson]


@pytest.fixture(scope="module")
def cells(request: pytest.FixtureRequest) -> list[Cell]:
    return read_cells(request.module.NAME)


@pytest.fixture(scope="module")
def lesson(cells: list[Cell]) -> Iterator[Lesson]:
    """The lesson after "Run All", its solutions tried on the way."""
    ran = run_cells(cells)
    if ran.problem:
        raise ran.problem
    yield ran
    ran.names.clear()  # its arrays


@pytest.fixture(scope="module")
def lesson_with(cells: list[Cell]) -> Run:
    """Run the lesson with other values of names that it assigns: where it ends, or in which words."""
    return lambda change: run_cells(change_cells(cells, change), solve=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "change" in metafunc.fixturenames:
        changes = metafunc.module.CHANGES
        metafunc.parametrize("change", changes, ids=[", ".join(change) for change in changes])
