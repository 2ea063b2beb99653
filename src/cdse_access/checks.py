"""Kiểm tra trước và sau khi tải: odc-stac không báo khi nó trả về toàn số 0, trộn hai phiên bản hay đọc lệch vùng."""

import inspect
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import odc.stac
import xarray as xr
from odc.geo import geom
from odc.geo.geobox import GeoBox
from odc.stac import ParsedItem
from pystac import Item
from rasterio.errors import RasterioError
from scipy.ndimage import binary_erosion
from shapely import Point, box, make_valid, union_all
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from cdse_access.problems import BadData, BadInput, Reason
from lessons.bands import SCL_MASKED

# Tham số của odc.stac.load nói đọc vùng nào, trên lưới nào.
AREA = {"bbox", "lon", "lat", "x", "y", "geobox", "like", "geopolygon", "intersects", "crs", "resolution", "anchor"}
# `load` tự đặt hai tham số đầu; hai tham số sau có thể đổi lỗi đọc thành số 0, hoặc đọc bằng cách khác.
OWN = {"patch_url", "progress", "fail_on_error", "driver"}
SETTINGS = set(inspect.signature(odc.stac.load).parameters) - OWN - {"items", "bands", "kw"} | {"use_overviews"}
EAGER_BYTES = 4e9  # nhiều hơn thế thì máy 8 GB dễ hết bộ nhớ
LARGEST_DN = 32767  # Sentinel-2 ghi 15 bit
ZERO_IS_MEANT = ("AOT", "WVP", "CLD", "SNW")  # độ dày sol khí, hơi nước, xác suất mây và tuyết
SLIVER = 16  # pixel; ở mép dải chụp, các band lệch nhau ít pixel là thường
MARGIN = 0.01  # độ; hình dạng của item chỉ đúng đến chừng 1 km


def check_bbox(bbox: Sequence[float]) -> tuple[float, float, float, float]:
    """Kiểm tra khung (tây, nam, đông, bắc) tính bằng độ và trả lại nó.

    Lỗi: BadInput (một ValueError) khi thiếu số, ngoài miền, sai thứ tự, hoặc có vẻ đảo kinh độ với vĩ độ.
    """
    try:
        west, south, east, north = map(float, bbox)
    except (TypeError, ValueError) as error:
        raise BadInput(f"bbox là {bbox!r}: cần bốn số (tây, nam, đông, bắc) tính bằng độ.") from error
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= 90 and -90 <= north <= 90):
        raise BadInput(f"bbox {bbox} ra ngoài miền: kinh độ từ -180 đến 180, vĩ độ từ -90 đến 90. Có đảo chỗ không?")
    if west >= east or south >= north:
        raise BadInput(
            f"bbox {bbox} sai thứ tự: cần (tây, nam, đông, bắc), tây < đông và nam < bắc. "
            "Vùng vắt qua kinh tuyến 180 phải tách làm hai."
        )
    if east - west > 10 or north - south > 10:
        raise BadInput(f"bbox {bbox} rộng hơn 10°: hãy kiểm tra thứ tự (tây, nam, đông, bắc) hoặc chia nhỏ vùng.")
    return west, south, east, north


# -- trước khi tải -----------------------------------------------------------


def before(items: Iterable[Item], bands: Sequence[str], **area: Any) -> list[Item]:
    """Những item sẽ được tải: mọi thứ `odc.stac.load(items, bands, **area)` không tự kiểm tra đều đã được xem.

    Trong các bản xử lý của cùng một lần chụp, chỉ bản mới nhất ở lại; bản bị bỏ được in ra trong một dòng.
    Lỗi: BadInput nêu điều sai và cách sửa.
    """
    items, area = list(items), {name: value for name, value in area.items() if value is not None}
    _check_settings(bands, area)
    _check_bands(items, bands, area)
    items = _newest(items)
    parsed = [_parsed(item) for item in items]
    _check_crs(parsed, bands, area)
    _check_spans(area)
    _check_area(items, bands, area, _geobox(parsed, bands, area))
    return items


def _check_settings(bands: Sequence[str], area: dict[str, Any]) -> None:
    for name in area.keys() - SETTINGS:
        like = get_close_matches(name, SETTINGS, 1)
        cure = f"có phải {like[0]} không?" if like and name not in OWN else "hãy bỏ nó ra."
        raise BadInput(f"load không nhận tham số {name!r}: {cure}")
    if isinstance(bands, str) or not isinstance(bands, Sequence) or not bands:
        raise BadInput(f'bands là {bands!r}: hãy ghi một danh sách, ví dụ ["B04_10m", "B08_10m"].')
    if not area.keys() & (AREA - {"crs", "resolution", "anchor"}):
        raise BadInput("load cần biết vùng: hãy đưa bbox, cùng với crs và resolution.")
    if os.environ.get("GDAL_NUM_THREADS") != "1":
        raise BadInput("GDAL_NUM_THREADS phải là 1, nếu không lỗi đọc biến thành số 0: hãy gọi lại connect().")


