"""The sky of an acquisition: clouds, their shadows where the sun puts them, cirrus, haze, water vapour.

Clouds are drawn at 20 m on a field larger than the window, so that a cloud outside still casts its shadow inside.
"""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.random import PCG64, Generator
from scipy import ndimage

from cdse_offline.simulation.classes import CIRRUS, CLEAR, CLOUD, SHADOW
from cdse_offline.simulation.drawing import draw_noise
from cdse_offline.simulation.land import SIZE
from cdse_offline.simulation.places import Acquisition

MARGIN = 150  # cells of 20 m around the window: 3 km, as far as a shadow falls
CELLS = SIZE // 2 + 2 * MARGIN

# What the sky does to each band: brightness of thick cloud, of cirrus and of uncorrected haze (relative to blue),
# and the share of daylight that comes from the blue sky and still falls into a shadow.
_CLOUD = {"B01": 1.02, "B02": 1.0, "B03": 0.98, "B04": 0.98, "B05": 0.99, "B06": 1.0, "B07": 1.0, "B08": 1.0,
          "B8A": 1.0, "B09": 0.72, "B11": 0.62, "B12": 0.46}  # fmt: skip
_CIRRUS = {"B01": 1.06, "B02": 1.0, "B03": 0.9, "B04": 0.85, "B05": 0.8, "B06": 0.72, "B07": 0.68, "B08": 0.65,
           "B8A": 0.63, "B09": 0.4, "B11": 0.3, "B12": 0.2}  # fmt: skip
_HAZE = {"B01": 1.4, "B02": 1.0, "B03": 0.45, "B04": 0.08}
_DIFFUSE = {"B01": 0.5, "B02": 0.46, "B03": 0.38, "B04": 0.32, "B05": 0.3, "B06": 0.28, "B07": 0.27, "B08": 0.26,
            "B8A": 0.25, "B09": 0.24, "B11": 0.17, "B12": 0.14}  # fmt: skip


def seed_generator(acquisition: Acquisition, purpose: str) -> Generator:
    """Random numbers that belong to one acquisition and purpose."""
    return Generator(PCG64(int.from_bytes(sha256(f"{acquisition.id[:26]} {purpose}".encode()).digest()[:8])))


@dataclass(frozen=True)
class Weather:
    cover: float  # share of the window under cloud
    kind: str  # "cumulus", "scattered", "deck"
    base: float  # height of the clouds above the ground, metres
    cirrus: float  # reflectance of the thickest cirrus
    haze: float  # reflectance left in blue after an imperfect correction
    aot: float  # aerosol optical thickness at 550 nm
    vapour: float  # water vapour, cm


def choose_weather(a: Acquisition) -> Weather:
    """What the window's sky is like; the tile's cloud cover is a hint, not more."""
    luck, mood = a.uniform("window"), a.uniform("mood")
    tile = a.cloud_cover / 100
    if tile < 0.01:
        cover = 0.004 * luck
    elif tile < 0.2:
        cover = _choose_clear_cover(luck, tile)
    else:
        cover = 0.01 * mood if luck < 0.08 else float(np.clip(tile + 0.5 * (luck - 0.5), 0.08, 1.0))
    kind = _choose_clouds(cover, mood)
    thin = a.uniform("cirrus")
    cirrus = 0.0 if thin < 0.78 or tile < 0.02 else 0.012 + 0.1 * (thin - 0.78) / 0.22 * (0.25 + tile)
    aerosol = a.uniform("aerosol")
    haze = 0.006 * aerosol**2 + (0.004 if aerosol > 0.85 else 0)
    season = np.sin(np.pi * (a.start.timetuple().tm_yday - 20) / 365)
    wet = 1.0 + 1.4 * season if a.place.name == "oberland" else 2.0 + 3.0 * season
    base = 700 + 1300 * a.uniform("height")
    return Weather(cover, kind, base, cirrus, haze, 0.06 + 0.24 * aerosol, wet * (0.8 + 0.4 * mood))


def _choose_clouds(cover: float, mood: float) -> str:
    if cover > 0.65 or (cover > 0.45 and mood < 0.5):
        return "deck"
    return "scattered" if mood < 0.45 else "cumulus"


