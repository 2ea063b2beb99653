"""Recording a data pack: what it reads back as, how it goes on after an interruption, what it refuses."""

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import odc.stac
import pytest
import xarray as xr
from pystac import Item

from cdse_access import loading as jp2
from cdse_access import session as cdse
from cdse_access.jp2 import wanted
from cdse_access.jp2.ranges import Remote
from cdse_access.probe import find_sample
from cdse_access.problems import Problem, Reason
from cdse_access.secrets import Keys
from cdse_access.store import Store
from cdse_offline.packs import command, pack, record
from cdse_offline.packs.loads import Box, Load, WantedItem
from cdse_offline.server.application import Server
from cdse_offline.server.cache import Cache
from cdse_offline.server.protocol import build_http_server, listen
from cdse_offline.server.s3 import KeyPair
from cdse_offline.server.store import FileStore
from tests.cdse_offline.packs.recording import BBOX, LOAD, arguments, contents

SHARED = Path(__file__).parents[4] / "shared" / "cdse"
pytestmark = pytest.mark.usefixtures("source")
PASSES = "S2B_MSIL2A_20230925T100649", "S2B_MSIL2A_20230928T101719"  # which ids of the two items begin with


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """The pack behind a service of this process."""
    catalog = pack.read_pack(folder)
    listener = listen("127.0.0.1", 0)
    server = build_http_server(
        Server(catalog, FileStore(catalog.objects, Cache(folder / "no-cache")), KeyPair("PACK", "secret"))
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield {"stac": f"http://{address}/stac/v1/", "s3": address, "access_key": "PACK", "secret_key": "secret"}
    finally:
        server.should_exit = True
        thread.join(10)


def items(service: dict[str, str]) -> list[Item]:
    keys = Keys.from_texts(service["access_key"], service["secret_key"])
    cdse.use_store(Store(service["s3"], False, keys, service["s3"]))
    return list(cdse.open_catalog(service["stac"]).search(**LOAD.build_question()).items())


def loaded(service: dict[str, str], *, fetch: bool, bands: Sequence[str] = LOAD.bands, **area) -> xr.Dataset:
    """Plainly by odc-stac or with `fetch` before it; in a thread of its own, which keeps the keys it used first."""
    found = items(service)
    patch_url = jp2.fetch(found, bands, progress=False, **area) if fetch else None
    with ThreadPoolExecutor(1) as pool:
        settings = {"groupby": "solar_day", "patch_url": patch_url} | area
        return pool.submit(odc.stac.load, found, bands, **settings).result()


@pytest.mark.parametrize(
    ("fetch", "area"),
    [
        (True, {"bbox": BBOX, "crs": "EPSG:32632", "resolution": 10}),
        (False, {"bbox": BBOX, "crs": "EPSG:32632", "resolution": 10}),
        (False, {"bbox": BBOX, "resolution": 100}),
        (False, {"bbox": BBOX, "crs": "EPSG:4326", "resolution": 0.0005}),
    ],
)
def test_a_served_pack_reads_as_the_service_that_it_was_recorded_from(
    source, whole, monkeypatch, tmp_path, fetch, area
):
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path))
    expected = loaded(source, fetch=fetch, **area)  # read plainly, classes and the rim of no data come from levels
    with served(whole) as service:
        assert loaded(service, fetch=fetch, **area).identical(expected)
    assert expected.sizes["time"] == 2 and int(expected.B04_10m.min()) > 0


def test_what_a_coarse_grid_reaches_beyond_the_area_is_recorded_too(source, monkeypatch, tmp_path):
    """The area ends 194 m before a tile of SCL_20m does (x = 689600); the last pixel of 600 m has its centre beyond."""
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path / "cache"))
    bbox = 11.50, 47.82, 11.5304, 47.83
    record.record(tmp_path / "pack", [Load(bbox, "2023-09-25/2023-09-28", ("SCL_20m",), cloud=20)], yes=True)
    expected = loaded(source, fetch=False, bands=["SCL_20m"], bbox=bbox, resolution=600)
    with served(tmp_path / "pack") as service:
        assert loaded(service, fetch=False, bands=["SCL_20m"], bbox=bbox, resolution=600).identical(expected)
    assert float(expected.x[-1]) == 689700 and int(expected.SCL_20m.min()) > 0


def test_items_keep_what_the_pack_holds_and_say_so(source, whole):
    originals = {item.id: item for item in items(source)}
    with served(whole) as service:
        recorded = items(service)
        assert {item.id: item.geometry for item in recorded} == {i: item.geometry for i, item in originals.items()}
        for item in recorded:
            assert item.assets.keys() == {"B04_10m", "SCL_20m", "product_metadata", "thumbnail"}
            red, original = item.assets["B04_10m"], originals[item.id].assets["B04_10m"]
            assert red.href == original.href and "alternate" not in red.extra_fields
            assert red.extra_fields["proj:transform"] == original.extra_fields["proj:transform"]
            path = pack.find_object_file(whole, red.href)
            assert red.extra_fields["file:size"] == path.stat().st_size < 2e6
            assert "chỉ giữ 4 trong 43 tệp" in item.properties["description"]
            assert item.properties["cdse_offline:window"] == list(BBOX)
            assert item.properties["cdse_offline:simulated"] is True


