"""Ảnh thu nhỏ quanh vùng: nhìn qua mây và đất trước khi tải, không cần khóa."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import requests
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pystac import Item
from rasterio.warp import transform_bounds
from shapely import box

from cdse_access.checks.bbox import check_bbox
from cdse_access.checks.items import list_items
from cdse_access.problems import BadInput, Unavailable
from lessons.maps import Picture, simulated
from lessons.messages import say

Box = tuple[float, float, float, float]  # tây, nam, đông, bắc
AROUND = 4000  # mét: cho xem chừng ấy quanh vùng
MOST = 6  # ảnh trong một hình
RED = "#b2182b"


def draw_quicklooks(items: Iterable[Item], bbox: Sequence[float]) -> Picture:
    """Ảnh thu nhỏ của từng item, quanh `bbox` (khung đỏ) bốn kilômét; cảnh mô phỏng chỉ đến mép phần đã vẽ.

    Lỗi: BadInput khi danh sách rỗng hay quá dài, khi bbox viết sai; Unavailable khi không tải được ảnh.
    """
    listed = list_items(items)
    if len(listed) > MOST:
        raise BadInput(say("quicklooks-many", number=len(listed), most=MOST))
    area = check_bbox(bbox)
    figure = Figure(figsize=(2.2 * len(listed), 3.2), layout="constrained")
    axes = tuple(figure.subplots(1, len(listed), squeeze=False).flat)
    for ax, item in zip(axes, listed, strict=True):
        _draw_quicklook(ax, item, area)
    figure.suptitle(say("quicklooks-title", simulated=simulated(listed)))
    return Picture(figure, axes)


def _draw_quicklook(ax: Axes, item: Item, area: Box) -> None:
    """Tệp ảnh thu nhỏ không ghi nó nằm ở đâu: cả ô lưới, như mọi band của item."""
    if not {"thumbnail", "B04_10m"} <= item.assets.keys():
        raise BadInput(say("quicklook-lacks", item=item.id))
    band = item.assets["B04_10m"].extra_fields
    code = band["proj:code"]
    left, bottom, right, top = band["proj:bbox"]
    ax.imshow(_read_quicklook(item), extent=(left, right, bottom, top))
    frame = transform_bounds("EPSG:4326", code, *area)
    ax.plot(*box(*frame).exterior.xy, color=RED, linewidth=2)
    drawn = item.properties.get("cdse_offline:window")
    edges = transform_bounds("EPSG:4326", code, *drawn) if drawn else (left, bottom, right, top)
    _zoom(ax, frame, edges)
    cover = f"{item.properties['eo:cloud_cover']:.0f}"
    ax.set_title(say("quicklook-title", day=_format_day(item), cover=cover))
    ax.axis("off")


def _zoom(ax: Axes, frame: Box, edges: Box) -> None:
    west, south, east, north = frame
    first_x, first_y, last_x, last_y = edges
    ax.set_xlim(max(west - AROUND, first_x), min(east + AROUND, last_x))
    ax.set_ylim(max(south - AROUND, first_y), min(north + AROUND, last_y))


def _read_quicklook(item: Item) -> np.ndarray[Any, Any]:
    href = item.assets["thumbnail"].href
    try:
        answer = requests.get(href, timeout=30)
        answer.raise_for_status()
        return plt.imread(io.BytesIO(answer.content), format="jpg")
    except (requests.RequestException, ValueError, OSError) as error:
        raise Unavailable(say("quicklook", item=item.id, error=error)) from error


def _format_day(item: Item) -> str:
    day = item.datetime
    return f"{day.day}/{day.month}/{day.year}" if day else item.id
