"""cdse_access.loading.load: odc.stac.load's pixels, or an error, whatever the service does."""

import pickle
import re
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path
from shutil import rmtree

import numpy as np
import odc.stac
import pytest
import xarray as xr
from IPython.core.ultratb import VerboseTB
from rasterio.errors import RasterioIOError
from scipy.ndimage import binary_erosion

from cdse_access import loading as jp2
from cdse_access import progress
from cdse_access.current import find_current, replace_current
from cdse_access.georeference import mark_simulated, write_georeference
from cdse_access.jp2 import ranges as remote
from cdse_access.jp2.cache import Folder, clear, find_root
from cdse_access.jp2.reader import Reader
from cdse_access.problems import BadData, BadInput, Problem, Reason
from cdse_access.session import current
from cdse_offline.practice import fault, switch_off, switch_on, usage

BBOX = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)
AREA = {"bbox": BBOX, "crs": "EPSG:32632", "resolution": 10}
DAY = "2023-09-28"


@pytest.fixture(scope="module")
def service(connected):
    return connected.catalog


@pytest.fixture(scope="module")
def items(service):
    return list(service.search(collections=["sentinel-2-l2a"], bbox=BBOX, datetime=DAY).items())


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path: Path):
    """Kept files go to a folder of this test; no fault outlives it."""
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path))
    yield
    if find_current():
        switch_off()


load = partial(jp2.load, progress=False)


def read_plain(*arguments, **area):
    """odc-stac's own pixels; `load` writes where they lie so that files keep it, and that they are simulated."""
    dn = write_georeference(odc.stac.load(*arguments, **area))
    mark_simulated(dn)
    return dn


def truth(*arguments, **area):
    """What plain odc-stac reads, from files that `fetch` has brought before."""
    patch_url = jp2.fetch(*arguments, progress=False, **AREA)
    return read_plain(*arguments, patch_url=patch_url, **{"groupby": "solar_day"} | AREA | area)


def test_pixels_are_those_of_odc_stac(items):
    bands = ["B04_10m", "B11_20m", "SCL_20m", "AOT_10m"]
    dn = load(items, bands, **AREA)
    assert dn.identical(truth(items, bands)) and not dn.chunks
    assert dn.sizes == {"time": 1, "y": 205, "x": 276} and int(dn.B04_10m.min()) > 0


def test_chunks_stay_lazy(items, monkeypatch):
    monkeypatch.setattr(jp2, "check_pixels", lambda *_: pytest.fail("it would compute everything"))
    lazy = load(items, ["B04_10m"], chunks={"x": 100}, **AREA)
    assert lazy.chunks["x"] == (100, 100, 76)
    assert lazy.compute().identical(truth(items, ["B04_10m"]))


def test_an_area_across_the_edge_of_what_is_there_is_told_with_a_box_that_is_whole(items, service, capsys):
    area = {"crs": "EPSG:32632", "resolution": 10}
    dn = load(items, ["B04_10m"], bbox=(11.40, 47.83, 11.44, 47.84), **area)
    [line] = capsys.readouterr().out.splitlines()
    share = float((dn.B04_10m > 0).mean())
    assert 0.1 < share < 0.4 and line.startswith(f"Chỉ {share:.0%} vùng có dữ liệu, nằm trong bbox (11.43")
    whole = load(items, ["B04_10m"], bbox=eval(re.search(r"\(.*?\)", line)[0]), **area)
    assert (whole.B04_10m > 0).mean() > 0.99
    region = next(one for one in service.regions if one.id == "oberland")
    load(items, ["B04_10m"], bbox=region.bbox, **area)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("resolution", [10, 20, 30, 60, 100])
