"""tests.lessons.notebooks.running: how the lessons are tried."""

import pytest
from IPython import get_ipython

from cdse_access.problems import BadInput
from tests.lessons.notebooks.running import Cell, change_cells, list_exercises, run_cells

SOLUTION = """### Bài tập 4.1

:::{dropdown} Lời giải
```python
tong = sum(numbers)
check("4.1", tong)
```
Cộng lại.
:::
"""
CELLS = [
    Cell(True, "numbers = [1,\n    2]\nother = 3"),
    Cell(False, "Chữ."),
    Cell(True, "def check(number, value):\n    print(number, value, get_ipython().user_ns['numbers'])"),
    Cell(True, 'tong = ...\ncheck("4.1", tong)'),
    Cell(False, SOLUTION),
    Cell(True, "numbers = None"),
]


def test_names_are_those_after_the_last_cell():
    lesson = run_cells(CELLS)
    assert lesson.names["numbers"] is None and lesson.names["other"] == 3
    assert lesson.printed == "4.1 Ellipsis [1, 2]\n" and lesson.problem is None


def test_solutions_run_where_they_stand_and_leave_no_name():
    lesson = run_cells(CELLS)
    assert lesson.answers == {"4.1": "4.1 3 [1, 2]"} and lesson.names["tong"] is ...
    assert run_cells(CELLS, solve=False).answers == {}
    assert list_exercises(CELLS) == ["4.1"]


def test_a_value_is_changed_where_it_is_first_assigned():
    lesson = run_cells(change_cells(CELLS, {"numbers": "[10, 20]", "other": "4"}))
    assert lesson.answers == {"4.1": "4.1 30 [10, 20]"} and lesson.names["other"] == 4
    with pytest.raises(AssertionError, match="no cell assigns bbox"):
        change_cells(CELLS, {"bbox": "[]"})


def test_words_end_a_lesson_and_other_errors_go_on():
    words = Cell(True, "from cdse_access.problems import BadInput\nraise BadInput('lời')")
    lesson = run_cells([*CELLS, words, Cell(True, "late = 1")])
    assert isinstance(lesson.problem, BadInput) and "late" not in lesson.names
    with pytest.raises(KeyError) as caught:
        run_cells([Cell(True, "{}['a']")])
    assert "{}['a']" in caught.value.__notes__[0]
    with pytest.raises(SyntaxError):
        run_cells([Cell(True, "1 +")])


def test_no_shell_stays_behind():
    run_cells(CELLS)
    assert get_ipython() is None


def test_a_cell_with_a_magic_runs():
    assert run_cells([Cell(True, "a = 1\n%time b = a + 1"), Cell(True, "assert b == 2")]).names["b"] == 2
