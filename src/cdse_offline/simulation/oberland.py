"""The Oberland: lakes and woods, meadows and fields, villages between the moraines of the Alps' foreland."""

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.coordinates import read_path, read_paths, read_rows
from cdse_offline.simulation.covers import CODE
from cdse_offline.simulation.drawing import (
    Blocks,
    Canvas,
    Parcels,
    Sketch,
    cut_blocks,
    cut_parcels,
    draw_curve,
    draw_hill,
    draw_noise,
    draw_street,
    find_pixels,
    find_side,
    measure_distance,
)
from cdse_offline.simulation.land import SIZE, Land

_TOWN = (330, 690)
_VILLAGES = read_rows("""
    row  column  radius
    150     182      26
    420     252      30
    610     822      28
    880     702      34
    250     930      22
    120     832      24
    798     318      27
    962     402      30
    700     100      15
    560     395      14
     60     400      18
""")
_MAIN_ROADS = read_paths("""
    -5 250, 150 185, 290 230, 420 255, 600 300, 798 318, 900 350, 960 400, 1025 430
    420 255, 390 400, 350 560, 330 690, 280 820, 250 930, 240 1025
    330 690, 470 740, 610 820, 740 780, 880 700, 930 560, 960 400
""")
_SIDE_ROADS = read_paths("""
    330 690, 220 780, 120 830, -5 850
    798 318, 760 240, 705 180, 700 100, 690 -5
    610 820, 650 930, 700 1025
    420 255, 500 340, 560 395, 680 400, 798 318
    150 185, 90 300, 60 400, 40 520
    880 700, 960 800, 1025 840
    700 100, 560 60, 420 255
    798 318, 842 268, 822 205, 795 120, 800 -5
""")
_RAILWAY = read_path("-5 745, 180 770, 330 725, 520 745, 720 800, 880 745, 1025 850")
_RIVER = read_path("1030 545, 900 590, 790 530, 660 545, 530 585, 420 545, 300 575, 170 540, -10 520")
_BROOKS = read_paths("""
    -5 90, 260 330
    260 1025, 560 600
    1025 260, 960 560
    560 180, 880 90
""")
_WOODS_AND_GLADES = read_rows("""
    row  column  radius  lift
    770     105      26   2.2
    905     262      20   2.0
    838     250      30  -2.2
    745     235      20  -1.5
""")
_LAKES = read_rows("""
    row  column  high  wide
    884     122    58    62
    236     432     9    14
    690     646     8     6
    530     905    12     8
     62     640     7     9
""")
_WORKSHOPS = read_path("392 742, 402 756, 388 764, 412 738")
_SCHOOLS = read_path("404 770, 418 752, 378 750, 300 640, 322 668")
_ROOFS = (
    ("red roof", 0.62),
    ("grey roof", 0.3),
    ("concrete", 0.04),
    ("metal", 0.04),
)


