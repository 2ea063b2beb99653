"""Land that changes within the year: woods that are felled, fields that become an industrial park."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

import numpy as np

from cdse_offline.simulation.covers import CODE, COVERS
from cdse_offline.simulation.land import Land

Change = tuple[int, int, str]  # unit, day of the year, name of the cover from then on
_KINDS = np.array([cover.kind for cover in COVERS.values()], dtype=np.uint8)
_HEIGHTS = np.array([cover.height for cover in COVERS.values()], dtype=np.float32)


def list_changes(changes: Sequence[Change]) -> np.ndarray:
    """`Land.changes`: rows of unit, day and code of the cover, earliest first."""
    rows = [(unit, day, CODE[cover]) for unit, day, cover in changes]
    rows.sort(key=itemgetter(1))
    return np.array(rows, dtype=np.int32).reshape(-1, 3)


def find_change_days(land: Land) -> np.ndarray:
    """Day of the year of each unit's first change, 0 where it never changes, (units,)."""
    days = np.zeros(len(land.cover), dtype=np.uint16)
    latest_first = land.changes[::-1]
    days[latest_first[:, 0]] = latest_first[:, 1]
    return days


def apply_changes(land: Land, day: float) -> Land:
    """The land as it is on a day: covers, classes and heights after all changes until then."""
    done = land.changes[land.changes[:, 1] <= day]
    if not len(done):
        return land
    cover = land.cover.copy()
    changed = np.zeros(len(cover), dtype=bool)
    for unit, _, code in done:
        cover[unit] = code
        changed[unit] = True
    new = changed.take(land.unit)
    code = cover.take(land.unit)
    kind = np.where(new, _KINDS.take(code), land.kind)
    height = np.where(new, _HEIGHTS.take(code) * land.dense, land.height)
    return replace(land, cover=cover, kind=kind, height=height)
