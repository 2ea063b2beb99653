"""Từ DN đến phản xạ và NDVI: hệ số của item, không có dữ liệu, mặt nạ SCL."""

import math
import re
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from pystac import Item

from cdse_access.checks.items import choose_newest, list_items, read_bands, set_instant
from cdse_access.classes import SCL_CLASSES, find_clear
from cdse_access.georeference import list_arrays, write_georeference
from cdse_access.problems import BadInput
from lessons.grids import check_array, match_grids
from lessons.messages import say

Array = TypeVar("Array", xr.DataArray, xr.Dataset)
Layer = np.ndarray[Any, Any]
Factors = tuple[float, float]  # scale, offset

SHOWN = 5  # dòng lỗi
LARGEST_DN = 32767  # Sentinel-2 ghi 15 bit
LARGEST_SUM = 6.6  # của hai phản xạ, với DN lớn nhất và offset 0
LARGEST_SCALE = 0.001
LARGEST_OFFSET = 1
BAND = re.compile(r"(B\d\w|[A-Z]{3})_\d+m|(?i:(B\d\w|SCL|AOT|WVP|TCI)(_\d+m)?)")  # B04_10m, SCL_20m, scl
VISIBLE = ("B01", "B02", "B03", "B04")
INFRARED = ("B07", "B08", "B8A", "B09")


def scale_offset(items: Iterable[Item], bands: Sequence[str]) -> Factors:
    """Hệ số nhân và cộng (scale, offset) chung của các band, đọc từ item và đối chiếu với baseline.

    Từ processing baseline 04.00 offset phải là -0.1, trước đó phải là 0 (ESA, Sentinel-2 Products Specification).
    Chỉ xét những item mà `load` sẽ đọc từ danh sách ấy: bản mới nhất của mỗi lần chụp, có band.
    Lỗi: BadInput (ValueError) kể mọi item có band không phải phản xạ, có offset trái với baseline; hoặc khi các item
    không cùng hệ số.
    """
    names = read_bands(bands)
    newest = choose_newest([set_instant(item) for item in list_items(items)])
    read = [(item, band) for item in newest for band in names if band in item.assets]
    if not read:
        raise BadInput(say("factors-none", bands=", ".join(names)))
    faults = [_find_fault(item, band) for item, band in read]
    _refuse_faults(faults)
    found: dict[Factors, str] = {}
    for item, band in read:
        factors = _read_factors(item, band)
        found.setdefault(factors, item.id)
    if len(found) > 1:
        raise BadInput(say("factors", found=found))
    return next(iter(found))


def _find_fault(item: Item, band: str) -> str | None:
    roles = item.assets[band].roles or []
    if "reflectance" not in roles:
        return say("role", band=band, item=item.id, roles=roles)
    scale, offset = _read_factors(item, band)
    if not _is_positive(scale):
        return say("scale", band=band, item=item.id, scale=scale)
    version = str(item.properties.get("processing:version"))
    expected = -0.1 if version >= "04.00" else 0
    if offset != expected or not version[:1].isdigit():
        return say("baseline", item=item.id, version=version, offset=offset)
    return None


def _refuse_faults(faults: Iterable[str | None]) -> None:
    """Mỗi lỗi một dòng, không lặp; nhiều quá thì chỉ kể vài dòng đầu và đếm phần còn lại."""
    lines = [fault for fault in dict.fromkeys(faults) if fault]
    rest = len(lines) - SHOWN
    if rest > 0:
        lines[SHOWN:] = [say("more", number=rest)]
    if lines:
        raise BadInput("\n".join(lines))


def _read_factors(item: Item, band: str) -> Any:
    fields = item.assets[band].extra_fields
    return fields.get("raster:scale"), fields.get("raster:offset")


def _is_positive(number: Any) -> bool:
    return isinstance(number, int | float) and 0 < number < math.inf


