import numpy as np
import pytest

from cdse_offline.simulation import land
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import MUNICH, RED_RIVER


def ndvi(place, day):
    drawn = build_land(place)
    units = land.mix_spectra(drawn, day)
    red, infrared = (land.compute_reflectance(drawn, band, units) for band in ("B04", "B08"))
    return (infrared - red) / (infrared + red)


def class_mean(place, day, kind):
    return ndvi(place, day)[build_land(place).kind == kind].mean()


@pytest.mark.parametrize(
    ("place", "kind", "day", "low", "high"),
    [
        (MUNICH, 1, 200, 0.75, 0.88),  # spruce
        (MUNICH, 8, 200, -0.30, -0.10),  # lake
        (MUNICH, 11, 200, 0.20, 0.50),  # village
        (MUNICH, 4, 141, 0.78, 0.92),  # winter cereals: green in May ...
        (MUNICH, 4, 225, 0.10, 0.35),  # ... stubble in August
        (MUNICH, 6, 131, 0.10, 0.30),  # maize: bare in May ...
        (MUNICH, 6, 225, 0.75, 0.92),  # ... green in August
        (RED_RIVER, 14, 35, -0.10, 0.20),  # paddies: flooded in February ...
        (RED_RIVER, 14, 110, 0.75, 0.92),  # ... green in April ...
        (RED_RIVER, 14, 155, 0.20, 0.50),  # ... ripe in June ...
        (RED_RIVER, 14, 175, 0.0, 0.25),  # ... flooded again ...
        (RED_RIVER, 14, 240, 0.75, 0.92),  # ... and green again in August
        (RED_RIVER, 9, 200, -0.30, -0.10),  # the Red River
    ],
)
def test_classes_follow_the_calendar(place, kind, day, low, high):
    assert low <= class_mean(place, day, kind) <= high


def test_meadows_are_mown_at_different_dates():
    drawn = build_land(MUNICH)
    meadow = drawn.kind == 3
    change = np.abs(ndvi(MUNICH, 170) - ndvi(MUNICH, 160))[meadow]
    assert 0.1 < np.mean(change > 0.1) < 0.9


def flat(**changes):
    zero = np.zeros((land.SIZE, land.SIZE))
    fields = dict.fromkeys(("unit", "dense", "grain", "height", "kind"), zero)
    return land.Land(**fields | {"slope": np.zeros((2, *zero.shape))} | changes, **{
        name: np.zeros(1) for name in ("thin", "share", "cover", "shift", "tone", "luck", "changes")
    })  # fmt: skip


def test_flat_ground_is_lit_evenly():
    assert np.all(land.compute_sunlight(flat(), (150, 50)) == 1)


def test_slope_towards_the_sun_is_brighter():
    falls_southward = np.stack([np.full((land.SIZE, land.SIZE), -0.1), np.zeros((land.SIZE, land.SIZE))])
    assert land.compute_sunlight(flat(slope=falls_southward), (180, 45))[0, 0] == pytest.approx(1.1)


def test_wood_casts_its_shadow_away_from_the_sun():
    height = np.zeros((land.SIZE, land.SIZE))
    height[100:120, 100:120] = 25
    light = land.compute_sunlight(flat(height=height), (180, 45))
    assert light[99, 110] < 0.8  # north of it
    assert light[120, 110] >= 1  # south of it
