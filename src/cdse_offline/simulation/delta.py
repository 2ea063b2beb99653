"""What the plains of the north share: paddies on a grid, silt land between dykes, houses that crowd under trees."""

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
    draw_noise,
    draw_street,
    find_pixels,
    turn_axes,
)
from cdse_offline.simulation.land import SIZE

_ROOFS = (
    ("grey roof", 0.42),
    ("red roof", 0.34),
    ("concrete", 0.12),
    ("blue tin", 0.08),
    ("metal", 0.04),
)


def sketch_paddies(rng: Generator, *, block: float, spread: float, disorder: float) -> tuple[Sketch, Blocks]:
    """Narrow plots in districts, each with a direction of its own; who is late, is so with the neighbours."""
    districts = cut_blocks(rng, block)
    angle = 2 * np.pi * rng.random(districts.count)
    width = 3.6 + spread * rng.random(districts.count)
    length = 8 + 5 * rng.random(districts.count)
    plots = cut_parcels(rng, districts, angle, width, length, disorder=disorder)
    covers = choose_paddies(rng, plots)
    sketch = Sketch(rng, plots, covers)
    late = 5 * plots.mean(draw_noise(rng, 200, 50, 2))
    sketch.shift = late + 2.5 * rng.standard_normal(plots.count)
    sketch.grain -= 0.05 * np.exp(-plots.edge * 1.5)
    return sketch, districts


def choose_paddies(rng: Generator, plots: Parcels) -> np.ndarray:
    """Two crops of rice nearly everywhere, a third crop of vegetables on half of it; ponds and orchards in groups."""
    low = _draw_scatter(rng, plots)
    dry = _draw_scatter(rng, plots)
    winter = plots.mean(draw_noise(rng, 300, 60, 2))
    winter = winter + 0.6 * rng.standard_normal(plots.count)
    chance = rng.random(plots.count)
    tests = {
        "pond": low > 1.9,
        "orchard": dry > 1.9,
        "vegetables": (chance < 0.14) & (dry > 0.6),
        "rice+": winter > 0.2,
    }
    return np.select(list(tests.values()), [CODE[name] for name in tests], CODE["rice"])


def _draw_scatter(rng: Generator, plots: Parcels) -> np.ndarray:
    """A property of plots that comes in groups."""
    groups = plots.mean(draw_noise(rng, 160, 25, 1.8))
    return groups + 0.25 * rng.standard_normal(plots.count)


def draw_canals(sketch: Sketch, districts: Blocks) -> None:
    """Field tracks and canals on a grid that turns with each district, and along its border; graves in the fields."""
    rng, plots = sketch.rng, sketch.parcels
    keep = draw_noise(rng, 150, 30, 1.5)
    lines = [
        ("gravel", 1.5, 26, plots.across),
        ("grass", 3, 37, plots.along),
        ("stream", 3, 52, plots.across + 1.2),
        ("broadleaf", 2.5, 52, plots.across + 2.2),
    ]
    for name, width, period, field in lines:
        away = np.abs(np.mod(field, period) - period / 2)
        sketch.band(name, away, width, keep > -0.1)
    sketch.band("stream", districts.edge, 8, keep > -1.2)
    sketch.band("broadleaf", districts.edge - 1.2, 5, keep > 0)
    for middle in rng.random((60, 2)) * SIZE:
        graves = middle + 1.6 * rng.standard_normal((14, 2))
        sketch.canvas.dots("concrete", graves, 0.07)
    sketch.trees(keep > 0.8, 5000, 0.4)


def draw_between_dykes(sketch: Sketch, away: np.ndarray, level: np.ndarray) -> None:
    """Silt land outside the dykes: vegetables, bananas and orchards in narrow strips; the dyke with its road."""
    rng = sketch.rng
    ground = cut_blocks(rng, 70, warp=3)
    angle = 0.3 * rng.standard_normal(ground.count)
    angle += rng.choice([0, np.pi / 2], ground.count, p=(0.75, 0.25))
    size = 0.8 + 0.5 * rng.random(ground.count)
    strips = cut_parcels(rng, ground, angle, 3.2 * size, 17 * size, disorder=0.5)
    trees = strips.mean(draw_noise(rng, 120, 20, 1.6))
    trees = trees + 0.4 * rng.standard_normal(strips.count)
    crops = np.where(trees > 0.1, CODE["orchard"], CODE["vegetables"])
    tone = 1 + 0.07 * rng.standard_normal(strips.count)
    late = 96 * rng.random(strips.count)
    first = sketch.add(crops, tone, late)
    foreland = level < 1
    rows = 0.04 * np.exp(-strips.edge)
    sketch.grain = np.where(foreland, sketch.soft - rows, sketch.grain)
    sketch.unit = np.where(foreland, first + strips.number, sketch.unit)
    bananas = foreland & (crops.take(strips.number) == CODE["orchard"])
    leaves = 4 + 1.5 * draw_noise(rng, 8, 2, 0.3)
    sketch.height = np.where(bananas, leaves, sketch.height)
    sketch.clear(foreland)
    from_dyke = (level - 1) * away / np.maximum(level, 0.2)
    sketch.paint(np.abs(from_dyke) < 1.8, "dyke")
    sketch.band("asphalt", from_dyke, 6, level > 0)


