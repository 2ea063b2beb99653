"""Clouds of all kinds, drawn on fields larger than the window, so that one outside still casts its shadow inside."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.drawing import draw_noise, turn_axes
from cdse_offline.simulation.weather import STREETS_FROM, Weather


@dataclass(frozen=True)
class Frame:
    """Cells of `step` times 10 m over a window and a margin round it."""

    window: tuple[int, int]  # rows and columns of 10 m
    step: int  # 2 or 4
    margin: int  # cells

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = (-(-side // self.step) + 2 * self.margin for side in self.window)
        return rows, columns

    def cut(self, field: np.ndarray) -> np.ndarray:
        """The cells over the window."""
        return field[self.margin : -self.margin, self.margin : -self.margin]

    def noise(self, rng: Generator, longest: float, shortest: float, slope: float) -> np.ndarray:
        """Waves between two lengths in cells."""
        return draw_noise(rng, longest, shortest, slope, self.shape)

    def onto(self, field: np.ndarray, other: "Frame") -> np.ndarray:
        """A field in the cells of a frame as fine or finer, with as little margin or less."""
        rows, columns = other.shape
        if self.step == other.step:
            return _trim(field, self.margin - other.margin)[:rows, :columns]
        ratio = self.step // other.step
        needed = -(-other.margin // ratio) + ratio // 2
        kept = _trim(field, self.margin - needed)
        halves = Frame(self.window, self.step // 2, 2 * needed - 2)
        return halves.onto(_double(_double(kept).T).T, other)

    def refine(self, field: np.ndarray) -> np.ndarray:
        """The window of a field, in pixels of 10 m."""
        return np.ascontiguousarray(self.onto(field, Frame(self.window, 1, 0)))

    def coarsen(self, window: np.ndarray) -> np.ndarray:
        """A field of the window's pixels in these cells; its border goes on into the margin."""
        first = self.step // 2
        middle = window[first :: self.step, first :: self.step]
        missing = np.array(self.shape) - middle.shape
        before = self.margin
        after = missing - before
        return np.pad(middle, [(before, after[0]), (before, after[1])], mode="edge")

    def turn(self, heading: float) -> tuple[np.ndarray, np.ndarray]:
        """Of each cell, how far along a direction and across it, from the middle, in cells."""
        rows, columns = self.shape
        row, column = np.ogrid[:rows, :columns]
        return turn_axes(row - rows / 2, column - columns / 2, heading)


def _trim(field: np.ndarray, border: int) -> np.ndarray:
    rows, columns = field.shape
    return field[border : rows - border, border : columns - border]


def _double(field: np.ndarray) -> np.ndarray:
    """Twice as many rows, between the old ones; the first and the last are left off."""
    middle = 0.75 * field[1:-1]
    fine = np.empty((2 * len(middle), field.shape[1]))
    fine[::2] = middle + 0.25 * field[:-2]
    fine[1::2] = middle + 0.25 * field[2:]
    return fine


def draw_thickness(rng: Generator, frame: Frame, w: Weather, hidden: np.ndarray) -> np.ndarray:
    """Optical thickness of low clouds, 0 where there are none; `hidden` is what higher clouds cover already."""
    if w.kind in ("deck", "cells"):
        return _draw_deck(rng, frame, w)
    largest = {"cumulus": 30, "scattered": 65, "storm": 75}[w.kind]
    heaps = _fray(rng, frame, _draw_heaps(rng, frame, w, largest, hidden))
    wisps = 1 + 0.35 * frame.noise(rng, 26, 3, 1.2)
    wisps += 0.25 * _draw_billows(rng, frame, 14)
    return 0.6 * np.maximum(heaps, 0) * np.maximum(wisps, 0.08)


def _draw_deck(rng: Generator, frame: Frame, w: Weather) -> np.ndarray:
    """Stratus, smooth or in rolls; or stratocumulus, cells with gaps between them."""
    if w.kind == "cells":
        shape = 0.75 * frame.noise(rng, 500, 60, 2)
        shape -= 0.9 * _draw_billows(rng, frame, 110)
        shape += 0.3 * frame.noise(rng, 40, 8, 1.6)
    else:
        shape = frame.noise(rng, 600, 25, 1.9)
        shape += 0.2 * _draw_billows(rng, frame, 70)
        shape += 0.5 * w.wind[1] * _draw_rolls(rng, frame, w, 45)
    sample = frame.cut(shape)[::2, ::2]
    base = np.quantile(sample, 1 - w.cover)
    return 5 * np.maximum(shape - base, 0)


