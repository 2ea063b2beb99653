"""Bản đồ trong một lời gọi: một hay vài bản đồ cạnh nhau, thang màu chung, tiêu đề có ngày và "(ảnh mô phỏng)"."""

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pystac import Item

from cdse_access.checks.items import list_items
from cdse_access.georeference import is_simulated
from cdse_access.problems import BadInput
from lessons.axes import Places, check_map, draw_map, find_shape, mark_places
from lessons.legends import (
    MASK,
    NDVI_COLORS,
    NO_DATA,
    SCL_LEGEND,
    Classes,
    Panels,
    Style,
    add_bar,
    add_legend,
    choose_scale,
    color_classes,
    has_classes,
    stretch,
    stretch_all,
)
from lessons.messages import say

__all__ = [
    "NDVI_COLORS",
    "SCL_LEGEND",
    "Picture",
    "draw_map",
    "show_map",
    "show_maps",
    "simulated",
    "stretch",
]

Named = Sequence[tuple[str, xr.DataArray]]

MOST = 12  # bản đồ trong một hình
DPI = 110
DPI_OF_MANY = 85  # nhiều hơn hai bản đồ: mỗi cái nhỏ hơn, tệp không phình ra
JPEG = {"quality": 82, "optimize": True, "progressive": True}  # một phần ba kích thước của PNG, chữ còn nét


def simulated(items: Iterable[Item]) -> str:
    """Chuỗi " (ảnh mô phỏng)" để ghép vào tiêu đề nếu có item mô phỏng, chuỗi rỗng nếu mọi item là ảnh thật."""
    listed = list_items(items)
    is_simulated = any(item.properties.get("cdse_offline:simulated") for item in listed)
    return say("simulated") if is_simulated else ""


@dataclass(frozen=True, repr=False)
class Picture:
    """Một hình đã vẽ xong: hiện ra khi nó là giá trị cuối của ô. `figure` và `axes` của matplotlib, để vẽ thêm."""

    figure: Figure
    axes: tuple[Axes, ...]

    def __repr__(self) -> str:
        """Các tiêu đề: nơi chỉ hiện được chữ cũng biết hình vẽ gì."""
        titles = [self.figure.get_suptitle()]
        titles += [ax.get_title() for ax in self.axes]
        return "\n".join(filter(None, titles))

    def _repr_jpeg_(self) -> bytes:
        buffer = io.BytesIO()
        self.figure.savefig(
            buffer,
            format="jpeg",
            dpi=DPI if len(self.axes) <= 2 else DPI_OF_MANY,
            bbox_inches="tight",
            pil_kwargs=JPEG,
        )
        return buffer.getvalue()


def show_map(array: xr.DataArray, title: str = "", **more: Any) -> Picture:
    """Một bản đồ; tiêu đề có ngày chụp, và "(ảnh mô phỏng)" khi đúng là thế. Không có `title` thì lấy tên của mảng.

    array: (y, x), hoặc có thêm chiều "band" (3) để vẽ RGB. more: limits, classes, places, cmap, vmin, vmax như của
    `show_maps`. Lỗi: BadInput khi mảng không vẽ thành bản đồ được.
    """
    check_map(array)
    own = str(array.attrs.get("long_name", ""))
    name = title or own[:1].upper() + own[1:]
    return show_maps({name: array}, **more)


def show_maps(
    panels: Mapping[str, xr.DataArray] | xr.DataArray,
    title: str = "",
    *,
    limits: Mapping[str, float] | None = None,
    classes: Classes | None = None,
    places: Places | None = None,
    **style: Any,
) -> Picture:
    """Vài bản đồ cạnh nhau, chung một thang màu.

    panels: {tiêu đề: mảng}, hoặc một mảng còn chiều time: mỗi ngày một bản đồ. limits: ngưỡng đen, trắng của các ảnh
    RGB, như `stretch` trả về; không đưa thì tính chung từ chúng. style: cmap, vmin, vmax của các bản đồ một band; NDVI
    tự có. classes: {mã: (tên, màu)} khi mảng chứa mã lớp; chú giải kể những lớp có mặt. places: {tên: (x, y)} hay
    {tên: (x0, y0, x1, y1)} theo tọa độ của mảng, hay một pixel đã chọn ra từ nó, đánh dấu lên mọi bản đồ.
    Lỗi: BadInput khi không có bản đồ nào, có quá nhiều, hoặc một mảng không vẽ thành bản đồ được.
    """
    named = _list_panels(panels)
    arrays = [array for _, array in named]
    figure, axes = _lay_out(arrays)
    drawn = list(zip(axes, arrays, strict=True))
    _draw_pictures([panel for panel in drawn if "band" in panel[1].dims], limits)
    bands = [panel for panel in drawn if "band" not in panel[1].dims]
    named_bands = [panel for panel in bands if has_classes(panel[1], classes)]
    scaled_bands = [panel for panel in bands if not has_classes(panel[1], classes)]
    _draw_classes(figure, named_bands, classes or MASK)
    _draw_scales(figure, scaled_bands, style)
    for ax, array in drawn:
        mark_places(ax, array, places or {})
    _share_labels(drawn)
    _write_titles(figure, axes, named, title)
    return Picture(figure, axes)


