"""The sky of an acquisition: clouds, their shadows where the sun puts them, cirrus, fog, haze, water vapour.

Low clouds are drawn at 20 m, what is higher or softer at 40 m.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.random import PCG64, Generator
from scipy import ndimage

from cdse_offline.simulation.classes import CIRRUS, CLEAR, CLOUD, FOG, HAZE, SHADOW
from cdse_offline.simulation.clouds import Frame, draw_anvil, draw_cirrus, draw_fog, draw_mist, draw_thickness
from cdse_offline.simulation.places import Acquisition
from cdse_offline.simulation.weather import Weather, choose_weather

_MARGIN = 3000  # metres round the window: as far as the shadow of a low cloud falls
_MARGIN_ABOVE = 6000  # that of an anvil
_HIGH = 8500  # metres: cirrus and anvils
_CIRRUS_DEPTH = 2.5  # how much of the sunlight goes missing below cirrus, for its reflectance
_GLOW = 0.028  # reflectance in blue that the rims of clouds add
_RIM_SHADOW = 0.08  # share of direct sunlight that they take away
_RIM_REACH = 2.6  # in 40 m
_RIM_STRENGTH = 10  # how soon the rim of a small cloud is like that of a large one
_FOG = 0.5  # reflectance

# What the sky does to each band: brightness of thick cloud, of cirrus, of haze, of uncorrected aerosol (relative to
# blue), and the share of daylight that comes from the blue sky and still falls into a shadow.
_EFFECTS = """
band   cloud  cirrus  veil  haze  diffuse
B01     1.02    1.06  1.20  1.40     0.50
B02     1.00    1.00  1.00  1.00     0.46
B03     0.98    0.90  0.80  0.45     0.38
B04     0.98    0.85  0.66  0.08     0.32
B05     0.99    0.80  0.60  0        0.30
B06     1.00    0.72  0.54  0        0.28
B07     1.00    0.68  0.50  0        0.27
B08     1.00    0.65  0.44  0        0.26
B8A     1.00    0.63  0.42  0        0.25
B09     0.72    0.40  0.25  0        0.24
B11     0.62    0.30  0.12  0        0.17
B12     0.46    0.20  0.06  0        0.14
"""


def _read_effects(table: str) -> list[dict[str, float]]:
    """Of each column a value for each band."""
    _, *lines = table.strip().splitlines()
    bands, *columns = zip(*(line.split() for line in lines), strict=True)
    return [dict(zip(bands, map(float, column), strict=True)) for column in columns]


_CLOUD, _CIRRUS, _VEIL, _HAZE, _DIFFUSE = _read_effects(_EFFECTS)

WATCHED = ("B02", "B04", "B08")  # bands in which the truth looks for the sky
LARGEST_CHANGE = 0.01  # of reflectance in each of them under a sky that is called clear,
LARGEST_NDVI_CHANGE = 0.02  # and of NDVI,
DARKEST = 0.1  # where red and near infrared together reflect at least so much: on water it is all noise

FindLow = Callable[[], np.ndarray]  # how low the ground of the place is


def seed_generator(a: Acquisition, purpose: str) -> Generator:
    """Random numbers that belong to one place, pass and purpose: two tiles of a pass see the same sky."""
    name = f"{a.place.name} {a.start:%Y%m%dT%H%M%S} {purpose}"
    return Generator(PCG64(int.from_bytes(sha256(name.encode()).digest()[:8])))


@dataclass(frozen=True)
class Sky:
    """All at 10 m over the window, shares from 0 to 1 unless said otherwise."""

    opacity: np.ndarray  # of cloud and fog
    brightness: np.ndarray  # reflectance of the cloud's top
    direct: np.ndarray  # share of direct sunlight that reaches the ground
    cirrus: np.ndarray  # reflectance in blue
    veil: np.ndarray  # of patches of haze and of light that clouds scatter aside, reflectance in blue
    haze: np.ndarray  # of uncorrected aerosol, reflectance in blue
    fog: np.ndarray  # opacity of the fog alone
    reach: np.ndarray  # at 20 m: could a shadow fall here, if the height of the low clouds were not known?
    weather: Weather

    def truth(self, ground: Mapping[str, np.ndarray]) -> np.ndarray:
        """What the sky does to each pixel: 0 nothing, 1 cirrus, 2 cloud shadow, 3 cloud, 4 haze, 5 fog.

        `ground` is the reflectance below it of WATCHED. 0 means that the sky changes none of these by more than
        LARGEST_CHANGE, nor NDVI by more than LARGEST_NDVI_CHANGE where the ground is not darker than DARKEST; all
        others are named after what matters most there.
        """
        codes = np.where(self.cirrus > self.veil, CIRRUS, HAZE)
        codes = np.where(self.direct < 0.93, SHADOW, codes)
        codes = np.where(self.opacity > 0.02, CLOUD, codes)
        codes = np.where(self.fog > 0.5 * np.maximum(self.opacity, 0.04), FOG, codes)
        return np.where(self.changes(ground), codes, CLEAR).astype(np.uint8)

    def changes(self, ground: Mapping[str, np.ndarray]) -> np.ndarray:
        """Where the sky changes the ground's reflectance or NDVI by more than a clear one may."""
        seen = {band: self.over(ground[band], band) for band in WATCHED}
        changed = np.zeros(self.opacity.shape, bool)
        for band in WATCHED:
            changed |= np.abs(seen[band] - ground[band]) > LARGEST_CHANGE
        bright = ground["B04"] + ground["B08"] >= DARKEST
        ndvi_change = np.abs(_compute_ndvi(seen) - _compute_ndvi(ground))
        return changed | bright & (ndvi_change > LARGEST_NDVI_CHANGE)

    def over(self, ground: np.ndarray, band: str) -> np.ndarray:
        """What the sensor sees of the ground through this sky, as reflectance."""
        light = self.direct + (1 - self.direct) * _DIFFUSE[band]
        lit = ground * light
        veil = self.cirrus * _CIRRUS[band] + self.veil * _VEIL[band]
        seen = lit * (1 - 0.5 * veil) + veil + self.haze * _HAZE[band]
        cloud = self.brightness * _CLOUD[band]
        return seen + self.opacity * (cloud - seen)


