"""The Mekong delta near the sea: straight canals, houses in one line under palms, three crops of rice, and shrimp."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.coordinates import read_path, read_paths, read_rows
from cdse_offline.simulation.covers import CODE
from cdse_offline.simulation.drawing import (
    Blocks,
    Sketch,
    choose_covers,
    cut_parcels,
    draw_curve,
    draw_hill,
    draw_swell,
    find_borders,
    find_pixels,
    measure_distance,
)
from cdse_offline.simulation.land import Land
from cdse_offline.simulation.places import MEKONG

_SHAPE = MEKONG.shape
_TURN = 0.44  # direction of most canals, from east to south, radians
# Main canals: a place (row, column) on each, and its direction from east to south, radians.
_LONG_CANALS = read_rows("""
     row  column  direction
    -520     700       0.43
    -330     700       0.41
    -150     700        0.4
      10     700       0.46
     185     700       0.43
     330     760       0.47
     520     760       0.42
     690     760       0.46
     850     760       0.44
    1030     760        0.4
    1230     760       0.42
    1420     760       0.44
""")
_CROSS_CANALS = read_rows("""
    row  column  direction
    510    -440        2.0
    510    -160       2.02
    510     130       1.98
    510     420       2.05
    510     700       1.99
    510     960       2.04
    510    1250       1.97
    510    1560       2.02
""")
_RIVER = read_path("""
    150 -20, 205 120, 330 190, 345 330, 250 450, 300 580, 440 610, 470 740, 600 790, 690 900, 640 1030, 720 1140,
    860 1170, 900 1300, 850 1410, 900 1520
""")
_CREEKS = read_paths("""
    345 330, 450 345, 520 300, 640 330, 720 280, 850 300, 900 230, 1040 240
    640 1030, 540 1040, 470 1110, 360 1090, 300 1180, 180 1190, 100 1290, -20 1300
    720 1140, 790 1060, 870 1050, 940 960, 1040 950
    850 1410, 740 1400, 660 1450, 560 1420, 480 1510
    470 740, 580 690, 650 610, 760 600, 830 520, 1040 540
""")
_FRESH, _BRACKISH = 0.6, 0.72  # as near the sea as this, or nearer, water is fresh, brackish
_TOWN = (262, 205)
_TOWN_PARTS = read_rows("""
    row  column  radius
    258     200      26
    215     218      14
    285     168      15
    262     240      15
""")
_HIGHWAY = read_path("-10 330, 130 262, 262 205, 420 150, 600 60, 700 -10")
_PROVINCIAL = read_path("262 205, 330 255, 400 480, 520 720, 560 900, 545 1150, 630 1300, 700 1510")
_WORKS = read_path("205 255, 228 300, 318 238, 470 700")
_ROOFS = (
    ("grey roof", 0.4),
    ("metal", 0.16),
    ("red roof", 0.16),
    ("concrete", 0.1),
    ("blue tin", 0.06),
    ("rusty", 0.12),
)


@dataclass(frozen=True)
class _Lattice:
    """Fields between canals. Arrays of the place's shape but for the last two."""

    from_main: np.ndarray  # distance from the nearest main canal
    breadth: np.ndarray  # half width of that canal, pixels
    across: np.ndarray  # distance from the nearest side canal
    along: np.ndarray  # and from the nearest ditch that crosses between them
    angle: np.ndarray  # direction of the side canals
    line: np.ndarray  # number of the nearest side canal
    cells: Blocks
    depth: np.ndarray  # of each cell, from side canal to side canal


