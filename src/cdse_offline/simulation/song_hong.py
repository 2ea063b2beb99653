"""The Red River delta: a wide red river between its dykes, paddies on a grid, crowded villages under trees."""

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.covers import CODE
from cdse_offline.simulation.drawing import (
    Blocks,
    Parcels,
    Sketch,
    cut_blocks,
    cut_parcels,
    draw_curve,
    draw_hill,
    draw_noise,
    draw_street,
    find_side,
    measure_distance,
)
from cdse_offline.simulation.land import SIZE, Land

_RED_RIVER = [(-20, 300), (130, 345), (320, 290), (520, 330), (690, 460), (850, 610), (1040, 690)]
_HIGHWAY = [(-5, 770), (260, 800), (560, 850), (800, 915), (1025, 960)]
_PROVINCIAL = [
    [(430, -5), (445, 150), (450, 330), (420, 560), (330, 800), (290, 1025)],
    [(1025, 330), (860, 300), (700, 180), (640, -5)],
    [(-5, 560), (160, 600), (420, 560), (600, 700), (640, 1025)],
]
_WORKS = (255, 868)
_KILNS = ((120, 432), (560, 262), (760, 590), (880, 560))
_ROOFS = (("grey roof", 0.42), ("red roof", 0.34), ("concrete", 0.12), ("blue tin", 0.08), ("metal", 0.04))


def draw(rng: Generator) -> Land:
    districts = cut_blocks(rng, 150)
    angle = 2 * np.pi * rng.random(districts.count)
    width = 3.6 + 2.2 * rng.random(districts.count)
    length = 8 + 5 * rng.random(districts.count)
    plots = cut_parcels(rng, districts, angle, width, length, disorder=0.15)
    sketch = Sketch(rng, plots, _choose_paddies(rng, plots))
    sketch.shift = 5 * plots.mean(draw_noise(rng, 200, 50, 2)) + 2.5 * rng.standard_normal(plots.count)
    away, level = _measure_from_river(rng)
    sketch.grain -= 0.05 * np.exp(-plots.edge * 1.5)
    _draw_canals(sketch, districts)
    _draw_between_dykes(sketch, away, level)
    _draw_red_river(sketch, away, level)
    settled = _draw_villages(sketch, away, level)
    settled &= ~_draw_works(sketch)
    return sketch.finish(1.5 * draw_noise(rng, 300, 40, 2), settled, base=6)


def _choose_paddies(rng: Generator, plots: Parcels) -> np.ndarray:
    """Two crops of rice nearly everywhere, a third crop of vegetables on half of it; ponds and orchards in groups."""
    low = _draw_scatter(rng, plots)
    dry = _draw_scatter(rng, plots)
    winter = plots.mean(draw_noise(rng, 300, 60, 2)) + 0.6 * rng.standard_normal(plots.count)
    chance = rng.random(plots.count)
    names = ("pond", "orchard", "vegetables", "rice+", "rice")
    tests = (low > 1.9, dry > 1.9, (chance < 0.14) & (dry > 0.6), winter > 0.2, winter <= 0.2)
    return np.select(tests, [CODE[name] for name in names])


def _draw_scatter(rng: Generator, plots: Parcels) -> np.ndarray:
    """A property of plots that comes in groups."""
    return plots.mean(draw_noise(rng, 160, 25, 1.8)) + 0.25 * rng.standard_normal(plots.count)


def _draw_canals(sketch: Sketch, districts: Blocks) -> None:
    """Field tracks and canals on a grid that turns with each district, and along its border; graves in the fields."""
    rng, plots = sketch.rng, sketch.parcels
    keep = draw_noise(rng, 150, 30, 1.5)
    lines = [("gravel", 1.5, 26, plots.across), ("grass", 3, 37, plots.along),
             ("stream", 3, 52, plots.across + 1.2), ("broadleaf", 2.5, 52, plots.across + 2.2)]  # fmt: skip
    for name, width, period, field in lines:
        away = np.abs(np.mod(field, period) - period / 2)
        sketch.band(name, away, width, keep > -0.1)
    sketch.band("stream", districts.edge, 8, keep > -1.2)
    sketch.band("broadleaf", districts.edge - 1.2, 5, keep > 0)
    for middle in rng.random((60, 2)) * SIZE:
        graves = middle + 1.6 * rng.standard_normal((14, 2))
        sketch.canvas.dots("concrete", graves, 0.07)
    sketch.trees(keep > 0.8, 5000, 0.4)


