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
import pytest

from cdse_access.service import running
from cdse_offline.packs import pack
from cdse_offline.simulation.places import Place
from tests.cdse_offline.packs.sample import write_sample_pack

ROOT = Path(__file__).parents[3]
# The chip comes without a position: it is put where nobody will look for it, in a tile of the open Atlantic.
NOWHERE = Place(
    "spyndex", "Ảnh mẫu thật của gói spyndex, vị trí đặt tạm", "25NGA", 32625, 699960, 300000,
    1200, 2400, 2.5, -31.2, date(2017, 1, 1), date(2017, 1, 1), (), size=300,
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
        west, north = NOWHERE.west + 10 * NOWHERE.column, NOWHERE.north - 10 * NOWHERE.row
        column, row = (seen["x"][0] - 5 - west) / -10, (seen["y"][0] + 5 - north) / 10
        window = slice(int(row), int(row) + 300), slice(int(column), int(column) + 300)
        for key in ("B02_10m", "B03_10m", "B04_10m", "B08_10m"):
            assert (seen[key][window] == chip[key]).all()
        assert (seen["SCL_20m"][window][::2, ::2] == chip["SCL_20m"]).all()
        assert np.count_nonzero(seen["B04_10m"]) == np.count_nonzero(chip["B04_10m"])


def item(**changes) -> dict:
    return {
        "type": "Feature", "id": "one", "collection": "c", "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "geometry": {"type": "Point", "coordinates": [1, 2]}, "bbox": [1, 2, 1, 2], "stac_version": "1.1.0",
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


def test_collections_and_lists_of_items_are_read(small: Path):
    put(small, {"type": "Collection", "id": "c", "title": "Mine", "links": []}, "collection.json")
    holdings = pack.read_pack(put(small, {"type": "FeatureCollection", "features": [item(), item(id="two")]}))
    assert [record.id for record in holdings.records] == ["one", "two"] and holdings.collections["c"]["title"] == "Mine"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (item(assets={"B04_10m": {"href": "s3://eodata/a/no.jp2"}}), r"B04_10m của one cần tệp .*no\.jp2"),
        (item(assets={"B04_10m": {"href": "https://x/b.jp2"}}), "B04_10m của one trỏ đến https://x/b.jp2, ngoài"),
        (item(assets={"B04_10m": {"href": "s3://eodata/../outside.jp2"}}), "ngoài s3://eodata/"),
        (item(assets={"B04_10m": {"href": "s3://eodata-other/a/b.jp2"}}), "ngoài s3://eodata/"),
        (
            item(assets={"B04_10m": {"href": "s3://eodata/a/b.jp2", "file:size": 7}}),
            r"b\.jp2 dài 6 byte, item ghi file:",
        ),
        (item(assets={"B04_10m": {"href": "s3://eodata/"}}), "ngoài s3://eodata/"),
        (item(assets={}), "item one thiếu assets"),
        (item(properties={"datetime": "hôm qua"}), "datetime không đọc được: hôm qua"),
        ({"type": "FeatureCollection", "features": [item(), item()]}, "item one có hai lần"),
        ({"type": "Polygon"}, "type là 'Polygon'"),
        ([1], "type là None"),
    ],
)
def test_a_folder_that_is_no_pack_is_told_why(small: Path, document: dict, message: str):
    with pytest.raises(pack.PackError, match=message):
        pack.read_pack(put(small, document))


def test_a_folder_without_items_or_with_broken_json_is_told(small: Path):
    with pytest.raises(pack.PackError, match="không có item STAC nào"):
        pack.read_pack(small)
    (small / "broken.json").write_text("{")
    with pytest.raises(pack.PackError, match=r"broken\.json không phải JSON"):
        pack.read_pack(small)
    with pytest.raises(pack.PackError, match="không có thư mục"):
        pack.read_pack(small / "nowhere")


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
            tmp_path, {"B04_10m": chip["B04_10m"]}, item_id="x", place=replace(NOWHERE, size=240),
            when=datetime(2017, 6, 1, tzinfo=UTC), processing_version="02.05", description="",
        )  # fmt: skip
