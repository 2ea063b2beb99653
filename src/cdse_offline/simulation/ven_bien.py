"""A coast of the centre: hills with acacia, a plain of paddies, villages on ridges of sand, a lagoon, dunes, the sea.

Everything lies in strips along the shore, which runs from north-west to south-east. The plain floods, see `floods`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.coordinates import read_path, read_paths
from cdse_offline.simulation.covers import CODE
from cdse_offline.simulation.drawing import (
    Blocks,
    Parcels,
    Sketch,
    choose_covers,
    cut_blocks,
    cut_parcels,
    draw_curve,
    draw_hill,
    draw_noise,
    draw_swell,
    find_borders,
    find_pixels,
    measure_distance,
)
from cdse_offline.simulation.land import SIZE, Land

_SOUTH_EAST = np.array([0.617, 0.787])  # along the shore, rows and columns
_SOUTH_WEST = np.array([0.787, -0.617])  # inland
_SHORE = 305  # column where the shore meets the window's upper edge
_RIVER = read_path("1040 250, 930 300, 850 250, 740 330, 690 420, 600 440, 560 540, 490 590, 420 605, 390 650")
_INLET = read_path("385 650, 330 690, 318 740, 312 756")
_BROOKS = read_paths("""
    400 -10, 380 90, 300 170, 290 260, 180 300
    1040 640, 930 700, 860 690, 800 760, 720 800, 640 900
    620 -10, 640 120, 700 210, 740 330
""")
_ROADS = read_paths("""
    560 380, 640 470, 600 560, 520 650, 480 720
    230 60, 330 180, 300 300, 220 360, 180 430
    1030 560, 900 600, 800 700, 760 800, 700 930
    560 380, 700 260, 800 130, 840 -10