def _measure_from_river(rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each pixel from the middle of the river; the same as a share of the way to the dyke (1)."""
    path = draw_curve(_RED_RIVER, rng, 10)
    away, nearest = measure_distance(path)
    side = ndimage.gaussian_filter(find_side(path, nearest), 2)
    along = np.arange(len(path)) / 4
    dykes = [92 + 30 * np.sin(along / 95 + 1) + 12 * np.sin(along / 40), 84 + 26 * np.sin(along / 110 + 4)]
    reach = np.where(side > 0, dykes[0].take(nearest), dykes[1].take(nearest))
    return away, away / ndimage.gaussian_filter(reach, 4)


def _draw_between_dykes(sketch: Sketch, away: np.ndarray, level: np.ndarray) -> None:
    """Silt land outside the dykes: vegetables, bananas and orchards in narrow strips; the dyke with its road."""
    rng = sketch.rng
    ground = cut_blocks(rng, 70, warp=3)
    angle = 0.3 * rng.standard_normal(ground.count) + rng.choice([0, np.pi / 2], ground.count, p=(0.75, 0.25))
    size = 0.8 + 0.5 * rng.random(ground.count)
    strips = cut_parcels(rng, ground, angle, 3.2 * size, 17 * size, disorder=0.5)
    trees = strips.mean(draw_noise(rng, 120, 20, 1.6)) + 0.4 * rng.standard_normal(strips.count)
    crops = np.where(trees > 0.1, CODE["orchard"], CODE["vegetables"])
    first = sketch.add(crops, 1 + 0.07 * rng.standard_normal(strips.count), 96 * rng.random(strips.count))
    foreland = level < 1
    sketch.grain = np.where(foreland, sketch.soft - 0.04 * np.exp(-strips.edge), sketch.grain)
    sketch.unit = np.where(foreland, first + strips.number, sketch.unit)
    bananas = foreland & (crops.take(strips.number) == CODE["orchard"])
    sketch.height = np.where(bananas, 4 + 1.5 * draw_noise(rng, 8, 2, 0.3), sketch.height)
    for share in sketch.share.values():
        share *= ~foreland
    from_dyke = (level - 1) * away / np.maximum(level, 0.2)
    sketch.paint(np.abs(from_dyke) < 1.8, "dyke")
    sketch.band("asphalt", from_dyke, 6, level > 0)


def _draw_red_river(sketch: Sketch, away: np.ndarray, level: np.ndarray) -> None:
    """Wide and red with silt; sand bars grow from its banks and drown in the summer's high water."""
    rng = sketch.rng
    shape = 6 * draw_noise(rng, 500, 130, 2.4) + 0.9 * draw_noise(rng, 40, 8, 1.6)
    bank = 30 + shape
    bars = 10 * draw_noise(rng, 240, 60, 2.2) + 1.5 * draw_noise(rng, 30, 5, 1.4)
    sand = 0.35 + 0.3 * draw_noise(rng, 60, 3, 1.3)
    bank = np.minimum(bank, 0.6 * away / level)
    sketch.paint(away < bank, "sand", dense=sand)
    sketch.paint(away < bank - 0.3 * bars, "shoal", dense=sand)
    streaks = 0.6 + 0.25 * draw_noise(rng, 90, 5, 1.6)
    sketch.paint(away < bank - np.maximum(bars, 0), "red river", dense=streaks)
    bar = draw_hill((215, 318), 11) + draw_hill((243, 309), 9)
    bar = bar + draw_hill((600, 388), 10) + draw_hill((618, 405), 9)
    island = bar * (1 + 0.15 * draw_noise(rng, 40, 6, 1.4))
    sketch.paint((island > 0.5) & (away < bank), "shoal", dense=sand)
    sketch.paint((island > 0.75) & (away < bank), "vegetables")


def _draw_villages(sketch: Sketch, away: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Compact villages under trees, a kilometre or two apart, with roads between them; where they are is returned."""
    rng, canvas = sketch.rng, sketch.canvas
    villages = _choose_villages(rng, level)
    canvas.line("asphalt", draw_curve(_HIGHWAY, rng), 30)
    for road in _PROVINCIAL:
        canvas.line("asphalt", draw_curve(road, rng, 3), 11)
    inside = np.full((SIZE, SIZE), -9.0)
    for village in villages:
        radius, turn = 19 + 20 * rng.random() ** 1.5, np.pi * rng.random()
        for lobe in range(3):
            centre = village + 0.55 * radius * rng.standard_normal(2) * (lobe > 0)
            _raise_ellipse(inside, centre, radius / (1 + 0.4 * lobe), turn + lobe)
        away = np.hypot(*(villages - village).T)
        for neighbour in villages[np.argsort(away)[1:3]]:
            if not _crosses(level, village, neighbour):
                canvas.line("concrete", draw_curve([village, neighbour], rng, 6), 3)
        for branch in range(6):
            lane = draw_street(rng, village, turn + branch * np.pi / 3, radius)
            canvas.line("concrete", lane, 2)
    along_roads = np.where(canvas.share("asphalt") > 0.5, 0, 1)
    ribbon = 0.8 - ndimage.distance_transform_edt(along_roads) / 4 + 0.3 * draw_noise(rng, 120, 40, 2)
    inside = np.maximum(inside, np.minimum(ribbon, 0.6)) + 0.35 * draw_noise(rng, 60, 7, 1.6)
    inside = 0.5 * inside + 0.5 * sketch.parcels.mean(inside).take(sketch.parcels.number)
    settled = (inside > 0.22) & ((level > 1.04) | ((level > 0.6) & (level < 0.97)))
    sketch.paint(settled, "grove", dense=0.5 + 0.4 * draw_noise(rng, 10, 2, 0.4))
    for share in sketch.share.values():
        share *= ~settled
    _draw_houses(sketch, settled)
    ponds = draw_noise(rng, 22, 8, 2)
    sketch.paint(settled & (ponds > 2.2), "pond")
    return settled


def _choose_villages(rng: Generator, level: np.ndarray) -> np.ndarray:
    """Where villages stand: one in a cell of a grid, behind the dyke or on high silt land, away from the works."""
    cells = np.indices((9, 9)).reshape(2, -1).T
    spots = (cells + 0.1 + 0.8 * rng.random((81, 2))) * SIZE / 9
    rank = level[tuple(spots.astype(int).T)]
    behind_dyke = rank > 1.1
    on_silt = (rank > 0.72) & (rank < 0.86)
    from_works = np.hypot(*(spots - _WORKS).T)
    return spots[(behind_dyke | on_silt) & (from_works > 75)]


def _raise_ellipse(field: np.ndarray, centre: np.ndarray, radius: float, turn: float) -> None:
    """Raise the field to 1 in the middle of a slim ellipse, 0 on its border."""
    reach = int(radius * 2)
    top, left = (max(int(x) - reach, 0) for x in centre)
    patch = field[top : int(centre[0]) + reach, left : int(centre[1]) + reach]
    row, column = np.indices(patch.shape)
    row, column = row + top - centre[0], column + left - centre[1]
    along = row * np.sin(turn) + column * np.cos(turn)
    across = row * np.cos(turn) - column * np.sin(turn)
    np.maximum(patch, 1 - (along / radius) ** 2 - (across / radius / 0.65) ** 2, out=patch)


def _crosses(level: np.ndarray, start: np.ndarray, end: np.ndarray) -> bool:
    """Would a straight road between two places cross the river?"""
    between = start + np.linspace(0, 1, 30)[:, None] * (end - start)
    return bool(level[tuple(between.astype(int).T)].min() < 1)


def _draw_houses(sketch: Sketch, settled: np.ndarray) -> None:
    """Houses close to each other, in rows that turn slowly."""
    rng = sketch.rng
    cells = np.indices((900, 820)).reshape(2, -1).T
    spots = cells * (SIZE / 900, SIZE / 820)
    spots = spots[settled[tuple(spots.astype(int).T)]]
    spots = np.clip(spots + 0.35 * rng.standard_normal(spots.shape), 0, SIZE - 1)
    crowd = draw_noise(rng, 40, 8, 1.5)[tuple(spots.astype(int).T)]
    spots = spots[rng.random(len(spots)) < 0.55 + 0.16 * crowd]
    turn = draw_noise(rng, 120, 40, 2)[tuple(spots.astype(int).T)]
    sketch.roofs(spots, turn, _ROOFS, 0.62)


def _draw_works(sketch: Sketch) -> np.ndarray:
    """An industrial zone by the highway and brick kilns by the river; where they are is returned."""
    rng = sketch.rng
    row, column = np.indices((SIZE, SIZE)) - np.array(_WORKS)[:, None, None]
    along, across = row * 0.98 + column * 0.2, column * 0.98 - row * 0.2
    zone = (np.abs(along) < 48) & (np.abs(across) < 34)
    sketch.paint(zone, "works", dense=0.4 + 0.3 * draw_noise(rng, 20, 3, 1), tone=0.75)
    for share in sketch.share.values():
        share *= ~zone
    lots = np.array([(a, b) for a in range(-38, 46, 19) for b in range(-25, 34, 16)])
    for a, b in lots + 1.5 * rng.standard_normal(lots.shape):
        roof = rng.choice(["metal", "blue tin", "grey roof", "metal"])
        row_of_lot, column_of_lot = _WORKS[0] + a * 0.98 - b * 0.2, _WORKS[1] + a * 0.2 + b * 0.98
        centre = np.array([(row_of_lot, column_of_lot)])
        size = 60 + 80 * rng.random(1), 40 + 60 * rng.random(1)
        sketch.canvas.boxes("grass", centre + 7 * rng.standard_normal(2), np.array([1.37]), (size[1], size[1]))
        sketch.canvas.boxes(roof, centre, np.array([1.37]), size)
    kilns = np.max([draw_hill(spot, 5) for spot in _KILNS], axis=0)
    brickyard = kilns * (1 + 0.2 * draw_noise(rng, 16, 3, 1)) > 0.4
    sketch.paint(brickyard, "works", dense=np.full((SIZE, SIZE), 0.8), tone=0.9)
    for spot in _KILNS:
        sketch.halls("red roof", spot + 3 * rng.standard_normal((3, 2)), 0.7, 50)
    return zone | brickyard
