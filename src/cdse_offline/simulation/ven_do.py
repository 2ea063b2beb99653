"""A town's fringe: paddies, crowded villages, a river between dykes, an expressway with industrial parks.

East of the expressway a new park is built in the course of the year: land lies fallow, is filled with sand, roads and
halls follow.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.coordinates import read_path, read_paths, read_rows
from cdse_offline.simulation.covers import CODE
from cdse_offline.simulation.delta import draw_between_dykes, draw_canals, raise_villages, settle, sketch_paddies
from cdse_offline.simulation.drawing import (
    Sketch,
    compute_normals,
    draw_curve,
    draw_hill,
    draw_noise,
    find_pixels,
    find_side,
    measure_distance,
    turn_axes,
)
from cdse_offline.simulation.land import SIZE, Land

_RIVER = read_path("745 -20, 800 110, 905 190, 915 330, 830 430, 850 560, 940 640, 925 780, 860 880, 900 1040")
_EXPRESSWAY = read_path("-20 905, 180 762, 400 600, 610 452, 790 338, 1040 205")
_OLD_HIGHWAY = read_path("-20 760, 150 640, 360 500, 560 350, 700 235, 860 100, 940 -20")
_ROADS = read_paths("""
    360 500, 330 380, 240 250, 190 110, 150 -5
    180 762, 260 850, 420 900, 610 880, 760 930, 1025 960
    540 372, 560 480, 520 600, 640 700, 700 780, 760 930
""")
_TOWN = (292, 318)
_HILLS = read_rows("""
    row  column  radius  height
     85     120      48      62
     48     215      34      40
    150      62      30      35
     70     470      26      28
""")
_LOT = (42, 34)  # pixels along and across between the roads of a park
_ROAD = 1.5  # half the width of such a road, verges included
_FALLOW = 0.74  # of the new park, at the beginning of the year
_BUILT = 0.65  # of the new park, in this year


@dataclass(frozen=True)
class _Zone:
    """A rectangle of land for industry: its middle, half its sides, and how it is turned."""

    middle: tuple[float, float]
    along: float
    across: float
    turn: float


_OLD_ZONES = (
    _Zone((452, 672), along=63, across=51, turn=-0.95),
    _Zone((627, 369), along=84, across=40, turn=-0.88),
    _Zone((190, 850), along=42, across=34, turn=-0.7),
)
_NEW_ZONE = _Zone((604, 562), 63, 41, -1.02)


@dataclass(frozen=True)
class _Lots:
    """A zone cut by its roads into lots, each with one or two halls. Arrays of the window's shape unless said."""

    inside: np.ndarray
    road: np.ndarray
    lot: np.ndarray  # number of the lot, also of the road beside it
    roof: np.ndarray  # share of each pixel that a hall covers
    progress: np.ndarray  # 0 at the end where building begins, 1 at the other
    covers: np.ndarray  # name of each lot's cover, (lots,)


def draw(rng: Generator) -> Land:
    sketch, districts = sketch_paddies(rng, block=120, spread=2, disorder=0.2)
    draw_canals(sketch, districts)
    away, level = _measure_from_river(rng)
    draw_between_dykes(sketch, away, level)
    _draw_river(sketch, away)
    hills = _draw_hills(sketch)
    settled = _settle(sketch, level, hills)
    for zone in _OLD_ZONES:
        settled &= ~_draw_old_zone(sketch, zone)
    settled &= ~_draw_new_zone(sketch)
    return sketch.finish(hills + 0.8 * draw_noise(rng, 300, 40, 2), settled, base=6)


