"""lessons.jp2: what `fetch` brings is what plain odc-stac reads, for a few requests, and nothing wrong is kept."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import odc.stac
import pytest
import rasterio
import xarray as xr
from rasterio.windows import Window

from jp2_parts import remote
from jp2_parts.remote import Remote
from jp2_parts.tiles import read_header
from lessons import cdse, jp2

BBOX = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)
DAY = "2023-09-28"


@pytest.fixture(scope="module")
def items(offline_service):
    keys = offline_service["access_key"], offline_service["secret_key"]
    cdse.set_environment(offline_service["s3"], keys, https=False)
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    catalog = cdse.open_catalog(offline_service["stac"])
    return list(catalog.search(collections=["sentinel-2-l2a"], bbox=BBOX, datetime=DAY).items())


@pytest.fixture
def requests(monkeypatch, tmp_path: Path) -> list[tuple[str, int]]:
    """Every request that is sent, as (file, bytes); kept files go to a folder of this test."""
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path))
    sent, ask = [], Remote._ask

    def counted(self: Remote, start: int, stop: int):
        status, headers, body = ask(self, start, stop)
        sent.append((self.href.split("/")[-1], len(body)))
        return status, headers, body

    monkeypatch.setattr(Remote, "_ask", counted)
    return sent


fetch = partial(jp2.fetch, progress=False)


def load(*arguments, **settings) -> xr.Dataset:
    """In a thread of its own: odc-stac keeps the keys that a thread used first, be they another service's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(odc.stac.load, *arguments, **settings).result()


@pytest.mark.parametrize("band", ["B04_10m", "B08_10m", "SCL_20m", "B11_20m", "B01_60m", "TCI_10m"])
def test_pixels_are_those_of_plain_reading(items, requests, band):
    patch_url = fetch(items, [band], bbox=BBOX, resolution=10)
    (path,) = {patch_url(item.assets[band].href) for item in items}
    assert Path(path).is_file()
    read = partial(load, items, [band], bbox=BBOX, resolution=10)
    fast, plain = read(patch_url=patch_url), read()
    assert fast.identical(plain) and int(plain.to_array().min()) > 0
    assert len(requests) <= 4
    assert fetch(items, [band], bbox=BBOX, resolution=10)(items[0].assets[band].href) == path and len(requests) <= 4


def test_one_date_of_two_bands_costs_no_more_than_eight_requests(items, requests):
    bands = ["B04_10m", "B08_10m"]
    fetch(items, bands, bbox=BBOX, resolution=10)
    assert 2 <= len(requests) <= 8
    fetch(items, bands, bbox=BBOX, resolution=10)
    assert len(requests) <= 8


@pytest.mark.parametrize("resolution", [40, 60, 100])
def test_overviews_are_read_alike(items, requests, resolution):
    patch_url = fetch(items, ["B04_10m"], bbox=BBOX, resolution=resolution)
    read = partial(load, items, ["B04_10m"], bbox=BBOX, resolution=resolution)
    fast, plain = read(patch_url=patch_url), read()
    assert fast.identical(plain) and int(plain.B04_10m.min()) > 0


def test_another_crs_and_a_resampling_are_read_alike(items, requests):
    area = {"bbox": BBOX, "crs": "EPSG:32633", "resolution": 30}
    patch_url = fetch(items, ["B04_10m", "B11_20m"], **area)
    read = partial(load, items, ["B04_10m", "B11_20m"], resampling="cubic", **area)
    assert read(patch_url=patch_url).identical(read())


