"""Từ DN đến phản xạ và NDVI: hệ số của item, không có dữ liệu, mặt nạ SCL."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import xarray as xr
from pystac import Item

from cdse_access.classes import SCL_MASKED
from cdse_access.problems import BadInput

Array = TypeVar("Array", xr.DataArray, xr.Dataset)


def scale_offset(items: Iterable[Item], bands: Sequence[str]) -> tuple[float, float]:
    """Hệ số nhân và cộng (scale, offset) chung của các band, đọc từ item và đối chiếu với baseline.

    Từ processing baseline 04.00 offset phải là -0.1, trước đó phải là 0 (ESA, Sentinel-2 Products Specification).
    Lỗi: BadInput (ValueError) khi band không phải phản xạ, khi offset trái với baseline, khi các item không cùng hệ số.
    """
    found = {}
    for item in items:
        version = item.properties.get("processing:version", "không rõ")
        for band in bands:
            asset = item.assets[band]
            if "reflectance" not in (asset.roles or []):
                raise BadInput(f"{band} của {item.id} không phải band phản xạ (roles {asset.roles}): bỏ nó ra.")
            pair = asset.extra_fields.get("raster:scale"), asset.extra_fields.get("raster:offset")
            if pair[1] != (-0.1 if version >= "04.00" else 0) or not version[0].isdigit():
                raise BadInput(
                    f"{item.id} có baseline {version} nhưng raster:offset {pair[1]}: hai điều này trái nhau, "
                    "hãy tìm bản xử lý mới hơn (baseline 05.xx) của cùng ngày."
                )
            found.setdefault(pair, item.id)
    if len(found) != 1:
        raise BadInput(
            f"Cần đúng một cặp (scale, offset), có {found or 'không item nào'}: "
            "hãy tách item trước và sau baseline 04.00, đổi ra phản xạ riêng, rồi mới ghép."
        )
    return next(iter(found))


def reflectance(dn: Array, scale: float, offset: float) -> Array:
    """Phản xạ bề mặt (float32, không thứ nguyên) = DN × scale + offset; DN 0 (không dữ liệu) thành NaN.

    dn: số nguyên, kích thước bất kỳ, DataArray hoặc Dataset chỉ gồm band phản xạ. Giữ kích thước và tọa độ.
    Phản xạ hơi âm (DN < 1000) có thật ở vùng rất tối. Lỗi: BadInput khi dn đã là số thực.
    """
    arrays = dn.data_vars.values() if isinstance(dn, xr.Dataset) else [dn]
    if any(array.dtype.kind not in "ui" for array in arrays):
        raise BadInput("dn phải là số nguyên (DN): mảng này đã là số thực, có lẽ đã đổi ra phản xạ rồi.")
    result = dn.where(dn > 0).astype("float32") * scale + offset
    for array in result.data_vars.values() if isinstance(result, xr.Dataset) else [result]:
        array.attrs = {"long_name": "phản xạ bề mặt", "units": "1"}
    return result


def clear(scl: xr.DataArray) -> xr.DataArray:
    """Mặt nạ bool cùng kích thước với `scl`: True nơi nhìn thấy mặt đất hay mặt nước, không mây, không bóng mây.

    scl: lớp Scene Classification 0–11 của Sen2Cor (ESA). Loại các lớp trong SCL_MASKED.
    """
    return ~scl.isin(SCL_MASKED)


def ndvi(nir: xr.DataArray, red: xr.DataArray) -> xr.DataArray:
    """NDVI = (NIR - đỏ) / (NIR + đỏ), float32, trong [-1, 1]; NaN nơi thiếu dữ liệu hoặc tổng không dương.

    nir, red: phản xạ (số thực) cùng kích thước. Giá trị vượt ±1 do một band hơi âm được cắt về ±1.
    Lỗi: BadInput khi nhận số nguyên, vì hiệu của uint16 bị tràn. Nguồn: Rouse và cộng sự (1974).
    """
    if nir.dtype.kind != "f" or red.dtype.kind != "f":
        raise BadInput("NDVI cần phản xạ (số thực): hãy gọi reflectance(dn, scale, offset) trước.")
    total = nir + red
    index = ((nir - red) / total.where(total > 0)).clip(-1, 1)
    return index.rename("ndvi").assign_attrs(long_name="NDVI", units="1")