""")
_TOWN = (560, 385)
_STANDS = (  # cover, share of the hills, height in metres
    ("acacia", 0.55, 11),
    ("young acacia", 0.24, 6),
    ("new acacia", 0.08, 1.5),
    ("cut acacia", 0.03, 0),
    ("scrub", 0.1, 3),
)
_WORKS = read_path("800 640, 250 110")
_ROOFS = (
    ("red roof", 0.46),
    ("grey roof", 0.3),
    ("rusty", 0.1),
    ("concrete", 0.06),
    ("blue tin", 0.05),
    ("metal", 0.03),
)


@dataclass(frozen=True)
class _Strips:
    """Where a pixel lies, in pixels: `inland` from the shore, negative at sea; `along` it to the south-east."""

    inland: np.ndarray
    along: np.ndarray
    lagoon: np.ndarray  # distance from the middle of the lagoon
    reach: np.ndarray  # half width of the lagoon
    hills: np.ndarray  # where hills begin: inland, less what they recede there


def draw(rng: Generator) -> Land:
    strips = _measure_strips(rng)
    blocks = cut_blocks(rng, 62, warp=4)
    runs_across = rng.random(blocks.count) < 0.4
    angle = 0.9 + np.pi / 2 * runs_across + 0.1 * rng.standard_normal(blocks.count)
    width = 2.6 + 1.4 * rng.random(blocks.count)
    length = 5 + 4 * rng.random(blocks.count)
    plots = cut_parcels(rng, blocks, angle, width, length, disorder=0.25)
    sketch = Sketch(rng, plots, _choose_crops(rng, plots))
    late = 7 * plots.mean(draw_swell(rng, 260, 60, 2))
    sketch.shift = late + 2.5 * rng.standard_normal(plots.count)
    sketch.grain -= 0.04 * np.exp(-plots.edge * 1.5)
    _draw_tracks(sketch, plots, blocks.edge)
    crowns = sketch.noise(8, 2, 0.4)
    relief = _shape_ground(sketch, strips)
    _draw_hills(sketch, strips, relief, crowns)
    _draw_river(sketch, strips, relief, crowns)
    settled = _draw_villages(sketch, strips, relief, crowns)
    settled |= _draw_roads(sketch, strips, relief, crowns)
    _draw_lagoon(sketch, strips, relief, crowns)
    _draw_sands(sketch, strips, settled, crowns)
    _draw_sea(sketch, strips)
    settled &= strips.inland > 8
    _draw_houses(sketch, settled)
    return sketch.finish(relief, settled)


def _wander(rng: Generator, along: np.ndarray, *waves: float) -> np.ndarray:
    """A line that swings about 0 to -1 ... 1, with waves of these lengths."""
    phases = rng.random(len(waves))
    turns = [along / wave + phase for wave, phase in zip(waves, phases, strict=True)]
    swings = [np.sin(2 * np.pi * turn) for turn in turns]
    return sum(swings) / len(waves)


def _measure_strips(rng: Generator) -> _Strips:
    row, column = np.indices((SIZE, SIZE)) + 0.5
    column = column - _SHORE
    along = row * _SOUTH_EAST[0] + column * _SOUTH_EAST[1]
    inland = row * _SOUTH_EAST[1] - column * _SOUTH_EAST[0]
    bays = 14 * _wander(rng, along, 900, 1700)
    cusps = 1.2 * _wander(rng, along, 60, 97)
    inland = inland + bays + cusps
    bends = 16 * _wander(rng, along, 420, 260)
    turns = 5 * _wander(rng, along, 110, 75)
    lagoon = np.abs(inland - (92 + bends + turns))
    breadth = 7 * _wander(rng, along, 340, 150)
    reach = 11 + breadth + 2 * draw_noise(rng, 90, 12, 1.8)
    hills = inland - 520 - 60 * draw_swell(rng, 300, 60, 2)
    return _Strips(inland, along, lagoon, np.maximum(reach, 3.5), hills)


def _choose_crops(rng: Generator, plots: Parcels) -> np.ndarray:
    """Two crops of rice; peanuts and vegetables on what is sandy or high."""
    sandy = plots.mean(draw_noise(rng, 170, 25, 1.8))
    dry = sandy + 0.3 * rng.standard_normal(plots.count)
    return choose_covers(-dry, {"peanuts": -1.7, "vegetables": -1.5}, "coast rice")


def _draw_tracks(sketch: Sketch, plots: Parcels, edge: np.ndarray) -> None:
    """Bunds, field tracks and ditches."""
    keep = sketch.swell(150, 30, 1.5)
    lines = [
        ("gravel", 1.6, 24, plots.across),
        ("stream", 2.5, 33, plots.along),
    ]
    for name, width, period, field in lines:
        away = np.abs(np.mod(field, period) - period / 2)
        sketch.band(name, away, width, keep > -0.3)
    sketch.band("grass", plots.edge, 1.2, keep > -2)
    sketch.band("stream", edge, 4, keep > -1)
    sketch.band("broadleaf", edge - 1, 3, keep > 0.6)
    sketch.trees(keep > 0.9, 3000, 0.5)


def _shape_ground(sketch: Sketch, strips: _Strips) -> np.ndarray:
    """Height above the sea: level fields on the plain, ridges of sand along the shore, hills inland."""
    inland = strips.inland
    plain = 1.2 + 0.004 * np.maximum(inland - 120, 0)
    plain = plain + 0.75 * sketch.swell(230, 45, 1.9)
    fields = sketch.parcels.mean(plain).take(sketch.parcels.number)
    fields = fields + 0.1 * sketch.noise(30, 4, 1.5)
    outer_ridge = 4.5 * _measure_ridge(inland, 48, 26)
    ridges = outer_ridge + 3.4 * _measure_inner_ridge(strips)
    ridges *= 1 + 0.2 * sketch.noise(60, 10, 1.6)
    rise = np.maximum(strips.hills, 0)
    spurs = np.maximum(1 + sketch.noise(120, 12, 2.1), 0)
    hills = 0.1 * rise + np.minimum(rise / 90, 1.4) * 16 * spurs
    ground = fields + ridges + hills
    by_lagoon = strips.lagoon < strips.reach + 3
    ground = np.where(by_lagoon, np.minimum(ground, 0.4), ground)
    beach = np.maximum(0.6 * inland, 0)
    return np.where(inland < 4, beach, ground)


def _measure_ridge(inland: np.ndarray, crest: np.ndarray | float, width: float) -> np.ndarray:
    """1 on the crest, 0 far from it."""
    return np.exp(-(((inland - crest) / width) ** 2))


def _measure_inner_ridge(strips: _Strips) -> np.ndarray:
    """1 on the crest of the old sand ridge in the plain, which breaks off here and there."""
    along = strips.along
    crest = 245 + 22 * np.sin(along / 130) + 9 * np.sin(along / 47)
    height = 0.7 + np.sin(along / 61 + 1) + 0.6 * np.sin(along / 23)
    return np.clip(height, 0, 1) * _measure_ridge(strips.inland, crest, 17)


def _draw_hills(sketch: Sketch, strips: _Strips, relief: np.ndarray, crowns: np.ndarray) -> None:
    """Acacia in stands of all ages up to the ridges, some of them cut; scrub in the gullies."""
    rng = sketch.rng
    ground = cut_blocks(rng, 46, warp=7)
    turn = np.pi * rng.random(ground.count)
    width = 6 + 7 * rng.random(ground.count)
    length = 10 + 14 * rng.random(ground.count)
    stands = cut_parcels(rng, ground, turn, width, length, disorder=0.6)
    choice = rng.choice(len(_STANDS), stands.count, p=[share for _, share, _ in _STANDS])
    codes = np.array([CODE[name] for name, _, _ in _STANDS])[choice]
    heights = np.array([height for _, _, height in _STANDS])[choice]
    wooded = strips.hills > 6 + 8 * sketch.noise(60, 6, 1.5)
    sketch.lay(wooded, stands, codes, spread=0.06)
    leaves = 0.6 + 0.2 * crowns + 0.15 * sketch.noise(40, 5, 1.4)
    sketch.dense = np.where(wooded, np.clip(leaves, 0, 1), sketch.dense)
    rows = 0.03 * np.exp(-stands.edge)
    sketch.grain = np.where(wooded, sketch.soft - rows, sketch.grain)
    tall = heights.take(stands.number) + 1.2 * crowns
    sketch.height = np.where(wooded, np.maximum(tall, 0), sketch.height)
    sketch.clear(wooded)
    tracks = sketch.swell(120, 30, 1.6) > 1
    sketch.band("gravel", stands.edge, 2, wooded & tracks)
    felled = rng.choice(np.flatnonzero(sketch.covers == CODE["acacia"]), 14, replace=False)
    for stand, day in zip(felled, rng.integers(40, 240, len(felled)), strict=True):
        sketch.changes.append((int(stand), int(day), "cut acacia"))
    gullies = ndimage.gaussian_filter(relief, 2) - ndimage.gaussian_filter(relief, 9)
    sketch.paint(wooded & (gullies < -2.2), "scrub", dense=0.7 + 0.2 * crowns)


def _draw_river(sketch: Sketch, strips: _Strips, relief: np.ndarray, crowns: np.ndarray) -> None:
    """A river that grows towards the lagoon, brooks from the hills; banks with bamboo and maize on silt."""
    rng = sketch.rng
    river = draw_curve(_RIVER, rng, 9)
    away, nearest = measure_distance(river)
    away = away - 4.5 - 4 * nearest / len(river)
    away = away - 0.8 * sketch.swell(110, 20, 1.8)
    brooks = np.vstack([draw_curve(points, rng, 10) for points in _BROOKS])
    away = np.minimum(away, measure_distance(brooks)[0] - 0.7)
    bank = 1.5 + 1.8 * sketch.noise(60, 8, 1.6)
    sketch.clear(away <= np.maximum(bank, 0))
    green = away < bank
    sketch.paint(green, "bank", dense=0.5 + 0.3 * crowns)
    sketch.height[green] = 3
    bars = sketch.noise(90, 14, 1.8)
    sketch.paint(away < 0, "coast river", dense=0.5 + 0.25 * sketch.noise(120, 8, 1.8))
    sandy = (bars > 1.1) & (np.abs(away) < 3 * (bars - 1.1))
    sketch.paint(sandy, "sand", dense=0.5 + 0.2 * bars)
    bed = 0.2 + 0.01 * np.maximum(strips.inland - 150, 0)
    relief[away < 0] = np.minimum(relief, bed)[away < 0]
    levee = (away > 0) & (away < 5)
    relief += np.where(levee, 0.35, 0)


def _draw_villages(sketch: Sketch, strips: _Strips, relief: np.ndarray, crowns: np.ndarray) -> np.ndarray:
    """Houses in gardens on the ridges, and hamlets on mounds in the plain; where they are is returned."""
    outer_ridge = _measure_ridge(strips.inland, 52, 17)
    ridges = np.maximum(outer_ridge, 1.05 * _measure_inner_ridge(strips))
    inhabited = 0.95 * ridges + 0.3 * sketch.noise(90, 12, 1.7)
    mounds = 0.52 * sketch.noise(85, 18, 1.9) + 0.1 * sketch.noise(20, 4, 1.2)
    hamlets = np.where(strips.hills < 12, mounds, 0)
    settled = np.maximum(inhabited, hamlets) > 0.74
    settled &= ~sketch.has("coast river", "sand")
    _grow_garden(sketch, settled, crowns)
    relief += 1.1 * ndimage.gaussian_filter(settled.astype(float), 1.5)
    return settled


def _grow_garden(sketch: Sketch, where: np.ndarray, crowns: np.ndarray) -> None:
    """Bamboo, palms and fruit trees round houses."""
    sketch.paint(where, "palms", dense=0.72 + 0.25 * crowns)
    sketch.height[where] = (6 + 2.5 * crowns)[where]
    sketch.clear(where)


def _draw_roads(sketch: Sketch, strips: _Strips, relief: np.ndarray, crowns: np.ndarray) -> np.ndarray:
    """Highway 1 with its ribbon of houses and a town, the railway, roads to the coast and the hills, on embankments."""
    rng = sketch.rng
    highway = strips.inland - 385 - 16 * _wander(rng, strips.along, 700, 380)
    railway = strips.inland - 452 - 10 * _wander(rng, strips.along, 900, 500)
    roads = [draw_curve(points, rng, 4) for points in _ROADS]
    from_road = measure_distance(np.vstack(roads))[0]
    on_road = np.abs(highway) > from_road
    crowd = sketch.swell(130, 24, 1.6) + 1.6 * draw_hill(_TOWN, 60) - 0.5 * on_road
    near = np.minimum(np.abs(highway), from_road)
    water = sketch.has("coast river", "sand")
    town = draw_hill(_TOWN, 26) + 0.14 * sketch.noise(50, 6, 1.5) > 0.5
    ribbon = (near > 0.6) & (near < 2.2 + 2 * crowd)
    settled = (town | ribbon) & ~water
    _grow_garden(sketch, settled, crowns)
    _draw_streets(sketch, town & ~water)
    sketch.band("asphalt", highway, 22, np.ones_like(water))
    sketch.band("asphalt", railway, 6, ~water)
    for road in roads:
        sketch.canvas.line("asphalt", road, 8)
    lines = np.minimum(np.minimum(near, np.abs(railway)), 9)
    embankments = 1.5 * np.exp(-((lines / 1.6) ** 2))
    mounds = 0.8 * ndimage.gaussian_filter(settled.astype(float), 2)
    relief += np.where(water, 0, embankments + mounds)
    for spot in _WORKS:
        _draw_works(sketch, spot)
    return settled


def _draw_streets(sketch: Sketch, town: np.ndarray) -> None:
    """A grid that bends and is turned as the shore is."""
    row, column = (axis + 6 * sketch.swell(140, 40, 2) for axis in np.indices((SIZE, SIZE)))
    along = row * _SOUTH_EAST[0] + column * _SOUTH_EAST[1]
    across = row * _SOUTH_EAST[1] - column * _SOUTH_EAST[0]
    for field, spacing in ((across, 12), (along, 18)):
        away = np.abs(np.mod(field, spacing) - spacing / 2)
        sketch.band("asphalt", away, 6, town)


def _draw_works(sketch: Sketch, spot: tuple[float, float]) -> None:
    """Halls in a paved yard, turned as the shore is."""
    rng = sketch.rng
    row, column = np.indices((SIZE, SIZE)) - np.array(spot)[:, None, None]
    along = row * _SOUTH_EAST[0] + column * _SOUTH_EAST[1]
    across = row * _SOUTH_EAST[1] - column * _SOUTH_EAST[0]
    yard = (np.abs(along) < 22) & (np.abs(across) < 13)
    sketch.paint(yard, "works", dense=sketch.dense, tone=0.72)
    sketch.clear(yard)
    turn = np.array([np.arctan2(*_SOUTH_EAST)])
    for right in (-15, -4, 6, 16):
        for down in (-7, 1, 8):
            middle = np.array(spot) + right * _SOUTH_EAST + down * _SOUTH_WEST
            centre = middle + rng.standard_normal(2)
            roof = rng.choice(["metal", "blue tin", "grey roof", "grass"])
            length = 40 + 60 * rng.random(1)
            width = 25 + 30 * rng.random(1)
            sketch.canvas.boxes(roof, centre[None], turn, (length, width))


def _draw_lagoon(sketch: Sketch, strips: _Strips, relief: np.ndarray, crowns: np.ndarray) -> None:
    """Water behind the dunes with ponds on its banks and nipa palms; an inlet through the dunes to the sea."""
    rng = sketch.rng
    inlet, nearest = measure_distance(draw_curve(_INLET, rng, 4))
    widening = np.clip(nearest / nearest.max(), 0, 1)
    away = np.minimum(strips.lagoon - strips.reach, inlet - 7 - 5 * widening)
    _dig_ponds(sketch, strips, relief, away)
    fringe = away < 1.2 * sketch.noise(60, 8, 1.6) - 0.4
    sketch.paint(fringe & (strips.inland > 30), "nipa", dense=0.6 + 0.25 * crowns)
    sketch.paint(away < 0, "lagoon", dense=0.5 + 0.25 * sketch.noise(150, 10, 1.8))
    relief[away < 0] = -0.8


def _dig_ponds(sketch: Sketch, strips: _Strips, relief: np.ndarray, away: np.ndarray) -> None:
    """Ponds of shrimp between dykes, on low land so far from the lagoon's water."""
    rng = sketch.rng
    ponds = _cut_ponds(rng, strips)
    covers = choose_covers(rng.random(ponds.count), {"shrimp": 0.4, "brown shrimp": 0.6}, "still pond")
    reach = 9 + 9 * sketch.noise(110, 14, 1.7)
    banks = (away > 0.5) & (away < reach)
    banks &= (strips.inland > 66) & (relief < 3)
    sketch.lay(banks, ponds, covers, spread=0.12, shift=150 * rng.random(ponds.count))
    sketch.height[banks] = 0
    sketch.grain[banks] = sketch.soft[banks]
    clouded = 0.5 + 0.25 * sketch.noise(30, 4, 1.5)
    sketch.dense[banks] = np.clip(clouded, 0, 1)[banks]
    relief[banks] = 0.7
    sketch.clear(banks | (away <= 0))
    border = banks & find_borders(ponds.number)
    sketch.share["grass"] += 0.34 * border
    sketch.share["gravel"] += 0.18 * border


