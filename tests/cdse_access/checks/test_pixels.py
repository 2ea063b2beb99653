"""cdse_access.checks.pixels: what was loaded wrongly is found, and what is kept of it removed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from pystac import Item
from rasterio.errors import RasterioIOError

from cdse_access.checks.pixels import check_pixels, discard_broken_files
from cdse_access.problems import BadData, BadInput, Problem, Reason
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


def broken(dn: xr.Dataset, items: list[Item] = ITEMS) -> BadData:
    with pytest.raises(BadData) as caught:
        check_pixels(dn, items)
    return caught.value


def test_a_whole_load_passes():
    assert check_pixels(cube(), ITEMS) is None
    assert check_pixels(cube(B04_10m=32767, SCL_20m=11), ITEMS) is None
    assert check_pixels(cube().drop_vars("B08_10m"), ITEMS) is None


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


def test_a_lost_tile_in_one_band():
    dn = cube()
    dn.B08_10m[1, 20:40, 30:] = 0
    problem = broken(dn)
    assert str(problem).startswith("Ngày 2023-09-29, B04_10m và B08_10m không cùng thiếu dữ liệu (16.7% vùng)")
    assert problem.reason == Reason.BROKEN


def test_bands_of_another_type_are_compared_too():
    dn = cube(B04_10m=1500, B08_10m=2500, SCL_20m=4)
    dn.SCL_20m[0, :16, :16] = 0
    assert "B08_10m và SCL_20m" in str(broken(dn))
    floating = dn.astype("float32").where(dn > 0)
    for array in floating.data_vars.values():
        array.attrs["nodata"] = float("nan")
    assert "B08_10m và SCL_20m" in str(broken(floating))


def test_slivers_at_the_edge_of_a_swath_are_no_fault():
    dn = cube()
    dn.B08_10m[:, :, :15] = 0
    dn.B04_10m[0, 10, 10] = 0
    assert check_pixels(dn, ITEMS) is None
    narrow = cube().isel(y=slice(0, 5))  # narrower than a sliver: the whole width counts
    narrow.B08_10m[0, :, 8:24] = 0
    assert broken(narrow).reason == Reason.BROKEN


def test_what_all_bands_lack_is_no_data():
    dn = cube()
    dn[["B04_10m", "B08_10m"]] = dn.where(dn.x > 682700, 0)
    assert check_pixels(dn, ITEMS) is None


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
    assert str(problem).startswith("B04_10m ngày 2023-09-29 chỉ có dữ liệu ở 0% vùng, item hứa 100%")
    assert problem.reason == Reason.EMPTY


def test_a_day_with_too_few_pixels():
    dn = cube()
    dn.B04_10m[0, 25:] = dn.B08_10m[0, 25:] = 0
    assert broken(dn).reason == Reason.BROKEN
    dn = cube()
    dn.B04_10m[0, 35:] = dn.B08_10m[0, 35:] = 0
    assert check_pixels(dn, ITEMS) is None


def test_no_pixels_are_promised_outside_of_the_items():
    dn = cube()
    dn.B04_10m[1] = dn.B08_10m[1] = 0
    elsewhere = make_item("next", when=FIRST + timedelta(days=1), west=12.0)
    assert check_pixels(dn, [ITEMS[0], elsewhere]) is None
    outside = make_item("next", when=FIRST + timedelta(days=1), **{"cdse_offline:window": [11.6, 47.8, 11.7, 47.9]})
    assert check_pixels(dn, [ITEMS[0], outside]) is None
    beside = make_item("y", when=FIRST + timedelta(days=1, seconds=15))  # the same solar day
    assert broken(dn, [ITEMS[0], elsewhere, beside]).reason == Reason.EMPTY


def test_layers_that_cannot_be_told_apart_are_not_compared_with_items():
    dn = cube()
    dn.B04_10m[1] = dn.B08_10m[1] = 0
    same_second = dn.assign_coords(time=[dn.time.values[0]] * 2)  # groupby="id"
    elsewhere = make_item("next", west=12.0)
    assert check_pixels(same_second, [ITEMS[0], elsewhere]) is None


def test_bands_whose_zero_may_be_meant_are_left_alone():
    dn = cube(B04_10m=1500, AOT_10m=0, WVP_10m=0, CLD_20m=0, SNW_20m=0, SKY_10m=0)
    del dn.SKY_10m.attrs["nodata"]
    dn.B04_10m[0, :20] = 0
    assert check_pixels(dn, ITEMS) is None


def test_degrees_pass_as_well():
    dn = cube().odc.reproject("EPSG:4326", resolution=0.0001)
    for array in dn.data_vars.values():
        array.attrs["nodata"] = 0
    assert check_pixels(dn, ITEMS) is None
    dn.B04_10m[0, 20, 20] = 40000
    assert "DN 40000" in str(broken(dn))


# -- guarded -----------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, Callable[[str], str]]:
    """A kept file of the first band, and what `fetch` would return for it."""
    path = tmp_path / "small.jp2"
    path.write_bytes(b"?")
    return path, lambda href: str(path) if "B04_10m" in href else href


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RasterioIOError("opj_decode() failed"), r"Không giải nén được ảnh \(opj_decode\(\) failed\)"),
        (BadData("DN 40000", Reason.BROKEN), "DN 40000"),
    ],
)
def test_what_reads_broken_is_not_kept(kept, error, message):
    path, patch_url = kept
    with (
        pytest.raises(BadData, match=message) as caught,
        discard_broken_files(patch_url, [make_item()], ["B04_10m", "B08_10m"]),
    ):
        raise error
    assert caught.value.reason == Reason.BROKEN and not path.exists()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), BadInput("?"), MemoryError()])
def test_files_stay_when_nothing_is_wrong_with_them(kept, error):
    path, patch_url = kept
    try:
        with discard_broken_files(patch_url, [make_item()], ["B04_10m"]):
            if error:
                raise error
    except type(error):
        pass
    assert path.exists()


def test_only_kept_files_are_thrown_away(kept):
    item = make_item()
    item.assets["B04_10m"].href = str(kept[0])  # what `fetch` did not bring is read where it is
    with pytest.raises(BadData), discard_broken_files(str, [item], ["B04_10m"]):
        raise RasterioIOError("?")
    assert kept[0].exists()


def test_a_file_that_is_gone_does_not_hide_the_problem(kept):
    path, patch_url = kept
    path.unlink()
    with pytest.raises(Problem), discard_broken_files(patch_url, [make_item()], ["B04_10m"]):
        raise RasterioIOError("?")