def _list_panels(panels: Any) -> Named:
    if isinstance(panels, xr.DataArray) and "time" in panels.dims:
        named = [("", layer) for layer in panels.transpose("time", ...)]
    elif isinstance(panels, Mapping):
        named = list(panels.items())
    else:
        raise BadInput(say("maps-panels", kind=type(panels).__name__))
    if not 1 <= len(named) <= MOST:
        raise BadInput(say("maps-number", number=len(named), most=MOST))
    for _, array in named:
        check_map(array)
    return named


def _lay_out(arrays: Sequence[xr.DataArray]) -> tuple[Figure, tuple[Axes, ...]]:
    """Hai cột cho hai hay bốn bản đồ, ba cột cho nhiều hơn; đủ cao để bản đồ lấp đầy."""
    number = len(arrays)
    columns = {1: 1, 2: 2, 4: 2}.get(number, 3)
    rows = math.ceil(number / columns)
    width = 7.2 if columns == 1 else 10.5
    height, breadth = find_shape(arrays[0])
    slope = min(max(height / breadth, 0.3), 1.5)
    room = 0.8 * width / columns
    figure = Figure(figsize=(width, rows * (room * slope + 0.6) + 0.4), layout="compressed")
    grid = figure.subplots(rows, columns, squeeze=False)
    axes = tuple(grid.flat)
    for ax in axes[number:]:
        ax.remove()
    return figure, axes[:number]


# -- ba loại bản đồ -------------------------------------------------------------


def _draw_pictures(panels: Panels, limits: Mapping[str, float] | None) -> None:
    if not panels:
        return
    chosen = dict(limits) if limits else stretch_all(array for _, array in panels)
    for ax, array in panels:
        draw_map(ax, array, "", **chosen)
        ax.set_facecolor(NO_DATA)  # nơi trống: trắng thì tưởng là mây


def _draw_classes(figure: Figure, panels: Panels, classes: Classes) -> None:
    if not panels:
        return
    style = color_classes(classes)
    for ax, array in panels:
        draw_map(ax, array, "", add_colorbar=False, **style)
    add_legend(figure, panels, classes)


def _draw_scales(figure: Figure, panels: Panels, style: Style) -> None:
    if not panels:
        return
    scale = choose_scale([array for _, array in panels], style)
    for ax, array in panels:
        draw_map(ax, array, "", add_colorbar=False, **scale)
    add_bar(figure, panels, scale)


def _share_labels(panels: Panels) -> None:
    """Các bản đồ của cùng một nơi: số chỉ đứng ở cột trái và hàng dưới."""
    grid = {str(array.odc.geobox) for _, array in panels}
    if len(grid) > 1 or len(panels) in (5, 7, 8, 10, 11):  # hàng cuối không đầy
        return
    for ax, _ in panels:
        ax.label_outer()


# -- tiêu đề ---------------------------------------------------------------------


def _write_titles(figure: Figure, axes: Sequence[Axes], named: Named, title: str) -> None:
    """Ngày chung đứng ở tiêu đề chung, ngày riêng ở từng bản đồ."""
    dates = [_write_date(array) for _, array in named]
    is_shared = len(set(dates)) == 1
    note = say("simulated") if any(is_simulated(array) for _, array in named) else ""
    if len(named) == 1:
        name, _ = named[0]
        whole = _join(title, name, dates[0]) + note
        axes[0].set_title(whole.strip())
        return
    for ax, (name, _), date in zip(axes, named, dates, strict=True):
        ax.set_title(name if is_shared else _join(name, date))
    whole = _join(title, dates[0]) if is_shared else title
    figure.suptitle((whole + note).strip())


def _write_date(array: xr.DataArray) -> str:
    time = array.coords.get("time")
    if time is None or time.ndim or time.dtype.kind != "M":
        return ""
    day = time.dt
    return f"{int(day.day)}/{int(day.month)}/{int(day.year)}"


def _join(*parts: str) -> str:
    return ", ".join(filter(None, parts))