@pytest.mark.parametrize("band", ["B04_10m", "SCL_20m", "B11_20m", "B01_60m", "TCI_10m"])
def test_outside_the_tiles_that_were_brought_a_file_reads_as_no_data(items, requests, band):
    path = Path(fetch(items, [band], bbox=BBOX, resolution=10)(items[0].assets[band].href))
    head, tiles = jp2.split(path)
    outside = sorted(set(range(head.count)) - tiles.keys())
    assert tiles and outside
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 32632 and file.transform[2] == 600000
        for number in (outside[0], outside[len(outside) // 2], head.across - 1, head.count - 1):
            row, column = divmod(number, head.across)
            window = Window(column * head.tile[0], row * head.tile[1], *head.tile)
            if number in outside:
                assert not file.read(window=window).any()
                assert not file.read(window=window, out_shape=(file.count, 32, 32)).any()


def test_another_area_adds_tiles(items, requests):
    """The simulated scenes fit one tile at 10 m; at 20 m a small area needs fewer tiles than the whole window."""
    small, large = (11.44, 47.86, 11.441, 47.861), (11.44, 47.81, 11.56, 47.89)
    href = items[0].assets["B11_20m"].href
    first = Path(fetch(items, ["B11_20m"], bbox=small, resolution=20)(href))
    had = jp2.split(first)[1]
    second = Path(fetch(items, ["B11_20m"], bbox=large, resolution=20)(href))
    assert first != second and first.is_file()  # it may be open somewhere
    assert had.items() < jp2.split(second)[1].items()
    before = len(requests)
    assert Path(fetch(items, ["B11_20m"], bbox=small, resolution=20)(href)) in (first, second)
    assert len(requests) == before


def test_tiles_of_another_version_are_not_mixed(items, requests, monkeypatch):
    small, large = (11.44, 47.86, 11.441, 47.861), (11.44, 47.81, 11.56, 47.89)
    href = items[0].assets["B11_20m"].href
    old = Path(fetch(items, ["B11_20m"], bbox=small, resolution=20)(href))
    old.rename(old.with_name("khac-" + old.name.split("-")[1]))
    wanted, read_tiles = [], jp2.read_tiles

    def seen(file, head, numbers):
        wanted.extend(numbers)
        return read_tiles(file, head, numbers)

    monkeypatch.setattr(jp2, "read_tiles", seen)
    new = Path(fetch(items, ["B11_20m"], bbox=large, resolution=20)(href))
    assert set(wanted) == jp2.split(new)[1].keys()


@pytest.mark.parametrize("size", [0, 5000, 9000, -1])
def test_a_kept_file_cut_short_is_brought_anew(items, requests, size):
    href = items[0].assets["B01_60m"].href
    path = Path(fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)(href))
    whole, before = path.read_bytes(), len(requests)
    path.write_bytes(whole[:size])
    assert Path(fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)(href)).read_bytes() == whole
    assert len(requests) == 2 * before


def test_no_more_than_four_requests_at_a_time(items, requests, monkeypatch):
    ask, running, most = Remote._ask, [], []

    def slow(self: Remote, *place: int):
        running.append(self)
        time.sleep(0.05)
        most.append(len(running))
        answer = ask(self, *place)
        running.remove(self)
        return answer

    monkeypatch.setattr(Remote, "_ask", slow)
    bands = ["SCL_20m", "B11_20m", "B01_60m", "B04_20m", "B04_60m", "SCL_60m", "B05_20m", "B05_60m"]
    fetch(items, bands, bbox=BBOX, resolution=60)
    assert 2 <= max(most) <= 4


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_lost_connection_leaves_nothing_behind(items, requests, monkeypatch, tmp_path):
    monkeypatch.setattr(remote.time, "sleep", lambda _: None)
    ask, count = Remote._ask, iter(range(99))
    monkeypatch.setattr(Remote, "_ask", lambda self, *place: ask(self, *place) if next(count) < 1 else (503, {}, b""))
    with pytest.raises(ConnectionError, match="HTTP 503"):
        fetch(items, ["B04_10m"], bbox=BBOX, resolution=10)
    assert kept(tmp_path) == []


def test_a_changed_file_leaves_nothing_behind(items, requests, monkeypatch, tmp_path):
    ask, count = Remote._ask, iter(range(99))

    def changing(self: Remote, *place: int):
        status, headers, body = ask(self, *place)
        return status, dict(headers) | {"ETag": str(next(count)), "Content-Range": headers["Content-Range"]}, body

    monkeypatch.setattr(Remote, "_ask", changing)
    with pytest.raises(OSError, match="đã đổi"):
        fetch(items, ["B04_10m"], bbox=BBOX, resolution=10)
    assert kept(tmp_path) == []