def draw(rng: Generator) -> Land:
    lattice = _lay_canals(rng)
    salt = _measure_salt(rng, lattice.cells)
    width, length = _choose_sizes(rng, lattice, salt)
    plots = cut_parcels(rng, lattice.cells, np.zeros(lattice.cells.count), width, length, disorder=0.22)
    cell = np.zeros(plots.count, dtype=int)
    cell[plots.number.ravel()] = lattice.cells.number.ravel()
    sketch = Sketch(rng, plots, _choose_crops(rng, salt, cell))
    sketch.shift = _choose_shifts(rng, sketch, lattice, cell)
    _draw_fields(sketch)
    settled = _draw_side_canals(sketch, lattice)
    settled |= _draw_main_canals(sketch, lattice)
    settled = _draw_roads(sketch, settled)
    settled = _draw_river(sketch, settled)
    settled |= _draw_town(sketch)
    _draw_houses(sketch, settled, lattice)
    return sketch.finish(_raise_banks(sketch, settled), settled, base=0.9)


def _lay_canals(rng: Generator) -> _Lattice:
    """Main canals cut the land into quarters, side canals these into cells, each about 400 m by 1 km."""
    bent = [axis + 2.5 * draw_swell(rng, 700, 200, 2.5, _SHAPE) for axis in np.indices(_SHAPE) + 0.5]
    below, from_long, near_long = _cross_lines(bent, _LONG_CANALS)
    right, from_cross, near_cross = _cross_lines(bent, _CROSS_CANALS)
    quarter = below * 16 + right
    turned = (rng.random(256) < 0.3).take(quarter)
    across = np.where(turned, from_cross, from_long)
    along = np.where(turned, from_long, from_cross)
    depth = (36 + 16 * rng.random(256)).take(quarter)
    length = (70 + 60 * rng.random(256)).take(quarter)
    strip = np.floor(across / depth).astype(int)
    piece = np.floor(along / length).astype(int)
    from_side = across - strip * depth
    from_middle = along - (piece + 0.5) * length
    cells = _number_cells(quarter, strip, piece, from_middle, from_side)
    deep = np.zeros(cells.count)
    deep[cells.number.ravel()] = depth.ravel()
    broad = np.where(near_long < near_cross, 1.15, 0.8)
    nearest_line = np.rint(across / depth).astype(int)
    return _Lattice(
        from_main=np.minimum(near_long, near_cross),
        breadth=broad + 0.25 * draw_swell(rng, 900, 300, 2, _SHAPE),
        across=np.minimum(from_side, (strip + 1) * depth - across),
        along=length / 2 - np.abs(from_middle),
        angle=_TURN + np.where(turned, np.pi / 2, 0),
        line=quarter * 128 + nearest_line % 128,
        cells=cells,
        depth=deep,
    )


def _number_cells(
    quarter: np.ndarray,
    strip: np.ndarray,
    piece: np.ndarray,
    from_middle: np.ndarray,
    from_side: np.ndarray,
) -> Blocks:
    """A number for each piece of each strip of each quarter."""
    code = (quarter * 128 + strip % 128) * 128 + piece % 128
    codes, number = np.unique(code, return_inverse=True)
    return Blocks(number.reshape(_SHAPE), len(codes), from_middle, from_side, np.abs(from_middle))


