"""Loại câu trả lời: các số theo nhãn (ngày, tháng, tên nơi): Series, từ điển, DataArray một chiều, danh sách."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from lessons.answers.kinds import Doubt, Kind, Number, OddError, read_values
from lessons.answers.messages import say

Numbers = dict[Any, float]


@dataclass(frozen=True, kw_only=True)
class Table(Kind):
    """Mỗi nhãn một số. unit, relative, absolute như của Number.

    zeros_may_lack: nhãn không có thì là 0, như `value_counts` đếm. share: phần nhãn được khác.
    """

    unit: str
    relative: float = 0.005
    absolute: float = 0.0
    zeros_may_lack: bool = False
    share: float = 0.0

    def read(self, value: object) -> Numbers:
        pairs = dict(_read_pairs(value))
        if not pairs:
            raise OddError("odd-empty")
        return pairs

    def measure(self, given: Numbers, target: Numbers) -> float:
        """Phần nhãn có số khác nhau."""
        given = self._match(given, target)
        wrong = self._list_wrong(given, target)
        return len(wrong) / len(given | target)

    def _list_wrong(self, given: Numbers, target: Numbers) -> list[Any]:
        labels = target | given
        return [label for label in labels if not self._is_close(given.get(label), target.get(label))]

    def _is_close(self, one: float | None, other: float | None) -> bool:
        if self.zeros_may_lack:
            one, other = one or 0.0, other or 0.0
        if one is None or other is None:
            return False
        close = np.isclose(
            one,
            other,
            rtol=self.relative,
            atol=self.absolute,
            equal_nan=True,
        )
        return bool(close)

    def _match(self, given: Numbers, target: Numbers) -> Numbers:
        """Một danh sách không nhãn, đủ dài, thì theo thứ tự của đáp án."""
        is_plain = list(given) == list(range(len(given)))
        if is_plain and len(given) == len(target) and given.keys() != target.keys():
            return dict(zip(target, given.values(), strict=True))
        return given

    def allow(self, target: object) -> float:
        return self.share

    def describe(self, target: Numbers | None = None) -> str:
        unit = say(f"unit-{self.unit}")
        if not target:
            return say("table-any", unit=unit)
        return say("table", unit=unit, first=next(iter(target)), size=len(target))

    def derive(self, target: Numbers) -> Iterator[tuple[str, Numbers]]:
        """Lỗi của từng số, mắc ở mọi nhãn."""
        number = Number(unit=self.unit)
        several = zip(*(number.derive(value) for value in target.values()), strict=False)
        for mistakes in several:
            slots, values = zip(*mistakes, strict=True)
            if len(set(slots)) == 1:
                yield slots[0], dict(zip(target, values, strict=True))

    def doubt(self, given: Numbers, target: Numbers) -> Iterator[Doubt]:
        given = self._match(given, target)
        empty = [label for label, number in given.items() if np.isnan(number)]
        if empty and not any(map(np.isnan, target.values())):
            yield "table-nan", {"label": empty[0], "number": len(empty)}
        lacking = [] if self.zeros_may_lack else [label for label in target if label not in given]
        if lacking:
            yield "table-lacks", {"number": len(lacking)}
        extra = [label for label in given if label not in target]
        if extra:
            yield "table-extra", {"label": extra[0], "number": len(extra)}
        wrong = self._list_wrong(given, target)
        if wrong and not lacking and not extra:
            yield "table-wrong", {"label": wrong[0], "number": len(wrong)}

    def is_void(self, target: Numbers) -> bool:
        return not target or all(map(np.isnan, target.values()))


def _read_pairs(value: object) -> Iterator[tuple[Any, float]]:
    """Nhãn và số, dù viết bằng gì."""
    if isinstance(value, pd.DataFrame) and value.shape[1] == 1:
        value = value.iloc[:, 0]
    if isinstance(value, pd.Series):
        value = value.to_dict()
    if isinstance(value, xr.DataArray):
        value = _read_line(value)
    if isinstance(value, Mapping) and not isinstance(value, xr.Dataset):
        yield from _read_mapping(value)
    else:
        yield from _read_list(value)


def _read_mapping(value: Mapping[Any, Any]) -> Iterator[tuple[Any, float]]:
    for label, one in value.items():
        number = read_values(one)
        if number.size != 1:
            raise OddError("odd-many", size=number.size)
        yield read_label(label), float(number.item())


def _read_line(array: xr.DataArray) -> Any:
    line = array.compute().squeeze()
    if line.ndim == 0:
        line = line.expand_dims("point")
    if line.ndim > 1:
        raise OddError("odd-dims", dims=", ".join(map(str, line.dims)))
    axis = line.dims[0]
    numbers: pd.Series[float] = line.to_series()
    return numbers.to_dict() if axis in line.coords else line.values


def _read_list(value: object) -> Iterator[tuple[Any, float]]:
    if _is_list_of_pairs(value):
        yield from _read_mapping(dict(value))  # type: ignore[call-overload]
        return
    values = read_values(value)
    if values.ndim > 1:
        raise OddError("odd-dims", dims=" × ".join(map(str, values.shape)))
    yield from enumerate(map(float, np.atleast_1d(values)))


def _is_list_of_pairs(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, list | tuple) and len(one) == 2 for one in value)


def read_label(label: Any) -> Any:
    """Ngày thành "2023-09-28", số (kể cả viết bằng chữ) thành số nguyên, chữ bỏ khoảng trắng hai đầu."""
    if isinstance(label, np.datetime64 | date):
        return pd.Timestamp(label).date().isoformat()
    if isinstance(label, np.integer | np.floating | int | float):
        return int(label)
    text = str(label).strip()
    return int(text) if text.isdigit() else text
