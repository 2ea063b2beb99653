"""lessons.maps: shared stretch, axes with units, alt text."""

from datetime import UTC, datetime

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from pystac import Item
from rasterio import Affine

from cdse_access.problems import BadInput
from lessons import maps
from lessons.legends import NO_DATA


def test_simulated_pixels_are_named():
    when = datetime(2023, 6, 1, tzinfo=UTC)
    real, made_up = Item("a", None, None, when, {}), Item("b", None, None, when, {"cdse_offline:simulated": True})
    assert maps.simulated([real]) == "" and maps.simulated([real, made_up]) == " (ảnh mô phỏng)"


@pytest.mark.parametrize("items", [None, 5, "abc", [None], [{}]])
def test_simulated_wants_items(items):
    with pytest.raises(BadInput, match=r"pystac\.Item|danh sách item"):
        maps.simulated(items)


# -- whole figures -------------------------------------------------------------

GRID = GeoBox((6, 8), Affine(10, 0, 6e5, 0, -10, 2e6), "EPSG:32648")


def layer(value=0.5, day=None, name="ndvi", bands=None):
    array = xr_zeros(GRID, dtype="float32") + np.float32(value)
    array[0, 0] = 0
    if bands:
        array = xr.concat([array * scale for scale in (1, 0.5, 0.25)], "band").assign_coords(band=list(bands))
    if day:
        array = array.assign_coords(time=np.datetime64(day))
    return array.rename(name)


def titles(picture):
    return repr(picture).split("\n")


def test_a_map_carries_its_name_and_date():
    picture = maps.show_map(layer(day="2023-09-05"), "NDVI")
    assert titles(picture) == ["NDVI, 5/9/2023"]
    image = picture.axes[0].images[0]
    assert image.get_clim() == (0, 1) and image.get_cmap() == maps.NDVI_COLORS
    assert picture._repr_jpeg_().startswith(b"\xff\xd8")


def test_without_a_title_the_array_names_itself():
    clear = (layer() > 0.1).assign_attrs(long_name="nhìn thấy mặt đất")
    picture = maps.show_map(clear)
    assert titles(picture) == ["Nhìn thấy mặt đất"]
    assert [text.get_text() for text in picture.figure.legends[0].texts] == ["không", "có"]


def test_drawing_leaves_pyplot_alone():
    maps.show_map(layer())
    assert plt.get_fignums() == []


def test_two_maps_share_one_scale_and_one_bar():
    picture = maps.show_maps({"trước": layer(0.2, name="a"), "sau": layer(0.8, name="a")}, "Thử")
    assert titles(picture) == ["Thử", "trước", "sau"]
    assert [ax.images[0].get_clim() for ax in picture.axes] == [pytest.approx((0, 0.8))] * 2
    assert len(picture.figure.axes) == 3


def test_a_date_of_all_stands_once_and_dates_that_differ_on_each():
    one, other = layer(day="2023-09-05"), layer(day="2023-12-25")
    assert titles(maps.show_maps({"a": one, "b": one}, "NDVI")) == ["NDVI, 5/9/2023", "a", "b"]
    assert titles(maps.show_maps({"a": one, "b": other}, "NDVI")) == ["NDVI", "a, 5/9/2023", "b, 25/12/2023"]
    assert titles(maps.show_maps({"a": one, "trung vị": layer()})) == ["a, 5/9/2023", "trung vị"]


def test_each_day_of_an_array_is_a_map():
    days = xr.concat([layer(day=day) for day in ("2023-01-02", "2023-03-04", "2023-05-06")], "time")
    assert titles(maps.show_maps(days, "NDVI")) == ["NDVI", "2/1/2023", "4/3/2023", "6/5/2023"]
    assert titles(maps.show_maps(days.transpose("y", "x", "time")))[0] == "2/1/2023"


