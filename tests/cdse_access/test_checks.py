"""cdse_access.checks: what odc-stac would load wrongly without a word is refused before, or found after."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import odc.stac
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from pystac import Asset, Item
from rasterio.errors import RasterioIOError

from cdse_access import checks
from cdse_access.problems import BadData, BadInput, Problem, Reason

BBOX = (11.44, 47.81, 11.48, 47.83)
AREA = {"bbox": BBOX, "resolution": 10}
TRIANGLE = {"type": "Polygon", "coordinates": [[[11.4, 47.8], [11.5, 47.8], [11.5, 47.9], [11.4, 47.8]]]}
FIRST = datetime(2023, 9, 28, 10, 17, 19, 24000, tzinfo=UTC)
COLOURS = [{"name": "B04", "eo:common_name": "red"}, {"name": "B03", "eo:common_name": "green"}]
BANDS = {"B04_10m": 10, "B04_20m": 20, "B08_10m": 10, "SCL_20m": 20, "TCI_10m": 10}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("GDAL_NUM_THREADS", "1")


def made(name: str = "S2B_x", *, when: datetime = FIRST, zone: int = 32632, west: float = 11.0, **properties) -> Item:
    """An item of 1° × 1° with assets as CDSE writes them."""
    ring = [[west, 47.7], [west + 1, 47.7], [west + 1, 48.7], [west, 48.7], [west, 47.7]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    known = {"platform": "sentinel-2b", "grid:code": "MGRS-32UPU", "processing:version": "05.10"}
    item = Item(name, geometry, [west, 47.7, west + 1, 48.7], when, known | properties, collection="sentinel-2-l2a")
    item.stac_extensions = ["https://stac-extensions.github.io/projection/v2.0.0/schema.json"]
    for band, size in BANDS.items():
        about = {"eo:common_name": "red"} if band.startswith("B04") else {}
        extra = {
            "data_type": "uint8" if band.startswith(("SCL", "TCI")) else "uint16",
            "nodata": 0,
            "proj:code": f"EPSG:{zone}",
            "proj:shape": [109800 // size] * 2,
            "proj:transform": [size, 0, 600000, 0, -size, 5400000],
            "bands": [{"name": band[:3]} | about] if band != "TCI_10m" else COLOURS,
        }
        if band.startswith("SCL"):
            extra["classification:classes"] = [{"value": 4, "name": "vegetation"}]
        href = f"s3://eodata/Sentinel-2/{name}/{band}.jp2"
        item.assets[band] = Asset(href, media_type="image/jp2", roles=["data"], extra_fields=extra)
    item.assets["thumbnail"] = Asset("https://host/x.jpg", media_type="image/jpeg", roles=["thumbnail"])
    return item


def refused(items: list[Item], bands: list[str] | None = None, **area) -> str:
    """The message that stops this load; it is always a BadInput."""
    with pytest.raises(BadInput) as caught:
        checks.before(items, ["B04_10m"] if bands is None else bands, **(area or AREA))
    return str(caught.value)


# -- bbox --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bbox", "message"),
    [
        ((11.4, 47.8, 11.5), "bốn số"),
        ((11.4, 47.8, 11.5, 47.9, 1), "bốn số"),
        (("tây", 47.8, 11.5, 47.9), "bốn số"),
        (None, "bốn số"),
        (5, "bốn số"),
        ((11.4, 47.8, 11.5, float("nan")), "ra ngoài miền"),
        ((11.4, 47.8, float("inf"), 48), "ra ngoài miền"),
        ((20.8, 105.9, 20.9, 106.0), "đảo chỗ"),
        ((682540, 5298490, 685230, 5300540), "ra ngoài miền"),
        ((-181, 47.8, -180, 47.9), "ra ngoài miền"),
        ((179.5, 47.8, 180.5, 47.9), "ra ngoài miền"),
        ((11.4, -91, 11.5, -89), "ra ngoài miền"),
        ((11.4, 89, 11.5, 91), "ra ngoài miền"),
        ((11.5, 47.8, 11.4, 47.9), "sai thứ tự"),
        ((11.4, 47.9, 11.5, 47.8), "sai thứ tự"),
        ((11.4, 47.8, 11.4, 47.9), "sai thứ tự"),
        ((11.4, 47.8, 11.5, 47.8), "sai thứ tự"),
        ((179.9, 10, -179.9, 10.1), "kinh tuyến 180 phải tách làm hai"),
        ((11.43, 11.47, 47.81, 47.83), "rộng hơn 10°"),  # west, east, south, north
        ((0, 47, 12, 48), "rộng hơn 10°"),
        ((11, 40, 12, 52), "rộng hơn 10°"),
    ],
)
def test_bad_bbox(bbox, message):
    with pytest.raises(BadInput, match=message) as caught:
        checks.check_bbox(bbox)
    assert caught.value.reason == Reason.INPUT


@pytest.mark.parametrize("bbox", [BBOX, list(BBOX), np.array(BBOX), (-180, -90, -170, -80), (170, 80, 180, 90)])
def test_a_good_bbox_comes_back(bbox):
    assert checks.check_bbox(bbox) == tuple(bbox)


# -- before ------------------------------------------------------------------


def test_good_items_come_back_in_their_order(capsys):
    items = [made("a"), made("b", when=FIRST - timedelta(days=3))]
    assert checks.before(iter(items), ["B04_10m", "SCL_20m"], **AREA) == items
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "area",
    [
        {"lon": BBOX[::2], "lat": BBOX[1::2], "resolution": 10},
        {"x": (682540, 685230), "y": (5298490, 5300540), "crs": "EPSG:32632", "resolution": 10},
        {"geobox": GeoBox.from_bbox((682540, 5298490, 682550, 5298500), "EPSG:32632", resolution=10)},  # one pixel
        {"intersects": TRIANGLE, "crs": "EPSG:32632"},
        {"bbox": BBOX, "crs": None, "chunks": {}, "resampling": {"*": "cubic", "SCL_20m": "mode"}, "groupby": "id"},
        {"bbox": (11.9, 47.8, 12.1, 47.9)},  # reaches beyond the item
    ],
)
def test_every_way_to_name_an_area_passes(area):
    assert (
        len(
            checks.before(
                [made()], ["B04_10m", "SCL_20m"], **{"resolution": 10} | area if "geobox" not in area else area
            )
        )
        == 1
    )


def test_no_items():
    with pytest.raises(BadInput, match="Không có item nào: hãy nới thời gian") as caught:
        checks.before([], ["B04_10m"], **AREA)
    assert caught.value.reason == Reason.EMPTY


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        (["B04_10m", "B04"], "S2B_x không có band 'B04': hãy chọn trong B04_10m, B04_20m."),
        (["red"], "S2B_x không có band 'red': hãy chọn trong B04_10m, B04_20m."),
        (["b08_10M"], "'b08_10M': hãy chọn trong B08_10m."),
        (["B99"], "'B99': hãy chọn trong B04_10m, B04_20m, B08_10m, SCL_20m, TCI_10m."),
        (["TCI10m"], "'TCI10m': hãy chọn trong TCI_10m."),
        ("B04_10m", 'bands là \'B04_10m\': hãy ghi một danh sách, ví dụ ["B04_10m", "B08_10m"].'),
        ([], "hãy ghi một danh sách"),
        (iter(["B04_10m"]), "hãy ghi một danh sách"),
        (["thumbnail"], "không phải ảnh .jp2 dưới s3://eodata/"),
    ],
)
def test_bands_that_are_not_there(bands, message):
    assert message in refused([made()], bands)


def test_bands_none_names_the_cure():
    with pytest.raises(BadInput, match="bands là None: hãy ghi một danh sách"):
        checks.before([made()], None, **AREA)


def test_every_item_must_have_the_band():
    lacking = made("S2A_y", when=FIRST + timedelta(days=5))
    del lacking.assets["B08_10m"]
    assert "S2A_y không có band 'B08_10m'" in refused([made(), lacking], ["B08_10m"])


@pytest.mark.parametrize(
    "href",
    [
        "/etc/passwd",
        "file:///tmp/a.jp2",
        "/vsicurl/http://host/a.jp2",
        "https://host/eodata/a.jp2",
        "s3://other/a.jp2",
        "s3://eodata-evil/a.jp2",
        "s3://eodata/../other/a.jp2",
        "s3://eodata/%2e%2e/a.jp2",
        "s3://eodata/a.jp2?x=.jp2",
        "s3://eodata/a\n.jp2",
        "s3://eodata/a .jp2",
        "s3://eodata/a.vrt",
        "vrt:<VRTDataset/>.jp2",
    ],
)
def test_only_images_of_the_archive_are_read(href):
    item = made()
    item.assets["B04_10m"].href = href
    assert "không phải ảnh .jp2 dưới s3://eodata/" in refused([item])
    assert checks.before([item], ["B08_10m"], **AREA)  # what is not read does not matter


def test_areas_away_from_an_item():
    far = made("S2A_y", west=13.0, **{"grid:code": "MGRS-33UUP"})
    message = f"bbox {BBOX} nằm ngoài S2A_y, vốn phủ [13.0, 47.7, 14.0, 48.7]: hãy xem lại bbox."
    assert refused([made(), far]) == message
    swapped = (47.81, 11.44, 47.83, 11.48)
    assert "nằm ngoài S2B_x" in refused([made()], bbox=swapped, resolution=10)
    away = {"type": "Polygon", "coordinates": [[[12.5, 47.8], [12.6, 47.8], [12.6, 47.9], [12.5, 47.8]]]}
    assert "Vùng (12.4999, 47.7969, 12.607, 47.903) nằm ngoài S2B_x" in refused(
        [made()], geopolygon=away, crs="EPSG:32632", resolution=10
    )
    assert "nằm ngoài" in refused([made()], bbox=(12.0, 47.8, 12.1, 47.9), resolution=10)  # touches the edge only


def test_areas_without_simulated_pixels():
    item = made(**{"cdse_offline:window": [11.5, 47.9, 11.6, 48.0]})
    assert "vốn phủ [11.5, 47.9, 11.6, 48.0]" in refused([item])
    assert checks.before([item], ["B04_10m"], bbox=(11.45, 47.85, 11.55, 47.95), resolution=10)


@pytest.mark.parametrize(
    ("area", "message"),
    [
        ({"resolution": 10}, "load cần biết vùng"),
        ({"bbox": None, "resolution": 10}, "load cần biết vùng"),
        ({"bbox": BBOX, "resolutoin": 10}, "'resolutoin': có phải resolution không?"),
        ({"bbox": BBOX, "fail_on_error": False}, "'fail_on_error': hãy bỏ nó ra."),
        ({"bbox": BBOX, "patch_url": str}, "'patch_url': hãy bỏ nó ra."),
        ({"bbox": BBOX[::-1], "resolution": 10}, "sai thứ tự"),
        ({"lon": (11.48, 11.44), "lat": (47.81, 47.83), "resolution": 10}, "sai thứ tự"),
        ({"x": (685230, 682540), "y": (5298490, 5300540), "crs": "EPSG:32632"}, "x là (685230, 682540): số nhỏ"),
        ({"bbox": (11.44, 47.81, 11.44005, 47.83), "resolution": 10}, "nhỏ hơn một pixel"),
        ({"bbox": (11.44, 47.81, 11.48, 47.81005), "resolution": 10}, "nhỏ hơn một pixel"),
        ({"geopolygon": TRIANGLE, "crs": "EPSG:4326", "resolution": 10}, "nhỏ hơn một pixel"),  # of 10 degrees
        ({"bbox": BBOX, "crs": "EPSG:0"}, "Vùng và lưới không hợp lệ"),
        ({"bbox": (11.0, 47.7, 12.0, 48.7), "resolution": 1}, "GB bộ nhớ: hãy thu nhỏ vùng"),
    ],
)
def test_areas_that_cannot_be_meant(area, message):
    assert message in refused([made()], **area)


def test_a_large_area_may_be_lazy():
    assert checks.before([made()], ["B04_10m"], bbox=(11.0, 47.7, 12.0, 48.7), resolution=1, chunks={})


def test_more_than_one_thread_of_gdal_is_refused(monkeypatch):
    monkeypatch.setenv("GDAL_NUM_THREADS", "ALL_CPUS")
    assert "hãy gọi lại connect()" in refused([made()])
    monkeypatch.delenv("GDAL_NUM_THREADS")
    assert "hãy gọi lại connect()" in refused([made()])


def test_two_zones_need_a_choice():
    items = [made(), made("S2A_y", zone=32633, **{"grid:code": "MGRS-33UUP"})]
    message = refused(items)
    assert "EPSG:32632 (S2B_x), EPSG:32633 (S2A_y)" in message and 'crs="EPSG:32632"' in message
    assert checks.before(items, ["B04_10m"], crs="EPSG:32633", **AREA) == items


@pytest.mark.parametrize("name", ["proj:code", "proj:shape", "proj:transform"])
def test_items_without_a_grid_are_named(name):
    item = made()
    del item.assets["B04_10m"].extra_fields[name]
    assert f"S2B_x thiếu {name} của B04_10m" in refused([item], ["B08_10m", "B04_10m"])


def test_items_that_odc_stac_cannot_read_are_named():
    item = made()
    item.stac_extensions = []
    assert "S2B_x không khai phần mở rộng projection" in refused([item])
    item = made()
    item.assets["B08_10m"].href = "x.jp2"
    assert "odc-stac không đọc được S2B_x" in refused([item])


def test_items_without_a_place_are_named():
    item = made()
    item.geometry = None
    assert "S2B_x không ghi nó phủ nơi nào" in refused([item])


def test_items_of_two_collections_are_not_mixed():
    other = made("y", when=FIRST + timedelta(days=5))
    other.collection_id = "sentinel-2-l1c"
    assert "sentinel-2-l1c, sentinel-2-l2a" in refused([made(), other])


@pytest.mark.parametrize("resampling", ["bilinear", {"*": "cubic"}, {"SCL_20m": "average", "*": "nearest"}])
def test_classes_are_not_interpolated(resampling):
    message = refused([made()], ["B04_10m", "SCL_20m"], resampling=resampling, **AREA)
    assert "SCL_20m là bảng phân lớp" in message and '"SCL_20m": "nearest"' in message
    assert checks.before([made()], ["B04_10m"], resampling=resampling, **AREA)


# -- duplicates --------------------------------------------------------------


def test_the_newest_baseline_of_an_acquisition_stays(capsys):
    old = made("old", **{"processing:version": "03.01"})
    newer = made("newer", when=FIRST.replace(microsecond=0))
    other_day = made("day", when=FIRST + timedelta(days=3), **{"processing:version": "03.01"})
    other_tile = made("tile", **{"grid:code": "MGRS-32UQU"})
    assert checks.before([old, newer, other_day, other_tile], ["B04_10m"], **AREA) == [newer, other_day, other_tile]
    assert capsys.readouterr().out == "Bỏ 1 item trùng hoặc cũ hơn của cùng lần chụp: old.\n"


def test_of_one_baseline_the_last_processed_stays(capsys):
    first = made("first", **{"processing:datetime": "2024-01-01T00:00:00Z"})
    again = made("again", **{"processing:datetime": "2024-02-01T00:00:00Z"})
    assert checks.before([again, first, again.clone()], ["B04_10m"], **AREA) == [again]
    assert capsys.readouterr().out.count("\n") == 1


def test_two_parts_of_one_acquisition_both_stay(capsys):
    part = made("part", west=11.45)
    assert len(checks.before([made(), part], ["B04_10m"], **AREA)) == 2
    assert capsys.readouterr().out == ""


# -- after -------------------------------------------------------------------


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


ITEMS = [made(), made("next", when=FIRST + timedelta(days=1))]


def broken(dn: xr.Dataset, items: list[Item] = ITEMS) -> BadData:
    with pytest.raises(BadData) as caught:
        checks.after(dn, items)
    return caught.value


def test_a_whole_load_passes():
    assert checks.after(cube(), ITEMS) is None
    assert checks.after(cube(B04_10m=32767, SCL_20m=11), ITEMS) is None
    assert checks.after(cube().drop_vars("B08_10m"), ITEMS) is None


def test_days_without_a_clear_pixel_are_told(capsys):
    dn = cube(B04_10m=1500, SCL_20m=9)
    dn.SCL_20m[1, 3, 4] = 5
    checks.after(dn, ITEMS)
    assert capsys.readouterr().out == "Không pixel nào quang mây theo SCL_20m vào 1 ngày: 2023-09-28.\n"
    dn.SCL_20m[0, 3, 4] = 6
    checks.after(dn, ITEMS)
    assert capsys.readouterr().out == ""


def test_a_layer_of_nothing_is_not_clear(capsys):
    dn = cube(B04_10m=1500, SCL_20m=9).astype("float32")
    dn.SCL_20m[0, 0, 0] = np.nan
    checks.after(dn, ITEMS)
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
    assert checks.after(dn, ITEMS) is None
    narrow = cube().isel(y=slice(0, 5))  # narrower than a sliver: the whole width counts
    narrow.B08_10m[0, :, 8:24] = 0
    assert broken(narrow).reason == Reason.BROKEN


def test_what_all_bands_lack_is_no_data():
    dn = cube()
    dn[["B04_10m", "B08_10m"]] = dn.where(dn.x > 682700, 0)
    assert checks.after(dn, ITEMS) is None


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
    assert checks.after(dn, ITEMS) is None


def test_no_pixels_are_promised_outside_of_the_items():
    dn = cube()
    dn.B04_10m[1] = dn.B08_10m[1] = 0
    elsewhere = made("next", when=FIRST + timedelta(days=1), west=12.0)
    assert checks.after(dn, [ITEMS[0], elsewhere]) is None
    outside = made("next", when=FIRST + timedelta(days=1), **{"cdse_offline:window": [11.6, 47.8, 11.7, 47.9]})
    assert checks.after(dn, [ITEMS[0], outside]) is None
    beside = made("y", when=FIRST + timedelta(days=1, seconds=15))  # the same solar day
    assert broken(dn, [ITEMS[0], elsewhere, beside]).reason == Reason.EMPTY


def test_layers_that_cannot_be_told_apart_are_not_compared_with_items():
    dn = cube()
    dn.B04_10m[1] = dn.B08_10m[1] = 0
    same_second = dn.assign_coords(time=[dn.time.values[0]] * 2)  # groupby="id"
    elsewhere = made("next", west=12.0)
    assert checks.after(same_second, [ITEMS[0], elsewhere]) is None


def test_bands_whose_zero_may_be_meant_are_left_alone():
    dn = cube(B04_10m=1500, AOT_10m=0, WVP_10m=0, CLD_20m=0, SNW_20m=0, SKY_10m=0)
    del dn.SKY_10m.attrs["nodata"]
    dn.B04_10m[0, :20] = 0
    assert checks.after(dn, ITEMS) is None


def test_degrees_pass_as_well():
    dn = cube().odc.reproject("EPSG:4326", resolution=0.0001)
    for array in dn.data_vars.values():
        array.attrs["nodata"] = 0
    assert checks.after(dn, ITEMS) is None
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
    with pytest.raises(BadData, match=message) as caught, checks.guarded(patch_url, [made()], ["B04_10m", "B08_10m"]):
        raise error
    assert caught.value.reason == Reason.BROKEN and not path.exists()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), BadInput("?"), MemoryError()])
def test_files_stay_when_nothing_is_wrong_with_them(kept, error):
    path, patch_url = kept
    try:
        with checks.guarded(patch_url, [made()], ["B04_10m"]):
            if error:
                raise error
    except type(error):
        pass
    assert path.exists()


def test_only_kept_files_are_thrown_away(kept):
    item = made()
    item.assets["B04_10m"].href = str(kept[0])  # what `fetch` did not bring is read where it is
    with pytest.raises(BadData), checks.guarded(str, [item], ["B04_10m"]):
        raise RasterioIOError("?")
    assert kept[0].exists()


def test_a_file_that_is_gone_does_not_hide_the_problem(kept):
    path, patch_url = kept
    path.unlink()
    with pytest.raises(Problem), checks.guarded(patch_url, [made()], ["B04_10m"]):
        raise RasterioIOError("?")


def test_place_is_what_output_geobox_takes():
    area = checks.place({"intersects": TRIANGLE, "resolution": 10, "crs": "utm", "groupby": "id", "chunks": {}})
    assert area == {"geopolygon": TRIANGLE, "resolution": 10, "crs": "utm"}
    assert odc.stac.output_geobox([odc.stac.parse_item(made())], ["B04_10m"], **area).crs.epsg == 32632
