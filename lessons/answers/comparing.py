"""So câu trả lời với đáp án rồi với từng lỗi hay gặp: đúng, giống lỗi nào, hay lạ ở chỗ nào."""

import contextlib
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from lessons.answers.exercises import Exercise, Lesson
from lessons.answers.kinds import Kind
from lessons.answers.messages import say

Answer = tuple[str, str]  # slot, câu
EXACT = 0.01  # phần của dung sai: float32 hay float64, thứ tự cộng


@dataclass(frozen=True)
class Match:
    """Câu trả lời giống một thứ, trong dung sai của thứ ấy."""

    slot: str
    distance: float
    is_exact: bool


def compare(number: str, exercise: Exercise, given: Any, targets: list[Any], lesson: Lesson) -> Answer:
    """Lời đáp cho `given`, thứ mà `exercise.kind` đã đọc; targets: các đáp án, đáp án chính đứng đầu."""
    kind = exercise.kind
    target = targets[0]
    if target is None or kind.is_void(target):
        return "unknown", say("unknown")
    praise = f"right-{number}"
    rights = [(praise, one) for one in targets]
    right = _find_nearest(kind, given, rights)
    if right and right.is_exact:
        return _praise(praise, kind, target)
    mistakes = _list_mistakes(exercise, target, lesson)
    mistake = _find_nearest(kind, given, mistakes)
    is_mistaken = mistake and mistake.is_exact  # làm tròn thì vẫn đúng, đúng hệt một lỗi thì không
    if right and not is_mistaken:
        return _praise(praise, kind, target)
    if mistake:
        return mistake.slot, say("wrong", sentence=say(mistake.slot))
    return _doubt(kind, given, target)


def _praise(slot: str, kind: Kind, target: Any) -> Answer:
    sentence = say(slot, value=kind.show(target))
    return slot, say("right", sentence=sentence)


def _doubt(kind: Kind, given: Any, target: Any) -> Answer:
    wanted = kind.describe(target)
    with contextlib.suppress(Exception):
        for slot, fields in kind.doubt(given, target):
            sentence = say(slot, **fields)
            form = "wrong-form" if kind.has_form else "wrong"
            return slot, say(form, sentence=sentence, wanted=wanted)
    return "wrong-unknown", say("wrong-unknown", wanted=wanted)


def _list_mistakes(exercise: Exercise, target: Any, lesson: Lesson) -> Iterator[tuple[str, Any]]:
    """Mỗi lỗi và thứ nó cho ra trên dữ liệu này; lỗi không tính được ở đây thì bỏ qua."""
    for slot, way in exercise.mistakes.items():
        with contextlib.suppress(Exception):
            result = way(lesson)
            candidates = result if inspect.isgenerator(result) else [result]
            for candidate in candidates:
                yield slot, candidate
    yield from exercise.kind.derive(target)


def _find_nearest(kind: Kind, given: Any, candidates: Iterable[tuple[str, Any]]) -> Match | None:
    """Thứ gần câu trả lời nhất, trong dung sai; ngang nhau thì thứ kể trước."""
    compared = (_match(kind, given, slot, candidate) for slot, candidate in candidates)
    near = [match for match in compared if match]
    return min(near, key=attrgetter("distance"), default=None)


def _match(kind: Kind, given: Any, slot: str, candidate: Any) -> Match | None:
    with contextlib.suppress(Exception):  # hai thứ không so được thì không giống nhau
        distance = kind.measure(given, candidate)
        allowed = kind.allow(candidate)
        if distance <= allowed:
            return Match(slot, distance, is_exact=distance <= allowed * EXACT)
    return None
