"""The land of a window, and what it reflects on a given day.

Every pixel belongs to a *unit* (a parcel, a stand of trees, a lake ...) with a cover and a calendar of its own. Thin
things (roads, houses, hedges) lie upon it as fractions of a pixel.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from cdse_offline.simulation.covers import BANDS, CODE, COVERS, SPECTRA, SPECTRUM, compute_shares

SIZE = 1020  # side of a window, but for wider ones
SQUARE = (SIZE, SIZE)
ROOFS = ("red roof", "grey roof", "metal", "blue tin", "rusty")
OVERLAYS = ("asphalt", "gravel", "concrete", *ROOFS, "broadleaf", "stream", "canal", "grass", "red soil")
MOST_UNITS = 2**16
SMALLEST_FIELD = 4  # pixels: what is left of a field between roads and houses and is smaller is none
MOST_FIELDS = 2**15 - 1  # images of 16 bits are written with 15


@dataclass(frozen=True)
class Land:
    """A drawn window. Arrays of the place's shape unless said otherwise."""

    unit: np.ndarray  # which unit a pixel belongs to
    dense: np.ndarray  # 0 where the unit's cover is sparse, 1 where it is dense
    grain: np.ndarray  # brightness about 1: crowns, tramlines, soil patches
    height: np.ndarray  # of trees and houses, metres
    relief: np.ndarray  # of the ground, metres above the sea
    slope: np.ndarray  # of the ground southward and eastward, (2, rows, columns)
    kind: np.ndarray  # keys of `classes.LAND_CLASSES`
    thin: np.ndarray  # flat positions of the pixels with roads, houses, hedges
    share: np.ndarray  # share of each of OVERLAYS in those pixels, (len(OVERLAYS), len(thin))
    cover: np.ndarray  # code of each unit's cover, (units,)
    plot: np.ndarray  # which unit's field each unit is a part of, mostly its own, (units,)
    shift: np.ndarray  # how many days later than the calendar each unit is, (units,)
    tone: np.ndarray  # brightness of each unit, (units,)
    luck: np.ndarray  # random numbers of each unit, (units, 3)
    changes: np.ndarray  # unit, day of the year and code of its new cover, earliest first, (changes, 3); see `changes`

    @cached_property
    def parcel(self) -> np.ndarray:
        """Which field a pixel belongs to, uint16, 0 none: pieces of one plot that hang together, if it has a crop.

        Roads, houses and rivers are no part of a field, and cut it in two where they cross it.
        """
        has_crop = np.array([bool(cover.crop) for cover in COVERS.values()])
        kinds = np.array([cover.kind for cover in COVERS.values()])
        covers = self.cover.take(self.unit)
        is_field = has_crop.take(covers) & (kinds.take(covers) == self.kind)  # no road, no yard
        plot = self.plot.astype(np.int32).take(self.unit)
        piece = _label_pieces(np.where(is_field, plot + 1, 0))
        sizes = np.bincount(piece.ravel())
        is_large = sizes >= SMALLEST_FIELD
        is_large[0] = False
        number = np.where(is_large, np.cumsum(is_large), 0)
        if number.max() > MOST_FIELDS:
            raise ValueError(f"{number.max()} fields: an image of fields has room for {MOST_FIELDS}")
        return number.astype(np.uint16).take(piece)


def _label_pieces(value: np.ndarray) -> np.ndarray:
    """Number the pieces of equal values that hang together by their sides, row by row from the top; 0 stays 0."""
    cell = np.arange(value.size, dtype=np.int32).reshape(value.shape)
    beside = (value[:, 1:] == value[:, :-1]) & (value[:, 1:] > 0)
    below = (value[1:] == value[:-1]) & (value[1:] > 0)
    one = np.concatenate([cell[:, 1:][beside], cell[1:][below]])
    other = np.concatenate([cell[:, :-1][beside], cell[:-1][below]])
    are_linked = np.ones(len(one), bool)
    links = sparse.coo_array((are_linked, (one, other)), shape=(value.size, value.size))
    _, piece = csgraph.connected_components(links, directed=False)
    in_order = np.unique(piece[value.ravel() > 0], return_inverse=True)[1]
    numbered = np.zeros(value.shape, np.int32)
    numbered[value > 0] = in_order + 1
    return numbered


def mix_spectra(land: Land, day: float) -> tuple[np.ndarray, np.ndarray]:
    """Reflectance of each unit where it is sparse and where it is dense, two arrays (units, bands)."""
    return mix_surfaces(land, day, np.array(list(SPECTRA.values())) / 1000)


def mix_surfaces(land: Land, day: float, spectra: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same for anything that surfaces have: a row for each surface of SPECTRA, a column for each band."""
    sparse, dense = np.zeros((2, len(land.cover), spectra.shape[1]))
    for name, cover in COVERS.items():
        units = np.flatnonzero(land.cover == CODE[name])
        later = (name != "meadow") * land.shift[units]
        parts = compute_shares(name, day - later, land.luck[units])
        names = (cover.green, cover.dry, cover.water, "flower", cover.soil)
        surfaces = spectra[[SPECTRUM[part] for part in names]]
        for table, green in ((sparse, 1 - cover.gap), (dense, 1)):
            mixture = parts * (green, 1, 1, 1)
            soil = np.clip(1 - mixture.sum(axis=1, keepdims=True), 0, 1)
            table[units] = np.hstack([mixture, soil]) @ surfaces * land.tone[units, None]
    return sparse, dense


def compute_reflectance(land: Land, band: str, units: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Reflectance of the ground in one band, evenly lit, as a perfect eye would see it."""
    index = BANDS.index(band)
    ground = spread_units(land, units, index) * land.grain
    lay_thin_things(land, ground, np.array([SPECTRA[name][index] for name in OVERLAYS]) / 1000)
    return ground


def spread_units(land: Land, units: tuple[np.ndarray, np.ndarray], index: int) -> np.ndarray:
    """One column of the tables of units as an image."""
    sparse, dense = (table[:, index].take(land.unit) for table in units)
    return sparse + (dense - sparse) * land.dense


def lay_thin_things(land: Land, ground: np.ndarray, values: np.ndarray) -> None:
    """Put roads, houses, hedges upon the ground; a value for each of OVERLAYS."""
    flat = ground.reshape(-1)
    bare = 1 - land.share.sum(axis=0)
    flat[land.thin] = flat[land.thin] * bare + values @ land.share


def compute_sunlight(land: Land, sun: tuple[float, float]) -> np.ndarray:
    """How brightly each pixel is lit: slopes that face the sun, crowns, shadows of woods and houses; about 1."""
    azimuth, elevation = np.radians(sun)
    south, east, rise = -np.cos(azimuth), np.sin(azimuth), np.tan(elevation)
    light = 1 - (land.slope[0] * south + land.slope[1] * east) / rise
    height = land.height.astype(float)
    for reach, crowns in ((1.0, 0.012), (2.2, 0.0)):
        beside = ndimage.shift(height, (-reach * south, -reach * east), order=1, mode="nearest")
        toward = beside - height
        shadow = np.clip((toward - 4.5 * reach * rise) / 28, 0, 0.3)
        light -= shadow + np.clip(crowns * toward, -0.12, 0.2)
    return np.clip(light, 0.45, 1.3)
