"""Loại câu trả lời: một mảng pixel. Thứ tự chiều, kiểu số, tọa độ xếp ngược, DataArray hay numpy đều được."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import xarray as xr

from lessons.answers.kinds import Doubt, Kind, OddError, Values, read_values, write_number
from lessons.answers.messages import say

AXES = ("y", "x")
TOLERANCE = 0.5  # phần của một pixel


@dataclass(frozen=True, kw_only=True)
class Layer(Kind):
    """Mảng pixel; đáp án là DataArray, có chiều y và x.

    absolute: dung sai của một pixel. share: phần pixel được khác.
    """

    unit: str
    absolute: float = 0.001
    share: float = 0.0005

    def read(self, value: object) -> xr.DataArray | Values:
        values = read_values(value)
        if values.size < 2:
            raise OddError("odd-few", size=values.size)
        if isinstance(value, xr.DataArray):
            return value.copy(deep=False, data=values).squeeze()
        return values.squeeze()

    def measure(self, given: Any, target: xr.DataArray) -> float:
        target = target.squeeze()
        values = arrange(given, target)
        return 1.0 if values is None else self._compare(values, target.values)

    def _compare(self, one: Values, other: Values) -> float:
        """Phần pixel khác nhau; hai chỗ trống là giống nhau."""
        is_same = np.isclose(
            one.astype("float64"),
            other.astype("float64"),
            rtol=0,
            atol=self.absolute,
            equal_nan=True,
        )
        return 1 - float(is_same.mean())

    def allow(self, target: object) -> float:
        return self.share

    def describe(self, target: xr.DataArray | None = None) -> str:
        if target is None:
            return say(f"layer-{self.unit}")
        sizes = target.squeeze().sizes
        listed = " × ".join(f"{axis} {size}" for axis, size in sizes.items())
        what = say(f"layer-{self.unit}")
        return say("layer-sizes", what=what, sizes=listed)

    def doubt(self, given: Any, target: xr.DataArray) -> Iterator[Doubt]:
        target = target.squeeze()
        values = arrange(given, target)
        if values is None:
            yield from self._doubt_shape(given, target)
            return
        yield from _doubt_day(given, target)
        wanted = target.values
        if self._is_turned(values, wanted):
            yield "turned", {}
        yield from self._doubt_gaps(values, wanted)

    def _is_turned(self, values: Values, wanted: Values) -> bool:
        """Lật trên xuống dưới, trái sang phải, hay hoán vị hai chiều."""
        turned = [
            values[..., ::-1, :],
            values[..., ::-1],
            np.swapaxes(values, -1, -2),
        ]
        fitting = [one for one in turned if one.shape == wanted.shape]
        return any(self._fits(one, wanted) for one in fitting)

    def _fits(self, values: Values, wanted: Values) -> bool:
        return self._compare(values, wanted) <= self.share

    def _doubt_gaps(self, values: Values, wanted: Values) -> Iterator[Doubt]:
        filled = ~np.isnan(values)
        expected = ~np.isnan(wanted)
        both = filled & expected
        if not filled.any():
            yield "layer-empty", {}
        elif both.any() and self._fits(values[both], wanted[both]):
            too_many = filled & ~expected
            yield "gaps-filled" if too_many.any() else "gaps-more", {}
        else:
            different = self._compare(values, wanted)
            percent = write_number(100 * (1 - different), 1)
            yield "layer-part", {"percent": percent}

    def _doubt_shape(self, given: Any, target: xr.DataArray) -> Iterator[Doubt]:
        more = set(getattr(given, "dims", ())) - set(target.dims)
        if "time" in more:
            yield "layer-days", {"days": given.sizes["time"]}
        elif given.ndim > target.ndim:
            yield "layer-more", {"axes": " × ".join(map(str, given.shape))}
        elif isinstance(given, xr.DataArray) and _is_elsewhere(given, target):
            yield "wrong-area", {}
        else:
            sizes = " × ".join(map(str, given.shape))
            yield "layer-shape", {"sizes": sizes}

    def is_void(self, target: xr.DataArray) -> bool:
        return bool(target.isnull().all())


def arrange(given: Any, target: xr.DataArray) -> Values | None:
    """Các số của `given`, xếp như `target`; None khi kích thước hay vùng không phải của nó."""
    if isinstance(given, xr.DataArray) and set(given.dims) == set(target.dims):
        return _arrange_by_names(given.transpose(*target.dims), target)
    values = np.asarray(given)
    if values.shape == target.shape:
        return values
    if values.ndim != target.ndim:
        return None
    for order in permutations(range(values.ndim)):
        turned = values.transpose(order)
        if turned.shape == target.shape and _keeps_plane(order, target):
            return turned
    return None


def _keeps_plane(order: tuple[int, ...], target: xr.DataArray) -> bool:
    """Chiều y vẫn đứng trước chiều x: (y, x, band) là (band, y, x), còn (x, y) thì không phải (y, x)."""
    y, x = (order[target.dims.index(axis)] for axis in AXES)
    return y < x


def _arrange_by_names(given: xr.DataArray, target: xr.DataArray) -> Values | None:
    if given.shape != target.shape:
        return None
    for axis in _list_shared_axes(given, target):
        places = target[axis].values
        given = given.sortby(axis, ascending=bool(places[0] <= places[-1]))
        shift = abs(given[axis].values - places).max()
        if shift > TOLERANCE * _find_step(places):
            return None
    return np.asarray(given.values)


def _list_shared_axes(given: xr.DataArray, target: xr.DataArray) -> list[str]:
    return [axis for axis in AXES if axis in given.coords and axis in target.coords]


def _find_step(places: Values) -> float:
    return float(abs(np.diff(places)).min(initial=math.inf))


def _is_elsewhere(given: xr.DataArray, target: xr.DataArray) -> bool:
    """Ngoài vùng, hay cùng kích thước mà lệch chỗ; cỡ pixel khác thì vẫn là vùng ấy."""
    shared = _list_shared_axes(given, target)
    if set(given.shape) == set(target.shape):
        return bool(shared)
    return not all(_overlap(given[axis], target[axis]) for axis in shared)


def _overlap(one: xr.DataArray, other: xr.DataArray) -> bool:
    return bool(one.max() >= other.min() and one.min() <= other.max())


def _doubt_day(given: Any, target: xr.DataArray) -> Iterator[Doubt]:
    if "time" not in getattr(given, "coords", ()) or "time" not in target.coords:
        return
    days = given.time.values.astype("M8[D]")
    wanted = target.time.values.astype("M8[D]")
    if days.shape == wanted.shape and (days != wanted).any():
        yield "wrong-day", {}
