"""Tools to draw a window of land: noise, paths, things thinner than a pixel, blocks and parcels, and the sketch.

Places are (row, column), lengths pixels of 10 m unless said otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike
from scipy import fft, ndimage

from cdse_offline.simulation.changes import Change, list_changes
from cdse_offline.simulation.covers import CODE, COVERS
from cdse_offline.simulation.land import MOST_UNITS, OVERLAYS, ROOFS, SIZE, SQUARE, Land

_STILL_WATER = ("lake", "pond", "reservoir", "drawdown")  # nothing thin lies upon it
_MOST = 0.92  # of a pixel: how much thin things hide
_WATER, _LIVED_ON, _ROAD = (8, 9, 17), 11, 12  # keys of `classes.LAND_CLASSES`
Point = tuple[float, float] | np.ndarray  # row and column


def draw_noise(
    rng: Generator,
    longest: float,
    shortest: float = 2,
    slope: float = 1.5,
    shape: int | tuple[int, int] = SIZE,
) -> np.ndarray:
    """Random field of mean 0 and deviation 1 with waves between two lengths; a steeper slope is smoother."""
    rows, columns = (shape, shape) if isinstance(shape, int) else shape
    # Larger than asked: opposite edges must not match.
    sides = fft.next_fast_len(rows + 64, real=True), fft.next_fast_len(columns + 64, real=True)
    square, logarithm = _compute_frequencies(sides)
    falling = np.exp(-slope * logarithm - square * (shortest / 2) ** 2)
    rising = -np.expm1(-((square * longest**2) ** 2))
    gain = falling * rising
    waves = fft.rfft2(rng.standard_normal(sides))
    field = fft.irfft2(waves * gain, s=sides)[:rows, :columns]
    field -= field.mean()
    return field / np.sqrt(np.mean(field**2))


def draw_swell(
    rng: Generator, longest: float, shortest: float, slope: float, shape: tuple[int, int] = SQUARE
) -> np.ndarray:
    """Like `draw_noise`, but quick, for fields of waves of 20 pixels and more: drawn at a fourth and enlarged."""
    coarse = -(-shape[0] // 4), -(-shape[1] // 4)
    field = draw_noise(rng, longest / 4, shortest / 4, slope, coarse)
    fine = ndimage.zoom(field, 4, order=1, grid_mode=True, mode="nearest")
    return fine[: shape[0], : shape[1]]


@cache
def _compute_frequencies(sides: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Squared spatial frequency of each term of `rfft2` and the logarithm of the frequency."""
    down = fft.fftfreq(sides[0])[:, None]
    right = fft.rfftfreq(sides[1])[None, :]
    square = down**2 + right**2
    square[0, 0] = 1
    return square, np.log(square) / 2


def draw_hill(centre: tuple[float, float], radius: float, shape: tuple[int, int] = SQUARE) -> np.ndarray:
    """A smooth bump of height 1."""
    row, column = np.ogrid[: shape[0], : shape[1]]
    square = (row - centre[0]) ** 2 + (column - centre[1]) ** 2
    return np.exp(-square / (2 * radius**2))