@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "average"])
def test_every_resolution_and_resampling_gives_what_plain_reading_gives(items, resolution, resampling):
    """At coarse resolutions it is the file's own reduced levels that decide."""
    bands = ["B04_10m", "B11_20m", "B01_60m"]
    area = {"bbox": BBOX, "crs": "EPSG:32632", "resolution": resolution, "resampling": resampling}
    dn = load(items, bands, **area)
    plain = read_plain(items, bands, groupby="solar_day", **area)
    assert int(plain.to_array().min()) > 0
    if resampling == "nearest":
        assert dn.identical(plain)
        return
    # A mean that ends in exactly a half is rounded up or down by the order in which GDAL adds.
    xr.testing.assert_identical(dn - dn, plain - plain)
    apart = np.abs(dn.to_array().astype(int) - plain.to_array().astype(int))
    assert int(apart.max()) <= 1 and int((apart > 0).sum()) < 1e-4 * apart.size


@pytest.mark.parametrize("resampling", ["nearest", "bilinear"])
def test_lazy_pieces_are_bit_identical(items, resampling):
    area = AREA | {"resolution": 30, "resampling": resampling, "chunks": {"x": 50}, "groupby": "solar_day"}
    plain = read_plain(items, ["B04_10m"], **area).compute()
    assert load(items, ["B04_10m"], **area).compute().identical(plain)


@pytest.mark.parametrize("resolution", [10, 20, 60, 100])
@pytest.mark.parametrize("resampling", ["nearest", "mode"])
def test_classes_are_those_of_full_pixels(items, resolution, resampling):
    """K18: plain reading takes the levels of the file, means of numbers that are names: of 3 and 5 becomes 4."""
    area = AREA | {"resolution": resolution, "resampling": resampling}
    full = read_plain(items, ["SCL_20m"], groupby="solar_day", use_overviews=False, **area)
    assert load(items, ["SCL_20m"], **area).identical(full)
    plain = read_plain(items, ["SCL_20m"], groupby="solar_day", **area)
    assert full.identical(plain) == (resolution < 40)


EDGE = {"bbox": (11.36, 47.80, 11.46, 47.85), "crs": "EPSG:32632"}  # the data end amid it


@pytest.mark.parametrize("grid", [{"resolution": 60}, {"resolution": 0.0006, "crs": "EPSG:4326"}])
@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "average"])
def test_no_data_is_not_mixed_into_the_rim(items, resampling, grid):
    """K18: the file's reduced levels mix 0 into DN beside it, and plain reading shows what no file holds.

    The darkest DN of the scene are above 900.
    """
    area = EDGE | grid | {"resampling": resampling, "groupby": "solar_day"}
    dn, lazy = (load(items, ["B04_10m"], **area | chunks).B04_10m.values for chunks in ({}, {"chunks": {"x": 50}}))
    plain = read_plain(items, ["B04_10m"], **area).B04_10m.values
    inside = binary_erosion(plain[0] > 0, iterations=5)
    assert lazy[lazy > 0].min() > 900
    assert dn[dn > 0].min() > 900 > plain[plain > 0].min() and (dn == plain)[0][inside].all() and inside.any()
    assert (dn > 0).sum() > 0.85 * (plain > 0).sum()


@pytest.mark.parametrize("resampling", ["cubic", "lanczos"])
def test_resampling_looks_beyond_the_area_into_the_next_tile(items, resampling):
    """The area ends half a pixel before a tile of B11_20m does (x = 689600)."""
    place = {"x": (688000, 689590), "y": (5300000, 5300500), "crs": "EPSG:32632"}
    area = place | {"resolution": 10, "resampling": resampling}
    plain = read_plain(items, ["B11_20m"], groupby="solar_day", **area)
    assert load(items, ["B11_20m"], **area).identical(plain)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("data_type", "uint8", "item ghi kiểu số uint8, không chứa nổi 15 bit"),
        ("data_type", "int8", "item ghi kiểu số int8"),
        ("nodata", 1500, "item ghi nodata 1500"),
        ("file:size", 12345, "item ghi cỡ 12345"),
    ],
)
def test_an_item_that_says_another_thing_than_its_file_is_refused(items, field, value, told):
    """R12: it was 255 everywhere, without a word."""
    item = items[0].clone()
    item.assets["B04_10m"].extra_fields[field] = value
    with pytest.raises(BadData, match=told) as caught:
        load([item], ["B04_10m"], **AREA)
    assert caught.value.reason is Reason.BROKEN


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32"])
def test_an_item_that_says_a_larger_type_gives_the_same_numbers(items, dtype):
    item = items[0].clone()
    item.assets["B04_10m"].extra_fields["data_type"] = dtype
    dn = load([item], ["B04_10m"], **AREA).B04_10m
    assert dn.dtype == dtype and (dn.values == load(items, ["B04_10m"], **AREA).B04_10m.values).all()


