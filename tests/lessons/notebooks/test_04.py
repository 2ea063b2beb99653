"""Lesson 4: what its text says of the numbers and pictures is so."""

import numpy as np
import pytest
import xarray as xr

from cdse_access.classes import SCL_CLEAR
from lessons.truth import load_truth
from tests.lessons.notebooks.common import (  # noqa: F401
    test_a_change_reaches_the_end_or_gets_words,
    test_an_exercise_without_an_answer_is_passed_over,
    test_every_solution_is_right,
)

NAME = "04-ndvi"
CHANGES = [
    {"bbox": "[105.91, 20.815, 105.92, 20.822]", "cloud_cover_max": "20"},  # little more than river and banks
    {"period": '"2023-06-01/2023-07-31"'},
    {"period": '"2023-12-24"'},  # one look, whatever the days
]
RIVER, SAND, VILLAGE, PADDY, ORCHARD, VEGETABLES = 9, 10, 11, 14, 15, 16


@pytest.fixture(scope="module")
def names(lesson):
    return lesson.names


@pytest.fixture(scope="module")
def classes(lesson) -> xr.DataArray:
    """What really lies where, on the first day."""
    names = lesson.names
    return load_truth(names["catalog"], names["items"], ["CLASS_10m"], like=names["one_day"]).CLASS_10m


def cover(classes, spot) -> set[int]:
    """The classes of the 5 × 5 pixels around."""
    around = classes.sel(x=slice(spot.x - 25, spot.x + 25), y=slice(spot.y + 25, spot.y - 25))
    return set(np.unique(around))


def at(line, first, last=None) -> xr.DataArray:
    """The looks of a season."""
    return line.sel(time=slice(f"2023-{first}", f"2023-{last or first}")).dropna("time")


def test_the_formula_written_out_is_ndvi(names):
    nir, red = names["nir"], names["red"]
    by_hand = ((nir - red) / (nir + red)).clip(-1, 1)
    xr.testing.assert_allclose(by_hand, names["index"])


def test_the_classes_that_are_kept_are_those_of_clear(names):
    assert list(SCL_CLEAR) == [2, 4, 5, 6, 7, 11]
    assert (names["by_list"] == names["visible"]).all()


def test_the_three_spots_are_water_sand_and_leaves(names, classes):
    lowest, middle, highest = names["spots"].values()
    assert lowest < -0.1 and abs(middle - 0.15) < 0.01 and highest > 0.8
    assert cover(classes, lowest) == {RIVER} and SAND in cover(classes, middle)
    assert cover(classes, highest) <= {PADDY, ORCHARD, VEGETABLES}


def test_spectra_have_the_shapes_that_the_text_tells(names):
    bands = names["table"].index
    water, soil, leaf = (
        dict(zip(bands, names["spectra"].sel(x=spot.x, y=spot.y).to_array().values, strict=True))
        for spot in names["spots"].values()
    )
    assert water["B11"] < water["B8A"] < water["B04"]
    assert soil["B02"] < soil["B04"] < soil["B08"] < soil["B11"]
    assert leaf["B04"] < 0.06 < 0.3 < leaf["B08"] and leaf["B12"] < leaf["B11"] < leaf["B8A"] == max(leaf.values())


def test_uint16_turns_around(names):
    difference, water = names["difference"], names["water"]
    assert int(difference) > 65000 and names["one_day"].min() < 0
    assert 10 < float(difference / (water.B08_10m + water.B04_10m)) < 100


def test_dn_pull_dense_leaves_down(names):
    wrong, right = (float(index.where(names["dense"]).mean()) for index in (names["wrong"], names["one_day"]))
    assert right - wrong > 0.2


def test_the_sky_of_the_year(names):
    share = names["clear_share"]
    assert share.min() < 0.1
    assert at(share, "10", "12").median() > 0.9
    early = at(share, "01", "04")
    assert early.sizes["time"] < 15 and early.median() < 0.5


def test_the_cloudy_day_shows_what_the_mask_leaves(names):
    half = names["half"]
    assert 0.3 < names["clear_share"][half] < 0.7
    assert names["seen"][half].mean() > names["index"][half].mean() + 0.05
    outcome = names["outcome"]
    kept = outcome >= 2
    assert 0.15 < float((outcome == 3).sum() / kept.sum()) < 0.23  # nearly a fifth
    assert set(np.unique(outcome)) == {0, 1, 2, 3}


def test_harvest_moves_dense_to_sparse(names):
    (water, _, sparse, dense), (water_later, _, sparse_later, dense_later) = names["areas"].values()
    assert dense_later < dense / 2 and sparse_later == pytest.approx(4 * sparse, rel=0.15)
    assert water_later == pytest.approx(water, rel=0.02)
    assert sum(names["areas"][names["day"]]) == pytest.approx(0.01 * int(names["seen"].sel(time=names["day"]).count()))


def test_the_three_squares_are_river_bananas_and_paddy(names, classes):
    low, high, field = (cover(classes, names[name]) for name in ("low", "high", "field"))
    assert low == {RIVER} and high == {ORCHARD} and field == {PADDY}
    assert names["low"].max() < 0 and names["high"].min() > 0.75


def test_paddy_stands_out_on_the_map_of_ups_and_downs(names, classes):
    swing = names["swing"].interp_like(classes, method="nearest")
    paddy = float(swing.where(classes == PADDY).median())
    for other in (RIVER, VILLAGE, ORCHARD):
        assert paddy > 2 * float(swing.where(classes == other).median())


def test_the_year_of_the_paddy_field(names):
    field = names["field"]
    assert at(field, "02").min() < 0.1
    assert at(field, "05-01", "05-10").max() > 0.8
    assert at(field, "06").min() < 0.1
    assert at(field, "08-20", "09-05").max() > 0.8
    assert at(field, "10").min() < 0.4
    assert at(field, "12").max() > 0.75


def test_the_code_carries_over_to_bavaria(names):
    assert names["bayern"].sizes["time"] == 31
    maize, wheat, forest = (
        names["coarse"].sel(x=x, y=y, method="nearest").groupby("time.month").median()
        for x, y in names["fields"].values()
    )
    assert maize.sel(month=5) < 0.4 < 0.7 < maize.sel(month=8)
    assert wheat.sel(month=5) > 0.7 and wheat.sel(month=8) < 0.4
    assert forest.min() > 0.7