def test_rgb_beside_ndvi_has_limits_of_its_own():
    rgb = layer(0.4, name=None, bands="rgb")
    picture = maps.show_maps({"Màu thật": rgb, "NDVI": layer()}, limits={"vmin": 0, "vmax": 0.8})
    left, right = (ax.images[0] for ax in picture.axes)
    np.testing.assert_allclose(left.get_array()[1, 1, :3], [0.5, 0.25, 0.125], atol=0.01)
    assert right.get_clim() == (0, 1)
    stretched = maps.show_maps({"Màu thật": rgb}).axes[0].images[0].get_array()
    assert stretched[1, 1, 0] == pytest.approx(1)  # without limits one stretch of all of them


def test_what_is_lacking_in_rgb_is_grey_and_not_white_as_clouds():
    rgb = layer(0.4, name=None, bands="rgb").where(lambda array: array.x > array.x[0])
    (ax,) = maps.show_maps({"Màu thật": rgb}).axes
    assert ax.images[0].get_array()[1, 0, 3] == 0  # transparent
    assert to_hex(ax.get_facecolor()) == NO_DATA


def test_classes_beside_ndvi():
    names = {0: ("nước", "#0000ff"), 1: ("cây", "#00ff00")}
    codes = (layer() > 0.1) * 1
    picture = maps.show_maps({"lớp": codes, "NDVI": layer()}, classes=names)
    assert [text.get_text() for text in picture.figure.legends[0].texts] == ["nước", "cây"]
    assert len(picture.figure.axes) == 3  # one bar, for NDVI


def test_places_are_marked_on_every_map():
    picture = maps.show_maps({"a": layer(), "b": layer()}, places={"ruộng": (600020, 1999970)})
    assert [[text.get_text() for text in ax.texts] for ax in picture.axes] == [["ruộng"]] * 2


def test_maps_of_one_place_share_their_labels():
    same = maps.show_maps({"a": layer(), "b": layer()})
    assert [ax.get_ylabel() for ax in same.axes] == ["y (km)", ""]
    shifted = layer().assign_coords(x=layer().x + 500)
    assert [ax.get_ylabel() for ax in maps.show_maps({"a": layer(), "b": shifted}).axes] == ["y (km)"] * 2


def test_simulated_pixels_are_named_without_being_asked():
    real, drawn = layer(day="2023-09-05"), layer(day="2023-09-05")
    drawn.spatial_ref.attrs["simulated"] = 1
    assert titles(maps.show_map(real, "NDVI")) == ["NDVI, 5/9/2023"]
    assert titles(maps.show_map(drawn, "NDVI")) == ["NDVI, 5/9/2023 (ảnh mô phỏng)"]
    assert titles(maps.show_maps({"a": drawn, "b": layer(day="2023-09-06")}))[0] == "(ảnh mô phỏng)"


def test_the_mark_goes_with_what_is_computed():
    drawn = layer(day="2023-09-05")
    drawn.spatial_ref.attrs["simulated"] = 1
    results = {
        "hiệu": (drawn - drawn * 2) / (drawn + 1),
        "mặt nạ": drawn.where(drawn > 0),
        "ghép": xr.concat([drawn, drawn], "time").median("time"),
        "cắt": drawn.isel(x=slice(2)),
        "lớp": xr.apply_ufunc(np.digitize, drawn, [0.2]),
        "bộ": drawn.to_dataset(name="a").to_dataarray("band").isel(band=0, drop=True),
    }
    assert [name for name, array in results.items() if "mô phỏng" not in repr(maps.show_map(array))] == []


@pytest.mark.parametrize(
    ("panels", "message"),
    [
        (layer(), "mảng còn chiều time"),
        ([layer()], "list"),
        ({}, "từ 1 đến 12"),
        (xr.concat([layer(day=f"2023-01-{day:02}") for day in range(1, 14)], "time"), "có 13"),
        ({"a": np.zeros((2, 2))}, "DataArray"),
        ({"a": xr.concat([layer(day="2023-01-01")] * 2, "time")}, "isel"),
        ({"a": layer(np.nan, name="b")[1:, 1:]}, "không pixel nào có giá trị"),
    ],
)
def test_what_are_no_maps_is_refused(panels, message):
    with pytest.raises(BadInput, match=message):
        maps.show_maps(panels)


def test_a_day_all_under_clouds_is_a_grey_map():
    assert maps.show_map(layer(np.nan)[1:, 1:], "NDVI")._repr_jpeg_()