def test_where_nothing_says_so_0_is_no_data_at_the_rim_too(items):
    item = items[0].clone()
    del item.assets["B04_10m"].extra_fields["nodata"]
    area = EDGE | {"resolution": 60, "resampling": "bilinear"}
    assert load([item], ["B04_10m"], **area).identical(load(items, ["B04_10m"], **area))


def test_a_file_of_several_bands_is_refused_where_the_item_says_nothing_of_them(items):
    """K17: its first band came, under the name of another."""
    item = items[0].clone()
    fields = item.assets["TCI_10m"].extra_fields
    del fields["bands"]
    with pytest.raises(BadData, match="item ghi cỡ 1, kho có 3"):
        load([item], ["TCI_10m"], **AREA)


def test_other_levels_are_read_when_overviews_are_not_wanted(items):
    area = AREA | {"resolution": 60, "use_overviews": False}
    plain = read_plain(items, ["B04_10m"], groupby="solar_day", **area)
    assert load(items, ["B04_10m"], **area).identical(plain)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32633", "EPSG:3035"])
@pytest.mark.parametrize("metres", [10, 20, 40])
def test_other_projections_are_bit_identical(items, crs, metres):
    """There a pixel's size is not everywhere the same: near 20 and 40 m two levels may be needed."""
    resolution = metres / 111_000 if crs == "EPSG:4326" else metres
    area = {"bbox": BBOX, "crs": crs, "resolution": resolution, "resampling": "bilinear"}
    plain = read_plain(items, ["B04_10m"], groupby="solar_day", **area)
    dn = load(items, ["B04_10m"], **area)
    inside = plain.B04_10m > 0
    assert dn.identical(plain) and bool(inside.any())


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-200] + bytes([data[-200] ^ 1]) + data[-199:])


DAMAGES = {"removed": Path.unlink, "flipped": flip, "cut": lambda path: path.write_bytes(path.read_bytes()[:500])}


@pytest.mark.parametrize(
    ("scheduler", "damage", "kind"),
    [
        *product(["threads"], DAMAGES, ["tile.*", "level0*"]),
        ("processes", "flipped", "tile.*"),  # one of them: a new process takes seconds
    ],
)
def test_files_damaged_under_a_lazy_array_are_told_with_a_cure(items, tmp_path, kind, damage, scheduler):
    """R11, S7: looked at where they are read, by a worker too that knows nothing of the client's cache."""
    lazy = load(items, ["B04_10m"], chunks={}, **AREA)
    for path in tmp_path.rglob(kind):
        DAMAGES[damage](path)
    with pytest.raises(BadData, match=r"đã bị xóa hay hỏng sau khi tải.*hãy gọi lại load\(\)") as caught:
        lazy.compute(scheduler=scheduler)
    assert caught.value.reason == Reason.DISK
    assert load(items, ["B04_10m"], **AREA).identical(truth(items, ["B04_10m"]))


def test_a_cache_elsewhere_is_told_with_a_cure(items, tmp_path):
    """S7: a worker of another machine, or a folder that was cleaned."""
    lazy = load(items, ["B04_10m"], chunks={}, **AREA)
    for folder in tmp_path.iterdir():
        rmtree(folder)
    with pytest.raises(BadData, match=r"nằm ở máy khác \(level0.*máy đang tính") as caught:
        lazy.compute()
    assert pickle.loads(pickle.dumps(caught.value)).reason is Reason.DISK


