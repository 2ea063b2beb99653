"""Streams that gather: where water runs on a drawn relief, from its heads down to the border."""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.coordinates import read_path
from cdse_offline.simulation.drawing import draw_curve

_CELL = 4  # pixels of the grid on which water is followed
_AROUND = read_path("-1 -1, -1 0, -1 1, 0 -1, 0 1, 1 -1, 1 0, 1 1")


@dataclass(frozen=True)
class Stream:
    """From a head down to a larger stream or to the border."""

    path: np.ndarray  # row and column, a point each quarter of a pixel
    catchment: np.ndarray  # hectares above each point


def find_streams(relief: np.ndarray, rng: Generator, least: float) -> list[Stream]:
    """Streams with catchments of at least so many hectares, the longest first where two meet."""
    ground = ndimage.gaussian_filter(relief, _CELL / 2)[_CELL // 2 :: _CELL, _CELL // 2 :: _CELL]
    below, order = _follow_down(ground)
    catchment = np.full(ground.size, _CELL**2 / 100)
    for cell in reversed(order):
        if below[cell] >= 0:
            catchment[below[cell]] += catchment[cell]
    return _trace(below, order, catchment, ground.shape, rng, least)


def _follow_down(ground: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Flood the land from its border: the cell that each one drains to, -1 beyond the border, and the flood's order."""
    rows, columns = ground.shape
    heights = ground.ravel().tolist()
    below = np.full(ground.size, -2)
    edge = np.ones(ground.shape, dtype=bool)
    edge[1:-1, 1:-1] = False
    waiting = [(heights[cell], cell) for cell in np.flatnonzero(edge).tolist()]
    below[edge.ravel()] = -1
    heapq.heapify(waiting)
    order = []
    while waiting:
        level, cell = heapq.heappop(waiting)
        order.append(cell)
        row, column = divmod(cell, columns)
        for down, right in _AROUND:
            if not (0 <= row + down < rows and 0 <= column + right < columns):
                continue
            other = (row + down) * columns + column + right
            if below[other] == -2:
                below[other] = cell
                heapq.heappush(waiting, (max(level, heights[other]), other))
    return below, order


def _trace(
    below: np.ndarray, order: list[int], catchment: np.ndarray, shape: tuple[int, int], rng: Generator, least: float
) -> list[Stream]:
    """Follow the water from each head, the farthest first, until a stream that is drawn already."""
    wet = catchment >= least
    fed = np.zeros(len(below), dtype=bool)
    fed[below[wet & (below >= 0)]] = True
    taken = np.zeros(len(below), dtype=bool)
    streams = []
    for head in reversed([cell for cell in order if wet[cell] and not fed[cell]]):
        cells = [head]
        while below[cells[-1]] >= 0 and not taken[cells[-1]]:
            taken[cells[-1]] = True
            cells.append(below[cells[-1]])
        if len(cells) > 3:
            streams.append(_smooth(np.array(cells), catchment, shape, rng))
    return streams


def _smooth(cells: np.ndarray, catchment: np.ndarray, shape: tuple[int, int], rng: Generator) -> Stream:
    """Cells turned into a curve; ends stay, so that streams meet."""
    places = np.stack(np.divmod(cells, shape[1]), axis=1) * _CELL + _CELL / 2
    inner = ndimage.gaussian_filter1d(places, 2.0, axis=0, mode="nearest")[2:-2:3]
    inner = inner + 0.9 * rng.standard_normal(inner.shape)
    path = draw_curve([places[0], *inner, places[-1]], rng)
    where = np.linspace(0, len(cells) - 1, len(path))
    return Stream(path, np.interp(where, np.arange(len(cells)), catchment[cells]))
