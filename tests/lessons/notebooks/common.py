"""What holds for every lesson: a module here imports these tests and names its lesson.

from tests.lessons.notebooks.common import test_a_change_reaches_the_end_or_gets_words  # noqa: F401
from tests.lessons.notebooks.common import test_every_solution_is_right  # noqa: F401
"""

import re

from tests.lessons.notebooks.running import list_exercises

VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def test_every_solution_is_right(lesson, cells):
    numbers = list_exercises(cells)
    assert numbers and list(lesson.answers) == numbers
    assert [answer for answer in lesson.answers.values() if ": Đúng" not in answer] == []


def test_an_exercise_without_an_answer_is_passed_over(lesson, cells):
    for number in list_exercises(cells):
        assert f"Bài tập {number}: chưa có câu trả lời" in lesson.printed


def test_a_change_reaches_the_end_or_gets_words(lesson_with, change):
    problem = lesson_with(change).problem
    assert problem is None or VIETNAMESE.search(str(problem))
