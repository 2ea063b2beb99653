"""Loại câu trả lời: một hàm, được gọi với vài bộ đối số rồi so kết quả."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.answers.kinds import Doubt, Kind, OddError
from lessons.answers.messages import say

Results = tuple[Any, ...]


class Raised:
    """Hàm dừng bằng một lỗi; hai lỗi bất kỳ là như nhau."""

    def __init__(self, error: Exception) -> None:
        self.name = type(error).__name__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raised)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Function(Kind):
    """Một hàm. cases: các bộ đối số; đáp án và mỗi lỗi cũng là một hàm."""

    cases: tuple[tuple[Any, ...], ...]
    has_form = False  # hàm thì đã là hàm: chỉ kết quả của nó chưa đúng

    def read(self, value: object) -> Results:
        if not callable(value) or isinstance(value, type):
            kind = type(value).__name__
            raise OddError("odd-no-function", kind=kind)
        return tuple(_call(value, case) for case in self.cases)

    def measure(self, given: Results, target: Any) -> float:
        """Phần các bộ đối số cho kết quả khác."""
        wanted = self.read(target)
        different = [one for one, other in zip(given, wanted, strict=True) if not _is_same(one, other)]
        return len(different) / len(self.cases)

    def allow(self, target: object) -> float:
        return 0.0

    def describe(self, target: object = None) -> str:
        return say("function")

    def doubt(self, given: Results, target: Any) -> Iterator[Doubt]:
        wanted = self.read(target)
        for case, one, other in zip(self.cases, given, wanted, strict=True):
            if not _is_same(one, other):
                call = ", ".join(map(repr, case))
                slot = (
                    "function-none"
                    if one is None
                    else "function-raises"
                    if isinstance(one, Raised)
                    else "function-case"
                )
                yield slot, {"call": call, "result": repr(one)}
                return

    def show(self, target: object) -> str:
        return ""


def _call(function: Any, case: tuple[Any, ...]) -> Any:
    arguments = copy.deepcopy(case)
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001  (hàm của người học dừng vì bất cứ lỗi gì)
        return Raised(error)


def _is_same(one: Any, other: Any) -> bool:
    if type(one) is bool or type(other) is bool:
        return one is other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    try:
        numbers = np.asarray(one, "float64"), np.asarray(other, "float64")
    except (TypeError, ValueError):
        return bool(one == other)
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    return numbers[0].shape == numbers[1].shape and np.allclose(*numbers, rtol=1e-4, equal_nan=True)
