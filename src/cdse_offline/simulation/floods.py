"""Floods: how high the water of a place stands on a day, and the land under it.

The floods of the coast are those that rain brought to the region in October and November 2023, simulated: the days are
about the real ones, the levels are made up.
"""

from dataclasses import replace
from datetime import date

import numpy as np

from cdse_offline.simulation.changes import apply_changes
from cdse_offline.simulation.covers import CODE, COVERS
from cdse_offline.simulation.land import OVERLAYS, ROOFS, Land
from cdse_offline.simulation.places import COAST, Place

# Level above the sea in metres, by day; between these days the water rises and falls evenly.
_COAST_LEVELS = """
2023-10-10  0.0
2023-10-13  0.7
2023-10-14  1.7
2023-10-16  2.9
2023-10-18  2.7
2023-10-22  1.9
2023-10-27  0.9
2023-10-29  0.6
2023-10-31  2.5
2023-11-03  1.5
2023-11-08  0.4
2023-11-12  0.6
2023-11-13  1.5
2023-11-15  2.5
2023-11-17  2.3
2023-11-21  1.5
2023-11-26  0.7
2023-12-02  0.0
"""


def _read_levels(table: str) -> list[tuple[date, float]]:
    rows = [line.split() for line in table.strip().splitlines()]
    return [(date.fromisoformat(day), float(level)) for day, level in rows]


_LEVELS = {COAST: _read_levels(_COAST_LEVELS)}
_STAYS_DRY = (9, 28, 29)  # kinds: rivers and the lagoon are water anyway, dunes keep out the sea
_SEEN_ABOVE = 3.0  # metres: crowns and roofs so high hide the water below them
_DEEP = 1.2  # metres; there the water is as brown as a river in flood


def find_land(drawn: Land, place: Place, day: date) -> Land:
    """The land as it is on a day: all that changed until then, and the water on it."""
    return flood(apply_changes(drawn, day.timetuple().tm_yday), find_level(place, day))


def find_level(place: Place, day: date) -> float:
    """Metres above the sea, 0 where there is no flood."""
    levels = _LEVELS.get(place, ())
    if not levels:
        return 0.0
    days = [each.toordinal() for each, _ in levels]
    heights = [height for _, height in levels]
    return float(np.interp(day.toordinal(), days, heights, left=0, right=0))


def flood(land: Land, level: float) -> Land:
    """The land with water on all that lies lower than the level, but for crowns and roofs that stand out of it."""
    if level <= 0:
        return land
    depth = level - land.relief
    under = (depth > 0) & (land.height < _SEEN_ABOVE) & ~np.isin(land.kind, _STAYS_DRY)
    units = len(land.cover)
    clear = 0.6 + 0.4 * land.dense
    murky = np.clip(depth / _DEEP, 0, 1) * clear
    return replace(
        land,
        unit=np.where(under, units, land.unit.astype(np.int32)),
        dense=np.where(under, murky, land.dense),
        grain=np.where(under, 1, land.grain),
        kind=np.where(under, COVERS["flood"].kind, land.kind).astype(np.uint8),
        share=_drown(land, under),
        cover=np.append(land.cover, CODE["flood"]).astype(land.cover.dtype),
        shift=np.append(land.shift, 0),
        tone=np.append(land.tone, 1),
        luck=np.vstack([land.luck, np.ones(3)]),
    )


def _drown(land: Land, under: np.ndarray) -> np.ndarray:
    """Shares of thin things: in water, only roofs and trees are seen."""
    low = np.array([name not in (*ROOFS, "broadleaf") for name in OVERLAYS])
    return np.where(low[:, None] & under.ravel()[land.thin], 0, land.share)
