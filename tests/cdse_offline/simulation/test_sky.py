from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import ndimage

from cdse_offline.simulation import sky
from cdse_offline.simulation.places import MUNICH, RED_RIVER, acquisitions

LESSON = slice(730, 936), slice(58, 335)


def on(day, place=MUNICH):
    return next(a for a in acquisitions(place) if a.start.date() == date.fromisoformat(day))


def one_pixel(**state):
    """A sky of one pixel: clear, but for what is told."""
    clear = {"opacity": 0.0, "brightness": 0.0, "direct": 1.0, "cirrus": 0.0, "veil": 0.0, "haze": 0.0, "fog": 0.0}
    fields = {name: np.full((1, 1), value) for name, value in (clear | state).items()}
    return sky.Sky(**fields, reach=np.zeros((1, 1)), weather=None)


GROUND = np.full((1, 1), 0.2)
GREEN = {band: np.full((1, 1), value) for band, value in (("B02", 0.03), ("B04", 0.03), ("B08", 0.36))}


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


def test_haze_and_the_glow_beside_clouds_are_whitish_and_lower_ndvi():
    veil = one_pixel(veil=0.02)
    blue, red, infrared = (veil.over(GREEN[band], band)[0, 0] - GREEN[band][0, 0] for band in sky.WATCHED)
    assert blue > red > infrared > 0


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({}, sky.CLEAR),
        ({"haze": 0.004}, sky.CLEAR),
        ({"cirrus": 0.02}, sky.CIRRUS),
        ({"cirrus": 0.003}, sky.CLEAR),
        ({"veil": 0.02}, sky.HAZE),
        ({"direct": 0.3, "cirrus": 0.02}, sky.SHADOW),
        ({"direct": 0.98}, sky.CLEAR),
        ({"direct": 0.3, "opacity": 0.5, "brightness": 0.8}, sky.CLOUD),
        ({"opacity": 0.5, "fog": 0.5, "brightness": 0.5}, sky.FOG),
    ],
)
def test_truth_names_what_matters_most(state, code):
    assert one_pixel(**state).truth(GREEN) == code


@pytest.mark.parametrize("day", ["2023-07-12", "2023-05-13", "2023-09-15"])  # cumulus; haze; fog
def test_clear_is_what_is_not_changed_and_nothing_else(day):
    s = sky.draw_sky(on(day))
    ground = {band: np.full(s.opacity.shape, value[0, 0]) for band, value in GREEN.items()}
    clear = s.truth(ground) == sky.CLEAR
    change = np.max([np.abs(s.over(ground[band], band) - ground[band]) for band in sky.WATCHED], axis=0)
    assert 0.03 < clear.mean() < 0.95
    assert change[clear].max() <= 0.01
    seen = {band: s.over(ground[band], band) for band in sky.WATCHED}
    ndvi = np.abs(sky._compute_ndvi(seen) - sky._compute_ndvi(ground))
    assert ndvi[clear].max() <= 0.02
    assert np.all((change > 0.01) | (ndvi > 0.02) | clear)


def test_water_is_not_judged_by_its_ndvi():
    water = {band: np.full((1, 1), 0.02) for band in sky.WATCHED}
    assert one_pixel(veil=0.008).truth(water) == sky.CLEAR != one_pixel(veil=0.008).truth(GREEN)


def test_28_september_is_clear_over_the_lesson_area():
    s = sky.draw_sky(on("2023-09-28"))
    codes = s.truth({band: np.full(s.opacity.shape, value[0, 0]) for band, value in GREEN.items()})
    assert np.all(codes[LESSON] == sky.CLEAR)
    assert np.mean(codes != sky.CLEAR) < 0.02


@pytest.mark.parametrize("day", ["2023-07-12", "2023-05-23", "2023-06-02"])  # cumulus; cells; a thunderstorm
def test_as_much_cloud_as_the_weather_says(day):
    s = sky.draw_sky(on(day))
    assert np.mean(s.opacity > 0.15) == pytest.approx(s.weather.cover, abs=0.08)


def test_values_are_physical():
    s = sky.draw_sky(on("2023-09-25", RED_RIVER))
    for field in (s.opacity, s.direct, s.brightness):
        assert field.min() >= 0
    assert s.opacity.max() <= 1
    assert s.direct.max() <= 1
    assert s.brightness.max() <= 1.1


def test_two_tiles_of_a_pass_see_the_same_sky():
    a = on("2023-09-08")
    other = replace(a, tile=replace(a.tile, name="32UQU"))
    assert other.id != a.id
    assert sky.seed_generator(a, "air").random() == sky.seed_generator(other, "air").random()


def test_a_cloud_s_rim_is_hazy_a_hundred_metres_beyond_it():
    s = sky.draw_sky(on("2023-07-12"))
    away = ndimage.distance_transform_edt(s.opacity < 0.02)
    near, far = s.veil[(away > 4) & (away < 8)], s.veil[away > 50]
    assert np.median(near) > 0.008 > 0.001 > np.median(far)


def test_fog_lies_in_the_low_ground():
    a = on("2023-09-15")
    low = np.repeat(np.linspace(0, 2, 1020)[:, None], 1020, axis=1)
    fog = sky.draw_sky(a, lambda: low).fog
    assert fog[700:].mean() > 0.3 > 0.1 > fog[:300].mean()