def _check_bands(items: Sequence[Item], bands: Sequence[str], area: dict[str, Any]) -> None:
    if not items:
        raise BadInput(
            "Không có item nào: hãy nới thời gian hay ngưỡng mây, xem lại bbox (kinh độ trước) và collection.",
            Reason.EMPTY,
        )
    if len(collections := {str(item.collection_id) for item in items}) > 1:
        raise BadInput(f"Item thuộc nhiều collection ({', '.join(sorted(collections))}): hãy tải riêng.")
    for item in items:
        if _footprint(item).is_empty:
            raise BadInput(
                f"{item.id} không ghi nó phủ nơi nào (geometry): hãy bỏ nó, hoặc tìm lại không dùng fields=."
            )
        for band in bands:
            if band not in item.assets:
                cure = ", ".join(suggested(band, item))
                raise BadInput(f"{item.id} không có band {band!r}: hãy chọn trong {cure}.")
            _check_href(item, band)
            _check_grid(item, band)
            _check_resampling(item, band, area.get("resampling"))


def suggested(band: str, item: Item) -> list[str]:
    """Tên band gần với tên người dùng viết: `B04` và `red` đều là `B04_10m`, …; không có thì mọi band."""
    wanted = band.lower().split("_")[0]
    images = {name: asset for name, asset in item.assets.items() if asset.href.endswith(".jp2")}
    common = {
        name: {known["eo:common_name"] for known in asset.extra_fields.get("bands", []) if "eo:common_name" in known}
        for name, asset in images.items()
    }
    found = [name for name in images if name.lower().split("_")[0] == wanted]
    found = found or [name for name, names in common.items() if names == {band.lower()}]
    return found or get_close_matches(band, images, 3, 0.7) or list(images)


def _check_href(item: Item, band: str) -> None:
    """Địa chỉ khác có thể sai GDAL đọc tệp trên máy này, trang web bất kỳ, hay tệp VRT trỏ đi đâu cũng được."""
    href = item.assets[band].href
    safe = href.startswith("s3://eodata/") and href.endswith(".jp2") and ".." not in href and href.isprintable()
    if not safe or set(href) & set("?#%\\ "):
        raise BadInput(
            f"{item.id}: band {band!r} trỏ tới {href!r}, không phải ảnh .jp2 dưới s3://eodata/: hãy chọn band khác, "
            "hoặc tìm lại item trong catalog của CDSE."
        )


def _check_resampling(item: Item, band: str, resampling: str | dict[str, str] | None) -> None:
    if isinstance(resampling, dict):
        resampling = resampling.get(band, resampling.get("*"))
    if "classification:classes" in item.assets[band].extra_fields and resampling not in (None, "nearest", "mode"):
        raise BadInput(
            f"{band} là bảng phân lớp, nội suy {resampling!r} sinh ra lớp không có thật: "
            f'hãy đặt resampling={{"*": {resampling!r}, "{band}": "nearest"}}.'
        )


def _newest(items: list[Item]) -> list[Item]:
    """Bỏ những item mà bản xử lý mới hơn của cùng lần chụp đã phủ kín, giữ nguyên thứ tự."""
    kept: dict[tuple, list[Item]] = {}
    for item in sorted(items, key=_age, reverse=True):
        newer = kept.setdefault(_acquisition(item), [])
        outline = _footprint(item)
        rest = outline.difference(union_all([_footprint(other) for other in newer]))
        if rest.area > 0.05 * outline.area:  # một lần chụp có khi giao làm hai phần, mỗi phần một mảnh của ô
            newer.append(item)
    chosen = {id(item) for group in kept.values() for item in group}
    if dropped := [item.id for item in items if id(item) not in chosen]:
        print(f"Bỏ {len(dropped)} item trùng hoặc cũ hơn của cùng lần chụp: {', '.join(dropped)}.")
    return [item for item in items if id(item) in chosen]


def _age(item: Item) -> tuple[str, str, str]:
    properties = item.properties
    return properties.get("processing:version", ""), properties.get("processing:datetime", ""), item.id


def _acquisition(item: Item) -> tuple:
    properties = item.properties
    second = item.datetime and item.datetime.replace(microsecond=0)
    return properties.get("grid:code", item.id), properties.get("platform"), second


def _parsed(item: Item) -> ParsedItem:
    try:
        return odc.stac.parse_item(item)
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BadInput(f"odc-stac không đọc được {item.id} ({error}): hãy tìm lại item trong catalog.") from error


