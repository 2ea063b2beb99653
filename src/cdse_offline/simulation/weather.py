"""What the sky over a place is like when a satellite passes: of its climate, its season, and the pass's own luck."""

from dataclasses import dataclass

import numpy as np

from cdse_offline.simulation.places import Acquisition

STREETS_FROM = 0.45  # wind, from 0 to 1, that lines cumulus clouds up


@dataclass(frozen=True)
class Weather:
    cover: float  # share of the window under cloud
    kind: str  # "cumulus", "scattered", "storm", "cells", "deck"
    base: float  # height of the clouds above the ground, metres
    cirrus: float  # reflectance of the thickest cirrus
    haze: float  # reflectance left in blue everywhere after an imperfect correction
    mist: float  # reflectance in blue of the thickest patch of haze
    fog: float  # share of the low ground under fog
    wind: tuple[float, float]  # direction in radians from the west-east axis, and strength from 0 to 1
    aot: float  # aerosol optical thickness at 550 nm
    vapour: float  # water vapour, cm


@dataclass(frozen=True)
class Climate:
    """Months with thunderstorms, with fog in the morning, with smoke and smog; water vapour and its swing, cm."""

    storms: range
    fog: tuple[int, ...]
    smoke: tuple[int, ...]
    vapour: tuple[float, float]


CLIMATES = {
    "alps": Climate(
        storms=range(5, 9),
        fog=(9, 10, 11, 12, 1, 2),
        smoke=(),
        vapour=(1.0, 1.4),
    ),
    "red-river": Climate(
        storms=range(5, 10),
        fog=(11, 12, 1, 2, 3),
        smoke=(10, 11, 12, 1, 2, 3),
        vapour=(2.0, 3.0),
    ),
    "south": Climate(
        storms=range(5, 12),
        fog=(12, 1, 2),
        smoke=(12, 1, 2, 3, 4),
        vapour=(3.2, 1.8),
    ),
    "highlands": Climate(
        storms=range(4, 11),
        fog=(11, 12, 1, 2),
        smoke=(2, 3, 4),
        vapour=(1.8, 2.0),
    ),
    "central-coast": Climate(
        storms=range(5, 12),
        fog=(1, 2),
        smoke=(3, 4),
        vapour=(2.6, 2.4),
    ),
}


def choose_weather(a: Acquisition) -> Weather:
    """What the window's sky is like; the tile's cloud cover is a hint, not more."""
    climate = CLIMATES[a.place.climate]
    month = a.start.month
    mood = a.uniform("mood")
    tile = a.cloud_cover / 100
    cover = _choose_cover(a, tile, mood)
    aerosol = a.uniform("aerosol")
    season = np.sin(np.pi * (a.start.timetuple().tm_yday - 20) / 365)
    wet = climate.vapour[0] + climate.vapour[1] * season
    return Weather(
        cover,
        _choose_clouds(a, cover, mood, month in climate.storms),
        700 + 1300 * a.uniform("height"),
        _choose_cirrus(a.uniform("cirrus"), tile),
        0.004 * aerosol**2,
        _choose_mist(a.uniform("mist"), tile, month in climate.smoke),
        _choose_fog(a.uniform("fog"), tile) if month in climate.fog else 0.0,
        (np.pi * a.uniform("heading"), a.uniform("wind")),
        0.06 + 0.24 * aerosol,
        wet * (0.8 + 0.4 * mood),
    )


def _choose_cover(a: Acquisition, tile: float, mood: float) -> float:
    luck = a.uniform("window")
    if tile < 0.01:
        return 0.0015 * luck
    if tile < 0.2:
        return _choose_clear_cover(luck, tile)
    if luck < 0.08:
        return 0.01 * mood
    around = tile + 0.5 * (luck - 0.5)
    steeper = 0.5 + 1.5 * (around - 0.5)  # a window is smaller than its tile: oftener all cloud, or hardly any
    return float(np.clip(steeper, 0.08, 1.0))


def _choose_clear_cover(luck: float, tile: float) -> float:
    """Two in three of the clear tiles have a clear window, one in eight a window full of cloud."""
    if luck < 0.72:
        return 0.15 * tile * luck
    if luck < 0.9:
        return 0.03 + 0.25 * (luck - 0.72) / 0.18
    return 0.42 + 0.56 * (luck - 0.9) / 0.1


def _choose_clouds(a: Acquisition, cover: float, mood: float, stormy: bool) -> str:
    if stormy and 0.2 < cover < 0.85 and a.uniform("storm") < 0.3:
        return "storm"
    if cover > 0.65 or (cover > 0.45 and mood < 0.5):
        return "cells" if a.uniform("cells") < 0.45 else "deck"
    return "scattered" if mood < 0.45 else "cumulus"


def _choose_cirrus(thin: float, tile: float) -> float:
    if thin < 0.86 or tile < 0.02:
        return 0.0
    return 0.015 + 0.1 * (thin - 0.86) / 0.14 * (0.25 + tile)


def _choose_mist(luck: float, tile: float, smoky: bool) -> float:
    """Smog and smoke in their season, thin moist air at any time; never in the clearest air."""
    rare = 0.66 if smoky else 0.85
    if luck < rare or tile < 0.02:
        return 0.0
    return 0.012 + 0.022 * (luck - rare) / (1 - rare)


def _choose_fog(luck: float, tile: float) -> float:
    """After clear nights only."""
    if luck < 0.6 or not 0.01 < tile < 0.5:
        return 0.0
    return 0.2 + 0.6 * (luck - 0.6) / 0.4
