"""Một bài tập là một bảng: cách đọc câu trả lời, đáp án đúng, và mỗi lỗi hay gặp cho ra gì."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from lessons.answers.kinds import Kind


class MissingNameError(AttributeError):
    """Notebook chưa có biến này: các ô phía trên chưa chạy."""


class Lesson:
    """Các biến của notebook, chỉ để đọc: `lesson.dn`, `lesson.items` …"""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names
        self.made: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        value = self._names.get(name)
        if value is None or value is ...:
            raise MissingNameError(name)
        return value


Made = TypeVar("Made")
Reference = Callable[[Lesson], Any]


def once(make: Callable[[Lesson], Made]) -> Callable[[Lesson], Made]:
    """Tính một lần trong mỗi lần kiểm tra: nhiều lỗi bắt đầu từ cùng một mảng."""

    @wraps(make)
    def remember(lesson: Lesson) -> Made:
        name = make.__name__
        if name not in lesson.made:
            lesson.made[name] = make(lesson)
        made: Made = lesson.made[name]
        return made

    return remember


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """Bảng của một bài tập.

    right: tính đáp án từ dữ liệu của người học; None nếu dữ liệu ấy không cho biết đáp án (ảnh thật không có sự thật).
    also: những đáp án cũng đúng. mistakes: với mỗi gợi ý (slot trong `messages`), hàm tính thứ mà lỗi ấy cho ra; hàm
    có `yield` thì cho ra nhiều thứ, chẳng hạn con số của mọi ngày khác.
    """

    kind: Kind
    right: Reference
    also: tuple[Reference, ...] = ()
    mistakes: Mapping[str, Reference] = field(default_factory=dict)
