"""Bản đồ: giãn màu chung, trục có tọa độ và đơn vị, hình có mô tả bằng lời."""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import odc.geo.xr  # noqa: F401  (thuộc tính `.odc` của mảng)
import xarray as xr
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from odc.geo.geobox import GeoBox
from pystac import Item

from cdse_access.checks.items import list_items
from cdse_access.problems import BadInput
from lessons.grids import check_array
from lessons.messages import say

# Vàng nhạt đến lục đậm phân biệt được cả khi mù màu đỏ–lục; nước (NDVI < 0) xanh lam, không dữ liệu xám.
NDVI_COLORS = plt.colormaps["YlGn"].with_extremes(under="#4f81bd", bad="#d0d0d0")


def simulated(items: Iterable[Item]) -> str:
    """Chuỗi " (ảnh mô phỏng)" để ghép vào tiêu đề nếu có item mô phỏng, chuỗi rỗng nếu mọi item là ảnh thật."""
    listed = list_items(items)
    is_simulated = any(item.properties.get("cdse_offline:simulated") for item in listed)
    return say("simulated") if is_simulated else ""


def stretch(rgb: xr.DataArray, low: float = 1, high: float = 99.5) -> dict[str, float]:
    """Ngưỡng đen `vmin` và trắng `vmax` chung cho mọi band, mọi ngày: hai bách phân vị của toàn mảng, bỏ qua NaN.

    rgb: phản xạ, kích thước bất kỳ. Lỗi: BadInput (ValueError) khi không còn pixel nào, khi mọi pixel bằng nhau, khi
    nhận DN (số 0 của nó là không có dữ liệu, không phải tối).
    """
    check_array("rgb", rgb)
    if rgb.dtype.kind != "f":
        raise BadInput(say("stretch-integer"))
    _check_percentiles(low, high)
    if not rgb.notnull().any():
        raise BadInput(say("stretch"))
    black, white = np.nanpercentile(rgb, [low, high])
    if not -math.inf < black < white < math.inf:
        raise BadInput(say("stretch"))
    return {"vmin": float(black), "vmax": float(white)}


def _check_percentiles(low: float, high: float) -> None:
    is_number = isinstance(low, Real) and isinstance(high, Real)
    if not is_number or not 0 <= low < high <= 100:
        raise BadInput(say("stretch-percentiles", low=low, high=high))


