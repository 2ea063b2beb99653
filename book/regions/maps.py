"""Pictures of a region: a map of a clear day, and its year in small pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from rasterio.warp import transform

from book.regions.looks import Look, Region, widen
from cdse_offline.product.regions import compute_inner_box
from cdse_offline.simulation.places import Place, find_box
from cdse_offline.simulation.scenes import Scene

INK, SOFT, RIM, PAPER = "#18221f", "#55635e", "#a9bcb4", "#ffffff"
FRAME, LESSON, BORDER = "#ffffff", "#ffd84d", "#7fe3ff"
STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same on every machine
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
}
WIDTH, DPI = 5.2, 150  # inches: so that letters are large enough on a phone
STEP = 0.02  # degrees between the lines of the graticule
WIDE = 0.13  # degrees
LIFT = 0.2  # share of a map's height: above its scale
GAMMA = 0.8
COLUMNS = 3
_LEGIBLE: dict[str, Any] = {"color": PAPER, "fontsize": 9.5, "fontweight": "bold"}
Box = tuple[float, float, float, float]


def save(figure: Figure, path: Path, quality: int = 76) -> None:
    figure.savefig(path, dpi=DPI, facecolor=PAPER, pil_kwargs={"quality": quality, "method": 6})


def see(look: Look) -> np.ndarray:
    """True colour of the whole place, (rows, columns, 3): `TCI_10m`, somewhat brighter."""
    bright = np.moveaxis(Scene(widen(look.acquisition)).pixels("TCI_10m"), 0, 2) / 255
    return np.rint(255 * bright**GAMMA).astype(np.uint8)


def name_day(look: Look) -> str:
    start = look.acquisition.start
    return f"{start.day}/{start.month}"


def name_share(share: float) -> str:
    """Per cent in whole numbers; only what is nothing is 0."""
    if 0 < share < 0.01:
        return "< 1 %"
    return f"{min(round(100 * share), 99 if share < 1 else 100)} %"


# -- the map -------------------------------------------------------------------


def draw_map(region: Region, look: Look, boxes: dict[str, Box], path: Path) -> None:
    """boxes: areas of the lessons, west, south, east, north in degrees, by their names."""
    place = region.place
    with mpl.rc_context(STYLE):
        rows, columns = place.shape
        figure = Figure(figsize=(WIDTH, 0.64 + (WIDTH - 0.78) * rows / columns))
        axes = _add_panel(figure, place)
        axes.imshow(see(look), extent=_find_extent(place), interpolation="antialiased")
        title = f"{place.title}, {name_day(look)}/{look.acquisition.start.year} (ảnh mô phỏng)"
        figure.text(0.02, 0.985, title, fontsize=11, va="top")
        _draw_graticule(axes, place)
        _draw_tiles(axes, place)
        _draw_box(axes, place, compute_inner_box(place), "bbox của vùng", FRAME)
        for name, box in boxes.items():
            _draw_box(axes, place, box, name, LESSON)
        _draw_scale(axes, place)
        save(figure, path)


def _add_panel(figure: Figure, place: Place) -> Axes:
    width, height = figure.get_size_inches()
    left, bottom, right, top = 0.72, 0.3, 0.06, 0.34
    axes = figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height))
    west, south, east, north = place.box
    axes.set(xlim=(west, east), ylim=(south, north))
    return axes


def _find_extent(place: Place) -> Box:
    west, south, east, north = place.box
    return west, east, south, north


def _draw_graticule(axes: Axes, place: Place) -> None:
    """Meridians and parallels, named where they meet the left and the lower edge."""
    west, south, east, north = place.box
    degrees = _to_degrees(place, [west, east, west, east], [south, south, north, north])
    spans = [_list_marks(values) for values in degrees]
    along = [np.linspace(min(values) - STEP, max(values) + STEP) for values in degrees]
    ticks: tuple[list[float], list[float]] = [], []
    for longitude in spans[0]:
        x, y = _to_metres(place, np.full(50, longitude), along[1])
        axes.plot(x, y, color=PAPER, linewidth=0.5, alpha=0.35)
        ticks[0].append(float(np.interp(south, y, x)))
    for latitude in spans[1]:
        x, y = _to_metres(place, along[0], np.full(50, latitude))
        axes.plot(x, y, color=PAPER, linewidth=0.5, alpha=0.35)
        ticks[1].append(float(np.interp(west, x, y)))
    names = [_name_degree(value, "Đ") for value in spans[0]], [_name_degree(value, "B") for value in spans[1]]
    room = 0.06 * (east - west)  # a name near a corner would be cut off
    names[0][:] = [name if west + room < x < east - room else "" for x, name in zip(ticks[0], names[0], strict=True)]
    axes.set_xticks(ticks[0], names[0])
    axes.set_yticks(ticks[1], names[1])
    axes.set(xlim=(west, east), ylim=(south, north))


def _list_marks(values: Sequence[float]) -> list[float]:
    """Round degrees, twice as far apart in a wide place."""
    step = STEP if max(values) - min(values) < WIDE else 2 * STEP
    first, last = np.ceil(min(values) / step), np.floor(max(values) / step)
    return [round(number * step, 6) for number in np.arange(first, last + 1)]


def _name_degree(value: float, side: str) -> str:
    return f"{value:.2f}° {side}".replace(".", ",")


def _to_degrees(place: Place, x: Iterable[float], y: Iterable[float]) -> tuple[list[float], list[float]]:
    longitude, latitude = transform(f"EPSG:{place.epsg}", "EPSG:4326", list(x), list(y))
    return longitude, latitude


def _to_metres(place: Place, longitude: Iterable[float], latitude: Iterable[float]) -> np.ndarray:
    return np.array(transform("EPSG:4326", f"EPSG:{place.epsg}", list(longitude), list(latitude)))


def _draw_box(axes: Axes, place: Place, box: Sequence[float], name: str, colour: str) -> None:
    west, south, east, north = box
    x, y = _to_metres(place, [west, east, east, west, west], [south, south, north, north, south])
    axes.plot(x, y, color=INK, linewidth=2.2, alpha=0.6)
    axes.plot(x, y, color=colour, linewidth=1.2)
    _write(axes, x[3], y[3], name, colour, (3, -3), "left", "top")


def _write(axes: Axes, x: float, y: float, words: str, colour: str, offset: Any, side: Any, end: Any) -> None:
    shade = {"facecolor": INK, "alpha": 0.6, "edgecolor": "none", "boxstyle": "square,pad=0.18"}
    style = {**_LEGIBLE, "color": colour, "bbox": shade}
    axes.annotate(words, (x, y), xytext=offset, textcoords="offset points", ha=side, va=end, **style)


def _draw_tiles(axes: Axes, place: Place) -> None:
    """Where a tile ends within the place, or a zone."""
    west, south, east, north = place.box
    for tile in place.tiles:
        left, _, right, _ = find_box(place, tile)
        if tile.epsg == place.epsg and left > west:
            _draw_border(axes, [left, left], [south, north], f"{tile.name} từ đây →", "left")
        if tile.epsg == place.epsg and right < east:
            _draw_border(axes, [right, right], [south, north], f"← {tile.name} đến đây", "right")
    zone = place.epsg % 100
    meridian = 6 * zone - 180  # the zone's eastern edge
    x, y = _to_metres(place, [meridian, meridian], _to_degrees(place, [east, east], [south, north])[1])
    if west < x[0] < east:
        _draw_border(axes, x, y, f"{meridian}° Đ: múi {zone} | múi {zone + 1}", "center")


def _draw_border(axes: Axes, x: Sequence[float], y: Sequence[float], words: str, side: str) -> None:
    axes.plot(x, y, color=BORDER, linewidth=1.4, linestyle=(0, (5, 3)))
    aside = {"left": 4, "center": 0, "right": -4}[side]
    bottom, top = axes.get_ylim()
    _write(axes, x[0], bottom + LIFT * (top - bottom), words, BORDER, (aside, 0), side, "bottom")


def _draw_scale(axes: Axes, place: Place) -> None:
    """A bar and an arrow to the north in the lower right corner, as large in the picture whatever the place's width."""
    west, south, east, _ = place.box
    unit = (east - west) / 1020  # metres
    bar = 1000 * round(200 * unit / 1000)
    left, low = east - bar - 70 * unit, south + 42 * unit
    shade: dict[str, Any] = {"facecolor": INK, "alpha": 0.6}
    axes.add_patch(Rectangle((left - 30 * unit, south + 15 * unit), bar + 80 * unit, 105 * unit, **shade))
    axes.add_patch(Rectangle((left, low), bar / 2, 11 * unit, facecolor=PAPER, edgecolor=PAPER))
    axes.add_patch(Rectangle((left + bar / 2, low), bar / 2, 11 * unit, facecolor="none", edgecolor=PAPER))
    axes.text(left, low + 22 * unit, f"{bar // 1000} km", ha="left", va="bottom", **_LEGIBLE)
    arrow = {"arrowstyle": "-|>", "color": PAPER, "shrinkA": 0, "shrinkB": 0}
    foot, head = (left + bar, low + 20 * unit), (left + bar, low + 70 * unit)
    axes.annotate("", head, xytext=foot, arrowprops=arrow)
    axes.text(foot[0] - 16 * unit, foot[1] + 2 * unit, "B", ha="right", va="bottom", **_LEGIBLE)


# -- the year ------------------------------------------------------------------


def draw_year(region: Region, path: Path) -> None:
    rows, columns = region.place.shape
    lines = -(-len(region.looks) // COLUMNS)
    gap, head = 0.06, 0.25
    side = (WIDTH - gap * (COLUMNS - 1)) / COLUMNS
    height = side * rows / columns + head
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, lines * height))
        for number, look in enumerate(region.looks):
            line, column = divmod(number, COLUMNS)
            corner = column * (side + gap) / WIDTH, 1 - (line * height + height) / (lines * height)
            axes = figure.add_axes((*corner, side / WIDTH, (height - head) / (lines * height)))
            axes.imshow(shrink(see(look), 4), interpolation="antialiased")
            frame_thinly(axes)
            axes.set_title(f" {name_day(look)} · {name_share(look.hidden)}", fontsize=11, pad=3)
        save(figure, path)


def frame_thinly(axes: Axes) -> None:
    """No marks, and a line that parts white clouds from white paper."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color=RIM, linewidth=0.8)


def shrink(picture: np.ndarray, step: int) -> np.ndarray:
    """Means of step by step pixels."""
    rows, columns, bands = picture.shape
    blocks = picture.reshape(rows // step, step, columns // step, step, bands)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
