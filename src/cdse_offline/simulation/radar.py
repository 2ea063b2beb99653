"""Sentinel-1's monthly mosaics: γ⁰ of C band in VV and VH over the drawn land, with speckle.

Every surface has its backscatter; a pixel has the sum of its surfaces, as in the optical scenes. Plants that stand in
water give more than both: the wave goes from the water to the stems and back. So a paddy is dark while it lies under
water, brightest half-way up, above all in VV, and then levels off, as Le Toan and others have measured since ERS.
Levels as published for Sentinel-1, rounded: rice of the Mekong delta by Phan et al. 2021 (Remote Sensing 13, 921) and
Phung et al. 2020 (J. Applied Remote Sensing 14, 014518); the others typical of C band at 30 to 45 degrees.

What is left out: the incidence angle across the swath, layover and shadow; of slopes only a trace is left, as after
terrain flattening.
"""

from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator
from scipy import ndimage

from cdse_offline.simulation import cogs
from cdse_offline.simulation.covers import CODE, COVERS, SPECTRA, compute_shares
from cdse_offline.simulation.derived import Month
from cdse_offline.simulation.floods import find_land
from cdse_offline.simulation.land import OVERLAYS, Land, lay_thin_things, mix_surfaces, spread_units
from cdse_offline.simulation.landscapes import open_land
from cdse_offline.simulation.mosaics import NODATA, build_grid
from cdse_offline.simulation.places import Place
from cdse_offline.simulation.sights import Sight

POLARISATIONS = ("VV", "VH")
# dB of each surface of SPECTRA.
_BACKSCATTER = """
                      VV     VH
crop               -11.0  -17.5
rice               -10.5  -15.2
grass              -11.5  -18.5
spruce              -9.0  -14.5
broadleaf           -7.8  -13.0
flower              -9.5  -14.5
straw              -11.0  -18.0
hay                -12.0  -19.5
soil               -10.5  -19.0
mud                 -9.5  -18.5
peat               -11.0  -19.0
water              -21.0  -28.0
shallow            -20.0  -27.5
silt               -19.0  -27.0
stream             -20.0  -27.0
flooded            -19.0  -26.5
sand               -15.0  -24.0
gravel             -11.5  -20.0
asphalt            -15.0  -24.0
concrete            -9.0  -18.0
red roof            -1.5  -10.0
grey roof           -1.0   -9.5
metal                1.0   -9.0
blue tin             0.5   -9.0
rusty                0.0   -9.5
red soil           -10.0  -19.0
burnt              -10.5  -18.5
coffee leaf         -8.5  -14.0
rubber leaf         -7.8  -13.0
young rubber leaf   -8.2  -13.6
red leaf            -8.8  -14.4
litter              -9.6  -15.6
dry forest leaf     -9.0  -14.6
green water        -20.0  -27.5
fill               -11.5  -21.0
white roof           0.5   -9.0
light roof           0.0   -9.5
palm                -8.0  -13.4
mangrove            -7.6  -13.2
grey clay          -10.0  -18.8
canal              -19.5  -27.0
brackish           -19.5  -27.0
algae              -19.5  -27.0
pond bed            -9.8  -18.6
sea                -17.0  -26.0
shore water        -17.5  -26.0
estuary            -19.5  -27.0
flood water        -19.0  -27.0
foam               -12.0  -21.0
dune sand          -16.0  -25.0
acacia              -8.0  -13.2
casuarina           -8.4  -13.8
"""


def _read_backscatter(table: str) -> dict[str, tuple[float, float]]:
    _, *lines = table.strip("\n").splitlines()
    rows = [line.rsplit(maxsplit=2) for line in lines]
    return {name: (float(vv), float(vh)) for name, vv, vh in rows}


BACKSCATTER = _read_backscatter(_BACKSCATTER)
_WATERS = ("water", "shallow", "silt", "stream", "flooded", "green water", "canal", "brackish", "algae", "sea",
           "shore water", "estuary", "flood water")  # fmt: skip