def _choose_clear_cover(luck: float, tile: float) -> float:
    """Two in three of the clear tiles have a clear window, one in eight a window full of cloud."""
    if luck < 0.72:
        return 0.15 * tile * luck
    if luck < 0.9:
        return 0.03 + 0.25 * (luck - 0.72) / 0.18
    return 0.42 + 0.56 * (luck - 0.9) / 0.1


@dataclass(frozen=True)
class Sky:
    """All at 10 m over the window, shares from 0 to 1 unless said otherwise."""

    opacity: np.ndarray  # of cloud
    brightness: np.ndarray  # reflectance of the cloud's top
    direct: np.ndarray  # share of direct sunlight that reaches the ground
    cirrus: np.ndarray  # reflectance in blue
    haze: np.ndarray  # reflectance in blue
    weather: Weather

    def truth(self) -> np.ndarray:
        """0 clear, 1 thin cirrus, 2 cloud shadow, 3 cloud."""
        codes = np.where(self.cirrus > 0.006, CIRRUS, CLEAR)
        codes = np.where(self.direct < 0.85, SHADOW, codes)
        return np.where(self.opacity > 0.03, CLOUD, codes).astype(np.uint8)

    def over(self, ground: np.ndarray, band: str) -> np.ndarray:
        """What the sensor sees of the ground through this sky, as reflectance."""
        lit = ground * (self.direct + (1 - self.direct) * _DIFFUSE[band])
        veil = self.cirrus * _CIRRUS[band]
        seen = lit * (1 - 0.5 * veil) + veil + self.haze * _HAZE.get(band, 0)
        return seen + self.opacity * (self.brightness * _CLOUD[band] - seen)


def draw_sky(a: Acquisition) -> Sky:
    """The sky over the window, the same for all bands."""
    w = choose_weather(a)
    rng = seed_generator(a, "air")
    nothing = np.zeros((SIZE, SIZE))
    cirrus = _draw_cirrus(rng, w.cirrus) if w.cirrus else nothing
    haze = w.haze * (1 + 0.25 * draw_noise(rng, 900, 120, 2.5))
    thickness = ndimage.gaussian_filter(_draw_thickness(rng, w), 0.6)
    if thickness.max() <= 0:
        return Sky(nothing, nothing, nothing + 1, cirrus, haze, w)
    opacity = -np.expm1(-thickness)
    blurred = ndimage.gaussian_filter(opacity, 1.2)
    shadow = ndimage.shift(blurred, find_shadow_shift(a.sun, w.base), order=1, mode="nearest")
    top = _compute_brightness(thickness, a.sun)
    return Sky(_cut_window(opacity), _cut_window(top), 1 - 0.97 * _cut_window(shadow), cirrus, haze, w)


def find_shadow_shift(sun: tuple[float, float], base: float) -> tuple[float, float]:
    """Rows and columns of 20 m from a cloud to its shadow: away from the sun, north is up."""
    azimuth, elevation = np.radians(sun)
    reach = base / np.tan(elevation) / 20
    return reach * np.cos(azimuth), -reach * np.sin(azimuth)


def _draw_thickness(rng: Generator, w: Weather) -> np.ndarray:
    """Optical thickness of the clouds, 0 where there are none, (CELLS, CELLS)."""
    if w.kind == "deck":
        shape = draw_noise(rng, 600, 8, 1.9, CELLS) + 0.2 * _draw_billows(rng, 70)
        base = np.quantile(shape[MARGIN:-MARGIN, MARGIN:-MARGIN], 1 - w.cover)
        return 5 * np.maximum(shape - base, 0)
    largest = 42 if w.kind == "scattered" else 16
    heaps = _fray(rng, _draw_heaps(rng, w.cover, largest))
    wisps = 1 + 0.35 * draw_noise(rng, 26, 3, 1.2, CELLS) + 0.25 * _draw_billows(rng, 14)
    return 0.6 * np.maximum(heaps, 0) * np.maximum(wisps, 0.08)


def _draw_billows(rng: Generator, size: float) -> np.ndarray:
    """Rounded bumps with sharp clefts between them, like cauliflower, in two sizes."""
    bumps = np.zeros((CELLS, CELLS))
    for step in (1, 3):
        wave = draw_noise(rng, size / step, size / step / 3, 1.2, CELLS)
        bumps += np.abs(wave) / step**0.7
    return (bumps - bumps.mean()) / bumps.std()


