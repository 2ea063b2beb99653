"""The fields of a place as GeoJSON: which crop, sown and harvested when, how large.

Outlines follow the pixels of `PARCEL_10m`, whose numbers are the fields' ids.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
from rasterio import Affine
from rasterio.features import shapes
from rasterio.warp import transform

from cdse_offline.simulation.classes import LAND_CLASSES
from cdse_offline.simulation.covers import COVERS, find_cuts
from cdse_offline.simulation.land import Land
from cdse_offline.simulation.places import Place

DIGITS = 5  # of degrees: to a metre
HECTARES = 0.01  # of a pixel
YEAR = 365  # days
_NAMES = tuple(COVERS)
_DESCRIPTION = (
    "Thửa ruộng mô phỏng của CDSE ngoại tuyến, không có thật. id là giá trị của PARCEL_10m; đường viền đi theo cạnh "
    "điểm ảnh 10 m, kinh độ và vĩ độ WGS84; area_ha là số điểm ảnh × 0,01 ha; seasons là các vụ có ngày nằm trong "
    "thời gian của vùng: start là ngày gieo (lúa: ngày cấy), harvest là ngày gặt, null nếu không có."
)
Stage = tuple[float, float, str]  # first day of year, first day after it, name of the cover
Crop = tuple[str, float, float]  # name of the season, day of year when it is sown and when it is harvested
Sown = tuple[float, str, str | None]  # day of year, name of the season, the day as it is written
Parts = list[tuple[int, int]]  # units of a field, and the pixels of each
Polygon = list[list[list[float]]]  # rings of longitude and latitude, the outer one first


def build_document(place: Place, land: Land) -> bytes:
    """A FeatureCollection (RFC 7946), one field a line."""
    head = {
        "type": "FeatureCollection",
        "name": place.name,
        "description": _DESCRIPTION,
        "cdse_offline:simulated": True,
    }
    start = json.dumps(head, ensure_ascii=False).removesuffix("}")
    features = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in _list_features(place, land))
    lines = ",\n".join(features)
    return f'{start}, "features": [\n{lines}\n]}}\n'.encode()


def _list_features(place: Place, land: Land) -> Iterator[dict[str, Any]]:
    """In the order of their ids."""
    outlines = _trace_outlines(place, land.parcel)
    for number, parts in _find_parts(land).items():
        properties = {"id": number, **_describe_field(place, land, parts)}
        geometry = {"type": "Polygon", "coordinates": outlines[number]}
        yield {"type": "Feature", "id": number, "properties": properties, "geometry": geometry}


def _find_parts(land: Land) -> dict[int, Parts]:
    """Of each field its units: one, or several of one plot that change on days of their own."""
    pairs = land.parcel.astype(np.int64) << 32 | land.unit
    found, pixels = np.unique(pairs[land.parcel > 0], return_counts=True)
    parts: dict[int, Parts] = {}
    numbers, units = (found >> 32).tolist(), (found & 0xFFFFFFFF).tolist()
    for number, unit, count in zip(numbers, units, pixels.tolist(), strict=True):
        parts.setdefault(number, []).append((unit, count))
    return parts


def _describe_field(place: Place, land: Land, parts: Parts) -> dict[str, Any]:
    cover = _NAMES[land.cover[parts[0][0]]]
    described = {
        "crop": cover,
        "name": COVERS[cover].crop,
        "class": COVERS[cover].kind,
        "area_ha": _compute_area(sum(pixels for _, pixels in parts)),
        "seasons": _merge_seasons(place, land, parts),
    }
    changes = _list_changes(place, land, parts)
    return described | {"changes": changes} if changes else described


def _compute_area(pixels: int) -> float:
    return round(pixels * HECTARES, 2)


# --- the year of a field ---


def _list_stages(land: Land, unit: int) -> list[Stage]:
    """The covers of a unit one after the other; most have one."""
    rows = land.changes[land.changes[:, 0] == unit] if len(land.changes) else ()
    covers = [_NAMES[land.cover[unit]], *(_NAMES[code] for _, _, code in rows)]
    days = [float(day) for _, day, _ in rows]
    return list(zip([-np.inf, *days], [*days, np.inf], covers, strict=True))


def _list_changes(place: Place, land: Land, parts: Parts) -> list[dict[str, Any]]:
    """What becomes of the field: when, of how much of it, and to which class."""
    pixels_of: dict[tuple[float, int], int] = {}
    for unit, pixels in parts:
        for day, _, cover in _list_stages(land, unit)[1:]:
            change = day, COVERS[cover].kind
            pixels_of[change] = pixels_of.get(change, 0) + pixels
    return [
        {
            "date": _name_day(place, day),
            "class": kind,
            "name": LAND_CLASSES[kind].title,
            "area_ha": _compute_area(pixels),
        }
        for (day, kind), pixels in sorted(pixels_of.items())
    ]


def _merge_seasons(place: Place, land: Land, parts: Parts) -> list[dict[str, str | None]]:
    """Seasons of all parts, in the order of their days: of one that is not ripe everywhere before land changes, the
    harvest is that of the rest; where there is no rest, there is none.
    """
    harvests: dict[Sown, str | None] = {}
    for unit, _ in parts:
        for stage in _list_stages(land, unit):
            for season, harvest in _list_seasons(place, land, unit, stage):
                harvests[season] = harvests.get(season) or harvest
    return [
        {"name": name, "start": start, "harvest": harvests[day, name, start]} for day, name, start in sorted(harvests)
    ]


def _list_seasons(place: Place, land: Land, unit: int, stage: Stage) -> Iterator[tuple[Sown, str | None]]:
    """Seasons of one cover that have a day in the place's time; cleared before it is ripe, there is no harvest."""
    since, until, cover = stage
    first, last = (day.timetuple().tm_yday for day in (place.first_day, place.last_day))
    crops = _find_mowings(land.luck[unit]) if cover == "meadow" else _shift_seasons(cover, land.shift[unit])
    for name, start, harvest in crops:
        if harvest < first or start > last or not since <= start < until:
            continue
        sown = start, name, None if start == harvest else _name_day(place, start)
        yield sown, _name_day(place, harvest) if harvest < until else None