def _compute_ndvi(bands: Mapping[str, np.ndarray]) -> np.ndarray:
    red, infrared = bands["B04"], bands["B08"]
    return (infrared - red) / np.maximum(infrared + red, 1e-6)


@dataclass(frozen=True)
class _Clouds:
    """A layer of clouds on the cells of a frame."""

    opacity: np.ndarray
    top: np.ndarray  # reflectance
    shadow: np.ndarray  # share of the direct sunlight that they take away, where it falls

    def above(self, lower: "_Clouds") -> "_Clouds":
        """Both layers, this one over the other."""
        shining = lower.opacity * (1 - self.opacity)
        opacity = shining + self.opacity
        top = (shining * lower.top + self.opacity * self.top) / np.maximum(opacity, 1e-9)
        return _Clouds(opacity, top, 1 - (1 - self.shadow) * (1 - lower.shadow))


def draw_sky(a: Acquisition, find_low: FindLow | None = None) -> Sky:
    """The sky over the window, the same for all bands; fog lies where the ground is low, in any unit."""
    w, window = choose_weather(a), a.place.shape
    rng = seed_generator(a, "air")
    fine = Frame(window, 2, _MARGIN // 20)
    coarse = Frame(window, 4, _MARGIN // 40)
    cirrus, high = _draw_high(rng, a, w, fine)
    clouds = _draw_low(rng, a, w, fine, high)
    if high:
        clouds = high.above(clouds)
    rims = _draw_rims(rng, clouds, coarse)
    veil = _GLOW * rims
    if w.mist:
        veil += draw_mist(rng, coarse, w)
    haze = w.haze * (1 + 0.25 * coarse.noise(rng, 225, 30, 2.5))
    opacity, top, shadow = (fine.refine(field) for field in (clouds.opacity, clouds.top, clouds.shadow))
    fog = _draw_fog(rng, coarse, w, find_low) if w.fog else np.zeros(window)
    if w.fog:
        fog = fog * (1 - opacity)
        top = (opacity * top + fog * _FOG) / np.maximum(opacity + fog, 1e-9)
        opacity = opacity + fog
    cirrus, veil, haze = (coarse.refine(field) for field in (cirrus, veil, haze))
    reach = coarse.onto(_find_reach(a, clouds), Frame(window, 2, 0))
    rim_shadow = _RIM_SHADOW * coarse.refine(_shift(rims, a, w.base))
    direct = (1 - shadow) * (1 - rim_shadow)
    return Sky(opacity, top, direct, cirrus, veil, haze, fog, reach, w)


def _draw_high(rng: Generator, a: Acquisition, w: Weather, fine: Frame) -> tuple[np.ndarray, _Clouds | None]:
    """Cirrus in cells of 40 m; anvils, and the dimmer light below both, in the cells of low clouds."""
    wide = Frame(fine.window, 4, _MARGIN_ABOVE // 40)
    coarse = Frame(fine.window, 4, _MARGIN // 40)
    if not w.cirrus and w.kind != "storm":
        return np.zeros(coarse.shape), None
    cirrus, depth = np.zeros((2, *wide.shape))
    if w.cirrus:
        cirrus = draw_cirrus(rng, wide, w)
    if w.kind == "storm":
        depth, skirt = draw_anvil(rng, wide, w)
        cirrus = np.maximum(cirrus, 0.09 * skirt)
    dimmed = ndimage.gaussian_filter(-np.expm1(-depth - _CIRRUS_DEPTH * cirrus), 1.5)
    shadow = ndimage.shift(dimmed, find_shadow_shift(a.sun, _HIGH, 40), order=1, mode="mirror")
    opacity = -np.expm1(-depth)
    layers = opacity, _compute_brightness(depth, a.sun), 0.95 * shadow
    anvil = _Clouds(*(wide.onto(layer, fine) for layer in layers))
    return wide.onto(cirrus, coarse), anvil


def _draw_low(rng: Generator, a: Acquisition, w: Weather, frame: Frame, high: _Clouds | None) -> _Clouds:
    hidden = high.opacity > 0.15 if high else np.zeros(frame.shape, bool)
    thickness = ndimage.gaussian_filter(draw_thickness(rng, frame, w, hidden), 0.6)
    opacity = -np.expm1(-thickness)
    blurred = ndimage.gaussian_filter(opacity, 1.2)
    shadow = ndimage.shift(blurred, find_shadow_shift(a.sun, w.base), order=1, mode="nearest")
    return _Clouds(opacity, _compute_brightness(thickness, a.sun), 0.97 * shadow)


def _shift(field: np.ndarray, a: Acquisition, height: float) -> np.ndarray:
    """To where the shadow falls; cells of 40 m."""
    return ndimage.shift(field, find_shadow_shift(a.sun, height, 40), order=1, mode="nearest")


def _find_reach(a: Acquisition, clouds: _Clouds) -> np.ndarray:
    """Where shadows of the clouds would fall from any likely height, in cells of 40 m."""
    blurred = ndimage.gaussian_filter(clouds.opacity, 2)[::2, ::2]
    return np.max([_shift(blurred, a, height) for height in (500, 900, 1400, 2000)], axis=0)


def find_shadow_shift(sun: tuple[float, float], height: float, cell: float = 20) -> tuple[float, float]:
    """Rows and columns of so many metres from a cloud to its shadow: away from the sun, north is up."""
    azimuth, elevation = np.radians(sun)
    reach = height / np.tan(elevation) / cell
    return reach * np.cos(azimuth), -reach * np.sin(azimuth)


def _draw_rims(rng: Generator, clouds: _Clouds, coarse: Frame) -> np.ndarray:
    """Moist air round clouds, and the light that they scatter into it: 1 inside, 0 a few hundred metres away."""
    bright = clouds.opacity * clouds.top
    left, right = bright[:, ::2], bright[:, 1::2]
    mean = (left[::2] + left[1::2] + right[::2] + right[1::2]) / 4
    near = np.tanh(_RIM_STRENGTH * ndimage.gaussian_filter(mean, _RIM_REACH))
    uneven = 1 + 0.25 * coarse.noise(rng, 40, 5, 1.6)
    return near * np.clip(uneven, 0.3, 1.7)


def _draw_fog(rng: Generator, coarse: Frame, w: Weather, find_low: FindLow | None) -> np.ndarray:
    """Its opacity at 10 m."""
    low = coarse.coarsen(find_low()) if find_low else coarse.noise(rng, 200, 40, 2.2)
    return coarse.refine(draw_fog(rng, coarse, w, low))


def _compute_brightness(thickness: np.ndarray, sun: tuple[float, float]) -> np.ndarray:
    """Reflectance of the tops: bright where thick and on the side of the sun, greyer behind."""
    azimuth, elevation = np.radians(sun)
    height = ndimage.gaussian_filter(np.minimum(thickness, 12) ** 0.7, 0.8)
    south, east = np.gradient(height)
    rise = south * -np.cos(azimuth) + east * np.sin(azimuth)
    toward = -rise / np.tan(elevation)
    core = 0.42 + 0.5 * -np.expm1(-thickness / 4)
    lit = 0.16 * np.tanh(1.5 * toward)
    return np.clip(core + lit, 0.3, 1.1)
