"""The Red River delta: a wide red river between its dykes, paddies on a grid, crowded villages under trees."""

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.coordinates import read_path, read_paths
from cdse_offline.simulation.delta import draw_between_dykes, draw_canals, raise_villages, settle, sketch_paddies
from cdse_offline.simulation.drawing import (
    Sketch,
    draw_curve,
    draw_hill,
    draw_noise,
    find_pixels,
    find_side,
    measure_distance,
)
from cdse_offline.simulation.land import SIZE, Land

_RED_RIVER = read_path("-20 300, 130 345, 320 290, 520 330, 690 460, 850 610, 1040 690")
_HIGHWAY = read_path("-5 770, 260 800, 560 850, 800 915, 1025 960")
_PROVINCIAL = read_paths("""
    430 -5, 445 150, 450 330, 420 560, 330 800, 290 1025
    1025 330, 860 300, 700 180, 640 -5
    -5 560, 160 600, 420 560, 600 700, 640 1025
""")
_WORKS = (255, 868)
_KILNS = read_path("120 432, 560 262, 760 590, 880 560")


def draw(rng: Generator) -> Land:
    sketch, districts = sketch_paddies(rng, block=150, spread=2.2, disorder=0.15)
    away, level = _measure_from_river(rng)
    draw_canals(sketch, districts)
    draw_between_dykes(sketch, away, level)
    _draw_red_river(sketch, away, level)
    settled = _draw_villages(sketch, away, level)
    settled &= ~_draw_works(sketch)
    return sketch.finish(1.5 * draw_noise(rng, 300, 40, 2), settled, base=6)


def _measure_from_river(rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each pixel from the middle of the river; the same as a share of the way to the dyke (1)."""
    path = draw_curve(_RED_RIVER, rng, 10)
    away, nearest = measure_distance(path)
    side = ndimage.gaussian_filter(find_side(path, nearest), 2)
    along = np.arange(len(path)) / 4
    right = 92 + 30 * np.sin(along / 95 + 1) + 12 * np.sin(along / 40)
    left = 84 + 26 * np.sin(along / 110 + 4)
    reach = np.where(side > 0, right.take(nearest), left.take(nearest))
    return away, away / ndimage.gaussian_filter(reach, 4)


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
    inside = raise_villages(sketch, villages, level)
    return settle(sketch, inside, (level > 1.04) | ((level > 0.6) & (level < 0.97)))


def _choose_villages(rng: Generator, level: np.ndarray) -> np.ndarray:
    """Where villages stand: one in a cell of a grid, behind the dyke or on high silt land, away from the works."""
    cells = np.indices((9, 9)).reshape(2, -1).T
    spots = (cells + 0.1 + 0.8 * rng.random((81, 2))) * SIZE / 9
    rank = level[find_pixels(spots)]
    behind_dyke = rank > 1.1
    on_silt = (rank > 0.72) & (rank < 0.86)
    from_works = np.hypot(*(spots - _WORKS).T)
    return spots[(behind_dyke | on_silt) & (from_works > 75)]


def _draw_works(sketch: Sketch) -> np.ndarray:
    """An industrial zone by the highway and brick kilns by the river; where they are is returned."""
    rng = sketch.rng
    row, column = np.indices((SIZE, SIZE)) - np.array(_WORKS)[:, None, None]
    along, across = row * 0.98 + column * 0.2, column * 0.98 - row * 0.2
    zone = (np.abs(along) < 48) & (np.abs(across) < 34)
    sketch.paint(zone, "works", dense=0.4 + 0.3 * draw_noise(rng, 20, 3, 1), tone=0.75)
    sketch.clear(zone)
    _build_halls(sketch)
    kilns = np.max([draw_hill(spot, 5) for spot in _KILNS], axis=0)
    uneven = 1 + 0.2 * draw_noise(rng, 16, 3, 1)
    brickyard = kilns * uneven > 0.4
    sketch.paint(brickyard, "works", dense=np.full((SIZE, SIZE), 0.8), tone=0.9)
    for spot in _KILNS:
        sketch.halls("red roof", spot + 3 * rng.standard_normal((3, 2)), 0.7, 50)
    return zone | brickyard


def _build_halls(sketch: Sketch) -> None:
    """A hall and a lawn on each lot of the zone."""
    rng, turn = sketch.rng, np.array([1.37])
    alongs, acrosses = range(-38, 46, 19), range(-25, 34, 16)
    lots = np.array([(along, across) for along in alongs for across in acrosses])
    for along, across in lots + 1.5 * rng.standard_normal(lots.shape):
        roof = rng.choice(["metal", "blue tin", "grey roof", "metal"])
        row = _WORKS[0] + along * 0.98 - across * 0.2
        column = _WORKS[1] + along * 0.2 + across * 0.98
        centre = np.array([(row, column)])
        length = 60 + 80 * rng.random(1)
        width = 40 + 60 * rng.random(1)
        lawn = centre + 7 * rng.standard_normal(2)
        sketch.canvas.boxes("grass", lawn, turn, (width, width))
        sketch.canvas.boxes(roof, centre, turn, (length, width))