def test_quicklooks_are_those_of_the_service(source, whole):
    pictures = [urlopen(item.assets["thumbnail"].href).read() for item in items(source)]
    with served(whole) as service:
        assert [urlopen(item.assets["thumbnail"].href).read() for item in items(service)] == pictures
    assert len(set(pictures)) == 2 and pictures[0][:2] == b"\xff\xd8"


def test_the_pack_says_what_it_is(source, whole):
    with served(whole) as service:
        catalog = cdse.open_catalog(service["stac"])
        collection = catalog.get_collection("sentinel-2-l2a")
        [region] = catalog.regions
    assert (region.title, region.bbox, region.interval) == ("ô 32UPU", BBOX, ("2023-09-25", "2023-09-28"))
    assert catalog.title == "CDSE ngoại tuyến: gói dữ liệu lop-10a. Ảnh mô phỏng, không chứa dữ liệu Copernicus"
    assert "2023-09-25/2023-09-28, mây dưới 20 %" in catalog.description  # the page of credits
    assert "Ảnh mô phỏng, không chứa dữ liệu Copernicus" in collection.description
    assert collection.license == "CC-BY-4.0"
    page = (whole / "GHI-CONG.txt").read_text(encoding="utf-8")
    assert "https://creativecommons.org/licenses/by/4.0/" in page and "cdse_offline (producer" in page


# -- interrupted and taken up again ------------------------------------------


@pytest.fixture
def fetched(monkeypatch) -> list[str]:
    """Passes whose images are fetched, one by one; `stop` in the list makes the next fetch an interruption."""
    seen, find = [], wanted.find_wanted

    def counted(items, bands, **area):
        if "stop" in seen:
            raise KeyboardInterrupt
        seen.extend(item.id[:26] for item in items)
        return find(items, bands, **area)

    monkeypatch.setattr(wanted, "find_wanted", counted)
    monkeypatch.setattr(record, "BATCH", 1)
    return seen


def test_an_interruption_leaves_whole_items_and_the_rest_follows(whole, fetched, monkeypatch, tmp_path, capsys):
    folder, write_item = tmp_path / "pack", record._write_item

    def stop_after_one(*arguments):
        write_item(*arguments)
        fetched.append("stop")

    with monkeypatch.context() as patch:
        patch.setattr(record, "_write_item", stop_after_one)
        with pytest.raises(SystemExit) as ended:
            command.run(arguments(folder))
    assert ended.value.code == 130 and "chạy lại lệnh này để tiếp tục" in capsys.readouterr().err
    assert pack.read_pack(folder).title.endswith("(chưa đủ: 1 trong 2 item)")
    fetched.clear()
    command.run(arguments(folder))
    assert fetched == [PASSES[1]] and "đã có 1 trong 2 item" in capsys.readouterr().out
    dated = {name: data for name, data in contents(whole).items() if name not in ("record.json", "GHI-CONG.txt")}
    assert {name: data for name, data in contents(folder).items() if name in dated} == dated
    assert contents(folder).keys() == contents(whole).keys()


def test_a_finished_pack_is_left_alone(copy, fetched, capsys):
    record.record(copy, [LOAD])
    assert fetched == [] and "Xong: 2 item, 8 tệp" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["cut", "flipped", "missing", "item"])
def test_what_was_harmed_is_recorded_anew(whole, copy, fetched, kind):
    item = next(copy.glob(f"items/*/{PASSES[0]}*.json"))
    image = pack.find_object_file(copy, json.loads(item.read_text())["assets"]["SCL_20m"]["href"])
    data = image.read_bytes()
    if kind == "item":
        item.write_text(item.read_text()[:100])
    elif kind == "missing":
        image.unlink()
    else:
        image.write_bytes(data[:-1] if kind == "cut" else data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    record.record(copy, [LOAD], yes=True)
    assert fetched == [PASSES[0]] and contents(copy).keys() == contents(whole).keys()
    assert image.read_bytes() == data


def test_a_lost_connection_keeps_what_is_whole(fetched, monkeypatch, tmp_path):
    ask, lost = Remote.ask, []

    def losing(self, *place):
        if PASSES[1][11:] in self.href:
            self.pool.stop.set()  # it does not wait and try again
            lost.append(self.href)
            return 503, {}, b""
        return ask(self, *place)

    monkeypatch.setattr(Remote, "ask", losing)
    with pytest.raises(Problem, match=r"Mới ghi 1 trong 2 item\. .*chạy lại lệnh này") as caught:
        record.record(tmp_path / "pack", [LOAD], yes=True)
    assert caught.value.reason == Reason.BUSY and lost
    assert [path.name[:26] for path in (tmp_path / "pack" / "items").rglob("*") if path.is_file()] == [PASSES[0]]


def test_a_full_disk_keeps_what_is_whole(fetched, monkeypatch, tmp_path):
    replace = Path.replace

    def full(self, target):
        if PASSES[1] in str(target):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Problem, match=r"đĩa đầy.*Mới ghi 1 trong 2") as caught:
        record.record(tmp_path / "pack", [LOAD], yes=True)
    assert caught.value.reason == Reason.DISK
    assert len(pack.read_pack(tmp_path / "pack").records) == 1


