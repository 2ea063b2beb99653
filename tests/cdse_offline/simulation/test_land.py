import dataclasses

import numpy as np
import pytest

from cdse_offline.simulation import covers, land
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import MUNICH, PLACES, RED_RIVER


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
    nothing = {field.name: np.zeros(1) for field in dataclasses.fields(land.Land)}
    zero = np.zeros((land.SIZE, land.SIZE))
    drawn = dict.fromkeys(("unit", "dense", "grain", "height", "relief", "kind"), zero)
    others = {"slope": np.zeros((2, *zero.shape)), "plot": np.arange(3, dtype=np.uint16)}
    return land.Land(**nothing | drawn | others | changes)


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


def test_fields_are_pieces_of_one_crop_that_hang_together():
    rice, spruce = covers.CODE["rice"], covers.CODE["spruce"]
    unit = np.zeros((6, 9), np.uint16)
    unit[:, 4] = 1  # a wood
    unit[0, 8] = 2  # a corner of another paddy: one pixel
    kind = np.where(unit == 1, covers.COVERS["spruce"].kind, covers.COVERS["rice"].kind).astype(np.uint8)
    kind[3, 5:] = 12  # a road
    drawn = flat(unit=unit, kind=kind, cover=np.array([rice, spruce, rice]))
    assert ["".join(map(str, row)) for row in drawn.parcel] == [
        "111102220",
        "111102222",
        "111102222",
        "111100000",
        "111103333",
        "111103333",
    ]


def test_more_fields_than_an_image_has_numbers_for_are_no_fields(monkeypatch):
    monkeypatch.setattr(land, "MOST_FIELDS", 1)
    unit = np.repeat(np.arange(2, dtype=np.uint16), 8).reshape(2, 8)
    kind = np.full((2, 8), covers.COVERS["rice"].kind, np.uint8)
    with pytest.raises(ValueError, match="2 fields"):
        _ = flat(unit=unit, kind=kind, cover=np.full(2, covers.CODE["rice"])).parcel


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_field_has_one_crop_and_relief_is_what_slopes_follow(place):
    drawn = build_land(place)
    inside = drawn.parcel > 0
    plot = drawn.plot.take(drawn.unit)[inside]
    plot_of = np.zeros(drawn.parcel.max() + 1, int)
    plot_of[drawn.parcel[inside]] = plot
    assert np.array_equal(plot_of.take(drawn.parcel[inside]), plot)
    assert np.array_equal(drawn.cover.take(drawn.plot), drawn.cover)
    assert np.bincount(drawn.parcel.ravel()).min() >= land.SMALLEST_FIELD
    rise = np.stack(np.gradient(drawn.relief.astype(float))) / 10
    assert np.allclose(rise, drawn.slope, atol=1e-4)
    assert drawn.relief.min() > -1
