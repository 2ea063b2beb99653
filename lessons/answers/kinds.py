"""Loại câu trả lời: đọc mọi cách viết đúng của người học thành một dạng, rồi so. Ở đây: loại chung, và một số."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from lessons.answers.messages import say

Values = np.ndarray[Any, Any]
Doubt = tuple[str, dict[str, Any]]  # slot, các trường của nó
NUMBERS = "biuf"


class OddError(Exception):
    """Thứ nhận được không thuộc loại cần: `slot` và `fields` nói nó là gì."""

    def __init__(self, slot: str, **fields: Any) -> None:
        super().__init__(slot)
        self.slot = slot
        self.fields = fields


class Kind:
    """Một loại câu trả lời. Không hàm nào sửa hay in dữ liệu của người học."""

    has_form = True  # câu trả lời đọc được rồi vẫn có thể sai dạng, nên lời đáp nhắc cần thứ gì

    def read(self, value: object) -> Any:
        """Câu trả lời ở dạng so được; OddError khi không thể."""
        raise NotImplementedError

    def measure(self, given: Any, target: Any) -> float:
        """Hai thứ khác nhau bao nhiêu: 0 là giống hệt."""
        raise NotImplementedError

    def allow(self, target: Any) -> float:
        """Khác nhau tới đây thì vẫn coi là một."""
        raise NotImplementedError

    def describe(self, target: Any = None) -> str:
        """Cần thứ gì: loại, kích thước, đơn vị."""
        raise NotImplementedError

    def derive(self, target: Any) -> Iterator[tuple[str, Any]]:
        """Những lỗi mà đáp án nào của loại này cũng có thể mắc: slot, và thứ nó cho ra."""
        yield from ()

    def doubt(self, given: Any, target: Any) -> Iterator[Doubt]:
        """Khi không lỗi nào khớp: điều lạ nhìn thấy được ở câu trả lời."""
        yield from ()

    def show(self, target: Any) -> str:
        """Đáp án bằng chữ, cho câu đọc kết quả."""
        return str(target)

    def is_void(self, target: Any) -> bool:
        """Dữ liệu của người học không cho đáp án nào: mọi pixel bị mây chẳng hạn."""
        return False


def read_values(value: object) -> Values:
    """Mảng số của DataArray, numpy, dask, pandas, danh sách hay một số; mảng lười được tính ra một bản riêng."""
    if isinstance(value, str | bytes):
        raise OddError("odd-text")
    if isinstance(value, xr.Dataset):
        raise OddError("odd-dataset", names=", ".join(map(str, value.data_vars)))
    if isinstance(value, np.ma.MaskedArray):
        value = np.ma.filled(value.astype("float64"), np.nan)
    if isinstance(value, xr.DataArray):
        value = value.compute()
    if isinstance(value, Real):
        return np.array(float(value))
    try:
        values = np.asarray(value)
    except (TypeError, ValueError):
        raise _find_odd(value) from None
    if values.dtype.kind not in NUMBERS:
        raise _find_odd(value)
    return values


def _find_odd(value: object) -> OddError:
    if callable(value):
        return OddError("odd-function")
    kind = type(value).__name__
    return OddError("odd-type", kind=kind)


def write_number(number: float, digits: int) -> str:
    """Số với dấu phẩy thập phân."""
    return f"{number:.{digits}f}".replace(".", ",")


# Đơn vị: số lần mà một đơn vị nhầm làm đáp án lớn lên.
FACTORS: dict[str, dict[str, float]] = {
    "count": {},
    "degrees": {"radians-for-degrees": math.pi / 180},
    "gb": {"mb-for-gb": 1000, "bytes-for-gb": 1e9},
    "ha": {"km2-for-ha": 0.01, "m2-for-ha": 10_000, "pixels-for-ha": 100},
    "ndvi": {},
    "reflectance": {"percent-for-share": 100},
    "share": {"percent-for-share": 100},
}
RANGES = {  # ngoài khoảng này thì con số tự nói lên lỗi
    "ndvi": (-1, 1),
    "reflectance": (-0.2, 2),
    "share": (0, 1),
}
NEAR = 10  # lần dung sai


@dataclass(frozen=True, kw_only=True)
class Number(Kind):
    """Một số, với đơn vị: int, float, số của numpy hay pandas, mảng một phần tử, mảng lười.

    relative, absolute: dung sai, tính theo đáp án hay là một số. digits: số chữ số sau dấu phẩy khi kể lại.
    """

    unit: str
    relative: float = 0.005
    absolute: float = 0.0
    digits: int = 2

    def read(self, value: object) -> float:
        values = read_values(value)
        if values.size != 1:
            raise OddError("odd-many", size=values.size)
        return float(values.item())

    def measure(self, given: float, target: float) -> float:
        return abs(given - target) if math.isfinite(given) else math.inf

    def allow(self, target: float) -> float:
        return max(self.absolute, self.relative * abs(target))

    def describe(self, target: object = None) -> str:
        return say(f"unit-{self.unit}")

    def derive(self, target: float) -> Iterator[tuple[str, float]]:
        for slot, factor in FACTORS[self.unit].items():
            yield slot, target * factor
        if self.unit == "share":
            yield "rest", 1 - target
        if target:
            yield "sign", -target

    def doubt(self, given: float, target: float) -> Iterator[Doubt]:
        if not math.isfinite(given):
            yield "number-nan", {}
            return
        lowest, highest = RANGES.get(self.unit, (-math.inf, math.inf))
        if not lowest <= given <= highest:
            yield f"range-{self.unit}", {}
        elif self.measure(given, target) <= NEAR * self.allow(target):
            yield "near", {}

    def show(self, target: float) -> str:
        return write_number(target, self.digits)

    def is_void(self, target: float) -> bool:
        return not math.isfinite(target)
