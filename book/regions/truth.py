"""Pictures of the truth beside what the satellite sees: classes, sky, fields, changes; land before and after."""

from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure

from book.regions.looks import Region, widen
from book.regions.maps import STYLE, WIDTH, frame_thinly, name_day, save, see
from cdse_offline.simulation.changes import find_change_days
from cdse_offline.simulation.classes import CHANGE_CLASSES, FIELD_CLASSES, LAND_CLASSES, SKY_CLASSES, Class
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.scenes import Scene

GAP, HEAD = 0.08, 0.26  # inches between two pictures, and above them
STARTS = [1, 32, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366]  # first days of a year
Months = tuple[int, ...]
TURN = 2.399963  # the golden angle, radians: neighbouring numbers get colours far apart


class Picture(NamedTuple):
    title: str
    pixels: np.ndarray  # (rows, columns, 3)


class Part(NamedTuple):
    """A part of a place, in its pixels."""

    row: int
    column: int
    side: int

    def of(self, drawn: np.ndarray) -> np.ndarray:
        return drawn[self.row : self.row + self.side, self.column : self.column + self.side]


def find_changed(region: Region, margin: int = 25) -> Part:
    """A square around all that changes."""
    rows, columns = np.nonzero(find_days(region))
    middle = (rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2
    half = max(np.ptp(rows), np.ptp(columns)) // 2 + margin
    height, width = region.place.shape
    row, column = (min(max(one - half, 0), side - 2 * half) for one, side in zip(middle, (height, width), strict=True))
    return Part(int(row), int(column), int(2 * half))


def find_days(region: Region) -> np.ndarray:
    """`CHANGE_10m` of the whole place."""
    land = build_land(region.place)
    return find_change_days(land).take(land.unit)


# -- the pictures --------------------------------------------------------------


def draw_before_and_after(region: Region, months: Months, part: Part, path: Path) -> None:
    draw_pair([_see(region, month, part) for month in months], path)


def draw_classes(region: Region, months: Months, path: Path) -> None:
    _draw_whole(region, months, "CLASS_10m", LAND_CLASSES, path)


def draw_sky(region: Region, months: Months, path: Path) -> None:
    _draw_whole(region, months, "SKY_10m", SKY_CLASSES, path)


def _draw_whole(region: Region, months: Months, key: str, table: dict[int, Class], path: Path) -> None:
    (month,) = months
    part = Part(0, 0, min(region.place.shape))
    classes = Scene(widen(region.look(month).acquisition)).truth(key)
    draw_pair([_see(region, month, part), Picture(key, paint(part.of(classes), table))], path)


def draw_fields(part: Part, region: Region, months: Months, path: Path) -> None:
    (month,) = months
    fields = paint_fields(part.of(build_land(region.place).parcel))
    draw_pair([_see(region, month, part), Picture("PARCEL_10m", fields)], path)


def draw_changes(region: Region, months: Months, path: Path) -> None:
    (month,) = months
    part = find_changed(region)
    days = part.of(find_days(region))
    when = np.digitize(days, STARTS)
    key = range(int(when[days > 0].min()), int(when.max()) + 1)
    painted = np.rint(255 * _colour_months(key).to_rgba(when)[..., :3]).astype(np.uint8)
    painted[days == 0] = _read_colour(CHANGE_CLASSES[0])
    draw_pair([_see(region, month, part), Picture("CHANGE_10m", painted)], path, key)


def _colour_months(months: range) -> ScalarMappable:
    colours = mpl.colormaps["plasma"].resampled(len(months))
    return ScalarMappable(BoundaryNorm([*months, months.stop], len(months)), colours)


def _see(region: Region, month: int, part: Part) -> Picture:
    look = region.look(month)
    return Picture(f"{name_day(look)}/{look.acquisition.start.year}", part.of(see(look)))


def draw_pair(pictures: list[Picture], path: Path, key: range | None = None) -> None:
    """Two square pictures side by side; below them, if wanted, the months of their colours."""
    side = (WIDTH - GAP) / 2
    foot = 0.5 if key else 0.0
    height = HEAD + side + foot
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        for number, picture in enumerate(pictures):
            corner = number * (side + GAP) / WIDTH, foot / height
            axes = figure.add_axes((*corner, side / WIDTH, side / height))
            axes.imshow(picture.pixels, interpolation="antialiased" if len(picture.pixels) > 400 else "nearest")
            frame_thinly(axes)
            axes.set_title(f" {picture.title}", fontsize=11, pad=3)
        if key:
            _draw_key(figure, key)
        save(figure, path)


def _draw_key(figure: Figure, months: range) -> None:
    """Below the right picture."""
    width, height = figure.get_size_inches()
    bar = figure.add_axes((0.5 + GAP / 2 / width, 0.28 / height, 0.5 - GAP / 2 / width, 0.11 / height))
    colour_bar = figure.colorbar(_colour_months(months), cax=bar, orientation="horizontal")
    colour_bar.set_ticks([month + 0.5 for month in months], labels=[str(month) for month in months])
    bar.tick_params(length=0, labelsize=9.5)
    figure.text(0.49, 0.27 / height, "đổi khác vào tháng", ha="right", fontsize=10)


# -- colours -------------------------------------------------------------------


def paint(classes: np.ndarray, table: dict[int, Class]) -> np.ndarray:
    """Each class in the colour of its legend, (rows, columns, 3)."""
    colours = np.zeros((max(table) + 1, 3), np.uint8)
    for value, one in table.items():
        colours[value] = _read_colour(one)
    return colours[classes]


def _read_colour(one: Class) -> list[int]:
    return list(bytes.fromhex(one.colour))


def paint_fields(numbers: np.ndarray) -> np.ndarray:
    """Each field in a colour of its own."""
    angle = numbers * TURN
    waves = [0.62 + 0.3 * np.cos(angle + turn) for turn in (0, 2.1, 4.2)]
    painted = np.rint(255 * np.stack(waves, axis=2)).astype(np.uint8)
    painted[numbers == 0] = _read_colour(FIELD_CLASSES[0])
    return painted
