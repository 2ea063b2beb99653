"""lessons.maps: shared stretch, axes with units, alt text."""

from datetime import UTC, datetime

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from pystac import Item

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


@pytest.mark.parametrize("values", [[np.nan, np.nan], [0.2, 0.2]])
def test_stretch_refuses_what_has_no_contrast(values):
    with pytest.raises(BadInput, match="Không giãn màu được"):
        maps.stretch(xr.DataArray(values))


def test_map_has_kilometres_equal_aspect_and_a_colour_bar(band):
    figure, ax = plt.subplots()
    maps.draw_map(ax, band.assign_coords(spatial_ref=32632), "Cánh đồng", vmin=0, vmax=5)
    assert ax.get_xlabel() == "x (km, EPSG:32632)" and ax.get_ylabel() == "y (km)"
    assert ax.get_title() == "Cánh đồng" and ax.get_aspect() == 1
    assert ax.images[0].get_extent() == pytest.approx([0.495, 0.515, 1.975, 2.005])
    assert figure.axes[1].get_ylabel() == "NDVI"
    plt.close(figure)


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
