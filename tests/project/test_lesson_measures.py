"""tools.lesson_measures: cells by hand; the lessons keep to the aims."""

import pytest
from nbformat.v4 import new_code_cell, new_output

from tools import lesson_measures as measures

LESSONS = ("01-xac-thuc", "02-kham-pha-stac", "03-tai-du-lieu", "04-ndvi", "05-rgb")
PICTURE = new_output("display_data", data={"image/png": "", "text/plain": "NDVI"})
TOLD = {"alt": "a", "caption": "b", "label": "c"}
QUIZ = """**Câu {number}.** Vì sao?

:::{{dropdown}} Một
:class: quiz
{first}: không đếm những chữ này.
:::
:::{{dropdown}} Hai
:class: quiz
Chưa đúng: vì thế.
:::
:::{{dropdown}} Ba
:class: quiz
Chưa đúng: vì thế.
:::
"""


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_keeps_to_the_aims(name):
    assert measures.find_excesses(measures.measure(measures.read(name)), with_slack=True) == []


def make_cells(**code: str) -> list:
    return [new_code_cell(source) for source in code.values()]


def test_cells_are_counted_as_they_are_seen():
    exercise = new_code_cell("a = ...\ncheck('1.1', a)", metadata={"tags": ["exercise"]})
    cells = [*make_cells(short="a", long="\n\n".join("abcdefghijk")), exercise]
    found = measures.measure(cells)
    assert (found.cells, found.lines, found.short, found.exercises) == (2, 6, 0.5, 1)
    assert found.asserts == 0 and found.columns == len("check('1.1', a)")
    assert measures.measure(make_cells(one="assert x")).asserts == 1


def test_figures_are_told_and_short():
    told = new_code_cell("a\nb\nshow_map(c)", metadata=TOLD, outputs=[PICTURE])
    untold = new_code_cell("show_map(c)", metadata={"alt": "a"}, outputs=[PICTURE])
    found = measures.measure([new_code_cell("1"), told, untold])
    assert (found.figure_lines, found.first_picture, found.untold) == (3, 2, 1)
    assert measures.measure([new_code_cell("1")]).first_picture == 0


@pytest.mark.parametrize(
    ("source", "is_value"),
    [
        ("ndvi", True),
        ("a = 1\nshow_map(a)", True),
        ("%time a\nb", True),
        ("print(a)", False),
        ("a = 1", False),
        ("import a", False),
        ("", False),
        ("for a in b:\n    a", False),
    ],
)
def test_what_a_cell_ends_on(source, is_value):
    assert measures.ends_on_value(source) is is_value


@pytest.mark.parametrize(
    ("text", "is_dict"), [("{'a': 1}", True), ("Frozen({'x': 1})", True), ("[{}]", False), ("a {", False)]
)
def test_reprs_of_dicts_are_seen(text, is_dict):
    value = new_code_cell("a", outputs=[new_output("execute_result", data={"text/plain": text}, execution_count=1)])
    printed = new_code_cell("a", outputs=[new_output("stream", text=text)])
    assert [measures.shows_dict(cell) for cell in (value, printed)] == [is_dict, is_dict]


def test_syllables_are_those_of_open_prose():
    text = "# Hai chữ\n\n:::{note} Một ghi chú\nBốn chữ ở đây\n:::\n\n```python\nx = 1\n```\n\n- 31 % NDVI – `B04`\n"
    assert measures.count_syllables(text) == 2 + 3 + 4 + 2  # "31", "%" and "–" are no words
    assert (
        measures.count_syllables(QUIZ.format(number=1, first="Đúng")) == 3 + 3
    )  # the question, and the names of its choices


def test_a_question_has_three_choices_and_one_is_right():
    right, wrong = QUIZ.format(number=1, first="Đúng"), QUIZ.format(number=2, first="Chưa đúng")
    assert measures.count_questions(right + wrong + right) == 2
    assert measures.count_questions("**Câu 1.** Không lựa chọn nào?") == 0


def test_aims_hold_with_and_without_slack():
    aim = measures.Aim(lowest=2, highest=4, slack=1)
    assert [aim.holds(value, with_slack=False) for value in (1, 2, 4, 5)] == [False, True, True, False]
    assert [aim.holds(value, with_slack=True) for value in (0, 1, 5, 6)] == [False, True, True, False]
    poor = measures.measure(make_cells(one="a = 1", two="b = 2"))
    excesses = measures.find_excesses(poor)
    assert any(line.startswith("values 0, aim 0.6") for line in excesses)
    assert {line.split()[0] for line in excesses} == {"values", "first_picture", "syllables", "exercises", "questions"}
