"""lessons.legends: shared stretch, one scale for all maps, classes by name."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cdse_access.problems import BadInput
from lessons import legends


def test_stretch_is_shared_and_skips_nan():
    rgb = xr.DataArray([[0.0, 0.1, np.nan], [0.2, 0.3, 0.4]])
    assert legends.stretch(rgb, 0, 100) == {"vmin": 0.0, "vmax": 0.4}
    assert legends.stretch(rgb, 25, 75) == pytest.approx({"vmin": 0.1, "vmax": 0.3})


@pytest.mark.parametrize("values", [[np.nan, np.nan], [0.2, 0.2], [0.1, np.inf], [-np.inf, np.inf], []])
def test_stretch_refuses_what_has_no_contrast(values):
    with pytest.raises(BadInput, match="Không giãn màu được"):
        legends.stretch(xr.DataArray(values))


@pytest.mark.parametrize("rgb", [xr.DataArray(np.array([0, 900, 1200], "uint16")), np.array([0.1, 0.2])])
def test_stretch_refuses_dn_whose_zeros_are_no_data(rgb):
    with pytest.raises(BadInput, match=r"reflectance trước|DataArray"):
        legends.stretch(rgb)


@pytest.mark.parametrize("limits", [(-5, 99), (0, 980), ("2", "98"), (None, 99), (np.nan, 99), ([1], [99]), (98, 2)])
def test_stretch_refuses_what_are_no_percentiles(limits):
    with pytest.raises(BadInput, match="hai bách phân vị"):
        legends.stretch(xr.DataArray([0.1, 0.2]), *limits)


def test_pictures_of_different_places_share_one_stretch():
    dark, bright = xr.DataArray(np.linspace(0, 0.1, 50)), xr.DataArray(np.linspace(0.1, 0.4, 50))
    limits = legends.stretch_all([dark, bright])
    assert limits["vmin"] < 0.01 and limits["vmax"] > 0.39
    assert legends.stretch_all([xr.DataArray(np.zeros(3, "uint8"))]) == {}  # stretched by ESA


def test_ndvi_has_its_own_scale_and_the_caller_has_the_last_word():
    ndvi = xr.DataArray([0.5], name="ndvi")
    assert legends.choose_scale([ndvi], {}) == {"cmap": legends.NDVI_COLORS, "vmin": 0, "vmax": 1}
    assert legends.choose_scale([ndvi], {"vmin": 0.3})["vmin"] == 0.3


def test_other_bands_share_the_range_of_all():
    one, other, empty = xr.DataArray([0.1, 0.2]), xr.DataArray([0.15, 0.6]), xr.DataArray([np.nan])
    scale = legends.choose_scale([one, other, empty], {})
    assert (scale["vmin"], scale["vmax"]) == (0.1, 0.6)
    with pytest.raises(BadInput, match="không pixel nào có giá trị"):
        legends.choose_scale([empty], {})


@pytest.mark.parametrize(
    ("values", "ends"), [([0.5], "neither"), ([-1, 0.5], "min"), ([2], "max"), ([-1, 2], "both"), ([np.nan], "neither")]
)
def test_the_bar_points_where_values_go_beyond(values, ends):
    figure = Figure()
    ax = figure.subplots()
    ax.imshow([[0, 1]], vmin=0, vmax=1)
    array = xr.DataArray(values, attrs={"long_name": "độ phản xạ", "units": "%"})
    legends.add_bar(figure, [(ax, array)], {"vmin": 0, "vmax": 1})
    bar = figure.axes[1]
    assert bar.get_ylabel() == "độ phản xạ (%)"
    assert ax.images[0].colorbar.extend == ends


NAMES = {0: ("nước", "#0000ff"), 3: ("cây", "#00ff00"), 9: ("mây", "#ffffff")}


def test_each_code_has_its_colour_whatever_the_gaps():
    style = legends.color_classes(NAMES)
    drawn = [style["cmap"](style["norm"](code)) for code in (0, 3, 9)]
    assert drawn == [(0, 0, 1, 1), (0, 1, 0, 1), (1, 1, 1, 1)]


def legend_of(array):
    figure = Figure()
    legends.add_legend(figure, [(figure.subplots(), xr.DataArray(array))], NAMES)
    return [text.get_text() for text in figure.legends[0].texts]


def test_a_legend_names_what_is_there():
    assert legend_of([[0, 9, 9]]) == ["nước", "mây"]
    assert legend_of([[3.0, np.nan]]) == ["cây", "không có dữ liệu"]


def test_a_code_without_a_name_is_refused():
    with pytest.raises(BadInput, match=r"Mã \[4, 7\] không có"):
        legend_of([[0, 4, 7]])


@pytest.mark.parametrize(
    ("array", "classes", "expected"),
    [
        (np.array([True]), None, True),
        (np.array([1, 2]), NAMES, True),
        (np.array([1.0, np.nan]), NAMES, True),
        (np.array([0.31]), NAMES, False),  # NDVI beside classes
        (np.array([1, 2]), None, False),
    ],
)
def test_what_is_drawn_as_classes(array, classes, expected):
    assert legends.has_classes(xr.DataArray(array), classes) is expected


def test_scl_has_twelve_names_and_colours():
    assert list(legends.SCL_LEGEND) == list(range(12))
    assert len(set(legends.SCL_LEGEND.values())) == len({color for _, color in legends.SCL_LEGEND.values()}) == 12
