from datetime import date

import numpy as np
import pytest

from cdse_offline.simulation import floods, land, radar
from cdse_offline.simulation.floods import find_level, flood
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import COAST, MEKONG, acquisitions

FLOOD = 24


@pytest.fixture(scope="module")
def flooded():
    """The coast at a level of 1.9 m above the sea."""
    return flood(build_land(COAST), 1.9)


@pytest.mark.parametrize(
    ("day", "level"),
    [(date(2023, 10, 9), 0), (date(2023, 10, 15), 2.3), (date(2023, 10, 22), 1.9), (date(2023, 11, 15), 2.5),
     (date(2023, 12, 20), 0), (date(2023, 3, 1), 0)],
)  # fmt: skip
def test_water_rises_and_falls(day, level):
    assert find_level(COAST, day) == pytest.approx(level)


def test_other_places_have_no_flood():
    assert find_level(MEKONG, date(2023, 10, 16)) == 0
    assert flood(build_land(COAST), 0) is build_land(COAST)


def test_low_ground_is_under_water_and_nothing_else(flooded):
    under = flooded.kind == FLOOD
    assert 0.08 < under.mean() < 0.3
    before = build_land(COAST)
    assert before.relief[under].max() < 1.9
    low_fields = (before.kind == 14) & (before.relief < 1.9)
    assert np.mean(under[low_fields]) > 0.95
    assert np.mean(under[before.kind == 11]) < 0.05  # villages on mounds
    assert np.array_equal(flooded.kind[~under], before.kind[~under])


def test_more_is_under_higher_water(flooded):
    shares = [np.mean(flood(build_land(COAST), level).kind == FLOOD) for level in (0.9, 2.8)]
    assert shares[0] < 0.5 * np.mean(flooded.kind == FLOOD) < shares[1]


def test_the_highway_stays_dry(flooded):
    road = build_land(COAST).kind == 12
    assert np.mean(flooded.kind[road] == FLOOD) < 0.05


def test_flooded_fields_look_like_brown_water(flooded):
    under = flooded.kind == FLOOD
    units = land.mix_spectra(flooded, 295)
    red, infrared = (land.compute_reflectance(flooded, band, units) for band in ("B04", "B08"))
    assert red[under].mean() > 0.08
    assert np.mean(infrared[under] < red[under]) > 0.95


def test_radar_sees_the_flood_dark(flooded):
    rng = np.random.default_rng(1)
    drawn = build_land(COAST)
    on_that_day = floods.find_land(drawn, COAST, date(2023, 10, 22))
    assert np.array_equal(on_that_day.kind == FLOOD, flooded.kind == FLOOD)
    before, after = (radar.draw_pass(each, 295, rng)[0] for each in (drawn, on_that_day))
    under = (flooded.kind == FLOOD)[::2, ::2]
    assert 10 * np.log10(after[under].mean() / before[under].mean()) < -3


def test_clear_passes_show_the_flood_to_both_orbits():
    seen = [a for a in acquisitions(COAST) if find_level(COAST, a.start.date()) > 1.4 and a.cloud_cover < 5]
    assert {a.relative_orbit for a in seen} == {118, 75}
