"""cdse_access.checks.pixels: what was loaded wrongly is found, and what is kept of it removed."""

from datetime import timedelta

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from pystac import Item
from rasterio import Affine

from cdse_access.checks.pixels import check_pixels, number_tiles
from cdse_access.checks.season import join_faults
from cdse_access.jp2.codestream import Layout
from cdse_access.jp2.decoding import Image
from cdse_access.problems import BadData, Reason
from tests.cdse_access.checks.example import FIRST, make_item
from tests.peak import measure_peak


def cube(days: int = 2, **bands: np.ndarray | int) -> xr.Dataset:
    """A load of 60 × 60 pixels of 10 m under the item, day by day."""
    geobox = GeoBox.from_bbox((682500, 5300000, 683100, 5300600), "EPSG:32632", resolution=10)
    times = np.array([FIRST.replace(tzinfo=None) + timedelta(days=day) for day in range(days)], "datetime64[us]")
    names = bands or {"B04_10m": 1500, "B08_10m": 2500}
    coords = {"time": times} | xr_coords(geobox)
    arrays = {
        name: (("time", "y", "x"), np.full((days, 60, 60), value, "uint8" if name[:3] == "SCL" else "uint16"))
        for name, value in names.items()
    }
    found = xr.Dataset(arrays, coords)
    for array in found.data_vars.values():
        array.attrs["nodata"] = 0
    return found


ITEMS = [make_item(), make_item("next", when=FIRST + timedelta(days=1))]


def broken(dn: xr.Dataset, items: list[Item] = ITEMS, images: dict[str, Image] | None = None) -> BadData:
    faults = check_pixels(dn, items, images)
    assert faults
    return join_faults(faults)


def test_a_whole_load_passes():
    assert check_pixels(cube(), ITEMS) == []
    assert check_pixels(cube(B04_10m=32767, SCL_20m=11), ITEMS) == []
    assert check_pixels(cube().drop_vars("B08_10m"), ITEMS) == []


def test_checks_take_the_memory_of_one_date():
    dn = cube(days=20, B04_10m=1500, B08_10m=2500, SCL_20m=4)
    one_date = dn.nbytes / 20
    assert measure_peak(lambda: check_pixels(dn, [])) < 4 * one_date + 50_000


def test_days_without_a_clear_pixel_are_told(capsys):
    dn = cube(B04_10m=1500, SCL_20m=9)
    dn.SCL_20m[1, 3, 4] = 5
    check_pixels(dn, ITEMS)
    assert capsys.readouterr().out == "Không pixel nào quang mây theo SCL_20m vào 1 ngày: 2023-09-28.\n"
    dn.SCL_20m[0, 3, 4] = 6
    check_pixels(dn, ITEMS)
    assert capsys.readouterr().out == ""


def test_a_layer_of_nothing_is_not_clear(capsys):
    dn = cube(B04_10m=1500, SCL_20m=9).astype("float32")
    dn.SCL_20m[0, 0, 0] = np.nan
    check_pixels(dn, ITEMS)
    assert "2 ngày: 2023-09-28, 2023-09-29" in capsys.readouterr().out


# -- a part, and a tile that was lost ----------------------------------------

# The bands' own grid, tiles of 30 pixels: four of them under the cube, which begins 300 pixels from its corner.
TILES = Image(Layout(3000, 3000, 30, 30, 1, 15), 4, "EPSG:32632", Affine(10, 0, 679500, 0, -10, 5303600))
IMAGES = {asset.href: TILES for item in ITEMS for asset in item.assets.values()}


def test_tiles_are_numbered_under_each_pixel():
    geobox = cube().odc.geobox
    numbers = number_tiles(geobox, TILES)
    assert numbers.shape == (60, 60) and len(np.unique(numbers)) == 4
    assert [int(numbers[row, column]) for row, column in ((0, 0), (29, 30), (30, 29))] == [1010, 1011, 1110]
    in_degrees = number_tiles(GeoBox.from_bbox((11.44, 47.81, 11.45, 47.82), resolution=0.0001), TILES)
    assert (in_degrees >= 0).all() and len(np.unique(in_degrees)) > 4
    assert (number_tiles(GeoBox.from_bbox((5, 40, 6, 41), resolution=0.1), TILES) == -1).all()


