"""`fetch`: what it brings is what plain odc-stac reads, for a few requests, and nothing wrong is kept."""

import itertools
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
from rasterio.windows import Window

from cdse_access import loading as jp2
from cdse_access.jp2 import ranges as remote
from cdse_access.jp2.mini import split
from cdse_access.jp2.ranges import Remote
from cdse_access.problems import BadData, BadInput, Problem, Reason, Unavailable

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


def tiles_of(path: Path) -> dict[int, bytes]:
    return split(path.read_bytes(), path.name)[1]


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
    head, tiles = split(path.read_bytes(), path.name)
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
    old = Path(fetch(items, ["B11_20m"], bbox=small, resolution=20)(href))
    old.rename(old.with_name("khac-" + old.name.split("-")[1]))
    wanted, read_tiles = [], jp2.read_tiles

    def seen(file, head, numbers, others):
        wanted.extend(numbers)
        return read_tiles(file, head, numbers, others)

    monkeypatch.setattr(jp2, "read_tiles", seen)
    new = Path(fetch(items, ["B11_20m"], bbox=large, resolution=20)(href))
    assert set(wanted) == tiles_of(new).keys()


def cut(size: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:size]


def flipped(data: bytes) -> bytes:
    """One bit in the middle of the coded data, which JPEG 2000 does not notice."""
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


@pytest.mark.parametrize("damage", [cut(0), cut(5000), cut(9000), cut(-1), flipped])
def test_a_kept_file_that_is_damaged_is_brought_anew(items, requests, damage):
    href = items[0].assets["B01_60m"].href
    path = Path(fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)(href))
    whole, before = path.read_bytes(), len(requests)
    path.write_bytes(damage(whole))
    assert Path(fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)(href)).read_bytes() == whole
    assert len(requests) == 2 * before


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


def answering(monkeypatch, change: Callable[[int, int, dict, bytes], tuple[int, dict, bytes]]) -> None:
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
        answering(patch, lambda number, *answer: answer if number < 2 else (0, {}, b""))
        with pytest.raises(Unavailable):
            fetch(items, bands, **area)
    assert Path(whole) in kept(tmp_path) and len(kept(tmp_path)) < len(bands)
    patch_url = fetch(items, bands, **area)
    assert len(kept(tmp_path)) == len(bands) and len(requests) > before
    read = partial(load, items, bands, **area)
    assert read(patch_url=patch_url).identical(read())


def test_when_one_file_fails_the_others_stop_trying(items, requests, monkeypatch):
    waits = []

    class Stop(threading.Event):
        def wait(self, seconds: float) -> bool:
            waits.append(seconds)
            return super().wait(seconds)

    monkeypatch.setattr(remote, "Event", Stop)
    ask = Remote.ask

    def refused(self: Remote, *place: int):
        if "B01" in self.href:
            time.sleep(0.3)
            return 404, {}, b""
        return (503, {"Retry-After": "20"}, b"") if "B02" in self.href else ask(self, *place)

    monkeypatch.setattr(Remote, "ask", refused)
    start = time.monotonic()
    with pytest.raises(BadData, match="Kho ảnh không có"):
        fetch(items, ["B01_60m", "B02_60m"], bbox=BBOX, resolution=60)
    assert waits == [20] and time.monotonic() - start < 5


def test_a_full_disk_leaves_nothing_behind(items, requests, monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(BadData, match="dọn đĩa") as caught:
        fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)
    assert caught.value.reason is Reason.DISK and kept(tmp_path) == []


@pytest.mark.parametrize("href", ["s3://eodata/B04.tif", "https://example.org/B04.jp2"])
def test_what_is_no_jp2_on_s3_is_read_plainly(items, requests, href):
    item = items[0].clone()
    item.assets["B04_10m"].href = href
    patch_url = fetch([item], ["B04_10m"], bbox=BBOX, resolution=10)
    assert patch_url(href) == href and requests == []


def test_a_file_of_another_grid_than_the_item_says_is_refused(items, requests, tmp_path):
    item = items[0].clone()
    item.assets["B04_10m"].href = item.assets["B11_20m"].href
    with pytest.raises(BadData, match=r"item ghi cỡ \(10980, 10980\), kho có \(5490, 5490\)") as caught:
        fetch([item], ["B04_10m"], bbox=BBOX, resolution=10)
    assert caught.value.reason is Reason.BROKEN and kept(tmp_path) == []


def test_a_file_of_another_length_than_the_item_says_is_refused(items, requests, tmp_path):
    size = Path(fetch(items, ["B01_60m"], bbox=BBOX, resolution=60)(items[0].assets["B01_60m"].href)).stat().st_size
    (path,) = kept(tmp_path)
    path.unlink()
    item = items[0].clone()
    item.assets["B01_60m"].extra_fields["file:size"] = size + 10**9
    with pytest.raises(BadData, match=rf"item ghi cỡ {size + 10**9}, kho có \d+\. Tệp bị cắt cụt") as caught:
        fetch([item], ["B01_60m"], bbox=BBOX, resolution=60)
    assert caught.value.reason is Reason.BROKEN and kept(tmp_path) == []


def test_an_area_elsewhere_asks_for_nothing(items, requests):
    fetch(items, ["B04_10m"], bbox=(13.0, 47.0, 13.01, 47.01), resolution=10)
    assert requests == []


def test_without_an_area_nothing_is_fetched(items, requests):
    with pytest.raises(BadInput, match="bbox"):
        fetch(items, ["B04_10m"])
    assert requests == []


def test_the_progress_bar_ends_full(items, requests, capsys):
    jp2.fetch(items, ["SCL_20m", "B01_60m"], bbox=BBOX, resolution=10)
    assert capsys.readouterr().out.rstrip().endswith("2/2")
