"""So câu trả lời với đáp án và với từng lỗi hay gặp, rồi nói một câu."""

import contextlib
import inspect
import io
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from IPython import get_ipython

from cdse_access.problems import BadInput, Problem
from cdse_access.telling import tell
from lessons.answers import lesson_1, lesson_2, lesson_3, lesson_4, lesson_5
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
    exercise = EXERCISES.get(number)
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


Answer = tuple[str, str]  # slot, câu


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
    except Problem as problem:
        return "no-reference", say("no-reference", why=problem)
    except Exception as error:  # noqa: BLE001  (biến của notebook đã thành thứ khác)
        why = f"{type(error).__name__}: {error}"
        return "no-reference", say("no-reference", why=why)
    return _compare(number, exercise, given, targets, lesson)


def _read(kind: Kind, value: object) -> Any:
    if value is None:
        raise OddError("odd-none")
    return kind.read(value)


def _compare(number: str, exercise: Exercise, given: Any, targets: list[Any], lesson: Lesson) -> Answer:
    kind = exercise.kind
    target = targets[0]
    if target is None or kind.is_void(target):
        return "unknown", say("unknown")
    right = f"right-{number}"
    praise = say(right, value=kind.show(target))
    if any(kind.is_exact(given, one) for one in targets):
        return right, say("right", sentence=praise)
    mistakes = list(_list_mistakes(exercise, target, lesson))
    is_right = any(kind.is_same(given, one) for one in targets)
    if is_right and not any(_is_exactly(kind, given, one) for _, one in mistakes):
        return right, say("right", sentence=praise)
    if hint := _find_mistake(kind, given, mistakes):
        return hint, say("wrong", sentence=say(hint))
    for doubt, fields in kind.doubt(given, target):
        sentence = say(doubt, **fields)
        return doubt, say("wrong-form", sentence=sentence, wanted=kind.describe(target))
    return "wrong-unknown", say("wrong-unknown", wanted=kind.describe(target))


def _list_mistakes(exercise: Exercise, target: Any, lesson: Lesson) -> Iterator[tuple[str, Any]]:
    """Mỗi lỗi và thứ nó cho ra trên dữ liệu này; lỗi không tính được ở đây thì bỏ qua."""
    for slot, way in exercise.mistakes.items():
        with contextlib.suppress(Exception):
            result = way(lesson)
            candidates = result if inspect.isgenerator(result) else [result]
            for candidate in candidates:
                yield slot, candidate
    yield from exercise.kind.derive(target)


def _find_mistake(kind: Kind, given: Any, mistakes: list[tuple[str, Any]]) -> str | None:
    """Lỗi cho ra thứ gần câu trả lời nhất, trong dung sai; ngang nhau thì lỗi kể trước."""
    near = [(kind.measure(given, one), slot) for slot, one in mistakes if _is_same(kind, given, one)]
    return min(near, key=itemgetter(0))[1] if near else None


def _is_same(kind: Kind, given: Any, candidate: Any) -> bool:
    with contextlib.suppress(Exception):
        return kind.is_same(given, candidate)
    return False


def _is_exactly(kind: Kind, given: Any, candidate: Any) -> bool:
    with contextlib.suppress(Exception):
        return kind.is_exact(given, candidate)
    return False