def draw_map(ax: Axes, array: xr.DataArray, title: str, **style: Any) -> None:
    """Vẽ một bản đồ lên `ax`, trục theo hệ quy chiếu của mảng: km nếu là phép chiếu, độ nếu là kinh độ và vĩ độ.

    array: (y, x), có thang màu lấy tên và đơn vị từ attrs; hoặc có thêm chiều "band" (3) để vẽ RGB. Không có tọa độ,
    hay lưới nghiêng, thì trục đếm pixel. style: cmap, vmin, vmax ... chuyển cho xarray.
    Lỗi: BadInput khi còn chiều khác (chọn một ngày trước), khi tọa độ không cách đều.
    """
    check_array("array", array)
    _check_drawing(ax, array)
    y, x = _find_plane(array)
    place = _find_place(array, y, x)
    rgb = "band" if "band" in array.dims else None
    image = array.plot.imshow(ax=ax, x=x, y=y, rgb=rgb, **style)
    image.set_extent(place.extent)
    *columns, bottom, top = place.extent
    rows = sorted([bottom, top], reverse=place.counts_down)
    ax.set(title=title, xlabel=place.xlabel, ylabel=place.ylabel)
    ax.set(aspect=place.aspect, xlim=sorted(columns), ylim=rows)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Một bản đồ nằm ở đâu trên hai trục: biên (trái, phải, dưới, trên), tên trục, tỉ lệ."""

    extent: tuple[float, ...]
    xlabel: str
    ylabel: str
    aspect: float = 1
    counts_down: bool = False


def _check_drawing(ax: object, array: xr.DataArray) -> None:
    if not isinstance(ax, Axes) or ax.name != "rectilinear":
        kind = type(ax).__name__
        raise BadInput(say("map-axes", kind=kind))
    if array.dtype.kind not in "biuf":
        raise BadInput(say("map-values", dtype=array.dtype))


def _find_plane(array: xr.DataArray) -> tuple[str, str]:
    """Tên hai chiều (y, x) của mảng."""
    plane: tuple[str, str] | None = array.odc.spatial_dims
    others = set(array.dims) - set(plane or ())
    is_picture = array.sizes.get("band", 3) == 3
    if plane is None or not array.size or others - {"band"} or not is_picture:
        dims = dict(array.sizes)
        cure = say("map-one-day") if "time" in dims else ""
        raise BadInput(say("map-dims", dims=dims, cure=cure))
    return plane


def _find_place(array: xr.DataArray, y: str, x: str) -> Place:
    geobox = array.odc.geobox
    if not isinstance(geobox, GeoBox) or not geobox.axis_aligned:
        return _count_pixels(array.sizes[y], array.sizes[x])
    for axis in (y, x):
        _check_steps(array, axis)
    crs = geobox.crs
    if crs is None:
        return Place(extent=_find_edges(geobox), xlabel="x", ylabel="y")
    if crs.geographic:
        return _place_in_degrees(geobox)
    code = f", EPSG:{crs.epsg}" if crs.epsg else ""
    metres = crs.proj.axis_info[0].unit_conversion_factor  # foot của Mỹ cũng thành km
    return Place(
        extent=_find_edges(geobox, metres / 1000),
        xlabel=f"x (km{code})",
        ylabel="y (km)",
    )


def _find_edges(geobox: GeoBox, unit: float = 1) -> tuple[float, ...]:
    """Biên ngoài của các pixel: trái, phải, hàng cuối, hàng đầu."""
    step_x, _, left, _, step_y, top, *_ = geobox.affine
    right = left + step_x * geobox.width
    bottom = top + step_y * geobox.height
    return left * unit, right * unit, bottom * unit, top * unit


def _place_in_degrees(geobox: GeoBox) -> Place:
    """Một độ kinh ngắn hơn một độ vĩ: tỉ lệ hai trục theo cosin của vĩ độ giữa bản đồ."""
    edges = _find_edges(geobox)
    middle = (edges[2] + edges[3]) / 2
    shrunk = math.cos(math.radians(middle))
    return Place(
        extent=edges,
        xlabel=say("axis-longitude"),
        ylabel=say("axis-latitude"),
        aspect=1 / max(shrunk, 0.01),
    )


def _count_pixels(height: int, width: int) -> Place:
    return Place(
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        xlabel=say("axis-column"),
        ylabel=say("axis-row"),
        counts_down=True,
    )


def _check_steps(array: xr.DataArray, axis: str) -> None:
    """imshow chỉ nhìn hai đầu: một hàng thiếu ở giữa làm cả bản đồ lệch."""
    places = array[axis]
    if places.dtype.kind not in "iuf":
        raise BadInput(say("map-steps", axis=axis))
    steps = np.diff(places)
    if not np.allclose(steps, steps[:1], rtol=0.01):
        raise BadInput(say("map-steps", axis=axis))


def show(figure: Figure, alt: str) -> None:
    """Hiện hình kèm mô tả bằng lời `alt` (cho người nghe đọc màn hình và khi hình không tải được), rồi đóng hình."""
    has_images = any(ax.images for ax in figure.axes)
    kind = "jpeg" if has_images else "png"  # ảnh gọn hơn với JPEG, biểu đồ nét hơn với PNG
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=110, bbox_inches="tight", pil_kwargs={"quality": 82})
    plt.close(figure)
    picture = {f"image/{kind}": buffer.getvalue(), "text/plain": alt}
    display(picture, raw=True)  # type: ignore[no-untyped-call]
