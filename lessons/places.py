"""Vùng của ta ở đâu: bbox quanh một điểm, bản đồ vị trí trong ô lưới."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pystac import Item
from shapely import Point, box
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from cdse_access.checks.bbox import check_bbox
from cdse_access.checks.items import list_items
from cdse_access.problems import BadInput
from lessons.cities import CITIES
from lessons.maps import Picture
from lessons.messages import say

KM_PER_DEGREE = 111.3  # chiều dài một độ vĩ
RED = "#b2182b"


def bbox_around(longitude: float, latitude: float, width_km: float) -> list[float]:
    """bbox của hình vuông cạnh `width_km` (km) có tâm ở điểm đã cho (độ, kinh độ trước).

    Lỗi: BadInput khi điểm không có trên Trái Đất (hay bị đảo), khi cạnh không phải số dương, khi vùng quá rộng.
    """
    if not -85 < latitude < 85:
        raise BadInput(say("place-latitude", latitude=latitude))
    if not width_km > 0:
        raise BadInput(say("place-width", width=width_km))
    half_y = width_km / KM_PER_DEGREE / 2
    half_x = half_y / math.cos(math.radians(latitude))
    west, east = longitude - half_x, longitude + half_x
    south, north = latitude - half_y, latitude + half_y
    return list(check_bbox([west, south, east, north]))


def draw_location(items: Iterable[Item], bbox: Sequence[float]) -> Picture:
    """Bản đồ các ô lưới của `items`, trung tâm tỉnh gần đó, và `bbox` (khung đỏ), trục tính bằng độ.

    Lỗi: BadInput khi danh sách rỗng, khi bbox viết sai.
    """
    tiles = _find_tiles(list_items(items))
    area = box(*check_bbox(bbox))
    figure = Figure(figsize=(5.5, 5.5))
    ax = figure.subplots()
    for name, tile in tiles.items():
        _draw_tile(ax, name, tile)
    _draw_area(ax, area)
    _set_frame(ax, [area, *tiles.values()])
    _draw_cities(ax)
    ax.set_title(say("location-title", tiles=", ".join(tiles)))
    return Picture(figure, (ax,))


def _find_tiles(items: Iterable[Item]) -> dict[str, BaseGeometry]:
    """Mỗi ô lưới và phần rộng nhất mà một ảnh của nó phủ."""
    tiles: dict[str, BaseGeometry] = {}
    for item in items:
        name = str(item.properties.get("grid:code", item.id)).replace("MGRS-", "T")
        seen = shape(item.geometry)
        if name not in tiles or seen.area > tiles[name].area:
            tiles[name] = seen
    return tiles


def _draw_tile(ax: Axes, name: str, tile: BaseGeometry) -> None:
    for part in getattr(tile, "geoms", [tile]):
        ax.fill(*part.exterior.xy, facecolor="#dfe9f3", edgecolor="#2166ac", alpha=0.8)
    west, _, _, north = tile.bounds
    ax.annotate(name, (west, north), xytext=(4, -14), textcoords="offset points", color="#2166ac")


def _draw_area(ax: Axes, area: BaseGeometry) -> None:
    """Khung, và một mũi tên: trên cả ô lưới, khung chỉ là một chấm."""
    ax.plot(*area.exterior.xy, color=RED, linewidth=2)
    ax.annotate(
        say("location-area"),
        area.centroid.coords[0],
        xytext=(-70, 35),
        textcoords="offset points",
        color=RED,
        arrowprops={"arrowstyle": "->", "color": RED},
    )


def _set_frame(ax: Axes, shapes: Iterable[BaseGeometry]) -> None:
    bounds = np.array([one.bounds for one in shapes])
    west, south = bounds[:, :2].min(axis=0) - 0.1
    east, north = bounds[:, 2:].max(axis=0) + 0.1
    shrunk = math.cos(math.radians((south + north) / 2))
    ax.set(xlim=(west, east), ylim=(south, north), aspect=1 / shrunk)
    ax.set(xlabel=say("axis-longitude"), ylabel=say("axis-latitude"))


def _draw_cities(ax: Axes) -> None:
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    frame = box(west, south, east, north)
    for name, (longitude, latitude) in CITIES.items():
        if frame.contains(Point(longitude, latitude)):
            ax.plot(longitude, latitude, marker="o", color="black")
            ax.annotate(name, (longitude, latitude), xytext=(5, 5), textcoords="offset points")
