"""Data packs, and the whole chain on real Sentinel-2 pixels."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pystac
import pytest

from cdse_access.service import running
from cdse_offline.packs import pack
from cdse_offline.server.matching import match_records
from cdse_offline.simulation.places import Place, Tile
from tests.cdse_offline.packs.sample import write_sample_pack

ROOT = Path(__file__).parents[3]
# The chip comes without a position: it is put where nobody will look for it, in a tile of the open Atlantic.
NOWHERE = Place(
    "spyndex", "Ảnh mẫu thật của gói spyndex, vị trí đặt tạm", "", 32625, 711960, 276000,
    2.5, -31.2, date(2017, 1, 1), date(2017, 1, 1), (), (Tile("25NGA", 32625, 699960, 300000),), (300, 300),
)  # fmt: skip
CHIP = "spyndex-sentinel"
HONEST = "Điểm ảnh Sentinel-2 thật của gói spyndex; vị trí và ngày là đặt tạm, SCL suy ra từ chính các kênh phổ."


def classified(bands: dict[str, np.ndarray]) -> np.ndarray:
    """An SCL that fits: vegetation above an NDVI of 0.4, water where the near infrared is dark, else bare; at 20 m."""
    red, infrared = (bands[k].reshape(150, 2, 150, 2).mean((1, 3)) for k in ("B04_10m", "B08_10m"))
    ndvi = (infrared - red) / (infrared + red)
    return np.select([infrared < 700, ndvi > 0.4], [6, 4], 5).astype(np.uint8)


@pytest.fixture(scope="module")
def chip() -> dict[str, np.ndarray]:
    import spyndex

    cube = spyndex.datasets.open("sentinel").astype(np.uint16)
    bands = {f"{name}_10m": cube.sel(band=name).values for name in ("B02", "B03", "B04", "B08")}
    return bands | {"SCL_20m": classified(bands)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, chip: dict[str, np.ndarray]) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    write_sample_pack(
        folder, chip, item_id=CHIP, place=NOWHERE, when=datetime(2017, 6, 1, 12, tzinfo=UTC),
        processing_version="02.05", description=HONEST,
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[dict[str, str]]:
    with running(data=folder) as cdse:
        keys = {"access_key": cdse.keys.access.reveal(), "secret_key": cdse.keys.secret.reveal()}
        yield {"stac": cdse.stac, "s3": cdse.s3} | keys


def test_the_item_says_which_scale_its_pixels_have(folder: Path):
    item = json.loads((folder / f"{CHIP}.json").read_text(encoding="utf-8"))
    red, scl = item["assets"]["B04_10m"], item["assets"]["SCL_20m"]
    assert (red["raster:scale"], red["raster:offset"], red["nodata"], red["data_type"]) == (0.0001, 0, 0, "uint16")
    assert item["properties"]["processing:version"] == "02.05" and "thật" in item["properties"]["description"]
    assert sum(c["percentage"] for c in scl["classification:classes"]) == pytest.approx(100)


def test_from_baseline_4_on_there_is_an_offset(tmp_path: Path, chip: dict[str, np.ndarray]):
    item = write_sample_pack(
        tmp_path, {"B04_10m": chip["B04_10m"]}, item_id="x", place=NOWHERE,
        when=datetime(2022, 6, 1, tzinfo=UTC), processing_version="05.10", description="",
    )  # fmt: skip
    assert item["assets"]["B04_10m"]["raster:offset"] == -0.1


# GDAL's settings hold for a process from its first read on: the chain runs in a process of its own.
CHAIN = """
import json, sys
import numpy as np, odc.stac
from pystac_client import Client
client = Client.open(sys.argv[1])
items = client.search(collections=["sentinel-2-l2a"], bbox=json.loads(sys.argv[2]), datetime="2017").item_collection()
data = odc.stac.load(items, bands=["B02_10m", "B03_10m", "B04_10m", "B08_10m", "SCL_20m"], resolution=10, chunks={})
bands = {key: band.isel(time=0).values for key, band in data.data_vars.items()}
np.savez(sys.argv[3], id=items[0].id, x=data.x, y=data.y, **bands)
"""


def test_real_pixels_come_through_the_whole_chain(service: dict, folder: Path, chip: dict, tmp_path: Path):
    item = json.loads((folder / f"{CHIP}.json").read_text(encoding="utf-8"))
    settings = {
        "AWS_S3_ENDPOINT": service["s3"], "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_ACCESS_KEY_ID": service["access_key"], "AWS_SECRET_ACCESS_KEY": service["secret_key"],
        "GDAL_NUM_THREADS": "1", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    command = [sys.executable, "-c", CHAIN, service["stac"], json.dumps(item["bbox"]), str(tmp_path / "seen.npz")]
    subprocess.run(command, env=os.environ | settings, check=True, timeout=120)
    with np.load(tmp_path / "seen.npz") as seen:
        assert str(seen["id"]) == CHIP
        west, north = NOWHERE.west, NOWHERE.north
        column, row = (seen["x"][0] - 5 - west) / -10, (seen["y"][0] + 5 - north) / 10
        window = slice(int(row), int(row) + 300), slice(int(column), int(column) + 300)
        for key in ("B02_10m", "B03_10m", "B04_10m", "B08_10m"):
            assert (seen[key][window] == chip[key]).all()
        assert (seen["SCL_20m"][window][::2, ::2] == chip["SCL_20m"]).all()
        assert np.count_nonzero(seen["B04_10m"]) == np.count_nonzero(chip["B04_10m"])


def item(**changes) -> dict:
    return {
        "type": "Feature", "id": "one", "collection": "c", "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "geometry": {"type": "Polygon", "coordinates": [[[1, 2], [2, 2], [2, 3], [1, 2]]]}, "bbox": [1, 2, 2, 3],
        "stac_version": "1.1.0",
        "links": [{"rel": "self", "href": "https://elsewhere/"}, {"rel": "license", "href": "https://l/"}],
        "assets": {"B04_10m": {"href": "s3://eodata/a/b.jp2"}},
    } | changes  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A pack with one object and no item yet."""
    (tmp_path / "eodata" / "a").mkdir(parents=True)
    (tmp_path / "eodata" / "a" / "b.jp2").write_bytes(b"pixels")
    (tmp_path / "outside.jp2").write_bytes(b"no object")
    return tmp_path