def _cut_ponds(rng: Generator, strips: _Strips) -> Parcels:
    """Stretches of the shore cut into ponds."""
    stretch = np.floor(strips.along / 33).astype(int)
    ground = Blocks(
        number=stretch - stretch.min(),
        count=int(np.ptp(stretch)) + 1,
        row=strips.along - 33 * (stretch + 0.5),
        column=strips.inland - 92,
        edge=strips.along,
    )
    wide, long = rng.random((2, ground.count))
    straight = np.zeros(ground.count)
    return cut_parcels(rng, ground, straight, 5 + 2 * wide, 7 + 3 * long, disorder=0.3)


def _draw_sands(sketch: Sketch, strips: _Strips, settled: np.ndarray, crowns: np.ndarray) -> None:
    """The beach, dunes with casuarina in rows and patches, bare sand that shines."""
    inland = strips.inland
    water = sketch.has("lagoon")
    dunes = (inland < 30 + 7 * sketch.swell(80, 20, 1.7)) & ~water
    sketch.clear(dunes)
    patches = 0.8 * sketch.noise(60, 5, 1.5) + 0.07 * (inland - 24)
    settled &= ~dunes
    trees = 0.6 + 0.3 * crowns
    sketch.paint(dunes, "dune", dense=0.55 - 0.3 * patches)
    wood = dunes & (inland > 9) & (patches > -0.3)
    sketch.paint(wood, "casuarina", dense=trees)
    sketch.height[wood] = 7 + 2 * trees[wood]
    sketch.paint((inland < 6) & ~water, "dune", dense=0.62 + 0.05 * inland)