def _draw_rolls(rng: Generator, frame: Frame, w: Weather, period: float) -> np.ndarray:
    """Waves across the wind's direction, so many cells apart, bent a little."""
    _, across = frame.turn(w.wind[0])
    bend = 0.22 * period * frame.noise(rng, 400, 60, 2)
    phase = 2 * np.pi * (across + bend) / period
    return np.sin(phase)


def _draw_billows(rng: Generator, frame: Frame, size: float) -> np.ndarray:
    """Rounded bumps with sharp clefts between them, like cauliflower, in two sizes."""
    bumps = np.zeros(frame.shape)
    for step in (1, 3):
        wave = frame.noise(rng, size / step, size / step / 3, 1.2)
        bumps += np.abs(wave) / step**0.7
    return (bumps - bumps.mean()) / bumps.std()


def _draw_heaps(rng: Generator, frame: Frame, w: Weather, largest: float, hidden: np.ndarray) -> np.ndarray:
    """Heights of cumulus clouds, each a heap of bubbles, until they cover that share of the window."""
    field = np.zeros(frame.shape)
    window = frame.cut(field)
    inner = window[::2, ::2]  # a view: what is drawn shows up in it
    seen = ~frame.cut(hidden)[::2, ::2]
    chance = _draw_chance(rng, frame, w)
    wanted = w.cover * inner.size - np.count_nonzero(~seen)
    largest = min(largest, 0.4 * np.sqrt(w.cover) * min(window.shape))
    at_once = 1 + int(60 * w.cover)
    while wanted > 1e-4 * inner.size and np.count_nonzero(inner[seen]) < wanted:
        for centre in rng.random((at_once, 2)) * frame.shape:
            if chance[tuple(centre.astype(int))] > rng.random():
                radius = _choose_radius(rng, largest)
                _draw_heap(rng, field, centre, radius, w.wind[0])
    return field


def _draw_chance(rng: Generator, frame: Frame, w: Weather) -> np.ndarray:
    """Clouds keep together: in streets along a strong wind, else in groups."""
    groups = frame.noise(rng, 350, 70, 2)
    if w.wind[1] > STREETS_FROM and w.kind != "storm":
        period = 55 + 60 * w.wind[1]
        groups = 0.5 * groups + 1.6 * _draw_rolls(rng, frame, w, period)
    odds = np.exp(-2.5 * (groups - 0.4))
    return 1 / (1 + odds)


def _choose_radius(rng: Generator, largest: float) -> float:
    """Many small clouds and few large ones: numbers fall nearly with the square of the size."""
    smallest, power = 8.0, 0.5
    least = (min(smallest, largest) / largest) ** power
    luck = rng.random() * (1 - least)
    return largest * (least / (1 - luck)) ** (1 / power)


def _draw_heap(rng: Generator, field: np.ndarray, centre: np.ndarray, radius: float, heading: float) -> None:
    """One cloud: bubbles of all sizes round a middle, drawn out along the wind."""
    count = 5 + int(radius)
    along, across = 0.6 * radius * rng.standard_normal((2, count))
    across *= 0.5 + 0.4 * rng.random()
    spots = centre + np.stack(turn_axes(along, across, heading), axis=1)
    for spot, size in zip(spots, rng.random(count), strict=True):
        share = 0.22 + 0.4 * size**1.5
        _draw_bubble(field, spot, radius * share)


def _draw_bubble(field: np.ndarray, centre: np.ndarray, radius: float) -> None:
    """Raise the field to half a sphere."""
    top, left = (max(int(middle - radius), 0) for middle in centre)
    bottom, right = (max(int(middle + radius + 2), 0) for middle in centre)
    patch = field[top:bottom, left:right]
    if not patch.size:
        return
    row = np.arange(top, top + len(patch)) - centre[0]
    column = np.arange(left, left + patch.shape[1]) - centre[1]
    square = radius**2 - (row**2)[:, None] - column**2
    np.maximum(patch, np.sqrt(np.maximum(square, 0)), out=patch)