def put(folder: Path, document: dict, name: str = "item.json") -> Path:
    (folder / name).write_text(json.dumps(document))
    return folder


def test_a_folder_is_read(small: Path):
    (small / "eodata" / "a" / "an-object.json").write_text("not an item")
    holdings = pack.read_pack(put(small, item()))
    assert dict(holdings.objects) == {"a/b.jp2": small / "eodata" / "a" / "b.jp2"}
    assert holdings.records[0].id == "one" and holdings.collections["c"]["type"] == "Collection"
    assert holdings.collections["c"]["extent"]["temporal"]["interval"] == [["2020-01-01T00:00:00Z"] * 2]
    assert [link["rel"] for link in holdings.records[0].build("http://x/")["links"]] == ["license"]


def test_regions_are_those_of_the_pack_whatever_its_collection_was_recorded_with(small: Path):
    put(small, {"type": "Collection", "id": "c", "cdse_offline:regions": [{"id": "elsewhere"}]}, "collection.json")
    [region] = pack.read_pack(put(small, item())).collections["c"]["cdse_offline:regions"]
    assert (region["bbox"], region["interval"]) == ([1, 2, 2, 3], ["2020-01-01T00:00:00Z"] * 2)


def test_collections_and_lists_of_items_are_read(small: Path):
    put(small, {"type": "Collection", "id": "c", "title": "Mine", "links": []}, "collection.json")
    holdings = pack.read_pack(put(small, {"type": "FeatureCollection", "features": [item(), item(id="two")]}))
    assert [record.id for record in holdings.records] == ["one", "two"] and holdings.collections["c"]["title"] == "Mine"


ELSEWHERE = {"href": "https://x/b.jp2"}
HERE = {"href": "s3://eodata/a/b.jp2"}


@pytest.mark.parametrize(
    ("asset", "note"),
    [
        ({"href": "s3://eodata/a/no.jp2"}, "Bỏ asset odd của one: không có tệp trong gói."),
        ({"href": f"s3://eodata/{'a' * 5000}.jp2"}, "Bỏ asset odd của one: không có tệp trong gói."),
        (ELSEWHERE, "Bỏ asset odd của one: trỏ ra ngoài s3://eodata/."),
        ({"href": "s3://eodata/../outside.jp2"}, "trỏ ra ngoài"),
        ({"href": "s3://eodata-other/a/b.jp2"}, "trỏ ra ngoài"),
        ({"href": "s3://eodata/"}, "trỏ ra ngoài"),
        ({"href": "s3://eodata/a\0.jp2"}, "trỏ ra ngoài"),
        (HERE | {"file:size": 7}, "không dài đúng file:size"),
        (HERE | {"file:size": "6"}, "một trường khác viết sai"),
        ({}, "href hay"),
        (None, "href hay"),
    ],
)
def test_an_asset_that_cannot_be_served_is_left_out_and_named(small: Path, asset: dict, note: str):
    holdings = pack.read_pack(put(small, item(assets={"B04_10m": HERE, "odd": asset})))
    assert list(holdings.objects) == ["a/b.jp2"] and note in holdings.notes[0] and len(holdings.notes) == 1
    assert holdings.records[0].build("http://x/")["assets"].keys() == {"B04_10m"}


