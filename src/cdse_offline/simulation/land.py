"""The land of a window, and what it reflects on a given day.

Every pixel belongs to a *unit* (a parcel, a stand of trees, a lake ...) with a cover and a calendar of its own. Thin
things (roads, houses, hedges) lie upon it as fractions of a pixel. A place is drawn once and then kept.
"""

import io
import os
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator
from scipy import ndimage

from cdse_offline.simulation.covers import BANDS, CODE, COVERS, SPECTRA, SPECTRUM, shares
from cdse_offline.simulation.places import Place

SIZE = 1020  # side of a window
ROOFS = ("red roof", "grey roof", "metal", "blue tin")
OVERLAYS = ("asphalt", "gravel", "concrete", *ROOFS, "broadleaf", "stream", "grass")


@dataclass(frozen=True)
class Land:
    """A drawn window. Arrays of (SIZE, SIZE) unless said otherwise."""

    unit: np.ndarray  # which unit a pixel belongs to
    dense: np.ndarray  # 0 where the unit's cover is sparse, 1 where it is dense
    grain: np.ndarray  # brightness about 1: crowns, tramlines, soil patches
    height: np.ndarray  # of trees and houses, metres
    slope: np.ndarray  # of the ground southward and eastward, (2, SIZE, SIZE)
    kind: np.ndarray  # keys of CLASSES
    thin: np.ndarray  # flat positions of the pixels with roads, houses, hedges
    share: np.ndarray  # share of each of OVERLAYS in those pixels, (len(OVERLAYS), len(thin))
    cover: np.ndarray  # code of each unit's cover, (units,)
    shift: np.ndarray  # how many days later than the calendar each unit is, (units,)
    tone: np.ndarray  # brightness of each unit, (units,)
    luck: np.ndarray  # random numbers of each unit, (units, 3)


def tables(land: Land, day: float) -> tuple[np.ndarray, np.ndarray]:
    """Reflectance of each unit where it is sparse and where it is dense, two arrays (units, bands)."""
    spectra = np.array(list(SPECTRA.values())) / 1000
    sparse, dense = np.zeros((2, len(land.cover), len(BANDS)))
    for name, cover in COVERS.items():
        units = np.flatnonzero(land.cover == CODE[name])
        parts = shares(name, day - (name != "meadow") * land.shift[units], land.luck[units])
        surfaces = spectra[[SPECTRUM[part] for part in (cover.green, cover.dry, cover.water, "flower", cover.soil)]]
        for table, green in ((sparse, 1 - cover.gap), (dense, 1)):
            mixture = parts * (green, 1, 1, 1)
            soil = np.clip(1 - mixture.sum(axis=1, keepdims=True), 0, 1)
            table[units] = np.hstack([mixture, soil]) @ surfaces * land.tone[units, None]
    return sparse, dense


def reflectance(land: Land, band: str, units: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Reflectance of the ground in one band, evenly lit, as a perfect eye would see it."""
    index = BANDS.index(band)
    sparse, dense = (table[:, index].take(land.unit) for table in units)
    ground = (sparse + (dense - sparse) * land.dense) * land.grain
    flat = ground.reshape(-1)
    spectra = np.array([SPECTRA[name][index] for name in OVERLAYS]) / 1000
    flat[land.thin] = flat[land.thin] * (1 - land.share.sum(axis=0)) + spectra @ land.share
    return ground


def sunlight(land: Land, sun: tuple[float, float]) -> np.ndarray:
    """How brightly each pixel is lit: slopes that face the sun, crowns, shadows of woods and houses; about 1."""
    azimuth, elevation = np.radians(sun)
    south, east, rise = -np.cos(azimuth), np.sin(azimuth), np.tan(elevation)
    light = 1 - (land.slope[0] * south + land.slope[1] * east) / rise
    height = land.height.astype(float)
    for reach, crowns in ((1.0, 0.012), (2.2, 0.0)):
        toward = ndimage.shift(height, (-reach * south, -reach * east), order=1, mode="nearest") - height
        light -= np.clip((toward - 4.5 * reach * rise) / 28, 0, 0.3) + np.clip(crowns * toward, -0.12, 0.2)
    return np.clip(light, 0.45, 1.3)


def build(place: Place, folder: Path | None = None) -> Land:
    """The land of a place. Drawn once, then kept in the process and, if a folder is given, in a file there."""
    return _build(place, folder)


@cache
def _build(place: Place, folder: Path | None) -> Land:
    if folder is None:
        return _draw(place)
    path = Path(folder) / f"land-{place.name}-{_drawing(place)}.npz"
    if not path.exists():
        _keep(path, _draw(place))
    with np.load(path, allow_pickle=False) as arrays:
        return Land(**arrays)


_DRAWN_BY = {"oberland": ("oberland", 47), "song-hong": ("song_hong", 105)}  # module and seed


@cache
def _draw(place: Place) -> Land:
    module, seed = _DRAWN_BY[place.name]  # imported here, for it needs `Land` itself
    return import_module(f"cdse_offline.simulation.{module}").draw(Generator(PCG64(seed)))


def _drawing(place: Place) -> str:
    """A mark of the code that draws: when it changes, kept files are drawn anew."""
    modules = ("land", "covers", "drawing", _DRAWN_BY[place.name][0])
    code = b"".join(Path(__file__).with_name(f"{module}.py").read_bytes() for module in modules)
    return sha256(code).hexdigest()[:12]


def _keep(path: Path, land: Land) -> None:
    """Written whole or not at all."""
    buffer = io.BytesIO()
    np.savez(buffer, **{field.name: getattr(land, field.name) for field in fields(land)})
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(buffer.getvalue())
    part.replace(path)