def _fray(rng: Generator, frame: Frame, field: np.ndarray) -> np.ndarray:
    """Fray the borders: look each cell up a little beside its place."""
    down = frame.noise(rng, 30, 3, 1.3)
    right = frame.noise(rng, 30, 3, 1.3)
    aside = np.stack([down, right])
    looked_up = np.indices(field.shape) + 1.7 * aside
    return ndimage.map_coordinates(field, looked_up, order=1, mode="nearest")


def draw_anvil(rng: Generator, frame: Frame, w: Weather) -> tuple[np.ndarray, np.ndarray]:
    """The spread top of a thunderstorm: its optical thickness, and round it a skirt of cirrus from 0 to 1."""
    rows, columns = frame.cut(np.empty(frame.shape)).shape
    along, across = frame.turn(w.wind[0])
    down, right = (rng.random(2) - 0.5) * 0.7 * (rows, columns)
    sine, cosine = np.sin(w.wind[0]), np.cos(w.wind[0])
    along = along - down * sine - right * cosine
    across = across - down * cosine + right * sine
    long = np.sqrt(0.65 * w.cover * rows * columns / np.pi) * 1.35
    wider = 1 + 0.35 * np.tanh(along / long)  # away from the tower
    wide = long / 1.8 * wider
    reach = np.hypot((along - 0.5 * long) / long, across / wide)
    fibres = _draw_fibres(rng, frame, w.wind[0], 0.16)
    frayed = 0.13 * fibres * np.clip(along / long, 0.2, 1)
    edge = 1 - reach + frayed + 0.12 * frame.noise(rng, 60, 10, 1.8)
    dome = np.exp(-(along**2 + across**2) / (0.35 * long) ** 2)
    tower = 9 * dome * np.clip(4 * edge, 0, 1)
    thickness = 4.5 * np.clip(edge, 0, 1) ** 1.6 + tower
    skirt = np.clip(edge + 0.32, 0, 0.5) * 2
    return thickness, skirt * np.clip(0.8 + 0.3 * fibres, 0, 1)


def draw_cirrus(rng: Generator, frame: Frame, w: Weather) -> np.ndarray:
    """Streaks drawn out by the wind, thin and without borders; reflectance."""
    coarse = frame.noise(rng, 125, 20, 2)
    heading = w.wind[0] + 0.5
    streaks = _draw_fibres(rng, frame, heading, 0.12)
    thickness = np.clip(0.3 * streaks + 0.5 * coarse, 0, 1.5)
    return w.cirrus * thickness / 1.5


def _draw_fibres(rng: Generator, frame: Frame, heading: float, stretch: float) -> np.ndarray:
    """Noise drawn out along a direction."""
    fine = frame.noise(rng, 30, 2.5, 1.4)
    coarse = frame.noise(rng, 125, 20, 2)
    along, across = frame.turn(heading)
    middle = np.array(frame.shape)[:, None, None] / 2
    looked_up = np.stack([across + 6 * coarse, along * stretch]) + middle
    return ndimage.map_coordinates(fine, looked_up, order=1, mode="mirror")


def draw_mist(rng: Generator, frame: Frame, w: Weather) -> np.ndarray:
    """Patches of haze, without borders; reflectance in blue."""
    patches = 0.8 * frame.noise(rng, 160, 25, 2.2)
    patches += 0.35 * _draw_fibres(rng, frame, w.wind[0], 0.35)
    return w.mist * np.clip(0.9 * patches - 1.0, 0, 1)


def draw_fog(rng: Generator, frame: Frame, w: Weather, low: np.ndarray) -> np.ndarray:
    """Fog that fills the low ground with a flat top, frayed on the slopes; its opacity."""
    level = low + 0.25 * frame.noise(rng, 120, 25, 2)
    level += 0.07 * frame.noise(rng, 14, 2, 1.3)
    shore = np.quantile(frame.cut(level), 1 - w.fog)
    ripples = 1 + 0.06 * frame.noise(rng, 12, 3, 1.2)
    depth = np.maximum(level - shore, 0)
    sharp = 0.97 * -np.expm1(-4 * depth**1.5)
    opacity = ndimage.gaussian_filter(sharp, 2)
    return np.clip(opacity * ripples, 0, 1)