def _draw_sea(sketch: Sketch, strips: _Strips) -> None:
    """Turbid and bright by the shore, deep blue outside; lines of surf that break along the beach."""
    out = -strips.inland
    plumes = sketch.noise(200, 20, 2.2)
    sea, far = out > 0, np.maximum(out, 0)
    from_mouth = np.indices((SIZE, SIZE)) - np.array(_INLET[-1])[:, None, None]
    spread = 52 + 16 * plumes.clip(-2, 2)
    river = 1.15 * np.exp(-np.hypot(*from_mouth) / spread)
    shelf = np.clip(36 + 14 * sketch.swell(260, 60, 2), 14, 80)
    shore = np.exp(-far / shelf)
    streaks = 0.07 * plumes * np.exp(-far / 120)
    shallow = river + shore + streaks
    swell = _draw_swell_lines(sketch, strips)
    sketch.paint(sea, "sea", dense=shallow)
    is_plume = sea & (shallow > 0.99) & (river > 0.2)
    sketch.paint(is_plume, "plume", dense=1.7 * (river - 0.2))
    waves = 1 + 0.012 * swell + 0.004 * sketch.noise(5, 2, 0.2)
    sketch.grain[sea] = waves[sea]
    sketch.clear(sea)
    breakers = 0.9 - np.abs(out - 1.1) / 1.3
    second = 0.55 - np.abs(out - 4.6)
    surf = np.clip(np.maximum(breakers, second) + 0.35 * swell, 0, 1)
    sketch.paint(sea & (surf > 0.12) & (out < 7), "surf", dense=surf)


def _draw_swell_lines(sketch: Sketch, strips: _Strips) -> np.ndarray:
    """Waves from the east, long crests that turn parallel to the shore; mean 0, about -1 to 1."""
    coarse = sketch.noise(60, 3, 1.2)
    looked_up = np.stack([strips.inland * 1.0, strips.along * 0.22])
    looked_up = np.mod(looked_up, SIZE - 1)
    return ndimage.map_coordinates(coarse, looked_up, order=1, mode="mirror")


def _draw_houses(sketch: Sketch, settled: np.ndarray) -> None:
    """Small houses scattered in the gardens, close together in the town."""
    rng = sketch.rng
    spots = rng.random((110000, 2)) * SIZE
    at = find_pixels(spots)
    luck = rng.random(len(spots))
    crowd = 0.13 * sketch.noise(50, 8, 1.5)[at]
    town = 0.6 * draw_hill(_TOWN, 26)[at]
    chosen = settled[at] & (luck < 0.24 + crowd + town)
    turn = 0.66 + 0.3 * sketch.swell(120, 40, 2)[at][chosen]
    sketch.roofs(spots[chosen], turn, _ROOFS, 0.66)