def test_a_full_disk_leaves_nothing_behind(items, requests, monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="dọn đĩa"):
        fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)
    assert kept(tmp_path) == []


def test_a_page_instead_of_an_image_is_refused(items, requests, monkeypatch, tmp_path):
    page = b"<html>" + bytes(9000)
    answer = 206, {"Content-Range": f"bytes 0-8191/{len(page)}", "ETag": "x"}, page[:8192]
    monkeypatch.setattr(Remote, "_ask", lambda *_: answer)
    with pytest.raises(ValueError, match="không phải tệp JP2"):
        fetch(items, ["B04_10m"], bbox=BBOX, resolution=10)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("href", ["s3://eodata/B04.tif", "https://example.org/B04.jp2"])
def test_what_is_no_jp2_on_s3_is_read_plainly(items, requests, href):
    item = items[0].clone()
    item.assets["B04_10m"].href = href
    patch_url = fetch([item], ["B04_10m"], bbox=BBOX, resolution=10)
    assert patch_url(href) == href and requests == []


def test_a_file_of_another_size_than_the_item_says_is_refused(items, requests, tmp_path):
    item = items[0].clone()
    item.assets["B04_10m"].href = item.assets["B11_20m"].href
    with pytest.raises(ValueError, match="rộng 5490 × 5490 pixel, item ghi"):
        fetch([item], ["B04_10m"], bbox=BBOX, resolution=10)
    assert kept(tmp_path) == []


def test_an_area_elsewhere_asks_for_nothing(items, requests):
    fetch(items, ["B04_10m"], bbox=(13.0, 47.0, 13.01, 47.01), resolution=10)
    assert requests == []


def test_without_an_area_nothing_is_fetched(items, requests):
    with pytest.raises(ValueError, match="bbox"):
        fetch(items, ["B04_10m"])
    assert requests == []


def test_the_progress_bar_ends_full(items, requests, capsys):
    jp2.fetch(items, ["SCL_20m", "B01_60m"], bbox=BBOX, resolution=10)
    assert capsys.readouterr().out.rstrip().endswith("2/2")


def test_empty_tiles_fit_a_file_that_is_coded_otherwise(tmp_path):
    """Other precincts, code blocks, order and quantisation than those that the empty tiles carry."""
    pixels = np.random.default_rng(1).integers(1500, 2500, (1, 300, 300), dtype=np.uint16)
    options = {
        "blockxsize": 96, "blockysize": 96, "resolutions": 4, "nbits": 12, "codec": "JP2", "reversible": "NO",
        "progression": "RPCL", "precincts": "{64,64},{32,32}", "codeblock_width": 16, "sop": "YES", "eph": "YES",
        "width": 300, "height": 300, "count": 1, "dtype": "uint16", "transform": rasterio.Affine(10, 0, 0, 0, -10, 0),
    }  # fmt: skip
    with rasterio.open(tmp_path / "a.jp2", "w", "JP2OpenJPEG", crs="EPSG:32632", **options) as file:
        file.write(pixels)
    head, tiles = jp2.split(tmp_path / "a.jp2")
    remote.keep(tmp_path / "b.jp2", jp2.join(head, {number: tiles[number] for number in (0, 6, 11)}))
    with rasterio.open(tmp_path / "a.jp2") as before, rasterio.open(tmp_path / "b.jp2") as after:
        expected, seen = before.read(1), after.read(1)
    brought = np.zeros((300, 300), bool)
    for row, column in ((0, 0), (1, 2), (2, 3)):
        brought[row * 96 : row * 96 + 96, column * 96 : column * 96 + 96] = True
    assert expected.min() > 0 and (seen == np.where(brought, expected, 0)).all()
    assert read_header(Remote("x", (tmp_path / "b.jp2").read_bytes())).count == 16
