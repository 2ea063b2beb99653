"""So câu trả lời với đáp án và với từng lỗi hay gặp, rồi nói một câu."""

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from IPython import get_ipython

from cdse_access.problems import BadInput, Problem
from cdse_access.telling import tell
from lessons.answers import lesson_1, lesson_2, lesson_3, lesson_4, lesson_5
from lessons.answers.comparing import Answer, compare
from lessons.answers.exercises import Exercise, Lesson, MissingNameError
from lessons.answers.kinds import Kind, OddError
from lessons.answers.messages import say

EXERCISES: dict[str, Exercise] = {}
for _module in (lesson_1, lesson_2, lesson_3, lesson_4, lesson_5):
    EXERCISES |= _module.EXERCISES


@dataclass(frozen=True)
class Verdict:
    """Lời đáp: slot của nó, và cả câu."""

    slot: str
    text: str


def check(number: str, value: object, *, data: Mapping[str, Any] | None = None) -> None:
    """In ra câu trả lời của bài tập `number` đã đúng chưa; chưa thì nó giống lỗi nào. Không bao giờ in đáp án.

    Đáp án được tính từ chính dữ liệu của bạn (`dn`, `items` …), nên đổi vùng hay đổi ngày vẫn kiểm tra được.
    value: kết quả của bạn; `...` là chưa trả lời. data: các biến của bài, mặc định là của notebook.
    Lỗi: BadInput khi không có bài tập ấy.
    """
    verdict = judge(number, value, _read_notebook() if data is None else data)
    tell(verdict.text)


def _read_notebook() -> Mapping[str, Any]:
    shell = get_ipython()
    return shell.user_ns if shell else vars(sys.modules["__main__"])


def judge(number: str, value: object, data: Mapping[str, Any]) -> Verdict:
    """Lời đáp mà `check` sẽ in."""
    exercise = EXERCISES.get(number) if isinstance(number, str) else None
    if exercise is None:
        numbers = ", ".join(EXERCISES)
        raise BadInput(say("no-exercise", number=number, numbers=numbers))
    lesson = Lesson(data)
    with _in_silence():
        slot, text = _answer(number, exercise, value, lesson)
    heading = say("heading", number=number)
    return Verdict(slot, f"{heading} {text}")


@contextlib.contextmanager
def _in_silence() -> Iterator[None]:
    """Tính đáp án không in gì: không lời nhắn của `load`, không thanh tiến độ, không cảnh báo."""
    nowhere = io.StringIO()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _answer(number: str, exercise: Exercise, value: object, lesson: Lesson) -> Answer:
    if value is ...:
        return "blank", say("blank")
    kind = exercise.kind
    try:
        given = _read(kind, value)
    except OddError as odd:
        what = say(odd.slot, **odd.fields)
        return odd.slot, say("odd", what=what, wanted=kind.describe())
    try:
        targets = [way(lesson) for way in (exercise.right, *exercise.also)]
    except MissingNameError as missing:
        return "missing", say("missing", name=missing)
    except Exception as error:  # noqa: BLE001  (biến của notebook đã thành thứ khác)
        return "no-reference", say("no-reference", why=_name_error(error))
    return compare(number, exercise, given, targets, lesson)


def _read(kind: Kind, value: object) -> Any:
    if value is None:
        raise OddError("odd-none")
    try:
        return kind.read(value)
    except OddError:
        raise
    except Exception as error:  # noqa: BLE001  (mảng lười không tính được, hay vật lạ)
        why = _name_error(error)
        raise OddError("odd-broken", why=why) from None


def _name_error(error: Exception) -> str:
    if isinstance(error, Problem):
        return str(error)
    return f"{type(error).__name__}: {error}"
