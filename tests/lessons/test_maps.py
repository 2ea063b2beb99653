"""lessons.maps: shared stretch, axes with units, alt text."""

from datetime import UTC, datetime

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from pystac import Item
from rasterio import Affine

from cdse_access.problems import BadInput
from lessons import maps


@pytest.fixture
def band():
    grid = {"y": [2000.0, 1990.0, 1980.0], "x": [500.0, 510.0]}
    return xr.DataArray(np.arange(6.0).reshape(3, 2), dims=("y", "x"), coords=grid, attrs={"long_name": "NDVI"})


def test_stretch_is_shared_and_skips_nan():
    rgb = xr.DataArray([[0.0, 0.1, np.nan], [0.2, 0.3, 0.4]])
    assert maps.stretch(rgb, 0, 100) == {"vmin": 0.0, "vmax": 0.4}
    assert maps.stretch(rgb, 25, 75) == pytest.approx({"vmin": 0.1, "vmax": 0.3})


@pytest.mark.parametrize("values", [[np.nan, np.nan], [0.2, 0.2], [0.1, np.inf], [-np.inf, np.inf], []])
def test_stretch_refuses_what_has_no_contrast(values):
    with pytest.raises(BadInput, match="Không giãn màu được"):
        maps.stretch(xr.DataArray(values))


@pytest.mark.parametrize("rgb", [xr.DataArray(np.array([0, 900, 1200], "uint16")), np.array([0.1, 0.2])])
def test_stretch_refuses_dn_whose_zeros_are_no_data(rgb):
    with pytest.raises(BadInput, match=r"reflectance trước|DataArray"):
        maps.stretch(rgb)


def test_map_has_kilometres_equal_aspect_and_a_colour_bar(band):
    figure, ax = plt.subplots()
    maps.draw_map(ax, band.odc.assign_crs("EPSG:32632"), "Cánh đồng", vmin=0, vmax=5)
    assert ax.get_xlabel() == "x (km, EPSG:32632)" and ax.get_ylabel() == "y (km)"
    assert ax.get_title() == "Cánh đồng" and ax.get_aspect() == 1
    assert ax.images[0].get_extent() == pytest.approx([0.495, 0.515, 1.975, 2.005])
    assert figure.axes[1].get_ylabel() == "NDVI"
    plt.close(figure)


def drawn(array):
    figure, ax = plt.subplots()
    maps.draw_map(ax, array, "")
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
    maps.draw_map(ax, rgb, "RGB", vmin=0.0, vmax=0.5)
    drawn = ax.images[0].get_array()
    np.testing.assert_allclose(drawn[2, 1, :3], [1.0, 0.5, 0.25], atol=0.01)
    plt.close(figure)


def test_show_displays_png_with_alt_text(monkeypatch):
    shown = []
    monkeypatch.setattr(maps, "display", lambda data, raw: shown.append(data))
    figure, _ = plt.subplots()
    maps.show(figure, "Một trục trống.")
    assert shown[0]["text/plain"] == "Một trục trống." and shown[0]["image/png"].startswith(b"\x89PNG")
    assert not plt.fignum_exists(figure.number)


def test_show_stores_pictures_as_jpeg(monkeypatch):
    shown = []
    monkeypatch.setattr(maps, "display", lambda data, raw: shown.append(data))
    figure, ax = plt.subplots()
    ax.imshow([[0, 1]])
    maps.show(figure, "Hai pixel.")
    assert shown[0]["image/jpeg"].startswith(b"\xff\xd8")


def test_simulated_pixels_are_named():
    when = datetime(2023, 6, 1, tzinfo=UTC)
    real, made_up = Item("a", None, None, when, {}), Item("b", None, None, when, {"cdse_offline:simulated": True})
    assert maps.simulated([real]) == "" and maps.simulated([real, made_up]) == " (ảnh mô phỏng)"


@pytest.mark.parametrize("limits", [(-5, 99), (0, 980), ("2", "98"), (None, 99), (np.nan, 99), ([1], [99]), (98, 2)])
def test_stretch_refuses_what_are_no_percentiles(limits):
    with pytest.raises(BadInput, match="hai bách phân vị"):
        maps.stretch(xr.DataArray([0.1, 0.2]), *limits)


@pytest.mark.parametrize("kind", ["complex64", "datetime64[ns]", "object", "str"])
def test_map_refuses_what_are_no_numbers(band, kind):
    with pytest.raises(BadInput, match="draw_map vẽ số"):
        drawn(band.astype(kind))


@pytest.mark.parametrize(
    "open_axes", [plt.figure, lambda: plt.subplots(1, 2)[1], lambda: plt.subplot(projection="polar")]
)
def test_map_refuses_what_are_no_axes_of_a_plane(band, open_axes):
    with pytest.raises(BadInput, match="hệ trục phẳng"):
        maps.draw_map(open_axes(), band, "")
    plt.close("all")


def test_map_refuses_places_that_are_no_numbers(band):
    with pytest.raises(BadInput, match="x không cách đều"):
        drawn(xr_zeros(GeoBox((3, 2), Affine(10, 0, 0, 0, -10, 0), "EPSG:32648")).assign_coords(x=["0", "1"]))


@pytest.mark.parametrize("items", [None, 5, "abc", [None], [{}]])
def test_simulated_wants_items(items):
    with pytest.raises(BadInput, match=r"pystac\.Item|danh sách item"):
        maps.simulated(items)