def reflectance(dn: Array, scale: float, offset: float) -> Array:
    """Phản xạ bề mặt (float32, không thứ nguyên) = DN × scale + offset; DN 0 (không dữ liệu) thành NaN.

    dn: số nguyên, kích thước bất kỳ, DataArray hoặc Dataset chỉ gồm band phản xạ. Giữ kích thước, tọa độ, hệ quy chiếu;
    mảng lười thì kết quả cũng lười. Phản xạ hơi âm (DN < 1000) có thật ở vùng rất tối. Một số lớn hơn 32767 lặp lại
    (65535 chẳng hạn) là giá trị lấp chỗ trống, cũng thành NaN.
    Khối lớn: đưa dn.chunk(y=64), mọi bước sau, kể cả trung vị theo time, tính từng dải 64 hàng và tốn ít bộ nhớ hơn.
    Lỗi: BadInput khi dn đã là số thực, không phải band phản xạ, hay có nhiều số khác nhau lớn hơn 32767.
    """
    if not isinstance(dn, xr.Dataset):
        check_array("dn", dn)
    for array in list_arrays(dn):
        check_array("dn", array)
    dn = write_georeference(dn)
    _check_dn(dn)
    _check_factors(scale, offset)
    factors = {"scale": float(scale), "offset": float(offset)}
    result: Array = xr.apply_ufunc(
        _scale,
        dn,
        kwargs=factors,
        keep_attrs=True,
        dask="parallelized",
        output_dtypes=["float32"],
    )
    for array in list_arrays(result):
        array.attrs = _describe(array, "độ phản xạ bề mặt")
    return result


def _check_dn(dn: xr.DataArray | xr.Dataset) -> None:
    arrays = list_arrays(dn)
    others = [str(array.name) for array in arrays if _name_band(array)[:1] not in ("B", "")]
    if others:
        listed = ", ".join(others)
        raise BadInput(say("dn-other", bands=listed))
    for array in arrays:
        if array.dtype.kind not in "ui":
            raise BadInput(say("dn-float"))


def _check_factors(scale: float, offset: float) -> None:
    """Hệ số của Sentinel-2 nhỏ: 10000 hay -1000 của tệp XML là số chia và số cộng của DN, không phải của phản xạ."""
    is_number = isinstance(scale, Real) and isinstance(offset, Real)
    if not is_number or not 0 < scale <= LARGEST_SCALE or not abs(offset) <= LARGEST_OFFSET:
        raise BadInput(say("factors-order", scale=scale, offset=offset))


def _name_band(array: xr.DataArray) -> str:
    """`B04` của mảng tên `B04_10m` hay `b04`; chuỗi rỗng với mảng mang tên khác."""
    found = BAND.fullmatch(str(array.name))
    if found is None:
        return ""
    name: str = found[1] or found[2]
    return name.upper()


def _describe(array: xr.DataArray, name: str) -> dict[str, Any]:
    """Thuộc tính của một kết quả: tên, đơn vị, và tên biến giữ hệ quy chiếu nếu có."""
    kept = {key: value for key, value in array.attrs.items() if key == "grid_mapping"}
    return {"long_name": name, "units": "1"} | kept


def _scale(dn: Layer, scale: float, offset: float) -> Layer:
    """Tính ngay trong mảng kết quả: không mảng trung gian nào lớn bằng nó."""
    result = dn.astype("float32")
    result *= scale
    result += offset
    np.copyto(result, np.nan, where=dn <= 0)
    if dn.max(initial=0) > LARGEST_DN:
        too_large = dn > LARGEST_DN
        _accept_fill(dn[too_large], "dn-large")
        np.copyto(result, np.nan, where=too_large)
    return result


def _accept_fill(odd: Layer, slot: str) -> None:
    """Chỉ một số lạ, lặp lại, là giá trị lấp chỗ trống; nhiều số lạ khác nhau thì mảng này không phải thứ ta tưởng."""
    values = np.unique(odd)
    if values.size > 1 or (values != np.floor(values)).any():
        shown = ", ".join(map(str, values[:3]))
        raise BadInput(say(slot, values=shown))


