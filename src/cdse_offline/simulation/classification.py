"""The scene classification (SCL) that Sen2Cor would make of a scene, with the mistakes that it is known for.

It misses the thin rims of clouds and the light beside them, thin haze, thin cirrus, soft shadows and some dark ones. It
takes bright roofs, gravel and sand for clouds, and water and other dark ground where a shadow might fall for shadows
(Zekoll et al. 2021, Remote Sensing 13, 137).
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from cdse_offline.simulation.drawing import draw_noise

_DARK, _SHADOW, _GREEN, _BARE, _WATER, _UNCLEAR, _CLOUD, _SURE_CLOUD, _CIRRUS = range(2, 11)


@dataclass(frozen=True)
class Seen:
    """What is seen of a scene at 20 m: reflectance in three bands, and the sky's fields."""

    blue: np.ndarray
    red: np.ndarray
    infrared: np.ndarray
    opacity: np.ndarray
    brightness: np.ndarray
    direct: np.ndarray
    cirrus: np.ndarray
    reach: np.ndarray  # from 0 to 1: could a shadow fall here, if the height of the clouds were not known?


def classify(seen: Seen, rng: Generator) -> np.ndarray:
    """Classes at 20 m."""
    doubt = np.clip(draw_noise(rng, 30, 2, 0.8, seen.blue.shape), -2, 2)
    blind = draw_noise(rng, 60, 12, 1.6, seen.blue.shape)
    scl = _classify_ground(seen, doubt)
    scl[_looks_like_cloud(seen, scl, doubt, blind)] = _CLOUD
    dark = (seen.infrared < 0.1 + 0.02 * doubt) & (seen.reach > 0.35)
    scl[ndimage.binary_opening(dark, np.ones((3, 3)))] = _SHADOW
    scl[seen.cirrus > 0.0105 + 0.0015 * blind] = _CIRRUS
    scl[(seen.direct < 0.88 + 0.03 * doubt) & (blind < 1.6)] = _SHADOW
    scl[seen.opacity > 0.045 + 0.01 * doubt] = _UNCLEAR
    scl[seen.opacity > 0.06 + 0.02 * doubt] = _CLOUD
    scl[seen.opacity * seen.brightness > 0.5 + 0.03 * doubt] = _SURE_CLOUD
    return scl.astype(np.uint8)


def _classify_ground(seen: Seen, doubt: np.ndarray) -> np.ndarray:
    infrared = seen.infrared
    ndvi = (infrared - seen.red) / (infrared + seen.red)
    scl = np.where(ndvi > 0.42 + 0.03 * doubt, _GREEN, _BARE)
    scl[(ndvi < 0.3) & (ndvi > 0.1) & (doubt > 1.9)] = _UNCLEAR
    scl[(ndvi < 0.05) & (infrared < 0.13)] = _WATER
    scl[(infrared < 0.085 + 0.01 * doubt) & (ndvi > 0)] = _DARK
    return scl


def _looks_like_cloud(seen: Seen, scl: np.ndarray, doubt: np.ndarray, blind: np.ndarray) -> np.ndarray:
    """Bright bare ground in one piece: roofs, gravel, sand, dry soil; not on every day."""
    least = 0.16 + 0.012 * doubt - 0.015 * np.clip(blind, -1, 1)
    bright = (seen.blue + seen.red) / 2 > least
    return ndimage.binary_opening(bright & (scl == _BARE), np.ones((2, 2)))
