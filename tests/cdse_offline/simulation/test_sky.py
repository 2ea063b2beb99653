from datetime import date

import numpy as np
import pytest

from cdse_offline.simulation import sky
from cdse_offline.simulation.places import MUNICH, RED_RIVER, acquisitions

LESSON = slice(730, 936), slice(58, 335)


def on(day, place=MUNICH):
    return next(a for a in acquisitions(place) if a.start.date() == date.fromisoformat(day))


def one_pixel(*, opacity=0.0, brightness=0.0, direct=1.0, cirrus=0.0, haze=0.0):
    return sky.Sky(*(np.full((1, 1), value) for value in (opacity, brightness, direct, cirrus, haze)), weather=None)


GROUND = np.full((1, 1), 0.2)


def test_shadow_falls_away_from_the_sun():
    assert sky.find_shadow_shift((180, 45), 1000) == pytest.approx((-50, 0))  # northward, cells of 20 m
    assert sky.find_shadow_shift((90, 45), 1000) == pytest.approx((0, -50))  # westward
    assert sky.find_shadow_shift((180, 30), 1000)[0] == pytest.approx(-50 * 3**0.5)


def test_shadows_are_the_clouds_moved():
    a = on("2023-07-12")
    s = sky.draw_sky(a)
    rows, columns = (2 * round(step) for step in sky.find_shadow_shift(a.sun, s.weather.base))
    cloud = s.opacity[300:700, 300:700] > 0.5
    shadow = 1 - s.direct[300 + rows : 700 + rows, 300 + columns : 700 + columns] > 0.5
    assert np.mean(cloud == shadow) > 0.94  # all but the softer borders
    assert 0.05 < cloud.mean() < 0.9


def test_clear_sky_changes_nothing():
    assert one_pixel().over(GROUND, "B04") == GROUND


def test_thick_cloud_hides_the_ground():
    assert one_pixel(opacity=1.0, brightness=0.8).over(GROUND, "B02") == pytest.approx(0.8)


def test_shadow_is_dark_and_blue():
    shade = one_pixel(direct=0.0)
    blue, infrared = (shade.over(GROUND, band)[0, 0] / 0.2 for band in ("B02", "B08"))
    assert infrared < blue < 0.6


def test_haze_brightens_blue_most():
    haze = one_pixel(haze=0.01)
    blue, red, infrared = (haze.over(GROUND, band)[0, 0] - 0.2 for band in ("B02", "B04", "B08"))
    assert blue == pytest.approx(0.01)
    assert red < 0.3 * blue
    assert infrared == 0


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({}, sky.CLEAR),
        ({"cirrus": 0.02}, sky.CIRRUS),
        ({"direct": 0.3, "cirrus": 0.02}, sky.SHADOW),
        ({"direct": 0.3, "opacity": 0.5}, sky.CLOUD),
    ],
)
def test_truth_names_what_matters_most(state, code):
    assert one_pixel(**state).truth() == code


def test_28_september_is_clear_over_the_lesson_area():
    codes = sky.draw_sky(on("2023-09-28")).truth()
    assert np.all(codes[LESSON] == sky.CLEAR)
    assert np.mean(codes != sky.CLEAR) < 0.02


def test_window_follows_the_tile_but_not_always():
    clear = [sky.choose_weather(a).cover for a in acquisitions(MUNICH) if a.cloud_cover < 20]
    cloudy = [sky.choose_weather(a).cover for a in acquisitions(MUNICH) if a.cloud_cover >= 20]
    assert len(clear) == 31
    assert sum(cover < 0.02 for cover in clear) >= 18
    assert 3 <= sum(cover > 0.2 for cover in clear) <= 7
    assert max(clear) > 0.9
    assert min(clear + cloudy) >= 0
    assert max(clear + cloudy) <= 1
    assert any(cover < 0.02 for cover in cloudy)
    assert np.mean(cloudy) > 0.5


@pytest.mark.parametrize("day", ["2023-07-12", "2023-05-23"])
def test_as_much_cloud_as_the_weather_says(day):
    s = sky.draw_sky(on(day))
    assert np.mean(s.opacity > 0.15) == pytest.approx(s.weather.cover, abs=0.05)


def test_values_are_physical():
    s = sky.draw_sky(on("2023-09-25", RED_RIVER))
    for field in (s.opacity, s.direct, s.brightness):
        assert field.min() >= 0
    assert s.opacity.max() <= 1
    assert s.direct.max() <= 1
    assert s.brightness.max() <= 1.1
