"""Từ DN đến phản xạ và NDVI: hệ số của item, không có dữ liệu, mặt nạ SCL."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from pystac import Item

from cdse_access.classes import find_clear
from cdse_access.problems import BadInput
from lessons.messages import say

Array = TypeVar("Array", xr.DataArray, xr.Dataset)
Factors = tuple[float, float]  # scale, offset


def scale_offset(items: Iterable[Item], bands: Sequence[str]) -> Factors:
    """Hệ số nhân và cộng (scale, offset) chung của các band, đọc từ item và đối chiếu với baseline.

    Từ processing baseline 04.00 offset phải là -0.1, trước đó phải là 0 (ESA, Sentinel-2 Products Specification).
    Lỗi: BadInput (ValueError) khi band không phải phản xạ, khi offset trái với baseline, khi các item không cùng hệ số.
    """
    found: dict[Factors, str] = {}
    for item in items:
        for band in bands:
            found.setdefault(_read_factors(item, band), item.id)
    if len(found) != 1:
        raise BadInput(say("factors", found=found or say("no-items")))
    (factors,) = found
    return factors


def _read_factors(item: Item, band: str) -> Factors:
    asset = item.assets[band]
    if "reflectance" not in (asset.roles or []):
        raise BadInput(say("role", band=band, item=item.id, roles=asset.roles))
    scale: Any = asset.extra_fields.get("raster:scale")
    offset: Any = asset.extra_fields.get("raster:offset")
    version = item.properties.get("processing:version", "không rõ")
    expected = -0.1 if version >= "04.00" else 0
    if offset != expected or not version[:1].isdigit():
        raise BadInput(say("baseline", item=item.id, version=version, offset=offset))
    return scale, offset


def reflectance(dn: Array, scale: float, offset: float) -> Array:
    """Phản xạ bề mặt (float32, không thứ nguyên) = DN × scale + offset; DN 0 (không dữ liệu) thành NaN.

    dn: số nguyên, kích thước bất kỳ, DataArray hoặc Dataset chỉ gồm band phản xạ. Giữ kích thước và tọa độ; mảng lười
    thì kết quả cũng lười. Phản xạ hơi âm (DN < 1000) có thật ở vùng rất tối.
    Khối lớn: đưa dn.chunk(y=64), mọi bước sau, kể cả trung vị theo time, tính từng dải 64 hàng và tốn ít bộ nhớ hơn.
    Lỗi: BadInput khi dn đã là số thực.
    """
    for array in _list_arrays(dn):
        if array.dtype.kind not in "ui":
            raise BadInput(say("dn-float"))
    factors = {"scale": scale, "offset": offset}
    result: Array = xr.apply_ufunc(
        _scale,
        dn,
        kwargs=factors,
        keep_attrs=True,
        dask="parallelized",
        output_dtypes=["float32"],
    )
    for array in _list_arrays(result):
        array.attrs = {"long_name": "phản xạ bề mặt", "units": "1"}
    return result


def _list_arrays(data: xr.DataArray | xr.Dataset) -> list[xr.DataArray]:
    if isinstance(data, xr.Dataset):
        return list(data.data_vars.values())
    return [data]


def _scale(dn: np.ndarray, scale: float, offset: float) -> np.ndarray:
    """Tính ngay trong mảng kết quả: không mảng trung gian nào lớn bằng nó."""
    result = dn.astype("float32")
    result *= scale
    result += offset
    np.copyto(result, np.nan, where=dn <= 0)
    return result


def clear(scl: xr.DataArray) -> xr.DataArray:
    """Mặt nạ bool cùng kích thước với `scl`: True nơi nhìn thấy mặt đất hay mặt nước, không mây, không bóng mây.

    scl: lớp Scene Classification 0–11 của Sen2Cor (ESA). Loại các lớp trong `cdse_access.classes.SCL_MASKED`.
    """
    return find_clear(scl)


def ndvi(nir: xr.DataArray, red: xr.DataArray) -> xr.DataArray:
    """NDVI = (NIR - đỏ) / (NIR + đỏ), float32, trong [-1, 1]; NaN nơi thiếu dữ liệu hoặc tổng không dương.

    nir, red: phản xạ (số thực) cùng kích thước; mảng lười thì kết quả cũng lười. Giá trị vượt ±1 do một band hơi âm
    được cắt về ±1. Lỗi: BadInput khi nhận số nguyên, vì hiệu của uint16 bị tràn. Nguồn: Rouse và cộng sự (1974).
    """
    if nir.dtype.kind != "f" or red.dtype.kind != "f":
        raise BadInput(say("ndvi-integer"))
    kinds = [np.result_type(nir.dtype, red.dtype)]
    index: xr.DataArray = xr.apply_ufunc(
        _normalize_difference,
        nir,
        red,
        join="inner",
        keep_attrs="drop_conflicts",
        dask="parallelized",
        output_dtypes=kinds,
    )
    return index.rename("ndvi").assign_attrs(long_name="NDVI", units="1")


def _normalize_difference(nir: np.ndarray, red: np.ndarray) -> np.ndarray:
    """(nir - red) / (nir + red) trong [-1, 1]; NaN nơi tổng không dương."""
    with np.errstate(divide="ignore", invalid="ignore"):
        total = nir + red
        index = np.asarray(nir - red)
        index /= total
    np.clip(index, -1, 1, out=index)
    is_positive = total > 0
    np.copyto(index, np.nan, where=~is_positive)
    return index
