"""Loại câu trả lời: một hay nhiều tên (ngày, id của item, tên band): chuỗi, danh sách, tập hợp, các item."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pystac import Item

from lessons.answers.kinds import Doubt, Kind, OddError
from lessons.answers.messages import say

DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ].*)?|(\d\d?)/(\d\d?)/(\d{4})")  # 2023-09-28 hay 28/9/2023


@dataclass(frozen=True, kw_only=True)
class Names(Kind):
    """Một tập tên, không kể thứ tự. of: "dates", "ids" hay "words" (chữ hoa, chữ thường như nhau).

    empty: slot của lời dành cho kết quả trống.
    """

    of: str
    empty: str = "odd-empty"

    def read(self, value: object) -> frozenset[str]:
        names = frozenset(map(self._read_name, _list_parts(value)))
        if not names:
            raise OddError(self.empty)
        return names

    def _read_name(self, part: object) -> str:
        if isinstance(part, Item):
            instant = part.datetime
            return instant.date().isoformat() if self.of == "dates" and instant else part.id
        if isinstance(part, np.datetime64 | date):
            return pd.Timestamp(part).date().isoformat()
        if isinstance(part, Real | np.number):
            raise OddError("odd-number")
        if not isinstance(part, str):
            raise OddError("odd-type", kind=type(part).__name__)
        return self._read_text(part.strip())

    def _read_text(self, text: str) -> str:
        if self.of == "words":
            return text.casefold()
        if self.of != "dates":
            return text
        found = DAY.fullmatch(text)
        if found is None:
            raise OddError("odd-date", text=text)
        year, month, day = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
        return f"{year}-{int(month):02}-{int(day):02}"

    def measure(self, given: frozenset[str], target: object) -> float:
        """Phần không chung."""
        wanted = self.read(target)
        return 1 - len(given & wanted) / len(given | wanted)

    def allow(self, target: object) -> float:
        return 0.0

    def describe(self, target: object = None) -> str:
        return say(f"names-{self.of}")

    def doubt(self, given: frozenset[str], target: object) -> Iterator[Doubt]:
        wanted = self.read(target)
        extra, lacking = given - wanted, wanted - given
        if len(given) == len(wanted) == 1:
            return
        if extra:
            yield "names-extra", {"name": min(extra), "number": len(extra)}
        if lacking:
            yield "names-lack", {"number": len(lacking)}

    def show(self, target: object) -> str:
        names = sorted(self.read(target))
        if self.of == "dates":
            names = [_write_day(name) for name in names]
        return ", ".join(names)


def _write_day(name: str) -> str:
    """28/9/2023"""
    year, month, day = map(int, name.split("-"))
    return f"{day}/{month}/{year}"


def _list_parts(value: object) -> list[Any]:
    if isinstance(value, str | Item | date | np.datetime64):
        return [value]
    if isinstance(value, xr.DataArray):
        value = np.asarray(value.compute())
    if isinstance(value, np.ndarray):
        return list(value.ravel())
    if isinstance(value, Real):
        raise OddError("odd-number")
    if isinstance(value, Iterable) and not isinstance(value, xr.Dataset | Iterator):
        return list(value)
    raise OddError("odd-type", kind=type(value).__name__)