def test_two_pieces_of_a_pass_are_one_day_unless_asked_otherwise(items):
    piece = items[0].clone()
    piece.id, piece.datetime = "piece", items[0].datetime + timedelta(seconds=15)
    assert load([*items, piece], ["B04_10m"], **AREA).sizes["time"] == 1
    assert load([*items, piece], ["B04_10m"], groupby="time", **AREA).sizes["time"] == 2


def test_an_area_reaching_beyond_the_data_is_no_fault(items):
    dn = load(items, ["B04_10m", "SCL_20m"], bbox=(11.36, 47.80, 11.50, 47.85), resolution=10)
    assert 0.2 < float((dn.B04_10m == 0).mean()) < 0.9


def test_the_truth_is_loaded_on_the_same_grid(service, items):
    answers = service.search(collections=["offline-truth"], ids=[items[0].id]).item_collection()
    dn = load(items, ["B04_10m"], **AREA)
    known = load(answers, ["B04_10m", "CLASS_10m", "SKY_10m"], like=dn)
    assert known.odc.geobox == dn.odc.geobox and int(known.CLASS_10m.min()) > 0


def test_nothing_is_asked_for_before_the_question_is_right(items):
    usage(reset=True)
    with pytest.raises(BadInput, match="không có band 'B04'"):
        load(items, ["B04"], **AREA)
    with pytest.raises(BadInput, match="nằm ngoài"):
        load(items, ["B04_10m"], bbox=BBOX[1::-1] + BBOX[:1:-1], resolution=10)
    assert usage()["s3"] == 0


def test_an_older_processing_of_the_same_pass_is_dropped_and_named(items, capsys):
    old = items[0].clone()
    old.id, old.properties["processing:version"] = "S2B_old", "02.14"
    old.assets["B04_10m"].href = "s3://eodata/no/such.jp2"
    dn = load([old, *items], ["B04_10m"], **AREA)
    assert capsys.readouterr().out == "Bỏ 1 item trùng hoặc cũ hơn của cùng lần chụp: S2B_old.\n"
    assert dn.identical(truth(items, ["B04_10m"]))


def test_progress_is_shown_for_what_is_fetched_and_for_what_is_read_unless_told_not_to(items, monkeypatch, capsys):
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    full = "#" * 24
    jp2.load(items, ["B04_10m", "B08_10m"], **AREA)
    told = capsys.readouterr().out
    assert f"Tải ảnh |{full}| 2/2, 00:0" in told and f"Đọc ảnh |{full}| 2/2, 00:0" in told
    jp2.load(items, ["B04_10m"], chunks={}, **AREA)  # nothing is read yet
    told = capsys.readouterr().out
    assert "Tải ảnh" in told and "Đọc ảnh" not in told
    load(items, ["B04_10m"], **AREA)
    assert capsys.readouterr().out == ""


def test_a_kept_file_that_cannot_be_read_is_brought_anew(items, monkeypatch, tmp_path):
    dn = load(items, ["B04_10m", "B08_10m"], **AREA)
    before = len(list(tmp_path.rglob("*.tif")))
    with monkeypatch.context() as patched:

        def broken(self, *_: object, **__: object) -> None:
            raise RasterioIOError("read failed")

        patched.setattr(jp2.RioReader, "read", broken)
        with pytest.raises(BadData, match="read failed") as caught:
            load(items, ["B04_10m", "B08_10m"], **AREA)
    assert caught.value.reason == Reason.DISK and len(list(tmp_path.rglob("*.tif"))) < before
    assert load(items, ["B04_10m", "B08_10m"], **AREA).identical(dn)


# -- a season with odd dates ---------------------------------------------------

SEASON = "2023-09-18/2023-09-28"
BANDS = ["B04_10m", "B08_10m"]


@pytest.fixture(scope="module")
def season(service):
    found = service.search(collections=["sentinel-2-l2a"], bbox=BBOX, datetime=SEASON, sortby="datetime")
    return list(found.items())