def test_a_tile_lost_in_one_band_is_a_fault_of_its_date():
    dn = cube()
    lost = number_tiles(dn.odc.geobox, TILES) == number_tiles(dn.odc.geobox, TILES)[0, 0]
    dn.B08_10m.values[1][lost] = 0
    problem = broken(dn, images=IMAGES)
    assert str(problem).startswith(f"Ngày 2023-09-29, B08_10m mất trọn ô ({lost.mean():.1%} vùng)")
    assert problem.reason == Reason.BROKEN and 0.2 < lost.mean() < 0.3
    dn.B04_10m.values[1][lost] = 0
    assert check_pixels(dn, ITEMS, IMAGES) == []  # nobody has it
    floating = cube(B04_10m=1500, SCL_20m=4).astype("float32")
    floating.SCL_20m.values[0][lost] = np.nan
    for array in floating.data_vars.values():
        array.attrs["nodata"] = float("nan")
    assert "SCL_20m mất trọn ô" in str(broken(floating, images=IMAGES))


@pytest.mark.parametrize(
    "gap",
    [
        np.s_[:, 0:33],  # swaths whose edges are 330 m apart
        np.s_[3:33, 5:35],  # as large as a tile, and elsewhere
        np.s_[20:40, 30:],
        np.s_[:55],
    ],
)
def test_a_part_of_a_date_is_told_with_its_share_and_is_no_fault(capsys, gap):
    """K9: at the edge of a swath, or where a lake gives no signal, bands do not end at the tiles of the file."""
    dn = cube()
    dn.B08_10m.values[1][gap] = 0
    share = float((dn.B08_10m[1] > 0).mean())
    for images in (IMAGES, None):
        assert check_pixels(dn, ITEMS, images) == []
        told = f"Vùng chỉ có dữ liệu ở một phần vào 1 ngày: 2023-09-29 (B08_10m: {share:.0%}).\n"
        assert capsys.readouterr().out == told


def test_an_oblique_edge_across_whole_tiles_is_no_fault(capsys):
    dn = cube()
    rows, columns = np.indices((60, 60))
    dn.B08_10m.values[0][columns < 40 - rows / 4] = 0
    assert check_pixels(dn, ITEMS, IMAGES) == []
    assert "2023-09-28 (B08_10m: " in capsys.readouterr().out


def test_slivers_at_the_edge_of_a_swath_are_not_worth_a_word(capsys):
    dn = cube()
    dn.B08_10m[:, :, :15] = 0
    dn.B04_10m[0, 10, 10] = 0
    assert check_pixels(dn, ITEMS) == [] and capsys.readouterr().out == ""


def test_an_area_smaller_than_what_counts_is_compared_over_its_whole_width(capsys):
    narrow = cube().isel(y=slice(0, 5))
    narrow.B08_10m[0, :, 8:24] = 0
    assert check_pixels(narrow, ITEMS) == [] and "B08_10m: 73%" in capsys.readouterr().out


def test_what_all_bands_lack_is_no_data():
    dn = cube()
    dn[["B04_10m", "B08_10m"]] = dn.where(dn.x > 682700, 0)
    assert check_pixels(dn, ITEMS) == []


def test_numbers_that_sentinel_2_cannot_write():
    dn = cube()
    dn.B08_10m[1, 3, 4] = 32768
    problem = broken(dn)
    assert str(problem).startswith("B08_10m ngày 2023-09-29 có DN 32768, Sentinel-2 chỉ ghi đến 32767")
    assert problem.reason == Reason.BROKEN


