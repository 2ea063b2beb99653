from dataclasses import replace
from datetime import date
from functools import cache
from hashlib import sha256

import numpy as np
import pytest

from cdse_offline.simulation import covers
from cdse_offline.simulation.classes import CLEAR, CLOUD, HAZE, LAND_CLASSES, SHADOW, SKY_CLASSES
from cdse_offline.simulation.places import MUNICH, RED_RIVER, acquisitions
from cdse_offline.simulation.scenes import Scene

AT_10M = ("B02", "B03", "B04", "B08", "TCI", "AOT", "WVP")
AT_20M = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B8A", "B11", "B12", "SCL", "TCI", "AOT", "WVP")
AT_60M = (*AT_20M, "B09")
KEYS = [f"{band}_{step}m" for step, bands in ((10, AT_10M), (20, AT_20M), (60, AT_60M)) for band in bands]
MASKED = (3, 8, 9, 10)  # classes of SCL that a lesson masks


@cache
def scene(day="2023-09-28", place=MUNICH):
    return Scene(next(a for a in acquisitions(place) if a.start.date() == date.fromisoformat(day)))


def compute_reflectance(dn):
    return (dn.astype(float) - 1000) / 10000


def ndvi(read):
    red, infrared = compute_reflectance(read("B04_10m")), compute_reflectance(read("B08_10m"))
    return (infrared - red) / (infrared + red)


@pytest.mark.parametrize("key", KEYS)
def test_shape_and_type(key):
    band, _, resolution = key.partition("_")
    side = 10200 // int(resolution[:-1])
    pixels = scene().pixels(key)
    assert pixels.shape == ((3, side, side) if band == "TCI" else (side, side))
    assert pixels.dtype == (np.uint8 if band in ("SCL", "TCI") else np.uint16)
    assert pixels.min() > 0  # 0 is no data


@pytest.mark.parametrize("key", ["B08_20m", "B10_60m", "SCL_10m", "B04", "B05_10m", "B04_30m"])
def test_unknown_asset_is_named(key):
    with pytest.raises(KeyError, match=key):
        scene().pixels(key)


@pytest.mark.parametrize("key", ["B05_20m", "SCL_20m", "CLASS_20m", "B04_20m"])
def test_unknown_truth_is_named(key):
    with pytest.raises(KeyError, match=key):
        scene().truth(key)


@pytest.mark.parametrize(
    ("day", "place"),
    [
        ("2023-09-28", MUNICH),
        ("2023-06-27", MUNICH),  # hazy
        ("2023-09-25", MUNICH),  # cumulus
        ("2023-02-22", RED_RIVER),
        ("2023-10-20", RED_RIVER),
    ],
)
def test_ndvi_of_clear_land_is_true(day, place):
    s = scene(day, place)
    clear_land = (s.truth("SKY_10m") == 0) & ~np.isin(s.truth("CLASS_10m"), (8, 9, 17))
    difference = (ndvi(s.pixels) - ndvi(s.truth))[clear_land]
    assert np.median(np.abs(difference)) < 0.01
    assert abs(difference.mean()) < 0.01


@pytest.mark.parametrize(
    ("day", "place"),
    [
        ("2023-09-28", MUNICH),
        ("2023-09-08", MUNICH),
        ("2023-06-07", MUNICH),  # cirrus
        ("2023-05-23", MUNICH),  # nearly all cloud
        ("2023-09-20", RED_RIVER),
        ("2023-12-14", RED_RIVER),
    ],
)
def test_the_mask_finds_most_of_what_is_hidden(day, place):
    s = scene(day, place)
    masked, hidden = np.isin(s.pixels("SCL_20m"), MASKED), s.truth("SKY_10m")[::2, ::2] > 0
    assert np.mean(masked & ~hidden) < 0.03
    assert np.mean(masked & hidden) > 0.6 * hidden.mean() - 0.05


def test_scl_makes_mistakes_as_the_real_one():
    s = scene("2023-09-08")
    scl, sky = s.pixels("SCL_20m"), s.truth("SKY_10m")[::2, ::2]
    assert np.mean(np.isin(scl[sky == SHADOW], (2, 4, 5))) > 0.05  # shadows that it misses, above all their edges
    assert np.mean(np.isin(scl[sky == HAZE], (4, 5))) > 0.6  # the glow beside clouds
    assert np.any(np.isin(scl[sky == CLEAR], MASKED))  # clear land that it calls cloud or shadow
    assert np.mean(scl[sky == CLOUD] == 7) > 0.004  # unclassified between cloud and clear


def test_scl_at_60m_is_every_third_pixel():
    s = scene()
    assert np.array_equal(s.pixels("SCL_60m"), s.pixels("SCL_20m")[1::3, 1::3])


def test_scl_finds_water_and_vegetation():
    s = scene()
    kind, scl = s.truth("CLASS_10m")[::2, ::2], s.pixels("SCL_20m")
    assert np.mean(scl[kind == 8] == 6) > 0.8
    assert np.mean(scl[kind == 3] == 4) > 0.8


