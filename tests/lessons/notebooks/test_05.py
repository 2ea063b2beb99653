"""Lesson 5: what its text says of its numbers and pictures; its `stretch` is the one that it imports afterwards."""

import ast
import re

import numpy as np
import pytest
import rasterio
import xarray as xr

from cdse_offline.packs.loads import LESSONS
from lessons import legends
from tests.lessons.notebooks.common import (  # noqa: F401
    test_a_change_reaches_the_end_or_gets_words,
    test_an_exercise_without_an_answer_is_passed_over,
    test_every_solution_is_right,
)

NAME = "05-rgb"
CHANGES = [
    {"bbox": "[105.91, 20.82, 105.92, 20.83]", "period": '"2023-05-01/2023-07-31"'},
    {"bbox": "[11.4393, 47.8139, 11.4751, 47.8314]", "period": '"2023-09-15/2023-09-30"'},
    {"cloud_cover_max": "0"},
]
RED, GREEN, BLUE = range(3)


@pytest.fixture(scope="module")
def paddies(lesson):
    """Where NDVI rises and falls most."""
    index = lesson.names["index"]
    return (index.max("time") > 0.65) & (index.min("time") < 0.3)


@pytest.fixture(scope="module")
def fields(lesson, paddies):
    """Colours of the paddies: (time, band)."""
    return lesson.names["true_color"].where(paddies).median(("x", "y")).transpose("time", "band").values


def test_each_quarter_has_a_clear_day(lesson):
    days = lesson.names["days"]
    assert [(int(day[5:7]) - 1) // 3 for day in days] == [0, 1, 2, 3] and lesson.names["day"] == days[-1]
    assert float(lesson.names["visible"].mean(("x", "y")).min()) > 0.95


def test_the_days_are_those_that_a_pack_for_the_lessons_holds(lesson):
    read = {*lesson.names["days"], lesson.names["cloudy_day"]}
    recorded = {load.dates for load in LESSONS if {"B03_10m", "B11_20m", "SCL_20m"} <= {*load.bands}}
    assert read <= recorded


def test_unstretched_the_picture_is_nearly_black(lesson):
    assert np.nanpercentile(lesson.names["true_color"], 99.5) < 0.2


def test_the_stretch_shown_is_the_one_imported(cells):
    source = next(cell.source for cell in cells if cell.is_code and "def stretch" in cell.source)
    shown = {"np": np}
    exec(ast.unparse(ast.parse(source).body[0]), shown)
    rgb = xr.DataArray(np.append(np.linspace(0.01, 0.6, 299), np.nan).reshape(3, 10, 10), dims=("band", "y", "x"))
    assert shown["stretch"](rgb) == legends.stretch(rgb)


def test_the_four_pictures_show_what_is_told(paddies, fields):
    assert paddies.mean() > 0.2
    young, flooded, green, cut = fields
    assert flooded.max() - flooded.min() < 0.03  # grey
    assert young[GREEN] > 1.3 * young[RED] and green[GREEN] > 1.3 * green[RED]
    assert cut[RED] > cut[GREEN] > cut[BLUE] and cut[RED] > 1.5 * green[RED]  # straw


def test_the_river_is_redder_in_the_floods(lesson):
    red = lesson.names["rho"].B04_10m.where(lesson.names["index"].max("time") < 0).quantile(0.75, ("x", "y"))
    assert float(red[2]) > 1.05 * float(red[0])


def test_what_stays_keeps_its_colour(lesson):
    """Trees: never below an NDVI of 0.65."""
    trees = lesson.names["index"].min("time") > 0.65
    colors = lesson.names["true_color"].where(trees).median(("x", "y"))
    assert trees.mean() > 0.03 and float((colors.max("time") - colors.min("time")).max()) < 0.02


def test_stretched_one_by_one_grey_is_bluish_and_changes(lesson):
    grey = lesson.names["grey"].transpose("time", "band").values
    assert (grey[:, BLUE] > grey[:, RED] + 0.2).all() and np.ptp(grey[:, BLUE]) > 0.1


def test_in_false_colour_seasons_part(lesson, paddies):
    """Flooded dark, green red, cut greyish green; ponds dark; the river light blue."""
    false = lesson.names["false_color"]
    _, flooded, green, cut = false.where(paddies).median(("x", "y")).transpose("time", "band").values
    assert flooded.max() < 0.5 and green[0] > 1.5 * green[1:].max() and cut[1] > cut[0]
    water = false.where(lesson.names["index"].max("time") < 0).quantile([0.02, 0.75], ("x", "y"))
    ponds, river = water.isel(time=0).transpose("quantile", "band").values
    assert ponds.max() < 0.4 and river[0] < 0.3 < 0.5 < river[1:].min()


def test_ndvi_sees_one_water_and_red_sees_two(lesson):
    pond, river = lesson.names["water"].quantile([0.05, 0.95]).values
    assert river > 2 * pond


def test_a_cloud_takes_the_scale(lesson):
    names = lesson.names
    assert legends.stretch(names["cloudy"])["vmax"] > 4 * names["white"]
    assert 0.2 < 1 - float(names["clear"](names["cloudy_dn"].SCL_20m).mean()) < 0.4


def test_the_saved_picture_has_its_place_and_says_what_it_is(lesson, tmp_path):
    picture = lesson.names["picture"]
    with rasterio.open(picture.odc.write_cog(tmp_path / "a.tif", nodata=0)) as saved:
        assert (saved.crs.to_string(), saved.count, saved.nodata) == ("EPSG:32648", 3, 0)
        np.testing.assert_array_equal(saved.read(), picture.values)
    assert int(picture.min()) >= 1 and int(picture.max()) == 255
    assert re.fullmatch(r"mau-that-\d{4}-\d\d-\d\d \(ảnh mô phỏng\)\.tif", lesson.names["name"])
