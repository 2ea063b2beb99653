"""lessons.grids: two arrays are joined only where grid, dates and projection are the same."""

import numpy as np
import odc.geo.xr  # noqa: F401
import pytest
import xarray as xr

from cdse_access.problems import BadInput
from lessons.grids import match_grids

DAYS = np.array(["2023-09-20T10:06", "2023-09-23T10:16"], "datetime64[ns]")


@pytest.fixture
def band():
    grid = {"time": DAYS, "y": [2000.0, 1990.0, 1980.0], "x": [500.0, 510.0]}
    array = xr.DataArray(np.arange(12.0).reshape(2, 3, 2), grid, ("time", "y", "x"))
    return array.odc.assign_crs("EPSG:32648")


DIFFERENT = {
    "coarser": (lambda band: band[:, ::2], "y có 3 điểm cách nhau 10, và 2 điểm cách nhau 20"),
    "part": (lambda band: band[:, 1:], "y có 3 điểm"),
    "half a pixel": (lambda band: band.assign_coords(x=band.x + 5), "x lệch nhau tới 5 "),
    "south up": (lambda band: band[:, ::-1], "y lệch nhau tới 20"),
    "one column beside": (lambda band: band[..., :1].assign_coords(x=[510.0]), "x có 2 điểm"),
    "fewer dates": (lambda band: band[:1], "chỉ có ở mảng trước: 2023-09-23, chỉ có ở mảng sau: –"),
    "other order": (lambda band: band[::-1], "xếp khác thứ tự"),
    "other hour": (lambda band: band.assign_coords(time=DAYS + np.timedelta64(1, "h")), "cùng ngày nhưng khác giờ"),
    "one date": (lambda band: band[0], "chiều"),
    "no time": (lambda band: band.mean("time"), "chiều"),
    "projection": (lambda band: band.odc.assign_crs("EPSG:32649"), "EPSG:32648 và EPSG:32649"),
    "nameless projection": (lambda band: band.odc.assign_crs("+proj=laea +lat_0=16"), "EPSG:32648 và unknown"),
    "no coordinates": (lambda band: band.drop_vars("x").isel(x=[0]), "x dài 2 và 1"),
    "labels": (lambda band: band.assign_coords(x=["a", "b"]), "x mang nhãn khác nhau"),
}


@pytest.mark.parametrize("name", DIFFERENT)
@pytest.mark.parametrize("is_lazy", [False, True])
def test_what_differs_is_told(band, name, is_lazy):
    change, message = DIFFERENT[name]
    other = change(band)
    with pytest.raises(BadInput, match=message):
        match_grids(nir=band, red=other.chunk() if is_lazy else other)


def test_two_dates_that_were_chosen_are_not_one(band):
    with pytest.raises(BadInput, match="2023-09-20, chỉ có ở mảng sau: 2023-09-23"):
        match_grids(nir=band[0], red=band[1])


def test_all_that_differs_is_told_at_once(band):
    with pytest.raises(BadInput, match=r"EPSG:32649; time .*|ngày .*; x có .*; y có"):
        match_grids(nir=band, red=band[:1, ::2, :1].odc.assign_crs("EPSG:32649"))


@pytest.mark.parametrize(
    "change",
    [
        lambda band: band.assign_coords(x=band.x + 1e-9, y=band.y * (1 + 1e-15)),  # there and back through a file
        lambda band: band.transpose("x", "time", "y"),
        lambda band: band.chunk(),
        lambda band: band.drop_vars("spatial_ref"),
        lambda band: band.drop_vars(["x", "y"]),
        lambda band: band.assign_coords(band="B04"),
    ],
)
def test_the_same_grid_is_joined(band, change):
    first, second = match_grids(nir=band, red=change(band))
    joined, _ = xr.align(first, second, join="exact")
    assert joined.sizes == band.sizes


def test_a_dataset_is_no_band(band):
    with pytest.raises(BadInput, match="red phải là một DataArray"):
        match_grids(nir=band, red=band.to_dataset(name="a"))


def test_a_wide_first_step_hides_no_shift(band):
    places = np.array([0.0, 1e6])
    wide = band.isel(x=[0, 1, 1]).assign_coords(x=[*places, 1e6 + 10])
    with pytest.raises(BadInput, match="x lệch nhau tới 500"):
        match_grids(nir=wide, red=wide.assign_coords(x=[0.0, 1e6 + 500, 1e6 + 510]))


def test_two_columns_that_were_chosen_are_not_one(band):
    with pytest.raises(BadInput, match="x lệch nhau tới 10"):
        match_grids(nir=band.isel(x=0), red=band.isel(x=1))