def clear(scl: xr.DataArray) -> xr.DataArray:
    """Mặt nạ bool cùng kích thước với `scl`: True nơi nhìn thấy mặt đất hay mặt nước, không mây, không bóng mây.

    scl: lớp Scene Classification 0–11 của Sen2Cor (ESA); mảng lười thì kết quả cũng lười. Chỉ các lớp trong
    `cdse_access.classes.SCL_CLEAR` cho True: NaN và giá trị lấp chỗ trống (255, -1) là không nhìn thấy.
    Lỗi: BadInput khi mảng không phải SCL: Dataset, band khác, một mặt nạ, lớp đã bị nội suy.
    """
    check_array("scl", scl)
    if _name_band(scl) not in ("SCL", "") or scl.dtype.kind not in "uif":
        raise BadInput(say("scl-other", name=scl.name, dtype=scl.dtype))
    scl = write_georeference(scl)
    seen: xr.DataArray = xr.apply_ufunc(
        _see,
        scl,
        keep_attrs=True,
        dask="parallelized",
        output_dtypes=["bool"],
    )
    seen.attrs = _describe(seen, "nhìn thấy mặt đất")
    return seen


def _see(scl: Layer) -> Layer:
    """Phép tìm số lạ tốn bộ nhớ, nên chỉ làm khi cần: với số thực, hay khi có số ra ngoài 0–11."""
    lowest = scl.min(initial=0)
    highest = scl.max(initial=0)
    is_float = scl.dtype.kind == "f"
    if is_float or lowest < SCL_CLASSES[0] or highest > SCL_CLASSES[-1]:
        is_known = np.isin(scl, SCL_CLASSES) | np.isnan(scl)
        odd = scl[~is_known]
        _accept_fill(odd, "scl-values")
    return np.asarray(find_clear(scl))


def ndvi(nir: xr.DataArray, red: xr.DataArray) -> xr.DataArray:
    """NDVI = (NIR - đỏ) / (NIR + đỏ), float32, trong [-1, 1]; NaN nơi thiếu dữ liệu hoặc tổng không dương.

    nir, red: phản xạ (số thực) trên cùng lưới, cùng ngày, cùng hệ quy chiếu; mảng lười thì kết quả cũng lười. Giá trị
    vượt ±1 do một band hơi âm được cắt về ±1. Nguồn: Rouse và cộng sự (1974).
    Lỗi: BadInput khi hai mảng khác lưới hay khác ngày, khi nhận DN: hiệu của uint16 bị tràn, offset kéo NDVI về 0.
    """
    nir, red = match_grids(nir=nir, red=red)
    if nir.dtype.kind != "f" or red.dtype.kind != "f":
        raise BadInput(say("ndvi-integer"))
    if _name_band(nir) in VISIBLE or _name_band(red) in INFRARED:
        raise BadInput(say("ndvi-swapped", nir=nir.name, red=red.name))
    kinds = [np.result_type(nir.dtype, red.dtype)]
    index: xr.DataArray = xr.apply_ufunc(
        _normalize_difference,
        write_georeference(nir),
        red,
        join="exact",
        keep_attrs="drop_conflicts",
        dask="parallelized",
        output_dtypes=kinds,
    )
    index.attrs = _describe(index, "NDVI")
    return index.rename("ndvi")


def _normalize_difference(nir: Layer, red: Layer) -> Layer:
    """(nir - red) / (nir + red) trong [-1, 1]; NaN nơi tổng không dương."""
    with np.errstate(divide="ignore", invalid="ignore"):
        total = nir + red
        _refuse_dn(total)
        index = np.asarray(nir - red)
        index /= total
    np.clip(index, -1, 1, out=index)
    is_positive = total > 0
    np.copyto(index, np.nan, where=~is_positive)
    return index


def _refuse_dn(total: Layer) -> None:
    """DN đã đổi kiểu sang số thực (hay mở lại với NaN) trông như phản xạ, chỉ lớn hơn hàng nghìn lần."""
    if np.fmax.reduce(total, axis=None, initial=0) > LARGEST_SUM:
        largest = np.max(total, initial=0, where=np.isfinite(total))
        if largest > LARGEST_SUM:
            raise BadInput(say("ndvi-dn", total=largest))
