"""Lưới và ngày của hai mảng: xarray ghép phần chung của chúng mà không báo gì, ở đây phải giống hệt nhau."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import odc.geo.xr  # noqa: F401  (thuộc tính `.odc` của mảng)
import xarray as xr

from cdse_access.problems import BadInput
from lessons.messages import say

Values = np.ndarray[Any, Any]

EXAMPLES = {  # thứ mà hàm cần dưới tên ấy
    "nir": "rho.B08_10m",
    "red": "rho.B04_10m",
    "scl": "dn.SCL_20m",
}
TOLERANCE = 1e-3  # pixel: tọa độ ghi ra tệp rồi đọc lại, hay đổi hệ rồi đổi về, lệch ít hơn thế


def check_array(name: str, array: object) -> None:
    """Lỗi: BadInput khi thứ nhận được không phải một DataArray, chẳng hạn cả Dataset hay mảng numpy."""
    if not isinstance(array, xr.DataArray):
        kind = type(array).__name__
        example = EXAMPLES.get(name, "dn.B04_10m")
        raise BadInput(say("not-array", name=name, kind=kind, example=example))
    for axis, index in array.indexes.items():
        is_number = index.dtype.kind in "iuf"
        if is_number and not index.is_unique:
            raise BadInput(say("coords-twice", name=name, axis=axis))


def match_grids(**arrays: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Hai mảng cùng chiều, cùng lưới, cùng ngày, cùng hệ quy chiếu; mảng sau mang đúng tọa độ của mảng trước.

    Thứ tự các chiều có thể khác, một mảng có thể lười. Lỗi: BadInput kể mọi chỗ khác nhau và cách chữa.
    """
    for name, array in arrays.items():
        check_array(name, array)
    first, second = arrays.values()
    differences = "; ".join(_find_differences(first, second))
    if differences:
        names = " với ".join(arrays)
        raise BadInput(say("grids-differ", names=names, differences=differences))
    shared = [dim for dim in first.dims if _have_both(first, second, dim)]
    same = {dim: first[dim].variable for dim in shared}
    return first, second.assign_coords(same)


def _have_both(first: xr.DataArray, second: xr.DataArray, axis: Any) -> bool:
    return axis in first.coords and axis in second.coords


def _find_differences(first: xr.DataArray, second: xr.DataArray) -> Iterator[str]:
    if set(first.dims) != set(second.dims):
        yield say("differ-dims", one=first.dims, other=second.dims)
    if not _is_same_crs(first, second):
        yield say("differ-crs", one=_name_crs(first), other=_name_crs(second))
    axes = {*map(str, first.dims), "time", "y", "x"}  # đã chọn một ngày, một cột thì còn là tọa độ, không là chiều
    for axis in sorted(axes):
        if _have_both(first, second, axis):
            yield from _compare_axes(axis, first[axis], second[axis])
            continue
        size, other = first.sizes.get(axis), second.sizes.get(axis)
        if size != other:
            yield say("differ-size", axis=axis, one=size, other=other)


def _is_same_crs(first: xr.DataArray, second: xr.DataArray) -> bool:
    """Mảng không ghi hệ quy chiếu thì tọa độ phải nói thay."""
    one, other = first.odc.crs, second.odc.crs
    if one is None or other is None:
        return True
    if one.epsg and other.epsg:
        return bool(one.epsg == other.epsg)
    return bool(one == other)


def _name_crs(array: xr.DataArray) -> str:
    crs = array.odc.crs
    if crs is None:
        return say("no-crs")
    return f"EPSG:{crs.epsg}" if crs.epsg else str(crs.proj.name)


# -- từng trục ---------------------------------------------------------------


def _compare_axes(axis: str, first: xr.DataArray, second: xr.DataArray) -> Iterator[str]:
    one = np.atleast_1d(first.values)
    other = np.atleast_1d(second.values)
    kinds = {one.dtype.kind, other.dtype.kind}
    if kinds == {"M"}:
        yield from _compare_times(one, other)
    elif kinds <= set("iuf"):
        yield from _compare_numbers(axis, one, other)
    elif not np.array_equal(one, other):
        yield say("differ-labels", axis=axis)


def _compare_numbers(axis: str, one: Values, other: Values) -> Iterator[str]:
    step, other_step = _find_step(one), _find_step(other)
    if one.size != other.size:
        yield say(
            "differ-steps",
            axis=axis,
            one=one.size,
            other=other.size,
            step=step,
            other_step=other_step,
        )
        return
    shift = abs(one - other).max(initial=0)
    is_near = shift <= TOLERANCE * step
    if not is_near:  # kể cả khi shift là NaN
        yield say("differ-shift", axis=axis, shift=shift, step=step)


def _find_step(values: Values) -> float:
    """Khoảng cách nhỏ nhất của hai điểm kề nhau; một điểm thì không có, nên lấy một phần triệu của chính nó."""
    if values.size > 1:
        steps = np.diff(values)
        return float(abs(steps).min())
    return abs(float(values.max(initial=0))) * 1e-6


def _compare_times(one: Values, other: Values) -> Iterator[str]:
    if np.array_equal(one, other):
        return
    days, other_days = _list_days(one), _list_days(other)
    only = sorted(set(days) - set(other_days))
    other_only = sorted(set(other_days) - set(days))
    if only or other_only:
        yield say("differ-days", one=_join(only), other=_join(other_only))
    elif days == other_days:
        yield say("differ-hours", one=one[0], other=other[0])
    else:
        yield say("differ-order")


def _list_days(times: Values) -> list[str]:
    days: list[str] = np.datetime_as_string(times, "D").tolist()
    return days


def _join(days: list[str]) -> str:
    return ", ".join(days) or "–"
