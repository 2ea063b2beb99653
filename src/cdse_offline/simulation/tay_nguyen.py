"""The Central Highlands: a plateau of red basalt soil that streams have cut, coffee, rubber, villages along the roads.

In the south-east the last woods stand on hills; a part of them is cleared in the dry season.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.coordinates import read_path, read_paths, read_rows
from cdse_offline.simulation.covers import CODE
from cdse_offline.simulation.drawing import (
    Parcels,
    Sketch,
    cut_blocks,
    cut_parcels,
    draw_curve,
    draw_hill,
    draw_noise,
    draw_street,
    find_pixels,
    measure_distance,
)
from cdse_offline.simulation.land import SIZE, Land
from cdse_offline.simulation.streams import Stream, find_streams

_HIGHWAY = read_path("-5 392, 140 410, 330 455, 520 440, 700 478, 860 540, 1025 560")
_SIDE_ROADS = read_paths("""
    330 455, 300 600, 330 760, 280 900, 300 1025
    520 440, 560 300, 540 150, 590 -5
    700 478, 690 600, 640 720, 700 850
    140 410, 90 250, 130 120, 100 -5
    860 540, 905 380, 960 250, 1025 200
""")
_HAMLETS = read_path("205 655, 420 800, 150 870, 455 620, 620 190, 860 330, 90 560, 480 250, 760 610")
_ESTATES = read_rows("""
    row  column  radius   turn
    200     170     105   0.12
    790     190      85  -0.35
    120     690      62    0.3
""")
_WOODS = read_rows("""
    row  column  radius  height
    850     850     150     1.9
    560     960      80     1.2
    975     690      70     1.0