def _measure_from_river(rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each pixel from the middle of the river; the same as a share of the way to the dyke (1)."""
    path = draw_curve(_RIVER, rng, 8)
    away, nearest = measure_distance(path)
    side = ndimage.gaussian_filter(find_side(path, nearest), 2)
    along = np.arange(len(path)) / 4
    right = 34 + 14 * np.sin(along / 75 + 2)
    left = 30 + 12 * np.sin(along / 90 + 5)
    reach = np.where(side > 0, right.take(nearest), left.take(nearest))
    return away, away / ndimage.gaussian_filter(reach, 4)


def _draw_river(sketch: Sketch, away: np.ndarray) -> None:
    """The Cầu: green-brown, 80 to 120 m wide, with a few bars of sand."""
    rng = sketch.rng
    bank = 5 + 0.9 * draw_noise(rng, 160, 40, 2.2)
    bank += 0.4 * draw_noise(rng, 30, 6, 1.4)
    bars = draw_noise(rng, 120, 25, 2)
    sand = 0.3 + 0.3 * draw_noise(rng, 20, 3, 1)
    sketch.paint(away < bank + 0.8, "sand", dense=sand)
    streaks = 0.3 + 0.15 * draw_noise(rng, 60, 5, 1.5)
    shore = bank - 1.5 * np.maximum(bars - 1, 0)
    sketch.paint(away < shore, "river", dense=streaks)
    sketch.clear(away < bank + 0.8)


def _draw_hills(sketch: Sketch) -> np.ndarray:
    """A few low hills with pines and acacia; their height in metres is returned."""
    rng = sketch.rng
    shape = 1 + 0.25 * draw_noise(rng, 70, 14, 1.8)
    bumps = [height * draw_hill((row, column), radius) for row, column, radius, height in _HILLS]
    hills = sum(bumps) * shape
    wood = hills > 13
    crowns = draw_noise(rng, 8, 2, 0.3)
    sketch.paint(wood, "evergreen forest", dense=0.5 + 0.3 * draw_noise(rng, 40, 4, 1.2))
    sketch.clear(wood)
    sketch.height = np.where(wood, 9 + 2 * crowns, sketch.height)
    sketch.grain = np.where(wood, sketch.soft + 0.05 * crowns, sketch.grain)
    return np.maximum(hills - 4, 0)


def _settle(sketch: Sketch, level: np.ndarray, hills: np.ndarray) -> np.ndarray:
    """The town, villages and the roads between them; where people live is returned."""
    rng, canvas = sketch.rng, sketch.canvas
    expressway = draw_curve(_EXPRESSWAY, rng)
    highway = draw_curve(_OLD_HIGHWAY, rng, 3)
    canvas.line("asphalt", highway, 13)
    for road in _ROADS:
        canvas.line("asphalt", draw_curve(road, rng, 4), 10)
    zones = np.max([_measure(zone) for zone in (*_OLD_ZONES, _NEW_ZONE)], axis=0)
    is_free = (hills < 3) & (zones < -4)
    inside = raise_villages(sketch, _choose_villages(rng, level, is_free), np.where(is_free, level, 0))
    town = 1.35 * draw_hill(_TOWN, 52) - 0.45
    inside = np.maximum(inside, town)
    from_expressway, _ = measure_distance(expressway)
    allowed = (level > 1.06) & is_free & (from_expressway > 5)
    settled = settle(sketch, inside, allowed)
    _build_workshops(sketch, highway, allowed)
    _draw_expressway(sketch, expressway)
    return settled


def _choose_villages(rng: Generator, level: np.ndarray, is_free: np.ndarray) -> np.ndarray:
    """One in each cell of a grid, behind the dykes, 300 m from hills and works."""
    cells = np.indices((10, 10)).reshape(2, -1).T
    spots = (cells + 0.1 + 0.8 * rng.random((100, 2))) * SIZE / 10
    places = find_pixels(spots)
    from_hills = ndimage.distance_transform_edt(is_free)
    return spots[(level[places] > 1.2) & (from_hills[places] > 30)]


def _build_workshops(sketch: Sketch, road: np.ndarray, allowed: np.ndarray) -> None:
    """Halls one by one along the old highway."""
    rng = sketch.rng
    spots = road[rng.integers(0, len(road), 60)]
    spots = spots + 9 * rng.standard_normal((60, 2))
    spots = spots[np.all((spots > 5) & (spots < SIZE - 5), axis=1)]
    spots = spots[allowed[find_pixels(spots)]]
    for name, group in zip(("metal", "blue tin", "grey roof"), np.array_split(spots, 3), strict=True):
        sketch.halls(name, group, 0.7, 75)


def _draw_expressway(sketch: Sketch, path: np.ndarray) -> None:
    """Two carriageways with a strip of grass between, on a bank."""
    sketch.canvas.line("grass", path, 9)
    beside = 0.9 * compute_normals(path)
    for carriageway in (path - beside, path + beside):
        sketch.canvas.line("asphalt", carriageway, 12)


def _measure(zone: _Zone) -> np.ndarray:
    """Pixels from each pixel to the zone's border, positive inside."""
    along, across = _turn(zone)
    return np.minimum(zone.along - np.abs(along), zone.across - np.abs(across))


def _turn(zone: _Zone) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along and across the zone, 0 in its middle."""
    row, column = np.indices((SIZE, SIZE)) + 0.5 - np.array(zone.middle)[:, None, None]
    return turn_axes(row, column, zone.turn)


def _cut_lots(rng: Generator, zone: _Zone) -> _Lots:
    """Roads on a grid; between them one, two or four lots, with yards around their halls."""
    along, across = _turn(zone)
    column, u = _count_cells(along + zone.along, 2 * zone.along, _LOT[0])
    row, v = _count_cells(across + zone.across, 2 * zone.across, _LOT[1])
    columns, rows = column.max() + 1, row.max() + 1
    cell = row * columns + column
    parts = rng.choice(read_path("1 1, 2 1, 2 2, 1 2"), rows * columns, p=(0.2, 0.35, 0.3, 0.15))
    wide = _LOT[0] / parts[:, 0].take(cell)
    high = _LOT[1] / parts[:, 1].take(cell)
    lot = 4 * cell + 2 * (v // high).astype(int) + (u // wide).astype(int)
    count = 4 * rows * columns
    roof = _draw_roofs(rng, lot, count, (u % wide, wide), (v % high, high))
    covers = rng.choice(("white hall", "grey hall", "blue hall", "park lawn"), count, p=(0.28, 0.34, 0.27, 0.11))
    inside = _measure(zone) > 0
    along_road = np.minimum(u, _LOT[0] - u)
    across_road = np.minimum(v, _LOT[1] - v)
    road = inside & (np.minimum(along_road, across_road) < _ROAD)
    progress = (along / zone.along + 1) / 2
    return _Lots(inside, road, lot, roof, progress, covers)


def _count_cells(place: np.ndarray, whole: float, side: float) -> tuple[np.ndarray, np.ndarray]:
    """Which of the cells that fill a whole side of the zone each place lies in, and how far from where it begins."""
    last = round(whole / side) - 1
    number = np.clip(np.floor(place / side), 0, last).astype(int)
    return number, place % side


def _draw_roofs(
    rng: Generator,
    lot: np.ndarray,
    count: int,
    along: tuple[np.ndarray, np.ndarray],
    across: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Share of each pixel under a roof, from its place in its lot and the lot's side, along and across."""
    yards = 1.8 + _ROAD * 0.6 + 5 * rng.random((4, count)) ** 2.5
    left, right, above, below = yards.take(lot, axis=1)
    (u, wide), (v, high) = along, across
    hall = _cover(u, left, wide - right) * _cover(v, above, high - below)
    is_halved = (rng.random(count) < 0.4).take(lot)
    return hall * (1 - is_halved * _cover(v, high / 2 - 0.9, high / 2 + 0.9))


def _cover(place: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Share of a pixel at this place that lies between start and end."""
    last = np.minimum(place + 0.5, end)
    first = np.maximum(place - 0.5, start)
    return np.clip(last - first, 0, 1)


def _draw_old_zone(sketch: Sketch, zone: _Zone) -> np.ndarray:
    """A park that stands since years: halls, roads, lawns, a belt of trees."""
    rng = sketch.rng
    lots = _cut_lots(rng, zone)
    border = _measure(zone)
    is_sold = rng.random(len(lots.covers)) < 0.7
    is_used = is_sold.take(lots.lot) | (border > 20)  # its outline is not straight
    where = lots.inside & is_used
    tone = np.clip(1 + 0.1 * rng.standard_normal(len(lots.covers)), 0.75, 1.15)
    first = sketch.add(np.array([CODE[name] for name in lots.covers]), tone)
    sketch.unit = np.where(where, first + lots.lot, sketch.unit)
    sketch.clear(where)
    _lay_roofs(sketch, lots, where)
    sketch.height = np.where(where, 11 * lots.roof, sketch.height)
    sketch.paint(lots.road & where, "park road")
    edge = ndimage.distance_transform_edt(where) - 1
    sketch.band("broadleaf", edge, 12, where & (edge < 3))
    sketch.trees(where & (lots.roof < 0.1), 9000, 0.5)
    return where


def _draw_new_zone(sketch: Sketch) -> np.ndarray:
    """Fields that become a park: most lie fallow, the last ones bear the rice of spring before they are filled, too."""
    rng, plots = sketch.rng, sketch.parcels
    lots = _cut_lots(rng, _NEW_ZONE)
    where = lots.inside
    last = plots.mean(lots.progress) > _FALLOW
    shift = np.where(last, 2, 40) * rng.standard_normal(plots.count)
    fields = np.where(last, CODE["rice"], CODE["fallow"])
    around = plots.mean(_measure(_NEW_ZONE)) + 2 * rng.standard_normal(plots.count) > -3
    sketch.lay((around & ~last).take(plots.number) & ~where, plots, fields, shift=shift)
    sketch.clear(where)
    sketch.lay(where, plots, fields, spread=0.03, shift=shift)
    _lay_roofs(sketch, lots, where & ~last.take(plots.number))
    _plan_building(sketch, lots)
    return where


def _plan_building(sketch: Sketch, lots: _Lots) -> None:
    """Fill from March on, in June where rice stood; roads in July, then the halls."""
    first, part = sketch.split(lots.inside, np.where(lots.road, 0, 1 + lots.lot))
    plot = sketch.plot[first:]
    progress = ndimage.mean(lots.progress, sketch.plot.take(sketch.unit), plot)
    after_rice = sketch.covers[first:] == CODE["rice"]
    filled = np.where(after_rice, 165 + 8 * progress, 62 + 95 * progress)
    filled += 3 * sketch.rng.random(len(sketch.plot)).take(plot)
    paved = 186 + 30 * progress
    opened = _plan_halls(sketch.rng, lots)
    for unit, lot in enumerate(part - 1):
        sketch.changes.append((first + unit, round(filled[unit]), "fill"))
        if lot < 0:
            sketch.changes.append((first + unit, round(paved[unit]), "park road"))
        elif opened[lot]:
            sketch.changes.append((first + unit, opened[lot], lots.covers[lot]))


def _plan_halls(rng: Generator, lots: _Lots) -> np.ndarray:
    """The day on which each lot has its hall: from September on, one after the other; 0 where none is built yet."""
    count = len(lots.covers)
    lot, progress = lots.lot[lots.inside], lots.progress[lots.inside]
    size = np.bincount(lot, minlength=count)
    place = np.bincount(lot, progress, count) / np.maximum(size, 1)
    turn = np.argsort(np.argsort(place + 0.25 * rng.random(count)))
    return np.where(place < _BUILT, np.round(246 + 140 * turn / count), 0).astype(int)


def _lay_roofs(sketch: Sketch, lots: _Lots, where: np.ndarray) -> None:
    """Yards are where a unit is sparse, roofs where it is dense."""
    sketch.dense = np.where(where, lots.roof, sketch.dense)
    sketch.grain = np.where(where, sketch.soft, sketch.grain)
