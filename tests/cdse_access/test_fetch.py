"""`fetch`: what it brings is what plain odc-stac reads, for a few requests, and nothing wrong is kept."""

import itertools
import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import odc.stac
import pytest
import rasterio
import xarray as xr
from botocore.awsrequest import HeadersDict
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from cdse_access import exchange, progress
from cdse_access import loading as jp2
from cdse_access.jp2 import ranges as remote
from cdse_access.jp2 import reader, tile_parts
from cdse_access.jp2.codestream import Layout
from cdse_access.jp2.ranges import Remote
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable
from cdse_access.session import current
from cdse_offline.simulation.places import JP2_TILE

BBOX = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)
DAY = "2023-09-28"


@pytest.fixture(scope="module")
def items(connected):
    return list(connected.catalog.search(collections=["sentinel-2-l2a"], bbox=BBOX, datetime=DAY).items())


@pytest.fixture
def requests(monkeypatch, tmp_path: Path) -> list[tuple[str, int]]:
    """Every request that is answered, as (file, bytes); kept files go to a folder of this test."""
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path))
    sent, ask = [], Remote.ask

    def counted(self: Remote, start: int, stop: int):
        status, headers, body = ask(self, start, stop)
        if status == 206:  # not the answer that a file is still being made
            sent.append((self.href.split("/")[-1], len(body)))
        return status, headers, body

    monkeypatch.setattr(Remote, "ask", counted)
    return sent


fetch = partial(jp2.fetch, progress=False)