""")
_CLEARING = (792, 770)
_ROOFS = (
    ("red roof", 0.36),
    ("grey roof", 0.3),
    ("blue tin", 0.14),
    ("metal", 0.1),
    ("concrete", 0.1),
)


@dataclass(frozen=True)
class _Ground:
    """The relief and how far its pixels are from water."""

    relief: np.ndarray
    steep: np.ndarray  # slope, metres per metre
    streams: list[Stream]
    away: np.ndarray  # pixels from the nearest stream
    catchment: np.ndarray  # hectares above the nearest point of it


def draw(rng: Generator) -> Land:
    ground = _shape_ground(rng)
    plots = _cut_plots(rng, ground)
    sketch = Sketch(rng, plots, _choose_crops(rng, plots))
    sketch.shift = 4 * rng.standard_normal(plots.count)
    _draw_rows(sketch)
    _draw_estates(sketch, ground)
    wood = _draw_woods(sketch, ground)
    _draw_clearing(sketch, wood)
    _draw_valleys(sketch, ground, wood)
    _draw_reservoirs(sketch, ground)
    settled = _settle(sketch, ground)
    return sketch.finish(ground.relief, settled, base=775)


def _shape_ground(rng: Generator) -> _Ground:
    """A plateau that falls to the south-west, cut by streams; hills in the south-east."""
    down, right = np.indices((SIZE, SIZE)) / SIZE
    plateau = -45 * down + 25 * right
    waves = 20 * draw_noise(rng, 600, 150, 2.4)
    ripples = 4 * draw_noise(rng, 160, 40, 1.8)
    plateau = plateau + waves + ripples
    for row, column, radius, height in _WOODS:
        hill = draw_hill((row, column), 0.7 * radius)
        uneven = 1 + 0.3 * draw_noise(rng, 120, 30, 1.8)
        plateau += 38 * height * hill * uneven
    streams = find_streams(plateau, rng, least=14)
    away, catchment = _measure_from_streams(streams)
    order = np.log2(catchment / 8)
    depth = 16 * order / (1 + 0.12 * order)
    wide = 12 + 0.25 * depth
    valleys = depth * np.exp(-((away / wide) ** 1.6))
    carved = plateau - ndimage.gaussian_filter(valleys, 3)
    smooth = ndimage.gaussian_filter(carved, 3)
    steep = np.hypot(*np.gradient(smooth)) / 10
    return _Ground(carved, steep, streams, away, catchment)


def _measure_from_streams(streams: list[Stream]) -> tuple[np.ndarray, np.ndarray]:
    away, nearest = measure_distance(np.vstack([stream.path for stream in streams]))
    catchment = np.concatenate([stream.catchment for stream in streams]).take(nearest)
    return away, np.exp(ndimage.gaussian_filter(np.log(catchment), 4))


def _cut_plots(rng: Generator, ground: _Ground) -> Parcels:
    """Plots of half a hectare to two that run up the slopes, from the stream to the road on the ridge."""
    blocks = cut_blocks(rng, 44, warp=6)
    rise = np.stack(np.gradient(ndimage.gaussian_filter(ground.relief, 12)))
    number = blocks.number.ravel()
    size = np.maximum(np.bincount(number, minlength=blocks.count), 1)
    upward = [np.bincount(number, axis.ravel(), blocks.count) / size for axis in rise]
    angle = np.arctan2(*upward) + 0.15 * rng.standard_normal(blocks.count)
    width = 4.5 + 4 * rng.random(blocks.count)
    length = 10 + 9 * rng.random(blocks.count)
    return cut_parcels(rng, blocks, angle, width, length, disorder=0.6)


def _choose_crops(rng: Generator, plots: Parcels) -> np.ndarray:
    """Coffee nearly everywhere, of all ages; pepper among it; cassava and maize in groups."""
    field = plots.mean(draw_noise(rng, 260, 50, 2))
    field = field + 0.5 * rng.standard_normal(plots.count)
    vine = plots.mean(draw_noise(rng, 200, 40, 2))
    vine = vine + 0.6 * rng.standard_normal(plots.count)
    chance = rng.random(plots.count)
    tests = {
        "cassava": (field > 0.95) & (chance < 0.6),
        "highland maize": field > 0.95,
        "pepper": vine > 1.3,
        "young coffee": chance < 0.09,
        "scrub": chance > 0.965,
    }
    codes = [CODE[name] for name in tests]
    return np.select(list(tests.values()), codes, CODE["coffee"])


def _draw_rows(sketch: Sketch) -> None:
    """Crowns of coffee and of the trees that shade it, tracks of red earth between the plots."""
    rng, plots = sketch.rng, sketch.parcels
    crowns = draw_noise(rng, 10, 2, 0.4)
    sketch.grain += 0.035 * crowns - 0.03 * np.exp(-plots.edge)
    sketch.height += 2 + 0.8 * crowns
    keep = draw_noise(rng, 120, 30, 1.5)
    sketch.band("red soil", np.abs(np.mod(plots.along, 44) - 22), 3.5, keep > -0.2)
    sketch.band("red soil", plots.edge, 1.6, keep > 0.3)
    sketch.band("broadleaf", plots.edge - 0.6, 2.5, keep < -0.6)
    sketch.trees(np.ones(sketch.shape, dtype=bool), 26000, 0.35)


def _draw_estates(sketch: Sketch, ground: _Ground) -> None:
    """Rubber estates: large stands of one age between straight roads of red earth."""
    rng = sketch.rng
    outline = 1 + 0.3 * draw_noise(rng, 160, 60, 2)
    crowns = draw_noise(rng, 7, 2, 0.3)
    whole = cut_blocks(rng, 3 * SIZE)
    long = np.full(whole.count, 58.0)
    wide = np.full(whole.count, 34.0)
    dry = ground.away > 3 + 1.5 * np.log2(ground.catchment / 20).clip(0)
    for row, column, radius, turn in _ESTATES:
        stands = cut_parcels(rng, whole, np.full(whole.count, turn), wide, long, disorder=0.12)
        inside = draw_hill((row, column), radius) * outline
        estate = dry & (stands.mean(inside).take(stands.number) > 0.5)
        young = rng.random(stands.count) < 0.14
        covers = np.where(young, CODE["young rubber"], CODE["rubber"])
        sketch.lay(estate, stands, covers, spread=0.06, shift=5 * rng.standard_normal(stands.count))
        tall = np.where(young, 5, 14).take(stands.number)
        sketch.height = np.where(estate, tall * (1 + 0.08 * crowns), sketch.height)
        sketch.grain = np.where(estate, sketch.soft + 0.02 * crowns, sketch.grain)
        sketch.clear(estate)
        tracks = estate & _find_borders(stands.number)
        sketch.share["red soil"] += 0.55 * tracks


def _find_borders(number: np.ndarray) -> np.ndarray:
    """Where the pixel to the right or below has another number."""
    below = np.roll(number, -1, axis=0)
    right = np.roll(number, -1, axis=1)
    return (number != below) | (number != right)


def _draw_woods(sketch: Sketch, ground: _Ground) -> np.ndarray:
    """What is left of the woods: evergreen on the hills, dry and low at their feet; where they are is returned."""
    rng, plots = sketch.rng, sketch.parcels
    like = 0.3 * draw_noise(rng, 240, 14, 2.1) + 1.2 * (ground.steep - 0.15)
    for row, column, radius, height in _WOODS:
        like += height * draw_hill((row, column), radius)
    fields = plots.mean(like).take(plots.number)
    wood = 0.6 * like + 0.4 * fields > 0.82
    high = like + 0.3 * draw_noise(rng, 160, 10, 2.1) + 0.3
    crowns = draw_noise(rng, 8, 2, 0.2)
    dense = 0.55 + 0.2 * crowns + 0.25 * draw_noise(rng, 70, 6, 1.4)
    sketch.paint(wood, "dry forest", dense=dense)
    sketch.paint(wood & (high > 1.25), "evergreen forest", dense=dense)
    tall = np.where(high > 1.25, 16, 9) * (1 + 0.2 * crowns)
    sketch.height = np.where(wood, tall, sketch.height)
    stands = 0.05 * draw_noise(rng, 130, 12, 1.8)
    sketch.grain = np.where(wood, sketch.soft + 0.07 * crowns + stands, sketch.grain)
    sketch.clear(wood)
    return wood


def _draw_clearing(sketch: Sketch, wood: np.ndarray) -> None:
    """A wood that is felled piece by piece from January to April, burnt, and planted with cassava in the rains."""
    rng = sketch.rng
    pieces = cut_blocks(rng, 21, warp=5)
    outline = 1 + 0.2 * draw_noise(rng, 60, 10, 1.6)
    inside = draw_hill(_CLEARING, 42) * outline
    area = wood & (inside > 0.5)
    size = np.bincount(pieces.number[area], minlength=pieces.count)
    numbers = np.flatnonzero(size > 60)
    places = [np.argwhere(area & (pieces.number == number)) for number in numbers]
    middles = np.array([place.mean(axis=0) for place in places])
    from_road = middles @ (0.5, 0.85)
    for rank, index in enumerate(np.argsort(from_road)):
        where = area & (pieces.number == numbers[index])
        cover = sketch.covers[np.bincount(sketch.unit[where]).argmax()]
        unit = sketch.add(np.array([cover]))
        sketch.unit[where] = unit
        felled = 16 + round(92 * rank / len(numbers) + 3 * rng.standard_normal())
        burnt = min(felled + round(14 + 8 * rng.random()), 119)
        cleared = burnt + round(12 + 8 * rng.random())
        steps = [(felled, "felled"), (burnt, "burnt"), (cleared, "cleared soil")]
        if rng.random() < 0.75:
            steps.append((round(142 + 14 * rng.random()), "cassava"))
        sketch.changes += [(unit, day, name) for day, name in steps]


def _draw_valleys(sketch: Sketch, ground: _Ground, wood: np.ndarray) -> None:
    """Streams with bushes and bamboo along them, paddies where the valley is wide."""
    rng = sketch.rng
    wander = draw_noise(rng, 50, 8, 1.5)
    size = np.log2(ground.catchment / 20).clip(0)
    lush = (ground.away < 1.2 + 0.7 * size + 0.8 * wander) & ~wood
    wide = 2.2 * size - 5 + 5 * draw_noise(rng, 200, 50, 2) + 1.6 * wander
    flat = (ground.away < wide) & (size > 1.6) & ~wood
    blocks = cut_blocks(rng, 26, warp=3)
    turn = np.pi * rng.random(blocks.count)
    side = np.full(blocks.count, 3.2)
    paddies = cut_parcels(rng, blocks, turn, side, 2 * side)
    late = 9 * paddies.mean(draw_noise(rng, 200, 30, 2))
    late = late + 4 * rng.standard_normal(paddies.count)
    sketch.lay(flat, paddies, np.full(paddies.count, CODE["valley rice"]), shift=late)
    sketch.height[flat | lush] = 0
    rows = 0.04 * np.exp(-paddies.edge)
    sketch.grain[flat] = (sketch.soft - rows)[flat]
    sketch.clear(flat | lush)
    bank = lush & (ground.away < 1.2 + 0.25 * size + 0.8 * wander)
    bushes = 0.5 + 0.3 * draw_noise(rng, 14, 2, 0.6)
    sketch.paint(bank | (lush & ~flat), "riverside", dense=bushes)
    tall = 4 + 2 * draw_noise(rng, 8, 2, 0.3)
    sketch.height[bank] += tall[bank]
    for stream in ground.streams:
        width = 1.2 + 1.6 * np.log2(stream.catchment / 20).clip(0)
        sketch.canvas.dots("stream", stream.path, width / 10 * 0.25)


def _draw_reservoirs(sketch: Sketch, ground: _Ground) -> None:
    """Small reservoirs behind earth dams; in the dry season their upper ends fall dry."""
    rng = sketch.rng
    wander = 0.5 * draw_noise(rng, 30, 5, 1.4)
    water = 0.08 + 0.05 * draw_noise(rng, 40, 4, 1.4)
    for dam, upstream in _choose_dams(ground):
        row, column = np.indices((SIZE, SIZE)) + 0.5
        down, right = row - dam[0], column - dam[1]
        behind = down * upstream[0] + right * upstream[1]
        near = (np.hypot(down, right) < 130) & (behind > 0)
        floor = ground.relief[tuple(dam.astype(int))]
        for cover, level in (("drawdown", 15), ("reservoir", 10)):
            pool = _find_pool(near & (ground.relief < floor + level + wander), dam)
            sketch.paint(pool, cover, dense=water)
            sketch.clear(pool)
        aside = np.array([-upstream[1], upstream[0]])
        crest = dam + np.linspace(-20, 20, 161)[:, None] * aside
        sketch.canvas.line("gravel", crest, 7)
        sketch.canvas.line("grass", crest - upstream, 9)


def _choose_dams(ground: _Ground) -> list[tuple[np.ndarray, np.ndarray]]:
    """Places on streams of middling size, far from each other and from the border, and the way upstream from each."""
    chosen: list[tuple[np.ndarray, np.ndarray]] = []
    for stream in ground.streams:
        is_middling = (stream.catchment > 150) & (stream.catchment < 700)
        for index in np.flatnonzero(is_middling)[60::80]:
            dam = stream.path[index]
            inland = np.all((dam > 90) & (dam < SIZE - 90))
            if inland and all(np.hypot(*(dam - other)) > 260 for other, _ in chosen):
                upstream = stream.path[max(index - 60, 0)] - dam
                chosen.append((dam, upstream / np.hypot(*upstream)))
    return chosen[:5]


def _find_pool(where: np.ndarray, dam: np.ndarray) -> np.ndarray:
    """What hangs together and touches the dam."""
    number, _ = ndimage.label(where)
    row, column = dam.astype(int)
    touched = np.unique(number[row - 5 : row + 6, column - 5 : column + 6])
    return np.isin(number, touched[touched > 0])


def _settle(sketch: Sketch, ground: _Ground) -> np.ndarray:
    """Houses in a row along the roads, hamlets in the coffee; where people live is returned."""
    rng, canvas = sketch.rng, sketch.canvas
    roads = [draw_curve(road, rng, 6) for road in _SIDE_ROADS]
    highway = draw_curve(_HIGHWAY, rng, 4)
    lanes = [lane for spot in _HAMLETS for lane in _draw_hamlet(rng, spot)]
    ribbon = np.zeros(sketch.shape)
    crowd = 0.55 + 0.6 * draw_noise(rng, 170, 50, 2)
    for paths, most in (([highway], 9 * crowd), (roads, 5 * crowd), (lanes, 3.4)):
        away, _ = measure_distance(np.vstack(paths))
        ribbon = np.maximum(ribbon, (away < most) * 1.0)
    wet = sketch.has("reservoir", "drawdown", "valley rice")
    crowd = ndimage.gaussian_filter(ribbon, 1.5) + 0.12 * draw_noise(rng, 16, 3, 1)
    settled = (crowd > 0.5) & ~wet
    settled &= ground.away > 2
    sketch.paint(settled, "village yard", dense=0.5 + 0.4 * draw_noise(rng, 9, 2, 0.4))
    sketch.clear(settled)
    sketch.trees(settled, 120000, 0.5)
    _build_houses(sketch, settled)
    canvas.line("asphalt", highway, 14)
    for road in roads:
        canvas.line("asphalt", road, 7)
    for lane in lanes:
        canvas.line("red soil", lane, 5)
    return settled


def _draw_hamlet(rng: Generator, spot: tuple[float, float]) -> list[np.ndarray]:
    """A few parallel lanes, and some that cross them."""
    turn = np.pi * rng.random()
    middle = np.array(spot, dtype=float)
    along = np.array([np.sin(turn), np.cos(turn)])
    across = np.array([np.cos(turn), -np.sin(turn)])
    lanes = []
    for step in (-1, 0, 1):
        half = 13 + 4 * rng.random()
        start = middle + 8 * step * across - half * along
        length = 26 + 10 * rng.random()
        lanes.append(draw_street(rng, start, turn, length))
    return [*lanes, draw_street(rng, middle - 12 * across, turn - np.pi / 2, 26)]


def _build_houses(sketch: Sketch, settled: np.ndarray) -> None:
    """Houses in loose rows with yards for drying coffee."""
    rng = sketch.rng
    spots = rng.random((SIZE * SIZE // 3, 2)) * SIZE
    spots = spots[settled[find_pixels(spots)]]
    crowd = draw_noise(rng, 60, 10, 1.5)[find_pixels(spots)]
    spots = spots[rng.random(len(spots)) < 0.55 + 0.25 * crowd]
    turn = draw_noise(rng, 150, 50, 2)[find_pixels(spots)]
    sketch.roofs(spots, turn, _ROOFS, 0.8)
    yards = spots[rng.random(len(spots)) < 0.25] + 0.9
    sketch.canvas.dots("concrete", yards, 0.6)