def _shift_seasons(cover: str, shift: float) -> Iterator[Crop]:
    """The seasons of a cover as often as its calendar begins anew, as much later as the unit is."""
    cycle = min(COVERS[cover].cycle, YEAR)
    for turn in range(-2, YEAR // cycle + 1):
        for season in COVERS[cover].seasons:
            later = shift + turn * cycle
            yield season.name, season.start + later, season.harvest + later


def _find_mowings(luck: np.ndarray) -> Iterator[Crop]:
    """A meadow is not sown: each cut is a harvest that starts where it ends."""
    _, (first,), (interval,) = find_cuts(luck[np.newaxis])
    for number, day in enumerate(np.arange(first, YEAR + 1, interval), 1):
        yield f"lứa cỏ {number}", day, day


def _name_day(place: Place, day: float) -> str:
    return (date(place.first_day.year, 1, 1) + timedelta(days=round(day) - 1)).isoformat()


# --- outlines ---


def _trace_outlines(place: Place, parcel: np.ndarray) -> dict[int, Polygon]:
    """Of each field, along the sides of its pixels; outer rings run against the clock, as GeoJSON wants it."""
    grid = Affine(10, 0, place.west, 0, -10, place.north)
    found = shapes(parcel.astype(np.int32), mask=parcel > 0, connectivity=4, transform=grid)
    traced = [(int(number), outline["coordinates"]) for outline, number in found]
    rings = [ring for _, outline in traced for ring in outline]
    degrees = iter(_convert_rings(place, rings))
    return {number: [next(degrees) for _ in outline] for number, outline in traced}


def _convert_rings(place: Place, rings: list[list[tuple[float, float]]]) -> list[list[list[float]]]:
    """Rings in degrees; all at once, since there are tens of thousands."""
    corners = np.concatenate([np.array(ring) for ring in rings])
    longitude, latitude = transform(f"EPSG:{place.epsg}", "EPSG:4326", *corners.T)
    degrees = np.round(np.column_stack([longitude, latitude]), DIGITS)
    ends = np.cumsum([len(ring) for ring in rings])
    return [part.tolist() for part in np.split(degrees, ends[:-1])]