def _check_grid(item: Item, band: str) -> None:
    fields = item.properties | item.assets[band].extra_fields
    if lacking := [name for name in ("proj:code", "proj:shape", "proj:transform") if not fields.get(name)]:
        raise BadInput(
            f"{item.id} thiếu {', '.join(lacking)} của {band}: hãy tìm lại item trong catalog, không dùng fields=."
        )


def _check_crs(parsed: Sequence[ParsedItem], bands: Sequence[str], area: dict[str, Any]) -> None:
    found: dict[str, str] = {}
    for item in parsed:
        sources = item.resolve_bands(bands)
        for band in bands:
            if (source := sources.get(band)) is None or source.geobox is None:
                raise BadInput(f"{item.id} không khai phần mở rộng projection: hãy tìm lại item trong catalog.")
            found.setdefault(str(source.geobox.crs), item.id)
    if len(found) > 1 and not area.keys() & {"crs", "geobox", "like"}:
        zones = ", ".join(f"{code} ({name})" for code, name in sorted(found.items()))
        raise BadInput(f'Item nằm ở nhiều múi UTM, {zones}: hãy chọn một, ví dụ crs="{min(found)}".')


def _geobox(parsed: Sequence[ParsedItem], bands: Sequence[str], area: dict[str, Any]) -> GeoBox:
    try:
        geobox = odc.stac.output_geobox(parsed, bands, **place(area))
    except (ValueError, TypeError, AssertionError, RuntimeError) as error:
        raise BadInput(f"Vùng và lưới không hợp lệ ({error}): hãy đưa bbox, crs và resolution.") from error
    if geobox is None:
        raise BadInput("Không suy ra được lưới: hãy ghi cả crs và resolution, ví dụ resolution=10.")
    return geobox


def place(area: dict[str, Any]) -> dict[str, Any]:
    """Riêng các tham số nói về vùng và lưới, với tên mà `odc.stac.output_geobox` dùng."""
    found = {name: value for name, value in area.items() if name in AREA}
    return {"geopolygon" if name == "intersects" else name: value for name, value in found.items()}


def _check_spans(area: dict[str, Any]) -> None:
    """odc-stac lặng lẽ đổi chỗ hai đầu viết ngược."""
    if "bbox" in area:
        check_bbox(area["bbox"])
    if {"lon", "lat"} <= area.keys():
        (west, east), (south, north) = area["lon"], area["lat"]
        check_bbox([west, south, east, north])
    for name in {"x", "y"} & area.keys():
        if not area[name][0] < area[name][1]:
            raise BadInput(f"{name} là {area[name]}: số nhỏ phải đứng trước.")


def _check_area(items: Sequence[Item], bands: Sequence[str], area: dict[str, Any], geobox: GeoBox) -> None:
    wanted = box(*area["bbox"]) if "bbox" in area else geobox.geographic_extent.geom
    name = f"bbox {tuple(area['bbox'])}" if "bbox" in area else f"Vùng {tuple(np.round(wanted.bounds, 4).tolist())}"
    for item in items:
        if not _outline(item).intersection(wanted).area:
            covered = item.properties.get("cdse_offline:window") or item.bbox
            raise BadInput(f"{name} nằm ngoài {item.id}, vốn phủ {covered}: hãy xem lại bbox.")
    if _below_a_pixel(area, geobox):
        raise BadInput(f"{name} nhỏ hơn một pixel: hãy nới vùng, hoặc xem lại resolution và crs.")
    size = math.prod(geobox.shape) * len(items) * len(bands) * 2
    if size > EAGER_BYTES and "chunks" not in area:
        raise BadInput(f"Tải chừng này cần {size / 1e9:.0f} GB bộ nhớ: hãy thu nhỏ vùng, bớt ngày, hoặc bớt band.")


def _below_a_pixel(area: dict[str, Any], geobox: GeoBox) -> bool:
    if area.keys() & {"geobox", "like"}:
        return False  # lưới do người dùng tự định
    if "bbox" not in area:
        return 1 in tuple(geobox.shape)
    outline = geom.box(*area["bbox"], "EPSG:4326").to_crs(geobox.crs)  # hơi xoay so với lưới
    length = max(outline.boundingbox.span_x, outline.boundingbox.span_y)
    return outline.area / length < abs(geobox.resolution.y)


def _footprint(item: Item) -> BaseGeometry:
    return make_valid(shape(item.geometry)) if item.geometry else Point()


def _outline(item: Item) -> BaseGeometry:
    """Nơi item hứa có pixel; cảnh mô phỏng chỉ có pixel trong khung `cdse_offline:window`."""
    window = item.properties.get("cdse_offline:window")
    return _footprint(item).intersection(box(*window)) if window else _footprint(item)