def _draw_heaps(rng: Generator, cover: float, largest: float) -> np.ndarray:
    """Heights of cumulus clouds, each a heap of bubbles, until they cover that share of the window."""
    field = np.zeros((CELLS, CELLS))
    inner = field[MARGIN:-MARGIN, MARGIN:-MARGIN]
    streets = draw_noise(rng, 350, 70, 2, CELLS)  # clouds keep together
    largest = min(largest, 0.4 * np.sqrt(cover) * len(inner))
    while cover > 1e-4 and np.count_nonzero(inner[::2, ::2]) * 4 < cover * inner.size:
        for centre in rng.random((1 + int(60 * cover), 2)) * CELLS:
            if streets[tuple(centre.astype(int))] > 0.3 + 0.7 * rng.standard_normal():
                _draw_heap(rng, field, centre, 1.2 + largest * rng.random() ** 2.5)
    return field


def _draw_heap(rng: Generator, field: np.ndarray, centre: np.ndarray, radius: float) -> None:
    """One cloud: bubbles of all sizes round a middle, drawn out to one side."""
    count = 5 + int(radius)
    spots = centre + 0.55 * radius * rng.standard_normal((count, 2)) * (1, 0.5 + 0.5 * rng.random())
    for spot, size in zip(spots, rng.random(count), strict=True):
        _draw_bubble(field, spot, radius * (0.12 + 0.45 * size**1.5))


def _draw_bubble(field: np.ndarray, centre: np.ndarray, radius: float) -> None:
    """Raise the field to half a sphere."""
    top, left = (max(int(middle - radius), 0) for middle in centre)
    bottom, right = (int(middle + radius + 2) for middle in centre)
    patch = field[top:bottom, left:right]
    if not patch.size:
        return
    row = np.arange(top, top + len(patch)) - centre[0]
    column = np.arange(left, left + patch.shape[1]) - centre[1]
    square = radius**2 - (row**2)[:, None] - column**2
    np.maximum(patch, np.sqrt(np.maximum(square, 0)), out=patch)


def _fray(rng: Generator, field: np.ndarray) -> np.ndarray:
    """Fray the borders: look each cell up a little beside its place."""
    aside = np.stack([draw_noise(rng, 30, 3, 1.3, CELLS), draw_noise(rng, 30, 3, 1.3, CELLS)])
    looked_up = np.indices(field.shape) + 2.2 * aside
    return ndimage.map_coordinates(field, looked_up, order=1, mode="nearest")


def _compute_brightness(thickness: np.ndarray, sun: tuple[float, float]) -> np.ndarray:
    """Reflectance of the tops: bright where thick and on the side of the sun, greyer behind."""
    azimuth, elevation = np.radians(sun)
    height = ndimage.gaussian_filter(np.minimum(thickness, 12) ** 0.7, 0.8)
    south, east = np.gradient(height)
    toward = -(south * -np.cos(azimuth) + east * np.sin(azimuth)) / np.tan(elevation)
    core = 0.42 + 0.5 * -np.expm1(-thickness / 4)
    return np.clip(core + 0.16 * np.tanh(1.5 * toward), 0.3, 1.1)


def _draw_cirrus(rng: Generator, thickest: float) -> np.ndarray:
    """Streaks drawn out by the wind, thin and without borders."""
    fine, coarse = draw_noise(rng, 90, 4, 1.4), draw_noise(rng, 500, 80, 2)
    heading = np.pi * rng.random()
    row, column = np.indices((SIZE, SIZE)) - SIZE / 2
    along = row * np.sin(heading) + column * np.cos(heading)
    across = row * np.cos(heading) - column * np.sin(heading)
    bend = 25 * coarse
    looked_up = np.stack([(across + bend) * 1.0, along * 0.12]) + SIZE / 2
    streaks = ndimage.map_coordinates(fine, looked_up, order=1, mode="mirror")
    return thickest * np.clip(0.3 * streaks + 0.5 * coarse + 0.1, 0, 1.5) / 1.5


def _cut_window(field: np.ndarray) -> np.ndarray:
    """The window of a field, from 20 m to 10 m."""
    inner = field[MARGIN - 1 : -MARGIN + 1, MARGIN - 1 : -MARGIN + 1]
    fine = ndimage.zoom(inner, 2, order=1, grid_mode=True, mode="nearest")
    return fine[2:-2, 2:-2]
