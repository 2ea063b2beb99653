"""Which pass of each month the page shows, and what the land of a region is made of: kept in `looks.json`.

Whatever needs pixels is measured once, by `python -m book.regions`; the tests measure some of it again.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from datetime import date
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from cdse_offline.simulation.changes import apply_changes, find_change_days
from cdse_offline.simulation.classes import CLOUD, FOG, SHADOW
from cdse_offline.simulation.covers import COVERS
from cdse_offline.simulation.fields import build_document
from cdse_offline.simulation.floods import find_level
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import Acquisition, Place, Tile, acquisitions
from cdse_offline.simulation.scenes import Scene

KEPT = Path(__file__).with_name("looks.json")
HIDING = (SHADOW, CLOUD, FOG)  # of SKY_10m
CANDIDATES = 3  # a month: those passes of which the tile's cloud cover is lowest
RARE = 0.25  # share of a crop's fields: what fewer of them do is not shown,
SMALL = 0.02  # nor crops of so small a share of all fields
GAP = 30  # days without a harvest
FLOODED = 24  # class of land
HECTARES = 0.01  # of a pixel
Harvest = tuple[str, str | None, int]  # its day, that of the start, the field


@dataclass(frozen=True)
class Look:
    """A pass that the page shows."""

    acquisition: Acquisition
    hidden: float  # share of the region under clouds, fog and their shadows


@dataclass(frozen=True)
class Flood:
    """A pass while there is a flood."""

    acquisition: Acquisition
    hidden: float
    area: float  # hectares under water, also under clouds


@dataclass(frozen=True)
class Season:
    """When most of the fields of a crop are sown and harvested: all but one in twenty at each end."""

    crop: str
    name: str
    starts: tuple[str, ...]  # first and last day, none where it is not sown
    harvests: tuple[str, ...]
    fields: int


@dataclass(frozen=True)
class Region:
    """What the page shows of a place."""

    place: Place
    looks: tuple[Look, ...]  # one a month
    areas: dict[int, float]  # hectares of each class of land, on the first day of the year
    later: tuple[int, ...]  # classes that it has only later, by changes and floods
    changes: tuple[int, int, float] | None  # first and last day of the year with a change, hectares
    seasons: tuple[Season, ...]
    floods: tuple[Flood, ...]

    def look(self, month: int) -> Look:
        return next(one for one in self.looks if one.acquisition.start.month == month)


def measure(place: Place) -> Region:
    floods = measure_floods(place)
    areas, later = measure_areas(place), measure_later(place, floods)
    return Region(
        place, tuple(_choose_looks(place)), areas, later, measure_changes(place), measure_seasons(place), floods
    )


def measure_areas(place: Place) -> dict[int, float]:
    """Hectares of each class."""
    land = apply_changes(build_land(place), 1)
    classes, pixels = np.unique(land.kind, return_counts=True)
    return {int(one): round(int(count) * HECTARES, 2) for one, count in zip(classes, pixels, strict=True)}


def measure_later(place: Place, floods: tuple[Flood, ...]) -> tuple[int, ...]:
    """Classes that the land has only later in the year."""
    kinds = [cover.kind for cover in COVERS.values()]
    new = {kinds[code] for _, _, code in build_land(place).changes.tolist()}
    if floods:
        new.add(FLOODED)
    return tuple(sorted(new - measure_areas(place).keys()))


def measure_changes(place: Place) -> tuple[int, int, float] | None:
    land = build_land(place)
    if not len(land.changes):
        return None
    days = find_change_days(land).take(land.unit)
    when = land.changes[:, 1]
    return int(when.min()), int(when.max()), round(int((days > 0).sum()) * HECTARES, 2)


def measure_seasons(place: Place) -> tuple[Season, ...]:
    """The seasons that bring a harvest within the place's time, as the truth's `fields` have them."""
    fields = json.loads(build_document(place, build_land(place)))["features"]
    sizes = Counter(field["properties"]["name"] for field in fields)
    days: dict[tuple[str, str], list[Harvest]] = {}
    for field in fields:
        for season in field["properties"]["seasons"]:
            harvest = season["harvest"]
            if harvest and place.first_day <= date.fromisoformat(harvest) <= place.last_day:
                key = field["properties"]["name"], season["name"]
                days.setdefault(key, []).append((harvest, season["start"], field["id"]))
    found = [_sum_up(*key, turn) for key, pairs in days.items() for turn in _split_turns(sorted(pairs))]
    large = {crop for crop, size in sizes.items() if size >= SMALL * len(fields)}
    common = [one for one in found if one.crop in large and one.fields >= RARE * sizes[one.crop]]
    return tuple(sorted(common, key=lambda one: (-sizes[one.crop], one.harvests)))


def _split_turns(pairs: list[Harvest]) -> Iterator[list[Harvest]]:
    """Harvests with weeks between them are of different years."""
    days = np.array([date.fromisoformat(harvest).toordinal() for harvest, *_ in pairs])
    ends = [0, *(np.flatnonzero(np.diff(days) > GAP) + 1), len(pairs)]
    for first, last in pairwise(ends):
        yield pairs[first:last]


def _sum_up(crop: str, name: str, pairs: list[Harvest]) -> Season:
    harvests, starts, fields = zip(*pairs, strict=True)
    sown = sorted(start for start in starts if start)
    return Season(crop, name, _find_ends(sown), _find_ends(list(harvests)), len(set(fields)))


def _find_ends(days: list[str]) -> tuple[str, ...]:
    """The days that all but one in twenty come after, and before."""
    rare = len(days) // 20
    return (days[rare], days[-1 - rare]) if days else ()


def measure_floods(place: Place) -> tuple[Flood, ...]:
    """What is under water at each pass of a flood."""
    found = []
    for one in list_passes(place):
        if find_level(place, one.start.date()) > 0:
            drowned = Scene(widen(one)).truth("CLASS_10m") == FLOODED
            found.append(Flood(one, measure_hidden(one), round(int(drowned.sum()) * HECTARES, 2)))
    return tuple(found)


def measure_hidden(acquisition: Acquisition) -> float:
    """Share of the whole place that the sky hides."""
    sky = Scene(widen(acquisition)).truth("SKY_10m")
    return round(float(np.isin(sky, HIDING).mean()), 4)


def widen(acquisition: Acquisition) -> Acquisition:
    """The same pass over a tile that begins where the place does: it sees all of it."""
    place = acquisition.place
    return replace(acquisition, tile=Tile("", place.epsg, place.west, place.north))


def list_passes(place: Place) -> list[Acquisition]:
    """One for each overpass, oldest first."""
    return [one for one in reversed(acquisitions(place)) if one.tile == place.tiles[0]]


def _choose_looks(place: Place) -> Iterator[Look]:
    for _, passes in groupby(list_passes(place), key=lambda one: one.start.month):
        candidates = sorted(passes, key=lambda one: one.cloud_cover)[:CANDIDATES]
        looks = [Look(one, measure_hidden(one)) for one in candidates]
        yield min(looks, key=lambda look: look.hidden)


# -- kept ----------------------------------------------------------------------


def read_kept() -> dict[str, Any]:
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def read(place: Place) -> Region:
    """What was measured of a place. KeyError: nothing was, or not of this timetable."""
    kept = read_kept()[place.name]
    passes = {one.id: one for one in list_passes(place)}
    looks = tuple(Look(passes[name], hidden) for name, hidden in kept["looks"].items())
    areas = {int(name): hectares for name, hectares in kept["areas"].items()}
    seasons = tuple(_read_season(*season) for season in kept["seasons"])
    floods = tuple(Flood(passes[name], *measured) for name, measured in kept["floods"].items())
    changes = kept["changes"] and tuple(kept["changes"])
    return Region(place, looks, areas, tuple(kept["later"]), changes, seasons, floods)


def _read_season(crop: str, name: str, starts: list[str], harvests: list[str], fields: int) -> Season:
    return Season(crop, name, tuple(starts), tuple(harvests), fields)


def keep(region: Region) -> None:
    document = {
        "looks": {look.acquisition.id: look.hidden for look in region.looks},
        "areas": region.areas,
        "later": region.later,
        "changes": region.changes,
        "seasons": [astuple(season) for season in region.seasons],
        "floods": {flood.acquisition.id: (flood.hidden, flood.area) for flood in region.floods},
    }
    text = json.dumps(read_kept() | {region.place.name: document}, indent=1, ensure_ascii=False)
    KEPT.write_text(f"{text}\n", encoding="utf-8")
