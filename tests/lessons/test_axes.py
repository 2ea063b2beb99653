"""lessons.axes: a map on axes with units, places marked on it."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from rasterio import Affine

from cdse_access.problems import BadInput
from lessons import axes


@pytest.fixture
def band():
    grid = {"y": [2000.0, 1990.0, 1980.0], "x": [500.0, 510.0]}
    return xr.DataArray(np.arange(6.0).reshape(3, 2), dims=("y", "x"), coords=grid, attrs={"long_name": "NDVI"})


def test_map_has_kilometres_equal_aspect_and_a_colour_bar(band):
    figure, ax = plt.subplots()
    axes.draw_map(ax, band.odc.assign_crs("EPSG:32632"), "Cánh đồng", vmin=0, vmax=5)
    assert ax.get_xlabel() == "x (km, EPSG:32632)" and ax.get_ylabel() == "y (km)"
    assert ax.get_title() == "Cánh đồng" and ax.get_aspect() == 1
    assert ax.images[0].get_extent() == pytest.approx([0.495, 0.515, 1.975, 2.005])
    assert figure.axes[1].get_ylabel() == "NDVI"
    plt.close(figure)


def drawn(array):
    figure, ax = plt.subplots()
    axes.draw_map(ax, array, "")
    plt.close(figure)
    return ax


LAEA = "+proj=laea +lat_0=16 +lon_0=106 +units=km"


@pytest.mark.parametrize(
    ("crs", "step", "label", "width_km"),
    [
        ("EPSG:3405", 10, "x (km, EPSG:3405)", 0.05),  # VN-2000 / UTM 48N
        ("EPSG:3857", 10, "x (km, EPSG:3857)", 0.05),
        ("EPSG:2227", 10, "x (km, EPSG:2227)", 0.05 * 0.3048006),  # US feet
        (LAEA, 0.01, "x (km)", 0.05),  # no EPSG, and kilometres
    ],
)
def test_axes_are_kilometres_in_any_projection(crs, step, label, width_km):
    ax = drawn(xr_zeros(GeoBox((4, 5), Affine(step, 0, 6e5, 0, -step, 2e6), crs)))
    left, right, *_ = ax.images[0].get_extent()
    assert ax.get_xlabel() == label and right - left == pytest.approx(width_km, rel=1e-3)


@pytest.mark.parametrize("names", [{}, {"latitude": "y", "longitude": "x"}])
def test_axes_are_degrees_in_geographic_coordinates(names):
    geobox = GeoBox((4, 5), Affine(1e-3, 0, 105, 0, -1e-3, 60.002), "EPSG:4326")
    ax = drawn(xr_zeros(geobox).rename(names))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("kinh độ (°)", "vĩ độ (°)")
    assert ax.get_aspect() == pytest.approx(2, rel=1e-3)  # a degree east is half as long as one north
    assert ax.images[0].get_extent() == pytest.approx([105, 105.005, 59.998, 60.002])


def test_a_single_pixel_is_as_wide_as_it_is():
    ax = drawn(xr_zeros(GeoBox((1, 1), Affine(10, 0, 6e5, 0, -10, 2e6), "EPSG:32648")))
    assert ax.images[0].get_extent() == pytest.approx([600, 600.01, 1999.99, 2000])


def test_south_up_and_transposed_arrays_lie_the_same_way(band):
    map_of = [drawn(array) for array in (band, band[::-1], band.T, band[:, ::-1])]
    for ax in map_of:
        left, right, bottom, top = ax.images[0].get_extent()
        assert sorted([left, right]) == pytest.approx([495, 515]) and sorted([bottom, top]) == pytest.approx(
            [1975, 2005]
        )
        assert ax.get_xlim() == (495, 515) and ax.get_ylim() == (1975, 2005)


@pytest.mark.parametrize("is_rotated", [True, False])
def test_without_axes_pixels_are_counted_from_the_top(is_rotated):
    turned = Affine.rotation(20) @ Affine.scale(10, -10)
    array = (
        xr_zeros(GeoBox((3, 2), turned, "EPSG:32648")) if is_rotated else xr.DataArray(np.ones((3, 2)), dims=("y", "x"))
    )
    ax = drawn(array)
    assert ax.get_xlabel() == "cột (pixel)" and ax.get_ylim() == (2.5, -0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda band: band.expand_dims(time=[1]), "isel"),
        (lambda band: xr.concat([band] * 4, "band"), "'band': 4"),
        (lambda band: band[0], "'x': 2"),
        (lambda band: band[:0], "'y': 0"),
        (lambda band: band.assign_coords(y=[2000, 1990, 1900]), "y không cách đều"),
        (lambda band: band.to_dataset(name="a"), "Dataset"),
    ],
)
def test_what_is_no_map_is_refused(band, change, message):
    with pytest.raises(BadInput, match=message):
        drawn(change(band))


def test_rgb_uses_the_limits_given_for_all_bands(band):
    figure, ax = plt.subplots()
    rgb = xr.concat([band / 10, band / 20, band / 40], "band")
    axes.draw_map(ax, rgb, "RGB", vmin=0.0, vmax=0.5)
    drawn = ax.images[0].get_array()
    np.testing.assert_allclose(drawn[2, 1, :3], [1.0, 0.5, 0.25], atol=0.01)
    plt.close(figure)


@pytest.mark.parametrize("kind", ["complex64", "datetime64[ns]", "object", "str"])
def test_map_refuses_what_are_no_numbers(band, kind):
    with pytest.raises(BadInput, match="draw_map vẽ số"):
        drawn(band.astype(kind))


@pytest.mark.parametrize(
    "open_axes", [plt.figure, lambda: plt.subplots(1, 2)[1], lambda: plt.subplot(projection="polar")]
)
def test_map_refuses_what_are_no_axes_of_a_plane(band, open_axes):
    with pytest.raises(BadInput, match="hệ trục phẳng"):
        axes.draw_map(open_axes(), band, "")
    plt.close("all")


def test_map_refuses_places_that_are_no_numbers(band):
    with pytest.raises(BadInput, match="x không cách đều"):
        drawn(xr_zeros(GeoBox((3, 2), Affine(10, 0, 0, 0, -10, 0), "EPSG:32648")).assign_coords(x=["0", "1"]))


@pytest.fixture
def plane():
    """A map of 100 m × 100 m, kilometres 600 to 600.1 and 2000 to 1999.9."""
    ax = plt.figure().subplots()
    array = xr_zeros(GeoBox((10, 10), Affine(10, 0, 6e5, 0, -10, 2e6), "EPSG:32648"))
    axes.draw_map(ax, array, "")
    yield ax, array
    plt.close("all")


def test_a_place_is_a_mark_with_its_name(plane):
    ax, array = plane
    axes.mark_places(ax, array, {"ruộng": (600020, 1999950)})
    ((x, y),) = ax.lines[0].get_xydata()
    assert (x, y) == pytest.approx((600.02, 1999.95))
    assert [text.get_text() for text in ax.texts] == ["ruộng"]


def test_a_pixel_that_was_picked_is_a_place(plane):
    ax, array = plane
    axes.mark_places(ax, array, {"thấp nhất": array[4, 1], "cả năm": array.expand_dims(time=3)[:, 5, 1]})
    (low, _), (other, _) = ((line.get_xydata()[0], line) for line in ax.lines)
    assert low == pytest.approx((600.015, 1999.955)) and other == pytest.approx((600.015, 1999.945))


def test_a_rectangle_is_a_frame(plane):
    ax, array = plane
    axes.mark_places(ax, array, {"vùng": (600020, 1999910, 600060, 1999950)})
    frame = ax.patches[0]
    assert frame.get_bbox().bounds == pytest.approx((600.02, 1999.91, 0.04, 0.04))


def test_names_lie_inside(plane):
    ax, array = plane
    axes.mark_places(ax, array, {"trái": (600001, 1999950), "phải": (600099, 1999950)})
    assert [text.get_ha() for text in ax.texts] == ["left", "right"]


def test_a_place_outside_is_told(plane, capsys):
    ax, array = plane
    axes.mark_places(ax, array, {"xa": (0, 0)})
    assert "xa nằm ngoài bản đồ" in capsys.readouterr().out and not ax.lines


@pytest.mark.parametrize(
    "corners",
    [5, (1,), (1, 2, 3), ("a", "b"), None, {"x": 1, "y": 2}, xr.DataArray(1), xr.DataArray([1, 2], {"x": [1, 2]}, "x")],
)
def test_a_place_is_two_or_four_numbers(plane, corners):
    ax, array = plane
    with pytest.raises(BadInput, match="Nơi ao cần 2 số"):
        axes.mark_places(ax, array, {"ao": corners})