def draw(rng: Generator) -> Land:
    relief = 34 * draw_noise(rng, 420, 70, 2.4)
    relief += 7 * draw_noise(rng, 90, 22, 1.8)
    fields = cut_blocks(rng, 52, warp=5)
    angle = 0.9 * draw_noise(rng, 500, 200, 2)[:: SIZE // fields.count or 1, 0][: fields.count]
    quarter_turns = rng.choice([0, np.pi / 2], fields.count)
    angle = np.resize(angle, fields.count) + quarter_turns + 0.25 * rng.random(fields.count)
    width = 6 + 8 * rng.random(fields.count) ** 1.5
    length = 14 + 18 * rng.random(fields.count)
    strips = cut_parcels(rng, fields, angle, width, length)
    sketch = Sketch(rng, strips, _choose_crops(rng, strips))
    sketch.shift = 5 * rng.standard_normal(strips.count)
    _draw_tramlines(sketch)
    _draw_field_lines(sketch, fields)
    _draw_woods(sketch)
    _draw_moor(sketch)
    _draw_river(sketch)
    _draw_lakes(sketch)
    settled = _settle(sketch)
    return sketch.finish(relief, settled, base=620)


def _choose_crops(rng: Generator, strips: Parcels) -> np.ndarray:
    """Meadow where it is wet or steep, arable land elsewhere; rotation makes neighbours differ."""
    plain = draw_noise(rng, 320, 60, 2)
    plain += 1.1 * draw_hill((795, 220), 45)
    plain += 0.8 * draw_hill((860, 310), 30)
    arable = strips.mean(plain) + 0.5 * rng.standard_normal(strips.count)
    crops = [CODE[name] for name in ("wheat", "barley", "rape", "maize", "potato", "meadow")]
    crop = rng.choice(crops, strips.count, p=(0.29, 0.14, 0.1, 0.27, 0.06, 0.14))
    return np.where(arable > 0.15, crop, CODE["meadow"])


def _draw_tramlines(sketch: Sketch) -> None:
    """Faint stripes of machines along the strips, and headlands."""
    spacing = 2.6 + 1.8 * sketch.rng.random(sketch.parcels.count)
    phase = 2 * np.pi * sketch.parcels.across / spacing.take(sketch.unit)
    sketch.grain += 0.014 * np.sin(phase) - 0.03 * np.exp(-sketch.parcels.edge)


def _draw_field_lines(sketch: Sketch, fields: Blocks) -> None:
    """Field tracks and hedges follow the borders of blocks here and there; a few brooks with trees."""
    where = draw_noise(sketch.rng, 200, 40, 1.5)
    sketch.band("gravel", fields.edge, 2.5, where > 0)
    sketch.band("broadleaf", fields.edge, 9, (where < -0.75) & (sketch.dense > 0.45))
    sketch.trees(np.ones((SIZE, SIZE), dtype=bool), 2600)
    for start, end in _BROOKS:
        middle = (np.array(start) + end) / 2 + 30 * sketch.rng.standard_normal(2)
        brook = draw_curve([start, middle, end], sketch.rng, 12)
        lush = brook[sketch.rng.random(len(brook)) < 0.5]
        sketch.canvas.dots("broadleaf", lush + 0.6 * sketch.rng.standard_normal(lush.shape), 0.3)
        sketch.canvas.line("stream", brook, 2)


def _draw_woods(sketch: Sketch) -> None:
    """Woods with borders partly of parcels and partly of nature; stands of spruce, mixed and broadleaf trees."""
    rng, strips = sketch.rng, sketch.parcels
    like = draw_noise(rng, 230, 7, 1.7)
    like += 0.5 * draw_noise(rng, 40, 5, 1.2)
    for row, column, radius, lift in _WOODS_AND_GLADES:
        like += lift * draw_hill((row, column), radius)
    fields = strips.mean(like).take(strips.number)
    like = 0.45 * like + 0.55 * fields
    wood = like > np.quantile(like, 0.66)
    blend = strips.mean(draw_noise(rng, 260, 40, 2))
    blend = blend + 0.7 * rng.standard_normal(strips.count)
    kinds = [CODE[name] for name in ("spruce", "mixed", "broadleaf")]
    stand = np.select([blend < 0.35, blend < 1.1, blend < 1.9], kinds, CODE["clearing"])
    tone = 1 + 0.08 * rng.standard_normal(strips.count)
    first = sketch.add(stand, tone)
    down = draw_noise(rng, 30, 4, 1)
    right = draw_noise(rng, 30, 4, 1)
    aside = 4 * np.stack([down, right])
    looked_up = np.indices((SIZE, SIZE)) + aside
    ragged = ndimage.map_coordinates(strips.number, looked_up, order=0, mode="nearest")
    sketch.unit = np.where(wood, first + ragged, sketch.unit)
    trees = 18 + 6 * rng.random(strips.count)
    tall = np.where(stand == CODE["clearing"], 3, trees).take(ragged)
    crowns = draw_noise(rng, 9, 2, 0.3)
    sketch.height = np.where(wood, tall * (1 + 0.16 * crowns), sketch.height)
    leaves = 1 + 0.07 * crowns + 0.05 * draw_noise(rng, 60, 6, 1)
    sketch.grain = np.where(wood, leaves, sketch.grain)
    trail = draw_noise(rng, 160, 50, 2)
    steepness = np.hypot(*np.gradient(trail))
    sketch.band("gravel", np.abs(trail) / np.maximum(steepness, 0.012), 2, wood)
    for share in sketch.share.values():
        share *= np.where(wood, 0.5, 1)


def _draw_moor(sketch: Sketch) -> None:
    rng, strips = sketch.rng, sketch.parcels
    hollows = 1.3 * draw_hill((480, 110), 55) + 0.9 * draw_hill((1010, 150), 36)
    moor = hollows * (1 + 0.25 * draw_noise(rng, 80, 6, 1.3)) > 0.55
    cuts = strips.mean(rng.standard_normal((SIZE, SIZE))).take(strips.number)
    sketch.paint(moor, "moor", dense=0.45 + 2.5 * cuts + 0.3 * draw_noise(rng, 40, 2, 0.9))
    bushes = np.maximum(2 * draw_noise(rng, 12, 2, 0.5), 0)
    sketch.height[moor] += bushes[moor]


def _draw_river(sketch: Sketch) -> None:
    """A meandering alpine river between gravel bars and riverside woods."""
    rng = sketch.rng
    path = draw_curve(_RIVER, rng, 15)
    away, nearest = measure_distance(path)
    bend = _compute_curvature(path).take(nearest)
    side = find_side(path, nearest)
    wander = draw_noise(rng, 60, 8, 1.4)
    riparian = away < 11 + 6 * wander
    sketch.paint(riparian, "broadleaf", dense=0.6 + 0.4 * draw_noise(rng, 20, 3, 0.8))
    sketch.height[riparian] = (11 + 3 * draw_noise(rng, 9, 2, 0.3))[riparian]
    inner = np.clip(side * bend * 60, -1.2, 2.5)
    bars = (away < 2.4 + inner + 0.9 * wander) & riparian
    sketch.paint(bars, "bar", dense=0.4 + 0.35 * draw_noise(rng, 12, 2, 0.6))
    streaks = 0.35 + 0.3 * draw_noise(rng, 30, 3, 1.0)
    sketch.paint(away < 1.9 + 0.35 * wander, "river", dense=streaks)


def _compute_curvature(path: np.ndarray) -> np.ndarray:
    """Turn of a path per pixel of its length, positive to the right."""
    ahead = np.gradient(path, axis=0)
    heading = np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 1]))
    return np.gradient(ndimage.gaussian_filter1d(heading, 24, mode="nearest")) * 4