def tiles_of(path: Path, level: int = 0) -> dict[int, bytes]:
    """The kept tiles that a virtual raster refers to, by number."""
    names = re.findall(rf">(tile\.\w+\.{level}\.(\d+)-\w+\.tif)<", path.read_text())
    return {int(number): (path.parent / name).read_bytes() for name, number in names}


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
    asked = len(requests)
    assert asked <= 5
    assert fetch(items, [band], bbox=BBOX, resolution=10)(items[0].assets[band].href) == path
    assert len(requests) == asked


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
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 32632 and file.transform[2] == 600000
        side = JP2_TILE[round(file.transform[0])]
        layout = Layout(file.width, file.height, side, side, file.count, 8)
        outside = sorted(set(range(layout.tile_count)) - tiles_of(path).keys())
        assert len(outside) < layout.tile_count
        for number in (outside[0], outside[len(outside) // 2], outside[-1]):
            left, top, right, bottom = layout.bounds(number)
            window = Window(left, top, right - left, bottom - top)
            assert not file.read(window=window).any()


def test_a_level_that_was_not_fetched_is_an_error_and_not_zeros(items, requests):
    path = fetch(items, ["B04_10m"], bbox=BBOX, resolution=40)(items[0].assets["B04_10m"].href)
    with rasterio.open(path) as file:
        assert file.overviews(1) == [2, 4, 8, 16]
        with pytest.raises(RasterioIOError):
            file.read(window=Window(8192, 9216, 16, 16))
    before = len(requests)
    read = partial(load, items, ["B04_10m"], bbox=BBOX, resolution=10)
    assert read(patch_url=fetch(items, ["B04_10m"], bbox=BBOX, resolution=10)).identical(read())
    assert len(requests) > before


def test_another_area_adds_tiles(items, requests):
    """The simulated scenes fit one tile at 10 m; at 20 m a small area needs fewer tiles than the whole window."""
    small, large = (11.44, 47.86, 11.441, 47.861), (11.44, 47.81, 11.56, 47.89)
    href = items[0].assets["B11_20m"].href
    first = Path(fetch(items, ["B11_20m"], bbox=small, resolution=20)(href))
    had = tiles_of(first)
    second = Path(fetch(items, ["B11_20m"], bbox=large, resolution=20)(href))
    assert first != second and first.is_file()  # it may be open somewhere
    assert had.items() < tiles_of(second).items()
    before = len(requests)
    assert Path(fetch(items, ["B11_20m"], bbox=small, resolution=20)(href)) in (first, second)
    assert len(requests) == before


def test_an_area_larger_than_the_one_fetched_reads_as_no_data_and_load_brings_the_rest(items, requests):
    """Zeros, not wrong pixels; `load` passes the same area to both, so that none are missing."""
    small, large = (11.44, 47.86, 11.441, 47.861), (11.44, 47.81, 11.56, 47.89)
    patch_url = fetch(items, ["B11_20m"], bbox=small, resolution=20)
    read = partial(load, items, ["B11_20m"], bbox=large, resolution=20)
    some, plain = (dn.B11_20m.values for dn in (read(patch_url=patch_url), read()))
    assert plain.min() > 0 and 0.1 < (some > 0).mean() < 0.9
    assert (some == np.where(some > 0, plain, 0)).all()
    assert (jp2.load(items, ["B11_20m"], progress=False, bbox=large, resolution=20).B11_20m.values == plain).all()


def test_tiles_of_another_version_are_not_mixed(items, requests, monkeypatch):
    small, large = (11.44, 47.86, 11.441, 47.861), (11.44, 47.81, 11.56, 47.89)
    href = items[0].assets["B11_20m"].href
    old = tiles_of(Path(fetch(items, ["B11_20m"], bbox=small, resolution=20)(href)))
    wanted, read_tiles, ask = [], reader.read_tiles, Remote.ask

    def seen(file, header, numbers, *settings):
        wanted.extend(numbers)
        return read_tiles(file, header, numbers, *settings)

    def another_version(self: Remote, *place: int):
        status, headers, body = ask(self, *place)
        return status, HeadersDict({**dict(headers.items()), "etag": "new"}), body

    monkeypatch.setattr(reader, "read_tiles", seen)
    monkeypatch.setattr(Remote, "ask", another_version)
    new = tiles_of(Path(fetch(items, ["B11_20m"], bbox=large, resolution=20)(href)))
    assert old.keys() < new.keys() == set(wanted)


@pytest.mark.parametrize("field", ["file:size", "file:checksum", "updated"])
def test_a_file_that_the_item_says_has_changed_is_fetched_anew(items, requests, field):
    """K7, R2: the same address, other pixels."""
    item = items[0].clone()
    size = size_of(item.assets["B01_60m"].href)
    requests.clear()
    fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)
    before = len(requests)
    item.assets["B01_60m"].extra_fields[field] = size if field == "file:size" else "other"
    fetch([item], ["B01_60m"], bbox=BBOX, resolution=60)
    assert len(requests) == 2 * before
    fetch([item], ["B01_60m"], bbox=BBOX, resolution=60)
    assert len(requests) == 2 * before


def size_of(href: str) -> int:
    file = Remote(href, current().store, remote.open_pool(current().store, 1))
    file.read(0, 1)
    assert file.size
    return file.size


def test_where_the_item_says_nothing_of_the_file_the_store_is_asked_once(items, requests, monkeypatch):
    item = items[0].clone()
    del item.properties["updated"]
    read = partial(fetch, [item], ["B01_60m"], bbox=BBOX, resolution=60)
    read()
    before = len(requests)
    read()
    assert len(requests) == before
    reader.open_cache.cache_clear()  # as a new kernel
    read()
    assert len(requests) == before + 1


def cut(size: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:size]


def flipped(data: bytes) -> bytes:
    """One bit in the middle of the coded data, which JPEG 2000 does not notice."""
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


@pytest.mark.parametrize("damage", [cut(0), cut(50), cut(-1), flipped])
@pytest.mark.parametrize("new_kernel", [False, True])
@pytest.mark.parametrize("kind", ["*.tif", "*.json", "*.vrt"])
def test_a_kept_file_that_is_damaged_is_made_anew(items, requests, tmp_path, damage, new_kernel, kind):
    href = items[0].assets["B01_60m"].href
    read = partial(fetch, items, ["B01_60m"], bbox=BBOX, resolution=60)
    path = Path(read()(href))
    before, whole = len(requests), {kept: kept.read_bytes() for kept in path.parent.glob(kind)}
    for kept in whole:
        kept.write_bytes(damage(whole[kept]))
    if new_kernel:
        reader.open_cache.cache_clear()
    assert whole and Path(read()(href)) == path
    assert {kept: kept.read_bytes() for kept in path.parent.glob(kind)} == whole
    assert before < len(requests) <= 2 * before if kind != "*.vrt" else len(requests) == before


def test_folders_that_were_exchanged_are_noticed(items, requests, tmp_path):
    """R3: the pixels of one band under the name of another."""
    bands, area = ["B05_20m", "B06_20m"], {"bbox": BBOX, "resolution": 20}
    hrefs = [items[0].assets[band].href for band in bands]
    one, other = (Path(fetch(items, bands, **area)(href)).parent for href in hrefs)
    plain = load(items, bands, **area)
    one.rename(tmp_path / "aside")
    other.rename(one)
    (tmp_path / "aside").rename(other)
    reader.open_cache.cache_clear()
    before = len(requests)
    assert load(items, bands, patch_url=fetch(items, bands, **area), **area).identical(plain)
    assert len(requests) > before


def test_25_neighbouring_areas_keep_little_more_than_their_tiles(items, requests, tmp_path):
    read = 0
    for row, column in itertools.product(range(5), range(5)):
        west, south = 11.44 + 0.02 * column, 47.81 + 0.012 * row
        fetch(items, ["B11_20m"], bbox=(west, south, west + 0.005, south + 0.005), resolution=20)
    read = sum(size for _, size in requests)
    assert sum(path.stat().st_size for path in kept(tmp_path)) <= 1.5 * read


def test_the_cache_has_a_limit_and_what_was_used_for_longest_goes_first(items, requests, monkeypatch, tmp_path):
    area = {"bbox": BBOX, "resolution": 60}
    for band in ("B01_60m", "B02_60m"):
        fetch(items, [band], **area)
    size = sum(path.stat().st_size for path in kept(tmp_path))
    for path in kept(tmp_path):
        os.utime(path, (time.time() - 3600,) * 2)
    fetch(items, ["B01_60m"], **area)  # used again
    monkeypatch.setenv("CDSE_CACHE_MAX", str(size / 1e9))
    before = len(requests)
    fetch(items, ["B03_60m"], **area)
    fetch(items, ["B01_60m"], **area)
    assert len(requests) == before + before // 2
    assert sum(path.stat().st_size for path in kept(tmp_path)) <= 1.05 * size
    fetch(items, ["B02_60m"], **area)
    assert len(requests) == 2 * before


def test_a_limit_below_what_is_being_read_removes_none_of_it(items, requests, monkeypatch, tmp_path):
    monkeypatch.setenv("CDSE_CACHE_MAX", "0")
    area = {"bbox": BBOX, "resolution": 60}
    read = partial(load, items, ["B01_60m"], **area)
    assert read(patch_url=fetch(items, ["B01_60m"], **area)).identical(read())


def test_no_more_than_four_requests_at_a_time(items, requests, monkeypatch):
    ask, running, most = Remote.ask, [], []

    def slow(self: Remote, *place: int):
        running.append(self)
        time.sleep(0.05)
        most.append(len(running))
        answer = ask(self, *place)
        running.remove(self)
        return answer

    monkeypatch.setattr(Remote, "ask", slow)
    bands = ["SCL_20m", "B11_20m", "B01_60m", "B04_20m", "B04_60m", "SCL_60m", "B05_20m", "B05_60m"]
    fetch(items, bands, bbox=BBOX, resolution=60)
    assert 2 <= max(most) <= 4


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def answering(monkeypatch, change: Callable[..., tuple[int, dict, bytes]]) -> None:
    """`change` (number of the request, status, headers, body) makes the answers, and nobody waits."""
    ask, count = Remote.ask, itertools.count()
    monkeypatch.setattr(Remote, "ask", lambda self, *place: change(next(count), *ask(self, *place)))
    monkeypatch.setattr(remote, "BUDGET", 0)


def changed(number: int, status: int, headers: HeadersDict, body: bytes):
    return status, HeadersDict({**dict(headers.items()), "etag": str(number)}), body


FAULTS = {
    "busy": (lambda n, status, headers, body: (503, {}, b""), Reason.BUSY, "quá tải"),
    "refused": (lambda n, *_: (403, {}, b"<Code>SignatureDoesNotMatch</Code>"), Reason.SECRET_WRONG, "Secret"),
    "cut": (lambda n, status, headers, body: (status, headers, body[:99]), Reason.NETWORK, "Mất kết nối"),
    "ignored": (lambda n, status, headers, body: (200, {}, body), Reason.NOT_SERVICE, "Range"),
    "page": (lambda n, status, headers, body: (status, headers, b"<html>".ljust(len(body))), Reason.NOT_SERVICE, "JP2"),
    "changed": (changed, Reason.CHANGED, "đã đổi"),
    "zeros": (lambda n, status, headers, body: (status, headers, bytes(len(body))), Reason.BROKEN, "hỏng"),
}


@pytest.mark.parametrize("first", [0, 1, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_leaves_nothing_behind(items, requests, monkeypatch, tmp_path, fault, first):
    change, reason, text = FAULTS[fault]
    monkeypatch.setattr(tile_parts, "FIRST_PROBE", 0.1)  # so that it takes three requests
    monkeypatch.setattr(tile_parts, "LEAST", 1)

    def change_later(number: int, status: int, headers, body: bytes):
        return (change if number >= first else lambda n, *answer: answer)(number, status, headers, body)

    if fault == "page" and first:
        reason, text = Reason.BROKEN, "hỏng"  # amid the file it is no page any more
    if fault == "zeros" and not first:
        text = "không phải tệp JP2"
    answering(monkeypatch, change_later)
    with pytest.raises(Problem, match=text) as caught:
        fetch(items, ["B04_10m"], bbox=BBOX, resolution=10)
    assert caught.value.reason is reason
    assert kept(tmp_path) == []


def test_a_lost_connection_half_way_keeps_what_is_whole_and_goes_on_later(items, requests, monkeypatch, tmp_path):
    bands, area = ["B01_60m", "B02_60m", "B03_60m", "B04_60m", "B8A_60m"], {"bbox": BBOX, "resolution": 60}
    whole = fetch(items, bands[:1], **area)(items[0].assets[bands[0]].href)
    before = len(requests)
    with monkeypatch.context() as patch:
        answering(patch, lambda number, *answer: answer if number < 2 else (206, {}, b""))
        with pytest.raises(Unavailable):
            fetch(items, bands, **area)
    assert Path(whole) in kept(tmp_path) and len(list(tmp_path.iterdir())) < len(bands)
    patch_url = fetch(items, bands, **area)
    assert len(list(tmp_path.iterdir())) == len(bands) and len(requests) > before
    read = partial(load, items, bands, **area)
    assert read(patch_url=patch_url).identical(read())


def test_when_the_service_refuses_the_others_stop_trying(items, requests, monkeypatch):
    waits = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return super().wait(timeout)

    monkeypatch.setattr(exchange, "Event", Stop)
    ask = Remote.ask

    def refused(self: Remote, *place: int):
        if "B01" in self.href:
            time.sleep(0.3)
            return 403, {}, b"<Code>InvalidAccessKeyId</Code>"
        return (503, {"Retry-After": "20"}, b"") if "B05" in self.href else ask(self, *place)

    monkeypatch.setattr(Remote, "ask", refused)
    start = time.monotonic()
    with pytest.raises(Rejected):
        fetch(items, ["B01_60m", "B05_20m"], bbox=BBOX, resolution=60)
    assert waits == [20] and time.monotonic() - start < 5


def test_a_full_disk_leaves_nothing_behind(items, requests, monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(BadData, match="dọn đĩa") as caught:
        fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)
    assert caught.value.reason is Reason.DISK and kept(tmp_path) == []


@pytest.mark.parametrize("href", ["s3://eodata/B04.vrt", "https://example.org/B04.jp2"])
def test_what_is_no_image_on_s3_is_read_plainly(items, requests, href):
    item = items[0].clone()
    item.assets["B04_10m"].href = href
    patch_url = fetch([item], ["B04_10m"], bbox=BBOX, resolution=10)
    assert patch_url(href) == href and requests == []


def test_a_file_of_another_grid_than_the_item_says_is_refused(items, requests, tmp_path):
    item = items[0].clone()
    item.assets["B04_10m"].href = item.assets["B04_20m"].href
    with pytest.raises(BadData, match=r"item ghi cỡ \(10980, 10980\), kho có \(5490, 5490\)") as caught:
        fetch([item], ["B04_10m"], bbox=BBOX, resolution=10)
    assert caught.value.reason is Reason.BROKEN and kept(tmp_path) == []


def test_a_file_of_another_length_than_the_item_says_is_refused(items, requests, tmp_path):
    item = items[0].clone()
    item.assets["B01_60m"].extra_fields["file:size"] = 10**9
    with pytest.raises(BadData, match=rf"item ghi cỡ {10**9}, kho có \d+\. Tệp bị cắt cụt") as caught:
        fetch([item], ["B01_60m"], bbox=BBOX, resolution=60)
    assert caught.value.reason is Reason.BROKEN and kept(tmp_path) == []


def test_an_area_elsewhere_asks_for_nothing(items, requests):
    fetch(items, ["B04_10m"], bbox=(13.0, 47.0, 13.01, 47.01), resolution=10)
    assert requests == []


def test_without_an_area_nothing_is_fetched(items, requests):
    with pytest.raises(BadInput, match="bbox"):
        fetch(items, ["B04_10m"])
    assert requests == []


def test_the_progress_bar_ends_full(items, requests, monkeypatch, capsys):
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    jp2.fetch(items, ["SCL_20m", "B01_60m"], bbox=BBOX, resolution=10)
    assert capsys.readouterr().out.rstrip().endswith("| 2/2, 00:00")