_GROUNDS = ("soil", "mud", "peat", "red soil", "grey clay", "pond bed", "burnt")
_BOUNCE = (0.17, 0.007)  # γ⁰ where half of a pixel is plants and half is the water that they stand in
_NOISE = (0.0008, 0.0006)  # of the instrument
_REPEAT = 6  # days between two passes: twelve on each of two orbits, one of Sentinel-1A's up, one down
_LOOKS = 22.0  # of a month: about five passes of 4.4 looks each


def write(path: Path, month: Month, asset: str) -> None:
    """Write one of the month's images."""
    drawn = _draw_month(month.place, month.year, month.month)[POLARISATIONS.index(asset)]
    window = month.window
    seen = Sight(month.place, month.tile).cut(drawn, 2, is_class=False)[: window.height, : window.width]
    pixels = np.where(seen > 0, seen, NODATA).astype(np.float32)
    cogs.write(path, pixels, (window.row, window.column), build_grid(month.tile, 20, NODATA))


@lru_cache(maxsize=2)
def _draw_month(place: Place, year: int, month: int) -> np.ndarray:
    first, last = (day.toordinal() for day in Month(place, place.tiles[0], year, month).days)
    rng = Generator(PCG64(int.from_bytes(sha256(f"{place.name} {year} {month} radar".encode()).digest()[:8])))
    earliest = first + int(rng.integers(_REPEAT))
    days = [date.fromordinal(day) for day in range(earliest, last + 1, _REPEAT)]
    drawn = open_land(place)
    passes = [draw_pass(find_land(drawn, place, day), day.timetuple().tm_yday, rng) for day in days]
    mean = np.mean(passes, axis=0) + np.array(_NOISE)[:, None, None]
    return mean * _draw_speckle(rng, mean.shape)


def draw_pass(land: Land, day: float, rng: Generator) -> np.ndarray:
    """γ⁰ of one pass without speckle, linear, at 20 m: (polarisation, row, column)."""
    values = _choose_weather(rng)
    sparse, dense = mix_surfaces(land, day, values)
    bounce = _compute_bounce(land, day)
    rough = land.tone[:, None]  # once more: fields differ by their roughness as much as by their colour
    units = (sparse + bounce) * rough, (dense + bounce) * rough
    thin = np.array([values[list(SPECTRA).index(name)] for name in OVERLAYS])
    facing = 1 - 0.5 * np.clip(land.slope[1], -0.6, 0.6)
    layers = []
    for index in range(len(POLARISATIONS)):
        ground = spread_units(land, units, index)
        lay_thin_things(land, ground, thin[:, index])
        layers.append(_average(ground * facing))
    return np.stack(layers)


def _choose_weather(rng: Generator) -> np.ndarray:
    """γ⁰ of the surfaces on a day: wind roughens the water, rain wets the ground. (surface, polarisation)"""
    wind = rng.standard_normal()
    rain = rng.random()
    decibels = np.array([BACKSCATTER[name] for name in SPECTRA])
    decibels[np.isin(list(SPECTRA), _WATERS)] += 1.6 * wind
    decibels[np.isin(list(SPECTRA), _GROUNDS)] += 2 * rain - 1
    return 10 ** (decibels / 10)


def _compute_bounce(land: Land, day: float) -> np.ndarray:
    """What plants in water give beyond their own and the water's, (units, polarisation)."""
    bounce = np.zeros((len(land.cover), len(POLARISATIONS)))
    for name, cover in COVERS.items():
        units = np.flatnonzero(land.cover == CODE[name])
        if not len(units) or cover.green in _WATERS:
            continue
        green, _, water, _ = compute_shares(name, day - land.shift[units], land.luck[units]).T
        bounce[units] = 4 * (green * water)[:, None] * _BOUNCE
    return bounce


def _average(field: np.ndarray) -> np.ndarray:
    rows, columns = (side // 2 for side in field.shape)
    return field.reshape(rows, 2, columns, 2).mean(axis=(1, 3))


def _draw_speckle(rng: Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Factors of mean 1: gamma distributed, a little alike from pixel to pixel, as resampling leaves them."""
    grain = rng.gamma(_LOOKS, 1 / _LOOKS, shape)
    soft = ndimage.gaussian_filter(grain, (0, 0.45, 0.45))
    return 1 + (soft - 1) * np.std(grain) / np.std(soft)