def draw_curve(points: Sequence[Point], rng: Generator, wiggle: float = 0) -> np.ndarray:
    """Smooth path through the points (Catmull-Rom), a point each quarter of a pixel; `wiggle` bends it, in pixels."""
    knots = np.array([points[0], *points, points[-1]], dtype=float)
    t = np.linspace(0, 1, 40, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        straight = b + t * (c - a) / 2
        bent = t**2 * (a - 2.5 * b + 2 * c - d / 2)
        twisted = t**3 * (1.5 * (b - c) + (d - a) / 2)
        pieces.append(straight + bent + twisted)
    path = _space_evenly(np.vstack([*pieces, knots[-1:]]))
    return _bend(path, rng, wiggle) if wiggle else path


def _bend(path: np.ndarray, rng: Generator, wiggle: float) -> np.ndarray:
    along = np.arange(len(path)) / 4
    for wave in (160, 70, 33):
        phase, strength = rng.random(2)
        height = wiggle * wave / 160 * (0.4 + strength)
        turns = along / wave + phase
        offset = height * np.sin(2 * np.pi * turns)
        path = path + offset[:, None] * compute_normals(path)
    return path


def _space_evenly(path: np.ndarray) -> np.ndarray:
    steps_taken = np.hypot(*np.diff(path, axis=0).T)
    length = np.concatenate([[0], np.cumsum(steps_taken)])
    steps = np.arange(0, length[-1], 0.25)
    axes = [np.interp(steps, length, axis) for axis in path.T]
    return np.stack(axes, axis=1)


def compute_normals(path: np.ndarray) -> np.ndarray:
    """Unit vectors to the right of a path."""
    down, right = np.gradient(path, axis=0).T
    normals = np.stack([right, -down], axis=1)
    return normals / np.hypot(down, right)[:, None]


def turn_axes(row: np.ndarray, column: np.ndarray, angle: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """How far along a direction and across it; the other way round, too, from these to rows and columns."""
    sine, cosine = np.sin(angle), np.cos(angle)
    along = row * sine + column * cosine
    across = row * cosine - column * sine
    return along, across


def find_pixels(points: np.ndarray) -> tuple[np.ndarray, ...]:
    """Index of the pixels that points lie in."""
    return tuple(points.astype(int).T)


class Canvas:
    """Collects thin things, drawn at sub-pixel places, as fractions of pixels."""

    def __init__(self, shape: tuple[int, int] = SQUARE) -> None:
        self.shape = shape
        self._dots: dict[str, list[np.ndarray]] = {name: [] for name in OVERLAYS}

    def dots(self, name: str, points: np.ndarray, area: float | np.ndarray) -> None:
        """Things of so many square pixels at points (row, column)."""
        area = np.broadcast_to(area, len(points))
        self._dots[name].append(np.column_stack([points, area]))

    def line(self, name: str, path: np.ndarray, width: float) -> None:
        """A line along a path of `curve`, `width` in metres."""
        self.dots(name, path, width / 10 * 0.25)

    def boxes(self, name: str, centres: np.ndarray, angle: np.ndarray, size: tuple[ArrayLike, ArrayLike]) -> None:
        """Buildings: centres, direction of their long side, length and width in metres."""
        length, width = (np.broadcast_to(side, len(centres)) / 10 for side in size)
        longest = max(length.max(initial=1), width.max(initial=1))
        fine = int(np.ceil(2.5 * longest))
        steps = (np.arange(fine) + 0.5) / fine - 0.5
        u, v = (grid.ravel() for grid in np.meshgrid(steps, steps))
        along = length[:, None] * u
        across = width[:, None] * v
        turned = np.stack(turn_axes(along, across, angle[:, None]), axis=2)
        points = turned + centres[:, None]
        area = length * width / fine**2
        self.dots(name, points.reshape(-1, 2), np.repeat(area, fine**2))

    def share(self, name: str) -> np.ndarray:
        """Share of each pixel that these things cover."""
        dots = np.vstack([np.zeros((0, 3)), *self._dots[name]])
        rows, columns = (side + 2 for side in self.shape)
        total = np.zeros(rows * columns)
        at = dots[:, :2] + 0.5  # window pixel (0, 0) is (1, 1) here, its centre is at 0.5
        corner = np.floor(at).astype(int)
        inside = np.all((corner >= 0) & (corner <= self.shape), axis=1)
        at, corner, area = at[inside], corner[inside], dots[inside, 2]
        low, right = (at - corner).T
        for row, height in ((0, 1 - low), (1, low)):
            for column, width in ((0, 1 - right), (1, right)):
                pixel = (corner[:, 0] + row) * columns + corner[:, 1] + column
                weight = height * width
                total += np.bincount(pixel, weight * area, len(total))
        return total.reshape(rows, columns)[1:-1, 1:-1]


def measure_distance(path: np.ndarray, shape: tuple[int, int] = SQUARE) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each pixel from a path, and which point of the path is nearest."""
    cells = np.floor(path).astype(int)
    inside = np.all((cells >= 0) & (cells < shape), axis=1)
    crossed = tuple(cells[inside].T)
    which = np.zeros(shape, dtype=int)
    which[crossed] = np.flatnonzero(inside)
    away = np.ones(shape, dtype=bool)
    away[crossed] = False
    gap, nearest = ndimage.distance_transform_edt(away, return_indices=True)
    return ndimage.gaussian_filter(gap, 1), which[tuple(nearest)]


@dataclass(frozen=True)
class Blocks:
    """Irregular polygons that fill the window (cells of jittered points)."""

    number: np.ndarray  # of the block of each pixel
    count: int
    row: np.ndarray  # of the pixel, from its block's middle
    column: np.ndarray
    edge: np.ndarray  # distance to the nearest other block


def cut_blocks(rng: Generator, spacing: float, warp: float = 0, shape: tuple[int, int] = SQUARE) -> Blocks:
    """Cut the window into blocks of about this size; `warp` bends their borders, in pixels."""
    side = int(max(shape) / spacing) + 5
    jittered = np.indices((side, side)) - 2 + rng.random((2, side, side))
    seeds = (jittered.reshape(2, -1) * spacing).astype(np.float32)
    row, column = np.indices(shape) + 0.5
    if warp:
        row, column = (axis + warp * draw_noise(rng, 250, 40, 2, shape) for axis in (row, column))
    cells = [(axis // spacing).astype(int) + 2 for axis in (row, column)]
    home = [np.clip(axis, 1, side - 2).astype(np.int32) for axis in cells]
    row, column = row.astype(np.float32), column.astype(np.float32)
    best = np.full((2, *shape), np.inf, dtype=np.float32)
    owner = np.zeros((2, *shape), dtype=np.int32)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            seed = (home[0] + down) * side + home[1] + right
            from_row = row - seeds[0].take(seed)
            from_column = column - seeds[1].take(seed)
            _enter_seed(best, owner, from_row**2 + from_column**2, seed)
    own, other = owner
    between = np.hypot(*(axis.take(own) - axis.take(other) for axis in seeds))
    edge = (best[1] - best[0]) / (2 * between)
    from_row = row - seeds[0].take(own)
    from_column = column - seeds[1].take(own)
    return Blocks(own, side * side, from_row, from_column, edge)


def _enter_seed(best: np.ndarray, owner: np.ndarray, gap: np.ndarray, seed: np.ndarray) -> None:
    """Keep of each pixel the nearest seed and the second, and the squares of how far they are."""
    nearest, second = gap < best[0], gap < best[1]
    for kept, new in ((best, gap), (owner, seed)):
        kept[1] = np.where(nearest, kept[0], np.where(second, new, kept[1]))
        kept[0] = np.where(nearest, new, kept[0])


@dataclass(frozen=True)
class Parcels:
    number: np.ndarray  # of the parcel of each pixel, 0 ... count - 1
    count: int
    across: np.ndarray  # pixels across the strips, from the middle of the block
    along: np.ndarray  # and along them
    edge: np.ndarray  # distance to the next strip

    def mean(self, field: np.ndarray) -> np.ndarray:
        """Mean of a field over each parcel."""
        size = np.bincount(self.number.ravel(), minlength=self.count)
        return np.bincount(self.number.ravel(), field.ravel(), self.count) / size


def cut_parcels(
    rng: Generator, ground: Blocks, angle: np.ndarray, width: np.ndarray, length: np.ndarray, disorder: float = 0.6
) -> Parcels:
    """Cut each block into strips (angle, width) and these into parcels (length), more or less regular."""
    sine = np.sin(angle).take(ground.number)
    cosine = np.cos(angle).take(ground.number)
    across = ground.row * cosine - ground.column * sine
    along = ground.row * sine + ground.column * cosine
    wide = width.take(ground.number)
    jitter, stretch, offset = rng.random((3, ground.count * 64))
    first = ground.number * 64
    strip = np.floor(across / wide).astype(int)
    following = strip + 1
    start = (strip + disorder * jitter.take(first + strip % 64)) * wide
    end = (following + disorder * jitter.take(first + following % 64)) * wide
    edge = np.minimum(np.abs(across - start), np.abs(across - end))
    # Borders are moved: a pixel beside its strip belongs to the one before or after.
    strip += (across >= end).astype(int)
    strip -= (across < start).astype(int)
    key = first + strip % 64
    stretched = 1 + disorder * (stretch.take(key) - 0.5)
    long = length.take(ground.number) * stretched
    piece = np.floor(along / long + disorder * offset.take(key))
    code = key * 64 + piece.astype(int) % 64
    used = np.bincount(code.ravel()) > 0
    number = (np.cumsum(used) - 1).take(code)
    return Parcels(number, int(used.sum()), across, along, edge)


def find_borders(number: np.ndarray) -> np.ndarray:
    """Pixels that touch another field."""
    border = np.zeros(number.shape, dtype=bool)
    border[:-1] |= np.diff(number, axis=0) != 0
    border[:, :-1] |= np.diff(number, axis=1) != 0
    return border


def choose_covers(luck: np.ndarray, below: Mapping[str, float], other: str) -> np.ndarray:
    """Codes of covers: the first one whose number is above the luck, else the other one."""
    tests = [luck < most for most in below.values()]
    codes = [CODE[cover] for cover in below]
    return np.select(tests, codes, CODE[other])


def find_side(path: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """1 for the pixels to the right of a path, -1 to the left."""
    normal = compute_normals(path)
    beside = np.zeros(nearest.shape)
    for axis, place in enumerate(np.indices(nearest.shape) + 0.5):
        from_path = place - path[:, axis].take(nearest)
        beside += from_path * normal[:, axis].take(nearest)
    return np.sign(beside)


def draw_street(rng: Generator, start: np.ndarray, heading: float, length: float) -> np.ndarray:
    """A street that winds a little."""
    points = [start]
    for _ in range(3):
        heading += 0.35 * rng.standard_normal()
        direction = np.array([np.sin(heading), np.cos(heading)])
        points.append(points[-1] + length / 3 * direction)
    return draw_curve(points, rng)


class Sketch:
    """A window while it is drawn: starts as parcels, then is painted over."""

    def __init__(self, rng: Generator, ground: Parcels, covers: np.ndarray) -> None:
        self.rng = rng
        self.parcels = ground
        self.shape = ground.number.shape
        self.canvas = Canvas(self.shape)
        self.unit = ground.number.copy()
        self.covers = covers
        self.plot = np.arange(len(covers))
        self.shift = np.zeros(len(covers))
        self.tone = 1 + 0.085 * rng.standard_normal(len(covers))
        patches = 0.16 * self.noise(60, 3, 1.0)
        tufts = 0.14 * self.noise(14, 2, 0.5)
        self.dense = np.clip(0.55 + patches + tufts, 0, 1)
        shades = 0.022 * self.noise(200, 2, 0.6)
        grains = 0.016 * self.noise(8, 2, 0.1)
        self.soft = 1 + shades + grains
        self.grain = self.soft.copy()
        self.height = np.zeros(self.shape)
        self.share = {name: np.zeros(self.shape) for name in OVERLAYS}
        self.changes: list[Change] = []
        self.built: dict[str, list[np.ndarray]] = {name: [np.zeros((0, 5))] for name in OVERLAYS}

    def noise(self, longest: float, shortest: float = 2, slope: float = 1.5) -> np.ndarray:
        """`draw_noise` over the window."""
        return draw_noise(self.rng, longest, shortest, slope, self.shape)

    def swell(self, longest: float, shortest: float = 20, slope: float = 1.8) -> np.ndarray:
        """`draw_swell` over the window."""
        return draw_swell(self.rng, longest, shortest, slope, self.shape)

    def has(self, *covers: str) -> np.ndarray:
        """Where one of these covers lies."""
        codes = [CODE[cover] for cover in covers]
        return np.isin(self.covers.take(self.unit), codes)

    def add(self, covers: np.ndarray, tone: np.ndarray | float = 1.0, shift: np.ndarray | float = 0.0) -> int:
        """Append units, return the number of the first."""
        first = len(self.covers)
        self.plot = np.concatenate([self.plot, first + np.arange(len(covers))])
        self.covers = np.concatenate([self.covers, covers])
        self.tone = np.concatenate([self.tone, np.broadcast_to(tone, len(covers))])
        self.shift = np.concatenate([self.shift, np.broadcast_to(shift, len(covers))])
        return first

    def paint(self, where: np.ndarray, cover: str, *, dense: np.ndarray | None = None, tone: float = 1.0) -> None:
        """Give an area one cover, levelled to the ground, without the marks of fields."""
        self.unit[where] = self.add(np.array([CODE[cover]]), tone)
        self.height[where] = 0
        self.grain[where] = self.soft[where]
        if dense is not None:
            self.dense[where] = np.clip(dense, 0, 1)[where]

    def lay(
        self,
        where: np.ndarray,
        plots: Parcels,
        covers: np.ndarray,
        *,
        spread: float = 0.08,
        shift: np.ndarray | float = 0.0,
    ) -> None:
        """Cut an area into plots with covers and shifts of their own; their brightness differs by `spread`."""
        used = np.unique(plots.number[where])
        place = np.zeros(plots.count, dtype=int)
        place[used] = np.arange(len(used))
        tone = 1 + spread * self.rng.standard_normal(len(used))
        first = self.add(covers[used], tone, np.broadcast_to(shift, plots.count)[used])
        self.unit[where] = first + place.take(plots.number[where])

    def split(self, where: np.ndarray, part: np.ndarray) -> tuple[int, np.ndarray]:
        """Cut the units of an area along the borders of its parts, so that each can change on a day of its own.

        They stay one field. Returned is the number of the first new unit, and the part that each of them lies in.
        """
        parts = int(part.max()) + 1
        piece = self.unit[where].astype(int) * parts + part[where]
        pieces, which = np.unique(piece, return_inverse=True)
        origin, of_piece = np.divmod(pieces, parts)
        first = self.add(self.covers[origin], self.tone[origin], self.shift[origin])
        self.plot[first:] = self.plot[origin]
        self.unit[where] = first + which
        return first, of_piece

    def clear(self, where: np.ndarray) -> None:
        """Take the lines of fields, drawn before, off an area."""
        for share in self.share.values():
            share *= ~where

    def band(self, name: str, edge: np.ndarray, width: float, where: np.ndarray) -> None:
        """A line of `width` metres along the zero of a distance field."""
        half = width / 20
        start = np.maximum(edge - 0.5, -half)
        end = np.minimum(edge + 0.5, half)
        cover = np.clip(end - start, 0, 1)
        self.share[name] += np.where(where, cover, 0)

    def trees(self, where: np.ndarray, count: int, area: float = 0.7) -> None:
        """Single trees and bushes, scattered."""
        points = self.rng.random((count, 2)) * self.shape
        inside = points[where[find_pixels(points)]]
        size = 0.4 + self.rng.random(len(inside))
        self.canvas.dots("broadleaf", inside, area * size)

    def houses(self, path: np.ndarray, roofs: Sequence[tuple[str, float]], *, gap: float = 2.4, rows: int = 1) -> None:
        """Houses on both sides of a street."""
        every = max(1, int(gap * 4))
        stops = np.arange(every // 2, len(path), every)
        if len(path) < 12 or not len(stops):
            return
        normal = compute_normals(path)[stops]
        ahead = np.gradient(path, axis=0)[stops]
        heading = np.arctan2(*ahead.T)
        for side in (-1, 1):
            for row in range(rows):
                self._build_row(path[stops], side * normal, heading, row, roofs)

    def _build_row(
        self,
        stops: np.ndarray,
        aside: np.ndarray,
        heading: np.ndarray,
        row: int,
        roofs: Sequence[tuple[str, float]],
    ) -> None:
        """Houses on one side of a street, in the first row or behind it."""
        rng, count = self.rng, len(stops)
        setback = 1.7 + 2.6 * row + 0.5 * rng.random(count)
        beside = stops + setback[:, None] * aside
        centres = beside + 0.6 * rng.standard_normal((count, 2))
        angle = heading + 0.12 * rng.standard_normal(count)
        stands_across = rng.random(count) < 0.3
        angle += np.pi / 2 * stands_across
        built = rng.random(count) < (0.88 if row == 0 else 0.7)
        self.roofs(centres[built], angle[built], roofs)

    def roofs(
        self, centres: np.ndarray, angle: np.ndarray, roofs: Sequence[tuple[str, float]], scale: float = 1
    ) -> None:
        """Roofs of given colours and chances, 9 to 19 m long where the scale is 1."""
        names, chances = zip(*roofs, strict=True)
        luck = self.rng.random(len(centres)) * sum(chances)
        kind = np.searchsorted(np.cumsum(chances), luck)
        long, wide = self.rng.random((2, len(centres)))
        length = (12 + 7 * long) * scale
        width = (9 + 4 * wide) * scale
        houses = np.column_stack([centres, angle, length, width])
        for index, name in enumerate(names):
            self.built[name].append(houses[kind == index])

    def halls(self, name: str, centres: np.ndarray, angle: float, longest: float) -> None:
        """Barns, schools, works: large roofs with a paved yard."""
        length, width = longest * (0.5 + 0.5 * self.rng.random((2, len(centres))))
        width *= 0.55
        stands_across = self.rng.random(len(centres)) < 0.4
        directions = angle + np.pi / 2 * stands_across
        self.canvas.boxes(name, centres, directions, (length, width))
        yards = centres + width.mean() / 14
        self.canvas.boxes("asphalt", yards, directions, (length * 0.8, width * 0.8))

    def finish(self, relief: np.ndarray, settled: np.ndarray, base: float = 0.0) -> Land:
        """Put the thin things on the ground. `base`: metres above the sea of where the relief is 0."""
        if len(self.covers) > MOST_UNITS:
            raise ValueError(f"{len(self.covers)} units: there is room for {MOST_UNITS}")
        share, total = self._sum_shares()
        of = dict(zip(OVERLAYS, share, strict=True))
        roofs = sum(of[name] for name in ROOFS)
        height = self.height + 7 * roofs + 9 * of["broadleaf"]
        kind = self._find_kinds(settled, (of["asphalt"] > 0.3) & (roofs < 0.2))
        thin = np.flatnonzero(total > 0.01)
        smooth = ndimage.gaussian_filter(relief, 1.5)
        slope = np.stack(np.gradient(smooth)) / 10
        return Land(
            unit=self.unit.astype(np.uint16),
            dense=self.dense.astype(np.float32),
            grain=self.grain.astype(np.float32),
            height=height.astype(np.float32),
            relief=(smooth + base).astype(np.float32),
            slope=slope.astype(np.float32),
            kind=kind.astype(np.uint8),
            thin=thin.astype(np.int32),
            share=share.reshape(len(OVERLAYS), -1)[:, thin].astype(np.float32),
            cover=self.covers.astype(np.uint8),
            plot=self.plot.astype(np.uint16),
            shift=self.shift,
            tone=self.tone,
            luck=self.rng.random((len(self.covers), 3)),
            changes=list_changes(self.changes),
        )

    def _sum_shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Share of each of OVERLAYS in each pixel, and of all of them, which leave some of the ground to be seen."""
        for name, houses in self.built.items():
            row, column, angle, length, width = np.vstack(houses).T
            self.canvas.boxes(name, np.column_stack([row, column]), angle, (length, width))
        share = np.array([self.share[name] + self.canvas.share(name) for name in OVERLAYS])
        share[:, self.has(*_STILL_WATER)] = 0
        total = share.sum(axis=0)
        share *= np.where(total > _MOST, _MOST / np.maximum(total, _MOST), 1)
        return share, total

    def _find_kinds(self, settled: np.ndarray, road: np.ndarray) -> np.ndarray:
        """Keys of `classes.LAND_CLASSES`: of the cover, but where people live and drive."""
        kinds = np.array([cover.kind for cover in COVERS.values()], dtype=np.uint8)
        kind = kinds.take(self.covers).take(self.unit)
        kind = np.where(settled & ~np.isin(kind, _WATER), _LIVED_ON, kind)
        return np.where(road, _ROAD, kind)