def lose_pixels(monkeypatch, hrefs: set[str]) -> None:
    """These files read as no data: their virtual rasters have no tiles, as if the store had sent empty ones."""
    keep_tiles = Reader.keep_tiles

    def lossy(self, wanted):
        kept = keep_tiles(self, wanted)
        if wanted.href not in hrefs:
            return kept
        vrt = re.sub("<SimpleSource>.*</SimpleSource>", "", kept.path.read_text())
        path = Folder(self.cache, kept.seal.key).keep("lost", ".vrt", vrt.encode())
        return kept._replace(path=path)

    monkeypatch.setattr(Reader, "keep_tiles", lossy)


def test_one_bad_file_costs_no_other_date_and_all_are_named(season, tmp_path):
    """K9: 10 dates, two of them broken in the store; the next try asks for these two only."""
    assert len(season) >= 4
    names = [season[number].assets[band].href.split("/")[-1] for number, band in ((1, "B04_10m"), (3, "B08_10m"))]
    switch_on(*(fault("status", path=f"*{name}", status=404, code="NoSuchKey") for name in names))
    with pytest.raises(BadData) as caught:
        load(season, BANDS, **AREA)
    days = [str(season[number].datetime.date()) for number in (1, 3)]
    told = str(caught.value)
    assert caught.value.reason is Reason.MISSING and told.startswith(f"2 ngày không dùng được: {', '.join(days)}.")
    assert all(name in told for name in names)
    usage(reset=True)
    with pytest.raises(BadData):
        load(season, BANDS, **AREA)
    assert usage()["s3"] == 2


def test_odd_dates_are_left_out_and_named_when_asked(season, capsys):
    expected = load(season, BANDS, **AREA)
    href = season[1].assets["B04_10m"].href
    switch_on(fault("status", path=f"*{href.split('/')[-1]}", status=404, code="NoSuchKey"))
    clear(find_root(current().store.lasting_identity))
    for chunks in ({}, {"chunks": {}}):
        dn = load(season, BANDS, on_bad="drop", **AREA, **chunks)
        told = capsys.readouterr().out
        assert f"Bỏ 1 ngày không dùng được ({season[1].datetime.date()}):" in told and href.split("/")[-1] in told
        good = [number for number in range(expected.sizes["time"]) if number != 1]
        assert dn.compute().identical(expected.isel(time=good))


def test_a_bad_file_that_two_dates_share_costs_both_and_both_are_named(season, capsys):
    """Unnamed, one of them was missing from the season."""
    items = [item.clone() for item in season]
    for item in items[1], items[3]:
        item.assets["B04_10m"].href = "s3://eodata/no/such.jp2"
    dn = load(items, BANDS, on_bad="drop", **AREA)
    told, days = capsys.readouterr().out, [str(items[number].datetime.date()) for number in (1, 3)]
    assert f"Bỏ 2 ngày không dùng được ({', '.join(days)}):" in told
    assert dn.sizes["time"] == len(season) - 2


def test_an_empty_band_is_named_with_its_date_and_only_its_file_is_fetched_again(season, monkeypatch, capsys):
    expected = load(season, BANDS, **AREA)
    with monkeypatch.context() as patched:
        lose_pixels(patched, {season[2].assets["B08_10m"].href})
        usage(reset=True)
        day = season[2].datetime.date()
        with pytest.raises(BadData, match=f"B08_10m ngày {day} không có pixel nào") as caught:
            load(season, BANDS, **AREA)
        assert caught.value.reason is Reason.EMPTY and usage()["s3"] == 0
        dn = load(season, BANDS, on_bad="drop", **AREA)
        assert f"({day})" in capsys.readouterr().out and 0 < usage()["s3"] <= 6
        assert dn.identical(expected.drop_isel(time=2))
    assert load(season, BANDS, **AREA).identical(expected)


def test_items_without_a_band_are_named_together_or_left_out(season, capsys):
    """K9: five items, three without SCL, were named one a try."""
    items = [item.clone() for item in season[:5]]
    for item in items[:3]:
        del item.assets["SCL_20m"]
    bands = ["B04_10m", "SCL_20m"]
    with pytest.raises(BadInput) as caught:
        load(items, bands, **AREA)
    assert all(item.id in str(caught.value) for item in items[:3])
    capsys.readouterr()
    dn = load(items, bands, on_bad="drop", **AREA)
    told = capsys.readouterr().out
    assert dn.identical(load(items[3:], bands, **AREA)) and all(item.id in told for item in items[:3])


