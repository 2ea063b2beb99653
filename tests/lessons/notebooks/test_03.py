"""Lesson 3: what its text says of its numbers; the functions that it shows are those that it imports afterwards."""

import ast

import numpy as np
import pytest
import xarray as xr

from lessons import bands as guarded
from tests.lessons.notebooks.common import (  # noqa: F401
    test_a_change_reaches_the_end_or_gets_words,
    test_an_exercise_without_an_answer_is_passed_over,
    test_every_solution_is_right,
)

NAME = "03-tai-du-lieu"
BAYERN = "[11.4393, 47.8139, 11.4751, 47.8314]"
CHANGES = [
    {"bbox": BAYERN, "period": '"2023-09-15/2023-09-30"'},
    {"bbox": "[105.92, 20.82, 105.925, 20.822]", "period": '"2023-08"', "cloud_cover_max": "60"},
    {"period": '"2024-01-01/2024-03-31"'},
    {"cloud_cover_max": "0"},
    {"bbox": "[20.812, 105.89, 20.835, 105.925]"},
]


def test_three_days_teach_xarray(lesson):
    known = lesson.names["known"]
    august = known.groupby("time.month").mean().sel(month=8)
    assert august[0, 0] == 1200 and lesson.names["small"].sel(time="2023-08")[:, 0, 0].mean() == 600


def test_a_day_is_one_layer_and_squeeze_leaves_them_all(lesson):
    dn = lesson.names["dn"]
    assert dn.sizes["time"] > 1 and dn.B02_10m.squeeze().ndim == 3  # as the first question of the quiz has it
    assert dn.sel(time=lesson.names["day"]).sizes.keys() == {"y", "x"}


def test_the_four_days_show_rice_that_grows_and_is_cut(lesson):
    """Among clouds, too: the median of what is neither water nor cloud."""
    nir = lesson.names["nir_dn"]
    early, high, late, cut = nir.where((nir > 2200) & (nir < 5500)).median(("x", "y")).values
    assert nir.sizes["time"] == 4
    assert early < high - 300 and cut < late - 300 and cut < high - 500


def test_water_is_dark_in_the_near_infrared(lesson):
    nir, red = (lesson.names["dn"][band].sel(time=lesson.names["day"]) for band in ("B08_10m", "B04_10m"))
    water = nir < red
    assert 0.1 < water.mean() < 0.5 and nir.where(water).median() < 2000 < nir.where(~water).median()


def test_the_histogram_has_two_peaks(lesson):
    """Leaves and fields around 0.03, the river with its silt around 0.065."""
    blue = lesson.names["blue"]
    counts, edges = np.histogram(blue, bins=60, range=(0, 0.15))
    left, valley, right = (
        counts[(edges[:-1] >= a) & (edges[:-1] < b)] for a, b in ((0, 0.05), (0.05, 0.06), (0.06, 0.15))
    )
    assert left.max() > 2 * valley.min() and right.max() > 2 * valley.min()
    assert edges[counts.argmax()] == pytest.approx(0.03, abs=0.005)


def test_nobody_told_of_the_zeros(lesson):
    names = lesson.names
    assert names["with_zeros"] < 0.6 * names["without"]
    assert "nằm ngoài khung" in lesson.printed


def test_offset_and_wrap_are_as_large_as_told(lesson):
    names = lesson.names
    assert float(names["without_offset"] - names["blue"].mean()) == pytest.approx(0.1, abs=1e-4)
    assert int((names["dn"].B08_10m - names["dn"].B04_10m).max()) == 65535


def test_what_was_not_asked_for_is_heavy(lesson):
    names = lesson.names
    assert names["whole"].nbytes > 8e9 > 1000 * names["plan"].nbytes
    assert names["plan"].sizes == names["dn"].sizes


def test_an_image_found_by_its_id_is_that_days_layer(lesson):
    names = lesson.names
    assert names["one"].sizes["time"] == 1
    assert (names["one"].isel(time=0) == names["dn"].sel(time=names["day"])).all().to_dataarray().all()


def test_the_area_of_the_exercise_lies_in_two_tiles(lesson):
    items = lesson.names["delta_items"]
    assert len({item.datetime.date() for item in items}) * 2 == len(items) > 0


def test_the_shown_function_is_the_imported_one_on_good_input(cells):
    shown = {}
    (source,) = (cell.source for cell in cells if "def reflectance" in cell.source)
    exec(ast.unparse(ast.parse(source).body[0]), shown)
    dn = xr.DataArray(np.array([[0, 1, 1000], [1400, 9000, 32767]], "uint16"), dims=("y", "x"), name="B04_10m")
    for factors in ((0.0001, -0.1), (0.0001, 0)):
        np.testing.assert_allclose(
            shown["reflectance"](dn, *factors), guarded.reflectance(dn, *factors), rtol=1e-5, atol=1e-7
        )
