"""Bản đồ trên một hệ trục của matplotlib: tọa độ, đơn vị, tỉ lệ; nơi cần chú ý được đánh dấu."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import odc.geo.xr  # noqa: F401  (thuộc tính `.odc` của mảng)
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from odc.geo.geobox import GeoBox

from cdse_access.problems import BadInput
from cdse_access.telling import tell
from lessons.grids import check_array
from lessons.messages import say

Places = Mapping[str, Sequence[float] | xr.DataArray]

MARK: dict[str, Any] = {"marker": "o", "markersize": 8, "markerfacecolor": "#111111", "markeredgecolor": "white"}
FRAME: dict[str, Any] = {"fill": False, "edgecolor": "white", "linewidth": 2}
NAME: dict[str, Any] = {"textcoords": "offset points", "fontsize": 9, "annotation_clip": True}
NAME_BOX: dict[str, Any] = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def draw_map(ax: Axes, array: xr.DataArray, title: str, **style: Any) -> None:
    """Vẽ một bản đồ lên `ax`, trục theo hệ quy chiếu của mảng: km nếu là phép chiếu, độ nếu là kinh độ và vĩ độ.

    array: (y, x), có thang màu lấy tên và đơn vị từ attrs; hoặc có thêm chiều "band" (3) để vẽ RGB. Không có tọa độ,
    hay lưới nghiêng, thì trục đếm pixel. style: cmap, vmin, vmax ... chuyển cho xarray.
    Lỗi: BadInput khi còn chiều khác (chọn một ngày trước), khi tọa độ không cách đều.
    """
    _check_axes(ax)
    check_map(array)
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
    unit: float = 1  # từ tọa độ của mảng đến số trên trục
    aspect: float = 1
    counts_down: bool = False


def _check_axes(ax: object) -> None:
    if not isinstance(ax, Axes) or ax.name != "rectilinear":
        kind = type(ax).__name__
        raise BadInput(say("map-axes", kind=kind))


def check_map(array: xr.DataArray) -> None:
    """Lỗi: BadInput khi thứ nhận được không vẽ thành bản đồ được."""
    check_array("array", array)
    if array.dtype.kind not in "biuf":
        raise BadInput(say("map-values", dtype=array.dtype))
    _find_plane(array)


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


def find_shape(array: xr.DataArray) -> tuple[int, int]:
    """Số hàng và số cột của mảng."""
    y, x = _find_plane(array)
    return array.sizes[y], array.sizes[x]


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
    km = metres / 1000
    return Place(
        extent=_find_edges(geobox, km),
        xlabel=f"x (km{code})",
        ylabel="y (km)",
        unit=km,
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


# -- những nơi được đánh dấu --------------------------------------------------


def mark_places(ax: Axes, array: xr.DataArray, places: Places) -> None:
    """Ghi tên các nơi lên bản đồ của `array`: (x, y) là một chấm, (x0, y0, x1, y1) là một khung, theo tọa độ của mảng.

    Một pixel đã chọn ra, còn mang tọa độ x và y, cũng là một chấm. Nơi nằm ngoài bản đồ thì một dòng nói ra.
    Lỗi: BadInput khi một nơi không phải 2 hay 4 số.
    """
    y, x = _find_plane(array)
    unit = _find_place(array, y, x).unit
    for name, corners in places.items():
        numbers = [number * unit for number in _read_numbers(name, corners)]
        (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
        is_inside = left <= numbers[0] <= right and bottom <= numbers[1] <= top
        if not is_inside:
            tell(say("place-outside", name=name))
            continue
        _mark(ax, name, numbers)


def _read_numbers(name: str, corners: Any) -> list[float]:
    try:
        if isinstance(corners, xr.DataArray):
            corners = corners.x, corners.y
        numbers = [float(corner) for corner in corners]
    except (AttributeError, TypeError, ValueError):
        numbers = []
    if len(numbers) not in (2, 4):
        raise BadInput(say("place-numbers", name=name, found=corners))
    return numbers


def _mark(ax: Axes, name: str, numbers: Sequence[float]) -> None:
    """Tên viết về phía còn chỗ."""
    x, y, *corner = numbers
    if corner:
        frame = Rectangle((x, y), corner[0] - x, corner[1] - y, **FRAME)
        ax.add_patch(frame)
    else:
        ax.plot(x, y, **MARK)
    is_right = x > sum(ax.get_xlim()) / 2
    side = "right" if is_right else "left"
    shift = -7 if is_right else 7
    ax.annotate(name, (x, y), xytext=(shift, 5), ha=side, bbox=NAME_BOX, **NAME)