def _raise_ellipse(field: np.ndarray, centre: np.ndarray, radius: float, turn: float) -> None:
    """Raise the field to 1 in the middle of a slim ellipse, 0 on its border."""
    reach = int(radius * 2)
    top, left = (max(int(x) - reach, 0) for x in centre)
    patch = field[top : int(centre[0]) + reach, left : int(centre[1]) + reach]
    row, column = np.indices(patch.shape)
    down = row + top - centre[0]
    right = column + left - centre[1]
    along, across = turn_axes(down, right, turn)
    raised = 1 - (along / radius) ** 2 - (across / radius / 0.65) ** 2
    np.maximum(patch, raised, out=patch)


def _crowd_houses(sketch: Sketch, settled: np.ndarray) -> None:
    """Houses close to each other, in rows that turn slowly."""
    rng = sketch.rng
    cells = np.indices((900, 820)).reshape(2, -1).T
    spots = cells * (SIZE / 900, SIZE / 820)
    spots = spots[settled[find_pixels(spots)]]
    spots = spots + 0.35 * rng.standard_normal(spots.shape)
    spots = np.clip(spots, 0, SIZE - 1)
    crowd = draw_noise(rng, 40, 8, 1.5)[find_pixels(spots)]
    spots = spots[rng.random(len(spots)) < 0.55 + 0.16 * crowd]
    turn = draw_noise(rng, 120, 40, 2)[find_pixels(spots)]
    sketch.roofs(spots, turn, _ROOFS, 0.62)


def raise_villages(sketch: Sketch, villages: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Lanes in villages and roads between neighbours on one side of the river; a field that is positive within them."""
    rng, canvas = sketch.rng, sketch.canvas
    inside = np.full((SIZE, SIZE), -9.0)
    for village in villages:
        radius = 19 + 20 * rng.random() ** 1.5
        turn = np.pi * rng.random()
        for lobe in range(3):
            aside = 0.55 * radius * rng.standard_normal(2)
            centre = village + aside * (lobe > 0)
            _raise_ellipse(inside, centre, radius / (1 + 0.4 * lobe), turn + lobe)
        away = np.hypot(*(villages - village).T)
        for neighbour in villages[np.argsort(away)[1:3]]:
            if not _crosses(level, village, neighbour):
                canvas.line("concrete", draw_curve([village, neighbour], rng, 6), 3)
        for branch in range(6):
            lane = draw_street(rng, village, turn + branch * np.pi / 3, radius)
            canvas.line("concrete", lane, 2)
    return inside


def _crosses(level: np.ndarray, start: np.ndarray, end: np.ndarray) -> bool:
    """Would a straight road between two places cross the river?"""
    between = start + np.linspace(0, 1, 30)[:, None] * (end - start)
    return bool(level[find_pixels(between)].min() < 1)


def settle(sketch: Sketch, inside: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Fill villages, and ribbons along the roads, with groves, houses and ponds; where they are is returned."""
    rng = sketch.rng
    along_roads = np.where(sketch.canvas.share("asphalt") > 0.5, 0, 1)
    ribbon = 0.8 - ndimage.distance_transform_edt(along_roads) / 4
    ribbon += 0.3 * draw_noise(rng, 120, 40, 2)
    inside = np.maximum(inside, np.minimum(ribbon, 0.6))
    inside += 0.35 * draw_noise(rng, 60, 7, 1.6)
    fields = sketch.parcels.mean(inside).take(sketch.parcels.number)
    inside = 0.5 * inside + 0.5 * fields
    settled = (inside > 0.22) & allowed
    sketch.paint(settled, "grove", dense=0.5 + 0.4 * draw_noise(rng, 10, 2, 0.4))
    sketch.clear(settled)
    _crowd_houses(sketch, settled)
    ponds = draw_noise(rng, 22, 8, 2)
    sketch.paint(settled & (ponds > 2.2), "pond")
    return settled