def _draw_lakes(sketch: Sketch) -> None:
    """A lake with a pale rim and reed, and ponds."""
    row, column = np.ogrid[:SIZE, :SIZE]
    shore = 0.2 * draw_noise(sketch.rng, 120, 22, 2.2)
    inside = np.full((SIZE, SIZE), -9.0)
    for middle_row, middle_column, high, wide in _LAKES:
        down = (row - middle_row) / high
        right = (column - middle_column) / wide
        ellipse = 1 - down**2 - right**2
        is_large = high > 20
        inside = np.maximum(inside, ellipse + shore * (1 + is_large))
    reed = draw_noise(sketch.rng, 50, 8, 1.5)
    sketch.paint((inside > -0.1 - 0.05 * reed) & (inside < 0.3) & (reed > 0.3), "reed")
    depth = ndimage.distance_transform_edt(inside > 0)
    rim = 1.6 + 0.9 * reed.clip(-1, 1)
    sketch.paint(depth > 0, "lake", dense=0.75 * np.exp(-depth / rim) + 0.02 * reed)


def _settle(sketch: Sketch) -> np.ndarray:
    """Roads, streets, houses, farms, railway and gravel pit; where people live is returned."""
    _draw_roads(sketch)
    for row, column, radius in _VILLAGES:
        _draw_village(sketch, (row, column), int(radius), rows=1, branches=5)
    _draw_village(sketch, _TOWN, 72, rows=2, branches=9)
    sketch.halls("metal", np.array(_WORKSHOPS), 0.5, 90)
    sketch.halls("grey roof", np.array(_SCHOOLS), 0.5, 80)
    _draw_farms(sketch)
    settled = _draw_gardens(sketch)
    _draw_gravel_pit(sketch)
    return settled