def _cross_lines(at: list[np.ndarray], lines: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many of the lines a pixel lies beyond, how far beyond the last of them, and how far from the nearest."""
    count = np.zeros(_SHAPE, dtype=int)
    beyond = np.zeros(_SHAPE)
    nearest = np.full(_SHAPE, np.inf)
    for row, column, angle in lines:
        down, right = at[0] - row, at[1] - column
        away = down * np.cos(angle) - right * np.sin(angle)
        away = away if angle < np.pi / 2 else -away
        count += away > 0
        beyond = np.where(away > 0, away, beyond)
        nearest = np.minimum(nearest, np.abs(away))
    return count, beyond, nearest


def _measure_salt(rng: Generator, cells: Blocks) -> np.ndarray:
    """How near the sea each cell is: 0 in the north-west, 1 in the south-east, and uneven."""
    row, column = np.indices(_SHAPE) / np.array(_SHAPE)[:, None, None]
    field = 0.4 * row + 0.6 * column + 0.07 * draw_swell(rng, 420, 90, 2, _SHAPE)
    return _average_cells(cells, field) + 0.02 * rng.standard_normal(cells.count)


def _average_cells(cells: Blocks, field: np.ndarray) -> np.ndarray:
    number = cells.number.ravel()
    size = np.bincount(number, minlength=cells.count)
    return np.bincount(number, field.ravel(), cells.count) / size


def _choose_sizes(rng: Generator, lattice: _Lattice, salt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Width and length of the fields of each cell: long strips of rice, broad rice-shrimp fields, small ponds."""
    luck = rng.random((2, len(salt)))
    back_to_back = lattice.depth / 1.75
    strips = np.where(luck[0] < 0.25, 1.4 * lattice.depth, back_to_back)
    sorts = (salt < _FRESH, salt < _BRACKISH)
    rice = 2.6 + 2.4 * luck[1]
    both = 6 + 3 * luck[1]
    pond = 5 + 1.8 * luck[1]
    width = np.select(sorts, (rice, both), pond)
    length = np.select(sorts, (strips, back_to_back), 7.5 + 2.5 * luck[0])
    return width, length


def _choose_crops(rng: Generator, salt: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Rice where the water is fresh, then rice and shrimp in turn, then shrimp; odd plots of other things."""
    luck = rng.random(len(cell))
    sort = rng.random(len(salt)).take(cell)
    rice = choose_covers(luck, {"palms": 0.012, "vegetables": 0.02}, "three rice")
    both = choose_covers(luck, {"still pond": 0.08, "shrimp": 0.2}, "rice-shrimp")
    ponds = choose_covers(luck, {"shrimp": 0.42, "brown shrimp": 0.68}, "still pond")
    ponds = np.where((sort < 0.12) & (luck < 0.8), CODE["rice-shrimp"], ponds)
    near = salt.take(cell)
    crops = np.select([near < _FRESH, near < _BRACKISH], [rice, both], ponds)
    return np.where((near < _FRESH) & (sort < 0.03), CODE["palms"], crops)


def _choose_shifts(rng: Generator, sketch: Sketch, lattice: _Lattice, cell: np.ndarray) -> np.ndarray:
    """Weeks between the blocks of two pump stations, days between the fields of one; each pond on its own."""
    cells = lattice.cells
    slow = _average_cells(cells, sketch.swell(500, 150, 2))
    block = np.clip(12 * slow + 5 * rng.standard_normal(cells.count), -26, 26)
    rice = block.take(cell) + 1.6 * rng.standard_normal(len(cell))
    farm = 150 * rng.random(cells.count).take(cell)
    farm = farm + 22 * rng.standard_normal(len(cell))
    ponds = np.isin(sketch.covers, [CODE["shrimp"], CODE["brown shrimp"]])
    uneven = 1 + 0.14 * rng.standard_normal(len(cell))
    sketch.tone *= np.where(ponds, uneven, 1)
    return np.where(ponds, farm, rice)


def _draw_fields(sketch: Sketch) -> None:
    """Bunds between the fields of rice, dykes round the ponds, a ring of ditches inside the dykes where both grow."""
    border = find_borders(sketch.unit)
    ponds = sketch.has("shrimp", "brown shrimp", "still pond")
    both = sketch.has("rice-shrimp")
    uneven = 1 + 0.25 * sketch.noise(40, 3, 1)
    grass = np.select([ponds, both], [0.34, 0.4], 0.16)
    sketch.share["grass"] += np.where(border, grass * uneven, 0)
    sketch.share["gravel"] += np.where(border & ponds, 0.16 * uneven, 0)
    from_border = ndimage.distance_transform_edt(~border)
    ring = both & (from_border > 0.9) & (from_border < 2.1)
    sketch.share["canal"] += np.where(ring, 0.5 * uneven, 0)
    clouded = 0.5 + 0.25 * sketch.noise(30, 4, 1.5)
    sketch.dense[ponds] = np.clip(clouded, 0, 1)[ponds]


def _draw_side_canals(sketch: Sketch, lattice: _Lattice) -> np.ndarray:
    """Side canals with a path and some trees; houses under palms along some of them; where those are is returned."""
    keep = sketch.swell(160, 40, 1.6)
    luck = sketch.rng.random(1 << 16).take(lattice.line % (1 << 16))
    everywhere = np.ones(_SHAPE, dtype=bool)
    sketch.band("canal", lattice.across, 9, everywhere)
    sketch.band("broadleaf", lattice.across - 0.9, 5, keep > 0.1)
    sketch.band("concrete", lattice.across - 1.3, 2, luck < 0.5)
    sketch.band("canal", lattice.along, 4, keep > -0.8)
    sketch.band("grass", lattice.along - 0.6, 4, keep > -0.8)
    sketch.trees(keep > 0.9, 6000, 0.5)
    reach = 3.2 + 1.3 * sketch.noise(50, 6, 1.4) + 1.4 * keep
    lived_on = (luck < 0.35) & (lattice.across > 0.5) & (lattice.across < reach)
    return _grow_garden(sketch, lived_on)


def _grow_garden(sketch: Sketch, where: np.ndarray) -> np.ndarray:
    """Palms and fruit trees round houses."""
    crowns = sketch.noise(9, 2, 0.4)
    sketch.paint(where, "palms", dense=0.72 + 0.25 * crowns)
    sketch.height[where] = (6 + 2.5 * crowns)[where]
    for name, share in sketch.share.items():
        if name != "canal":
            share *= ~where
    return where


def _draw_main_canals(sketch: Sketch, lattice: _Lattice) -> np.ndarray:
    """Canals as broad as a boat's turn, a bank with houses and gardens on both sides, here thick, there with gaps."""
    away = lattice.from_main - lattice.breadth
    crowd = sketch.swell(260, 60, 1.8)
    reach = 4.6 + 2.2 * crowd + 1.5 * sketch.noise(40, 5, 1.4)
    lived_on = _grow_garden(sketch, (away > 0) & (away < reach))
    canal = away < 0.3
    sketch.clear(canal)
    sketch.paint(canal, "canal", dense=0.7 + 0.2 * sketch.swell(120, 20, 1.8))
    path = np.abs(away - 1.5) < 0.6
    sketch.share["concrete"] += np.where(lived_on & path, 0.1, 0)
    return lived_on


def _draw_roads(sketch: Sketch, settled: np.ndarray) -> np.ndarray:
    """A highway to the town and a provincial road, with ribbons of houses."""
    inhabited = sketch.swell(140, 30, 1.6) > 0.2
    for points, width in ((_HIGHWAY, 14), (_PROVINCIAL, 8)):
        road = draw_curve(points, sketch.rng, 2)
        away, _ = measure_distance(road, _SHAPE)
        ribbon = (away > 0.8) & (away < 4) & inhabited
        settled = settled | _grow_garden(sketch, ribbon)
        sketch.canvas.line("asphalt", road, width)
    return settled


def _draw_river(sketch: Sketch, settled: np.ndarray) -> np.ndarray:
    """A tidal river and its creeks, brown; orchards on its banks where it is fresh, nipa palms where it is not."""
    rng = sketch.rng
    river = draw_curve(_RIVER, rng, 9)
    middle, nearest = measure_distance(river, _SHAPE)
    away = middle - 5.5 - 3.5 * nearest / len(river)
    away = away - 0.9 * sketch.swell(120, 20, 1.8)
    creeks = np.vstack([draw_curve(points, rng, 14) for points in _CREEKS])
    from_creek = measure_distance(creeks, _SHAPE)[0] - 1.2
    from_creek = from_creek - 0.3 * sketch.swell(150, 30, 1.8)
    away = np.minimum(away, from_creek)
    on_land = away > 0
    thick = sketch.swell(150, 25, 1.7)
    fringe = 1.6 + 1.6 * sketch.noise(70, 8, 1.6)
    fresh = nearest < 0.45 * len(river)
    orchards = _grow_garden(sketch, fresh & (away < 5 + 5 * thick) & on_land)
    settled = (settled | orchards) & on_land
    nipa = (away < fringe) & ~settled
    sketch.clear(away <= np.maximum(fringe, 0))
    sketch.paint(nipa, "nipa", dense=0.6 + 0.25 * sketch.noise(8, 2, 0.4))
    sketch.height[nipa] = 3
    sketch.paint(away < 0, "brown river", dense=0.55 + 0.25 * sketch.noise(140, 8, 1.8))
    return settled


def _find_water(sketch: Sketch) -> np.ndarray:
    return sketch.has("brown river", "canal")


def _draw_town(sketch: Sketch) -> np.ndarray:
    """Mỹ Xuyên: streets that bend, houses wall to wall in the middle and gardens at the rim; works with white roofs."""
    parts = [draw_hill((row, column), radius, _SHAPE) for row, column, radius in _TOWN_PARTS]
    shape = np.max(parts, axis=0) + 0.16 * sketch.noise(50, 6, 1.5)
    built = (shape > 0.5) & ~_find_water(sketch)
    sketch.paint(built, "palms", dense=0.4 + 0.3 * sketch.noise(14, 2, 0.6))
    sketch.clear(built)
    from_middle = np.indices(_SHAPE) - np.array(_TOWN)[:, None, None]
    row, column = (axis + 9 * sketch.swell(130, 40, 2) for axis in from_middle)
    for angle, spacing in ((0.55, 13), (0.55 + np.pi / 2, 22)):
        across = row * np.cos(angle) - column * np.sin(angle)
        away = np.abs(np.mod(across, spacing) - spacing / 2)
        goes_on = sketch.swell(60, 20, 1.6) > -0.6
        sketch.band("asphalt", away, 6, built & goes_on)
    for spot in _WORKS:
        _draw_works(sketch, spot)
    return built


def _draw_works(sketch: Sketch, spot: tuple[float, float]) -> None:
    """A seafood works: white halls of unlike lengths in a paved yard, turned as the canals are."""
    rng = sketch.rng
    row, column = np.indices(_SHAPE) - np.array(spot)[:, None, None]
    across, along = (row * np.cos(turn) - column * np.sin(turn) for turn in (_TURN, _TURN - np.pi / 2))
    half_length = 8 + 3 * rng.random()
    yard = (np.abs(across) < 5.5) & (np.abs(along) < half_length)
    yard &= ~_find_water(sketch)
    sketch.paint(yard, "works", dense=sketch.dense, tone=0.7)
    sketch.clear(yard)
    right = np.array([np.sin(_TURN), np.cos(_TURN)])
    down = np.array([np.cos(_TURN), -np.sin(_TURN)])
    for offset in (-3.2, 0.4, 3.4):
        aside = 2.5 * rng.standard_normal()
        centre = np.array(spot) + offset * down + aside * right
        roof = rng.choice(["metal", "metal", "grey roof", "blue tin"])
        length = 50 + 60 * rng.random(1)
        width = 18 + 14 * rng.random(1)
        sketch.canvas.boxes(roof, centre[None], np.array([_TURN]), (length, width))


def _draw_houses(sketch: Sketch, settled: np.ndarray, lattice: _Lattice) -> None:
    """Small houses in rows that follow the canals."""
    rng = sketch.rng
    spots = rng.random((150000, 2)) * _SHAPE
    at = find_pixels(spots)
    town = draw_hill(_TOWN, 34, _SHAPE)[at]
    crowd = sketch.noise(60, 8, 1.5)[at]
    chance = 0.3 + 0.18 * crowd + 0.8 * town
    wanted = rng.random(len(spots)) < chance
    chosen = settled[at] & wanted
    turn = lattice.angle[at][chosen]
    sketch.roofs(spots[chosen], turn, _ROOFS, 0.62)


def _raise_banks(sketch: Sketch, settled: np.ndarray) -> np.ndarray:
    """Nearly flat land; houses and gardens stand half a metre higher, on what was dug out of the canals."""
    waves = 0.25 * sketch.swell(300, 40, 2)
    banks = 0.5 * ndimage.gaussian_filter(settled.astype(float), 2)
    return waves + banks