def test_where_all_dates_are_bad_nothing_is_dropped(season):
    switch_on(fault("status", path="*B04_10m.jp2", status=404, code="NoSuchKey"))
    with pytest.raises(BadData, match=f"{len(season)} ngày không dùng được"):
        load(season, BANDS, on_bad="drop", **AREA)


@pytest.mark.parametrize("on_bad", ["raise", "drop"])
def test_a_service_that_refuses_is_no_bad_date(season, on_bad):
    switch_on(fault("key-unknown", path="/eodata/*", which="after 3"))
    with pytest.raises(Problem) as caught:
        load(season, BANDS, on_bad=on_bad, **AREA)
    assert caught.value.reason is Reason.KEY_UNKNOWN


def test_the_whole_layer_of_a_bad_file_is_left_out(season):
    piece = season[1].clone()
    piece.id, piece.datetime = "piece", season[1].datetime + timedelta(seconds=15)
    items = season[:2]
    broken = [season[1].assets["B04_10m"].href]
    whole = rename_files(piece)
    assert jp2._leave_out([*items, whole], broken, "solar_day") == [season[0]]
    assert jp2._leave_out([*items, whole], broken, "time") == [season[0], whole]
    same = whole.clone()
    same.datetime = season[1].datetime
    assert jp2._leave_out([*items, same], broken, "time") == [season[0]]
    assert jp2._leave_out([*items, same], broken, "id") == [season[0], same]


def rename_files(item):
    for asset in item.assets.values():
        asset.href += "x"
    return item


def test_passing_faults_do_not_change_a_pixel(items, tmp_path):
    expected = truth(items, ["B04_10m"])
    for path in tmp_path.rglob("*.tif"):
        path.unlink()
    switch_on(
        fault("status", path="*.jp2", which="1", status=503, code="SlowDown"),
        fault("reset", path="*.jp2", which="3"),
        fault("cut", path="*.jp2", which="5"),
    )
    assert load(items, ["B04_10m"], **AREA).identical(expected)
    assert usage()["faulted"] >= 2


def test_a_lasting_fault_is_an_error_with_a_reason(items):
    switch_on(fault("status", path="*.jp2", which="after 1", status=404, code="NoSuchKey"))
    with pytest.raises(Problem) as caught:
        load(items, ["B04_10m"], **AREA)
    assert caught.value.reason == Reason.MISSING


@pytest.mark.parametrize(
    "rule",
    [
        fault("key-unknown", path="/eodata/*"),
        fault("status", path="/eodata/*", status=403),
        fault("html", path="/eodata/*"),
        fault("reset", path="/eodata/*"),
    ],
    ids=lambda rule: rule["kind"],
)
def test_28_no_key_in_the_traceback_of_a_load(items, rule, offline_service, monkeypatch):
    """What `%xmode Verbose` shows: the values of all names, in load and below."""
    monkeypatch.setattr(remote, "BUDGET", 0)
    switch_on(rule)
    with pytest.raises(Problem) as caught:
        load(items, ["B04_10m"], **AREA)
    lines = VerboseTB().structured_traceback(type(caught.value), caught.value, caught.tb.tb_next)
    told = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(lines))
    assert "in _bring(" in told and "in read_header(" in told
    keys = (offline_service["access_key"], offline_service["secret_key"])
    assert [key for key in keys if key in told or key in str(caught.value)] == []


def test_who_has_not_connected_is_told_so_and_nothing_of_settings(items):
    before = find_current()
    replace_current(None)
    try:
        with pytest.raises(BadInput, match=r"connect\(\)") as caught:
            jp2.load(items, ["B04_10m"], bbox=(11.44, 47.81, 11.47, 47.83), resolution=10)
    finally:
        replace_current(before)
    assert caught.value.reason is Reason.KEYS and "GDAL" not in str(caught.value)