def test_an_image_without_quicklook_is_recorded(monkeypatch, tmp_path):
    ask = Remote.ask
    gone = 404, {}, b"<Error><Code>NoSuchKey</Code></Error>"
    monkeypatch.setattr(Remote, "ask", lambda self, *p: gone if self.href.endswith(".jpg") else ask(self, *p))
    record.record(tmp_path / "pack", [Load(BBOX, "2023-09-28", ("SCL_20m",))], yes=True)
    assert len(pack.read_pack(tmp_path / "pack").objects) == 2  # image and metadata


def test_an_item_of_which_nothing_is_there_is_left_out(monkeypatch, tmp_path):
    ask = Remote.ask
    gone = 404, {}, b"<Error><Code>NoSuchKey</Code></Error>"
    monkeypatch.setattr(Remote, "ask", lambda self, *place: gone if PASSES[0] in self.href else ask(self, *place))
    record.record(tmp_path / "pack", [Load(BBOX, LOAD.dates, cloud=20)], yes=True)
    catalog = pack.read_pack(tmp_path / "pack")
    assert [item.id[:26] for item in catalog.records] == [PASSES[1]] and "chưa đủ" not in catalog.title


def test_keys_can_be_tried_on_a_pack(whole):
    with served(whole) as service:
        items(service)
        assert find_sample(cdse.open_catalog(service["stac"])).endswith("MTD_MSIL2A.xml")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the recorded documents of CDSE beside the project")
def test_the_quicklook_of_a_real_item_comes_from_the_store(monkeypatch, tmp_path):
    document = json.loads((SHARED / "item_2026_N0512.json").read_text())
    whole = {"Content-Range": "bytes 0-6/7", "ETag": "x"}
    monkeypatch.setattr(Remote, "ask", lambda self, *_: (206, whole, b"picture"))
    small = record._write_small_files(tmp_path, WantedItem(document))
    quicklook = small["thumbnail"]
    assert (
        small.keys() == {"thumbnail", "product_metadata"}
        and quicklook["href"].startswith("s3://eodata/Sentinel-2/")
        and quicklook["href"].endswith("-ql.jpg")
    )
    assert pack.find_object_file(tmp_path, quicklook["href"]).read_bytes() == b"picture"


@pytest.mark.parametrize(("answer", "writes"), [("c", True), ("Có", True), ("", False), ("k", False)])
def test_it_asks_before_it_writes(monkeypatch, tmp_path, answer, writes):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _: answer)
    monkeypatch.setattr(record, "_write_items", lambda *_: None)
    monkeypatch.setattr(record, "_finish", lambda *_: None)
    record.record(tmp_path / "pack", [LOAD])
    assert (tmp_path / "pack" / "record.json").is_file() == writes


# -- what is written ---------------------------------------------------------


def test_alike_items_go_together_and_large_ones_alone(scenes):
    def scene(bbox: Box = BBOX, band: str = "SCL_20m") -> WantedItem:
        return WantedItem(scenes[0].document, {band: bbox})

    whole_tile = tuple(scenes[0].document["bbox"])
    mixed = [scene(), scene(band="B04_10m"), scene(), scene(), scene(), scene(), WantedItem(scenes[1].document)]
    assert [len(batch) for batch in record._form_batches(mixed)] == [4, 1, 1, 1]
    assert [len(batch) for batch in record._form_batches([scene(whole_tile, "B04_10m")] * 2)] == [1, 1]


def test_a_real_item_gets_a_window_too(scenes):
    document = json.loads(json.dumps(scenes[0].document))
    for name in [name for name in document["properties"] if name.startswith("cdse_offline:")] + ["description"]:
        del document["properties"][name]
    kept = {"B04_10m": document["assets"]["B04_10m"]}
    properties = record._excerpt(WantedItem(document, {"B04_10m": BBOX}), kept, "CDSE")["properties"]
    assert properties["cdse_offline:window"] == list(BBOX) and properties["cdse_offline:recorded"] == "CDSE"
    assert "cdse_offline:simulated" not in properties and properties["description"].startswith("Gói dữ liệu này")