# -- trong khi tải -----------------------------------------------------------

CURE = "không dùng được. Hãy tải lại; vẫn lỗi thì bỏ ngày này."


@contextmanager
def guarded(patch_url: Callable[[str], str], items: Sequence[Item], bands: Sequence[str]) -> Iterator[None]:
    """Đọc ra hỏng thì bỏ những tệp nhỏ đã cất, để lần sau tải lại từ CDSE; lỗi của GDAL thành BadData."""
    try:
        yield
    except (RasterioError, BadData) as error:
        hrefs = {item.assets[band].href for item in items for band in bands}
        for path in {patch_url(href) for href in hrefs} - hrefs:
            with suppress(OSError):  # trên Windows, tệp đang mở không xóa được
                Path(path).unlink()
        if isinstance(error, BadData):
            raise
        raise BadData(f"Không giải nén được ảnh ({error}): {CURE}", Reason.BROKEN) from error


# -- sau khi tải -------------------------------------------------------------


def after(dn: xr.Dataset, items: Iterable[Item]) -> None:
    """Xem lại khối vừa tải: DN có thể có thật, các band cùng có hay cùng thiếu dữ liệu, đủ pixel.

    Có SCL thì in tên những ngày không pixel nào quang mây: chúng đúng, nhưng chẳng cho thấy gì.
    Lỗi: BadData nêu ngày và band. Không xét chỗ trống của những band có thể bằng 0 thật.
    """
    masks = {}
    for band, array in dn.data_vars.items():
        if (worst := array.max()) > LARGEST_DN:
            day = array.max([name for name in array.dims if name != "time"]).argmax("time")
            raise BadData(
                f"{band} ngày {_date(array.isel(time=day))} có DN {worst:.0f}, Sentinel-2 chỉ ghi đến {LARGEST_DN}: "
                f"{CURE}",
                Reason.BROKEN,
            )
        nodata = array.attrs.get("nodata")
        if nodata is not None and not str(band).startswith(ZERO_IS_MEANT):
            masks[str(band)] = array.notnull() & (array != nodata)
    _check_masks(masks)
    _check_promise(masks, dn, list(items))
    _tell_overcast(dn)


def _tell_overcast(dn: xr.Dataset) -> None:
    for band in [band for band in dn.data_vars if str(band).startswith("SCL")]:
        clear = dn[band].notnull() & ~dn[band].isin(SCL_MASKED)
        seen = clear.any([name for name in dn[band].dims if name != "time"])
        if days := [_date(layer) for layer in seen if not layer]:
            print(f"Không pixel nào quang mây theo {band} vào {len(days)} ngày: {', '.join(days)}.")


def _date(layer: xr.DataArray) -> str:
    return np.datetime_as_string(layer.time.values, "D")


def _check_masks(masks: dict[str, xr.DataArray]) -> None:
    """Một ô lạc mất ở riêng một band hiện ra thành mảng vuông; ở mép dải chụp, các band chỉ lệch nhau ít pixel."""
    for one, other in pairwise(masks):
        for layer in masks[one] != masks[other]:
            side = [min(SLIVER, length) for length in layer.shape]
            if layer.any() and binary_erosion(layer.values, np.ones(side)).any():
                raise BadData(
                    f"Ngày {_date(layer)}, {one} và {other} không cùng thiếu dữ liệu ({float(layer.mean()):.1%} vùng): "
                    f"{CURE}",
                    Reason.BROKEN,
                )


def _check_promise(masks: dict[str, xr.DataArray], dn: xr.Dataset, items: Sequence[Item]) -> None:
    """Mỗi ngày phải có ít nhất nửa số pixel mà hình dạng của item hứa, không kể rìa."""
    times = dn.time.values
    if (np.diff(times) <= np.timedelta64(0)).any():
        return  # groupby khác thường: không biết item nào thuộc lớp nào
    area = dn.odc.geobox.geographic_extent.geom
    promised: dict[int, list[BaseGeometry]] = {}
    for item in items:
        layer = int(np.searchsorted(times, np.datetime64(item.datetime.replace(tzinfo=None)), "right")) - 1
        promised.setdefault(max(layer, 0), []).append(_outline(item).buffer(-MARGIN).intersection(area))
    for layer, outlines in promised.items():
        share = union_all(outlines).area / area.area
        for band, mask in masks.items():
            found = float(mask.isel(time=layer).mean())
            if found < share / 2:
                raise BadData(
                    f"{band} ngày {_date(mask.isel(time=layer))} chỉ có dữ liệu ở {found:.0%} vùng, "
                    f"item hứa {share:.0%}: {CURE}",
                    Reason.BROKEN if found else Reason.EMPTY,
                )