def test_a_saved_answer_is_served_as_far_as_its_files_are_there(small: Path):
    """Of CDSE's items most assets lie elsewhere or were not fetched: told in a line for each reason, not one by one."""
    far = {"Product": ELSEWHERE, "thumbnail": ELSEWHERE, "B02_10m": {"href": "s3://eodata/a/no.jp2"}, "B04_10m": HERE}
    features = [item(id=f"item-{number}", assets=far) for number in range(5)]
    holdings = pack.read_pack(put(small, {"type": "FeatureCollection", "features": features}))
    assert holdings.notes == (
        "Bỏ asset Product, thumbnail của 5 item: trỏ ra ngoài s3://eodata/.",
        "Bỏ asset B02_10m của 5 item: không có tệp trong gói.",
    )
    assert len(holdings.records) == 5


YEAR = "2020-01-01T00:00:00Z/2020-12-31T00:00:00Z"
DEEP = json.loads("[" * 900 + "]" * 900)


@pytest.mark.parametrize(
    ("document", "note"),
    [
        (item(assets={}), "thiếu assets"),
        (item(assets={"B04_10m": ELSEWHERE}), "không còn asset nào"),
        (item(collection=None), "thiếu collection"),
        (item(properties={"datetime": "hôm qua"}), "datetime là 'hôm qua', cần thời điểm"),
        (item(properties={"datetime": "2020-01-01T00:00:00z"}), "không phục vụ được"),
        (item(properties={"datetime": "2020-01-01"}), "cần thời điểm có múi giờ"),
        (item(properties={"datetime": None}), "thiếu datetime"),
        (item(properties=item()["properties"] | {"big": 10**40}), "không phục vụ được"),
        (item(properties=item()["properties"] | {"big": float("nan")}), "không phục vụ được"),
        (item(properties=item()["properties"] | {"text": "\ud800"}), "không phục vụ được"),
        (item(own="\ud800"), "không phục vụ được"),
        (item(geometry={"type": "Point", "coordinates": [1, 2]}), "cần Polygon hay MultiPolygon"),
        (item(geometry={"type": "Polygon", "coordinates": DEEP}), "geometry.coordinates"),
        (item(id=5), "id là 5, cần một chuỗi"),
        (item(id="good"), "đã có trong"),
        (None, "cần một từ điển"),
    ],
)
def test_an_odd_item_is_named_and_costs_no_other(small: Path, document: dict, note: str):
    put(small, item(id="good"), "a.json")
    holdings = pack.read_pack(put(small, {"type": "FeatureCollection", "features": [document]}, "b.json"))
    assert [record.id for record in holdings.records] == ["good"]
    assert len([one for one in holdings.notes if note in one]) == 1
    assert match_records(holdings.records, bbox=[0, 0, 5, 5], datetime=YEAR, filter_expr="id = 'good'")


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"type": "Polygon"}', "[" * 5000, '{"type": "FeatureCollection"}', b"\xff"]
)
def test_a_file_that_holds_no_items_is_named_and_costs_no_other(small: Path, text: str | bytes):
    (small / "odd.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    (note,) = pack.read_pack(put(small, item())).notes
    assert "odd.json" in note


def test_a_file_with_a_byte_order_mark_is_read(small: Path):
    (small / "item.json").write_text(json.dumps(item()), encoding="utf-8-sig")
    assert pack.read_pack(small).notes == ()


def test_a_folder_without_items_is_no_pack_and_all_that_is_wrong_is_told(small: Path):
    with pytest.raises(pack.PackError, match="không có item STAC nào"):
        pack.read_pack(small)
    (small / "broken.json").write_text("{")
    with pytest.raises(pack.PackError, match=r"broken\.json không phải JSON[^\0]*bỏ item one: thiếu assets"):
        pack.read_pack(put(small, item(assets={})))
    with pytest.raises(pack.PackError, match="không có thư mục"):
        pack.read_pack(small / "nowhere")


@pytest.mark.parametrize("own", [{"extent": 5}, {"links": 5}, {"description": None}, {"extent": {"temporal": {}}}])
def test_a_collection_that_cannot_be_read_is_made_of_its_items(small: Path, own: dict):
    put(small, {"type": "Collection", "id": "c"} | own, "collection.json")
    collection = pack.read_pack(put(small, item())).collections["c"]
    assert pystac.Collection.from_dict(collection).extent.spatial.bboxes == [[1, 2, 2, 3]]


def test_a_file_as_long_as_the_item_says_is_taken(small: Path):
    put(small, item(assets={"B04_10m": {"href": "s3://eodata/a/b.jp2", "file:size": 6}}))
    assert pack.read_pack(small).objects.keys() == {"a/b.jp2"}


def test_a_quicklook_is_served_where_a_browser_reads_it(small: Path):
    (small / "eodata" / "a" / "b-ql.jpg").write_bytes(b"picture")
    quicklook = {"href": "s3://eodata/a/b-ql.jpg", "type": "image/jpeg", "title": "Quicklook"}
    red = {"href": "s3://eodata/a/b.jp2"}
    holdings = pack.read_pack(put(small, item(assets={"B04_10m": red, "thumbnail": quicklook})))
    assert holdings.thumbnails == {"one": "a/b-ql.jpg"} and "a/b-ql.jpg" in holdings.objects
    served = holdings.records[0].build("http://x/")["assets"]
    assert served["B04_10m"] == red and served["thumbnail"]["href"] == "http://x/thumbnails/one.jpg"
    assert served["thumbnail"]["alternate"]["s3"]["href"] == "s3://eodata/a/b-ql.jpg"
    on_web = quicklook | {"href": "https://datahub/ql", "alternate": {"s3": {"href": quicklook["href"]}}}
    put(small, item(assets={"B04_10m": red, "thumbnail": on_web}))
    assert pack.read_pack(small).thumbnails == {"one": "a/b-ql.jpg"}  # as a saved answer of CDSE has it
    again = holdings.records[0].build("http://y/")["assets"]
    assert again["thumbnail"]["href"] == "http://y/thumbnails/one.jpg"


def test_another_item_or_file_is_another_version(small: Path):
    version = pack.read_pack(put(small, item())).version
    assert pack.read_pack(small).version == version
    put(small, item(id="other"))
    other = pack.read_pack(small).version
    (small / "eodata" / "a" / "b.jp2").write_bytes(b"other pixels")
    assert len({version, other, pack.read_pack(small).version}) == 3


NOTE = {"service": "CDSE", "credit": "Contains …", "items": 2, "searches": [], "loads": []}


def test_a_recorded_pack_says_whom_to_thank_and_what_it_lacks(small: Path):
    put(small, NOTE, "record.json")
    (small / "GHI-CONG.txt").write_text("Nhờ ESA.", encoding="utf-8")
    holdings = pack.read_pack(put(small, item()))
    assert holdings.title.endswith(". Contains … (chưa đủ: 1 trong 2 item)") and holdings.description.endswith(
        "Nhờ ESA."
    )
    put(small, NOTE | {"items": 1}, "record.json")
    assert pack.read_pack(small).title.endswith(". Contains …")
    put(small, {"credit": "x"}, "record.json")
    with pytest.raises(pack.PackError, match=r"record\.json không phải do lệnh record ghi"):
        pack.read_pack(small)


def test_objects_lie_in_the_bucket_only(tmp_path: Path):
    assert pack.find_object_file(tmp_path, "s3://eodata/a/b.jp2") == tmp_path / "eodata" / "a" / "b.jp2"
    for href in (
        "s3://eodata/../a.jp2",
        "s3://eodata//etc/a.jp2",
        "s3://other/a.jp2",
        "https://x/a.jp2",
        "s3://eodata/",
    ):
        with pytest.raises(ValueError, match="is not an object"):
            pack.find_object_file(tmp_path, href)


def test_a_window_of_another_size_is_refused(tmp_path: Path, chip: dict[str, np.ndarray]):
    with pytest.raises(ValueError, match="do not fill the window"):
        write_sample_pack(
            tmp_path, {"B04_10m": chip["B04_10m"]}, item_id="x", place=replace(NOWHERE, shape=(240, 240)),
            when=datetime(2017, 6, 1, tzinfo=UTC), processing_version="02.05", description="",
        )  # fmt: skip