def test_coarse_pixels_are_means():
    s = scene()
    fine = s.pixels("B04_10m").astype(float)
    means = fine.reshape(510, 2, 510, 2).mean(axis=(1, 3))
    assert np.abs(s.pixels("B04_20m") - means).max() <= 1


def test_true_colour_is_a_linear_stretch():
    s = scene()
    red, shown = s.pixels("B04_10m").astype(int) - 1000, s.pixels("TCI_10m")[0].astype(int)
    assert np.all(shown[red >= 2000] == 255)
    dark = (red > 50) & (red < 1900)
    assert np.abs(shown - red * 255 / 2000)[dark].max() <= 0.6


def test_the_quicklook_shows_the_whole_tile():
    """Its window is where it is in the tile, as bright as the image; around it there is no data."""
    picture, colours = scene().thumbnail(), scene().pixels("TCI_10m")
    assert picture.shape == (343, 343, 3) and picture.dtype == np.uint8
    window = scene().acquisition.window(10)
    top, left, size = window.row, window.column, window.height
    centres = (np.arange(343) + 0.5) * 10980 / 343
    rows, columns = (top <= centres) & (centres < top + size), (left <= centres) & (centres < left + size)
    inside = np.outer(rows, columns)
    assert picture[inside].min() > 0 and picture[~inside].max() == 0 and 31**2 <= inside.sum() <= 33**2
    means = picture[inside].mean(0), colours.mean((1, 2))
    assert np.abs(means[0] - means[1]).max() < 4


def test_fields_are_the_same_on_all_days_and_of_one_class():
    one, other = scene("2023-09-28"), scene("2023-06-27")
    parcel = one.truth("PARCEL_10m")
    assert parcel.dtype == np.uint16 and np.array_equal(parcel, other.truth("PARCEL_10m"))
    assert np.mean(parcel > 0) > 0.5
    kind = one.truth("CLASS_10m")
    class_of = np.zeros(parcel.max() + 1, np.uint8)
    class_of[parcel] = kind
    assert np.array_equal(class_of[parcel][parcel > 0], kind[parcel > 0])


def test_days_of_change_are_those_of_the_land(monkeypatch):
    changing = Scene(scene().acquisition)
    unit = changing._drawn.unit[500, 500]
    rows = np.array([(unit, 90, covers.CODE["pit"]), (unit, 120, covers.CODE["lake"])], np.int32)
    monkeypatch.setattr(changing, "_drawn", replace(changing._drawn, changes=rows))
    changed = changing.truth("CHANGE_10m")
    assert changed.dtype == np.uint16
    assert np.array_equal(changed, np.where(changing._drawn.unit == unit, 90, 0))
    assert changing.truth("CLASS_10m")[500, 500] == covers.COVERS["lake"].kind
    assert np.array_equal(changing.truth("PARCEL_10m"), scene().truth("PARCEL_10m"))  # a field keeps its number
    assert not scene().truth("CHANGE_10m").any()


def test_truth_has_only_known_codes():
    for place, day in ((MUNICH, "2023-09-28"), (RED_RIVER, "2023-02-22")):
        assert set(np.unique(scene(day, place).truth("CLASS_10m"))) <= set(LAND_CLASSES)
        assert set(np.unique(scene(day, place).truth("SKY_10m"))) <= set(SKY_CLASSES)


def test_result_does_not_depend_on_the_order_of_asking():
    first, second = Scene(scene().acquisition), Scene(scene().acquisition)
    first.pixels("SCL_20m")
    assert np.array_equal(first.pixels("B08_10m"), second.pixels("B08_10m"))


# Of rows and columns 30 to 229. A change of the drawing changes them, and means new files for every learner.
CHECKSUMS = {
    ("2023-09-28", MUNICH, "B04_10m"): "ebaea1c427d43dd2",
    ("2023-09-28", MUNICH, "B08_10m"): "e795cf863e49911a",
    ("2023-09-28", MUNICH, "SCL_20m"): "5086b2a7c97dbf47",
    ("2023-09-28", MUNICH, "TCI_10m"): "25750097901756f7",
    ("2023-09-08", MUNICH, "B04_10m"): "5082b9e11cf03aa9",
    ("2023-09-08", MUNICH, "SCL_20m"): "f6035e42aed20973",
    ("2023-09-08", MUNICH, "B11_20m"): "30d776897556c2ee",
    ("2023-06-02", RED_RIVER, "B04_10m"): "7338eff730ae15ae",
    ("2023-06-02", RED_RIVER, "B08_10m"): "bbe28c0b67803e3b",
    ("2023-06-02", RED_RIVER, "B01_60m"): "3371f96815e322e3",
    ("2023-06-02", RED_RIVER, "WVP_10m"): "849d9b8d9286252b",
}


@pytest.mark.parametrize(("day", "place", "key"), CHECKSUMS)
def test_same_bytes_on_every_machine(day, place, key):
    pixels = np.ascontiguousarray(scene(day, place).pixels(key)[..., 30:230, 30:230])
    assert sha256(pixels.tobytes()).hexdigest()[:16] == CHECKSUMS[day, place, key]