def _draw_roads(sketch: Sketch) -> None:
    rng, canvas = sketch.rng, sketch.canvas
    for road in _MAIN_ROADS:
        canvas.line("asphalt", draw_curve(road, rng, 5), 10)
    for road in _SIDE_ROADS:
        canvas.line("asphalt", draw_curve(road, rng, 7), 6)
    canvas.line("gravel", draw_curve(_RAILWAY, rng), 5)
    canvas.line("asphalt", draw_curve(_RAILWAY, rng) + 0.3, 4)


def _draw_farms(sketch: Sketch) -> None:
    """Lonely farms among meadows and wheat."""
    spots = sketch.rng.random((70, 2)) * SIZE
    covers = sketch.covers.take(sketch.unit[find_pixels(spots)])
    farmland = np.isin(covers, (CODE["meadow"], CODE["wheat"]))
    for spot in spots[farmland]:
        _draw_farm(sketch, spot)


def _draw_gardens(sketch: Sketch) -> np.ndarray:
    """Gardens with trees wherever houses are near; where they are is returned."""
    houses = np.vstack([houses for roof in sketch.built.values() for houses in roof])
    canvas_of_houses = Canvas()
    canvas_of_houses.dots("red roof", houses[:, :2], 1.5)
    halls = sum(sketch.canvas.share(name) for name in ("red roof", "grey roof"))
    density = canvas_of_houses.share("red roof") + halls
    water = sketch.has("lake", "river")
    settled = (ndimage.gaussian_filter(density, 2.2) > 0.045) & ~water
    bushes = 0.55 + 0.4 * draw_noise(sketch.rng, 10, 2, 0.4)
    sketch.paint(settled, "garden", dense=bushes)
    sketch.trees(settled, 60000, 0.8)
    return settled


def _draw_gravel_pit(sketch: Sketch) -> None:
    rng = sketch.rng
    outline = 1 + 0.25 * draw_noise(rng, 30, 5, 1.2)
    pit = draw_hill((566, 640), 13) * outline
    gravel = 0.5 + 0.3 * draw_noise(rng, 16, 2, 0.8)
    sketch.paint(pit > 0.45, "pit", dense=gravel, tone=0.85)
    sketch.paint(pit > 0.95, "lake", dense=np.full((SIZE, SIZE), 0.7))


def _draw_village(sketch: Sketch, centre: tuple[float, float], radius: int, *, rows: int, branches: int) -> None:
    """Streets that leave the middle and fork, with houses, gardens and a few large barns."""
    rng = sketch.rng
    turn = rng.random()
    for branch in range(branches):
        heading = 2 * np.pi * (branch + turn + 0.4 * rng.random()) / branches
        length = radius * (0.6 + 0.5 * rng.random())
        street = draw_street(rng, np.array(centre, dtype=float), heading, length)
        lanes = [street]
        for fork in rng.random(2 + radius // 22) * 0.7 + 0.2:
            start = street[int(fork * (len(street) - 1))]
            aside = heading + rng.choice([-1.4, 1.4])
            length = radius * (0.25 + 0.3 * rng.random())
            lanes.append(draw_street(rng, start, aside, length))
        for lane in lanes:
            sketch.canvas.line("asphalt", lane, 6)
            sketch.houses(lane, _ROOFS, rows=rows)
    count = 2 + int(radius // 10)
    barns = np.array(centre) + 0.55 * radius * rng.standard_normal((count, 2))
    sketch.halls("red roof", barns[::2], turn * 3, 38)
    sketch.halls("grey roof", barns[1::2], turn * 3, 38)


def _draw_farm(sketch: Sketch, spot: np.ndarray) -> None:
    """A lonely farm: house, barn, yard, trees."""
    rng = sketch.rng
    angle = np.pi * rng.random()
    buildings = spot + 1.6 * rng.standard_normal((3, 2))
    sketch.canvas.boxes("red roof", buildings[:2], np.array([angle, angle + np.pi / 2]), (28, 13))
    sketch.canvas.boxes("grey roof", buildings[2:], np.array([angle]), (34, 16))
    sketch.canvas.boxes("asphalt", spot[None], np.array([angle]), (22, 20))
    sketch.canvas.dots("broadleaf", spot + 3 * rng.standard_normal((9, 2)), 0.5)