def test_a_day_without_pixels():
    dn = cube()
    dn.B04_10m[1] = dn.B08_10m[1] = 0
    problem = broken(dn)
    assert str(problem).startswith("B04_10m, B08_10m ngày 2023-09-29 không có pixel nào trong vùng, item hứa 100%")
    assert problem.reason == Reason.EMPTY


def test_a_day_on_which_one_band_has_no_pixel():
    dn = cube()
    dn.B08_10m[0] = 0
    assert str(broken(dn)).startswith("B08_10m ngày 2023-09-28 không có pixel nào")
    elsewhere = make_item("first", west=12.0)  # nobody promised anything, but the other band has it
    assert str(broken(dn, [elsewhere, ITEMS[1]])).startswith("B08_10m ngày 2023-09-28")


def test_all_that_is_wrong_is_said_at_once_by_date():
    dn = cube(days=4)
    dn.B08_10m[3] = 0
    dn.B04_10m[1, 3, 4] = dn.B08_10m[1, 3, 4] = 40000
    items = [make_item(str(day), when=FIRST + timedelta(days=day)) for day in range(4)]
    faults = check_pixels(dn, items)
    assert [(fault.layer, fault.date, fault.bands) for fault in faults] == [
        (1, "2023-09-29", ["B04_10m"]),
        (1, "2023-09-29", ["B08_10m"]),
        (3, "2023-10-01", ["B08_10m"]),
    ]
    told = str(join_faults(faults, others=True))
    assert told.startswith("2 ngày không dùng được: 2023-09-29, 2023-10-01. ") and 'on_bad="drop"' in told
    assert 'on_bad="drop"' not in str(join_faults(faults))  # where no date would be left
    assert told.count("\n- 2023-09-29: ") == 2 and "\n- 2023-10-01: B08_10m" in told


def test_a_day_that_is_bad_says_nothing_of_the_area(capsys):
    dn = cube()
    dn.B04_10m[1, 3, 4] = 40000
    dn.B04_10m[0, 25:] = dn.B08_10m[0, 25:] = 0
    assert len(check_pixels(dn, ITEMS)) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("Chỉ 42% vùng có dữ liệu")


def test_no_pixels_are_promised_outside_of_the_items():
    dn = cube()
    dn.B04_10m[1] = dn.B08_10m[1] = 0
    elsewhere = make_item("next", when=FIRST + timedelta(days=1), west=12.0)
    assert check_pixels(dn, [ITEMS[0], elsewhere]) == []
    outside = make_item("next", when=FIRST + timedelta(days=1), **{"cdse_offline:window": [11.6, 47.8, 11.7, 47.9]})
    assert check_pixels(dn, [ITEMS[0], outside]) == []
    beside = make_item("y", when=FIRST + timedelta(days=1, seconds=15))  # the same solar day
    assert broken(dn, [ITEMS[0], elsewhere, beside]).reason == Reason.EMPTY


def test_layers_that_cannot_be_told_apart_are_not_compared_with_items():
    dn = cube()
    dn.B04_10m[1] = dn.B08_10m[1] = 0
    same_second = dn.assign_coords(time=[dn.time.values[0]] * 2)  # groupby="id"
    elsewhere = make_item("next", west=12.0)
    assert check_pixels(same_second, [ITEMS[0], elsewhere]) == []


def test_bands_whose_zero_may_be_meant_are_left_alone():
    dn = cube(B04_10m=1500, AOT_10m=0, WVP_10m=0, CLD_20m=0, SNW_20m=0, SKY_10m=0)
    del dn.SKY_10m.attrs["nodata"]
    dn.B04_10m[0, :20] = 0
    assert check_pixels(dn, ITEMS) == []


def test_degrees_pass_as_well():
    dn = cube().odc.reproject("EPSG:4326", resolution=0.0001)
    for array in dn.data_vars.values():
        array.attrs["nodata"] = 0
    assert check_pixels(dn, ITEMS) == []
    dn.B04_10m[0, 20, 20] = 40000
    assert "DN 40000" in str(broken(dn))
