"""Màu của bản đồ và chú giải của nó: thang màu chung, ngưỡng chung của ảnh RGB, lớp có tên."""

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from cdse_access.problems import BadInput
from lessons.grids import check_array
from lessons.messages import say

Classes = Mapping[int, tuple[str, str]]  # mã: tên, màu
Style = dict[str, Any]
Panels = Sequence[tuple[Axes, xr.DataArray]]

NO_DATA = "#d0d0d0"
# Vàng nhạt đến lục đậm phân biệt được cả khi mù màu đỏ–lục; nước (NDVI < 0) xanh lam, không dữ liệu xám.
NDVI_COLORS = plt.colormaps["YlGn"].with_extremes(under="#4f81bd", bad=NO_DATA)
SCL_COLORS = [
    "#000000",
    "#ff0000",
    "#4d4d4d",
    "#7a5c3e",
    "#2e8b3d",
    "#e8d48a",
    "#2f6fd0",
    "#9a9a9a",
    "#c9c9c9",
    "#ffffff",
    "#8fd3f4",
    "#f0a6e0",
]
SCL_LEGEND: Classes = {code: (say(f"scl-{code}"), color) for code, color in enumerate(SCL_COLORS)}
MASK: Classes = {
    0: (say("mask-no"), "#8c510a"),
    1: (say("mask-yes"), "#80cdc1"),
}


# -- ảnh RGB -----------------------------------------------------------------


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


def stretch_all(pictures: Iterable[xr.DataArray]) -> Style:
    """Một cặp ngưỡng cho mọi ảnh, kể cả khi chúng ở những nơi khác nhau; ảnh 8 bit đã được giãn sẵn."""
    listed = list(pictures)
    if all(picture.dtype == "uint8" for picture in listed):
        return {}
    values = [picture.values.ravel() for picture in listed]
    joined = np.concatenate(values)
    together = xr.DataArray(joined)
    return dict(stretch(together))


# -- thang màu ----------------------------------------------------------------


def choose_scale(arrays: Sequence[xr.DataArray], style: Style) -> Style:
    """Một thang cho mọi mảng: điều người gọi chọn, rồi của NDVI, rồi từ giá trị nhỏ nhất đến lớn nhất."""
    if all(map(_is_ndvi, arrays)):
        return {"cmap": NDVI_COLORS, "vmin": 0, "vmax": 1} | style
    cmap = plt.colormaps["viridis"].with_extremes(bad=NO_DATA)
    lowest, highest = _find_range(arrays)
    if lowest > highest and not {"vmin", "vmax"} <= set(style):
        raise BadInput(say("map-empty"))
    return {"cmap": cmap, "vmin": lowest, "vmax": highest} | style


def _is_ndvi(array: xr.DataArray) -> bool:
    name = array.attrs.get("long_name", array.name)
    return str(name).lower() == "ndvi"


def _find_range(arrays: Sequence[xr.DataArray]) -> tuple[float, float]:
    """Giá trị nhỏ nhất và lớn nhất của mọi mảng; không mảng nào có giá trị thì là (inf, -inf)."""
    filled = [array for array in arrays if array.notnull().any()]
    lowest = [float(array.min()) for array in filled]
    highest = [float(array.max()) for array in filled]
    return min(lowest, default=math.inf), max(highest, default=-math.inf)


def add_bar(figure: Figure, panels: Panels, style: Style) -> None:
    """Một thang màu bên phải những bản đồ dùng chung nó; mũi nhọn ở đầu nào có giá trị vượt quá."""
    axes = [ax for ax, _ in panels]
    arrays = [array for _, array in panels]
    figure.colorbar(
        axes[-1].images[0],
        ax=axes,
        label=_describe(arrays[-1]),
        extend=_choose_ends(arrays, style),
    )


def _choose_ends(arrays: Sequence[xr.DataArray], style: Style) -> str:
    lowest, highest = _find_range(arrays)
    is_under = lowest < style["vmin"]
    is_over = highest > style["vmax"]
    if is_under and is_over:
        return "both"
    if is_under:
        return "min"
    return "max" if is_over else "neither"


def _describe(array: xr.DataArray) -> str:
    name = array.attrs.get("long_name", array.name)
    unit = array.attrs.get("units", "1")
    if name is None:
        return ""
    return str(name) if unit == "1" else f"{name} ({unit})"


# -- lớp có tên ----------------------------------------------------------------


def has_classes(array: xr.DataArray, classes: Classes | None) -> bool:
    """Mặt nạ, hoặc mảng toàn số nguyên khi người gọi đã đặt tên các lớp; NaN là không có dữ liệu."""
    if array.dtype == bool:
        return True
    whole = array == np.floor(array)
    return classes is not None and bool((whole | array.isnull()).all())


def color_classes(classes: Classes) -> Style:
    """Mỗi mã một màu, ranh giới ở giữa hai mã kề nhau."""
    codes = sorted(classes)
    colors = [classes[code][1] for code in codes]
    between = np.convolve(codes, [0.5, 0.5], "valid")
    edges = [codes[0] - 0.5, *between, codes[-1] + 0.5]
    cmap = ListedColormap(colors).with_extremes(bad=NO_DATA)
    norm = BoundaryNorm(edges, len(codes))
    return {"cmap": cmap, "norm": norm}


def add_legend(figure: Figure, panels: Panels, classes: Classes) -> None:
    """Những lớp có mặt, mỗi lớp một ô màu có tên. Lỗi: BadInput khi có mã không tên."""
    codes = _list_codes(panels)
    known = [code for code in codes if not np.isnan(code)]
    strange = set(known) - set(classes)
    if strange:
        raise BadInput(say("classes-strange", codes=sorted(strange)[:5], known=sorted(classes)))
    shown = [classes[code] for code in known]
    if len(known) < len(codes):
        empty = (say("no-data"), NO_DATA)
        shown.append(empty)
    squares = [_draw_square(name, color) for name, color in shown]
    figure.legend(
        handles=squares,
        loc="outside right center",
        frameon=False,
    )


def _list_codes(panels: Panels) -> list[int]:
    values = [np.unique(array) for _, array in panels]
    joined = np.concatenate(values)
    codes: list[int] = np.unique(joined).tolist()
    return codes


def _draw_square(name: str, color: str) -> Patch:
    return Patch(
        facecolor=color,
        edgecolor="#555555",
        label=name,
    )
