"""The service against recorded documents of the real one: same shapes, but for the differences listed here."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdse_offline.product import archive
from cdse_offline.product.regions import REGIONS
from cdse_offline.server.application import Server
from cdse_offline.server.cache import Cache
from cdse_offline.server.s3 import KeyPair
from cdse_offline.server.store import FileStore

RECORDED = Path(__file__).parents[4] / "shared" / "cdse"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recorded documents are not at {RECORDED}")

# What this service does not do, and therefore does not announce.
NOT_ANNOUNCED = {
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/simple-query",  # searches of collections
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#fields",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#filter",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#free-text",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#query",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#sort",
    "https://api.stacspec.org/v1.0.0/collections/extensions/transaction",  # nothing can be changed
    "https://api.stacspec.org/v1.0.0/ogcapi-features/extensions/transaction",
}
# Assets of products from 2024 on; those of 2023 have 43.
NEWER_ASSETS = {"CLD_20m", "CLD_60m", "SNW_20m", "SNW_60m"}
# Files are made when they are first read: before that, nobody knows their size and checksum.
UNKNOWN_BEFORE_READ = {"file:size", "file:checksum"}
# Properties of newer items only, or of CDSE's database; the item printed in 2025 had none of them.
NEWER_PROPERTIES = {"_private", "expires", "processing:software"}
SIMULATED = {"description", "cdse_offline:simulated", "cdse_offline:window"}
# The history of a product and the certificate of a collection exist for real products only.
REAL_ONLY_LINKS = {"version-history", "ceos-ard-specification"}
REAL_ONLY_COLLECTION = {
    "sci:doi",
    "sci:citation",
    "ceosard:type",
    "ceosard:specification",
    "ceosard:specification_version",
}


def recorded(name: str) -> dict[str, Any]:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    holdings = archive.simulate_holdings()
    store = FileStore(holdings.objects, Cache(tmp_path_factory.mktemp("cache")))
    return TestClient(Server(holdings, store, KeyPair("a", "b")), base_url="http://127.0.0.1:9")


@pytest.fixture(scope="module")
def real() -> dict[str, Any]:
    return recorded("item_2026_N0512")


@pytest.fixture(scope="module")
def item(client: TestClient) -> dict[str, Any]:
    return client.get("/stac/v1/collections/sentinel-2-l2a/items?limit=1").json()["features"][0]


def types(document: dict[str, Any]) -> dict[str, Any]:
    """Keys with the types of their values, all the way down; numbers are numbers, of lists the first counts."""

    def kind(value: Any) -> Any:
        if isinstance(value, dict):
            return types(value)
        if isinstance(value, list):
            return [kind(entry) for entry in value[:1]]
        return "number" if type(value) in (int, float) else type(value).__name__

    return {key: kind(value) for key, value in document.items()}


def test_landing_page(client: TestClient):
    ours, theirs = client.get("/stac/v1/").json(), recorded("landing")
    assert set(ours) == set(theirs) | {"cdse_offline:version"}
    assert (ours["type"], ours["stac_version"]) == ("Catalog", theirs["stac_version"])
    shape = [(k["rel"], k["type"], k.get("title"), k.get("method")) for k in theirs["links"]]
    assert [(k["rel"], k["type"], k.get("title"), k.get("method")) for k in ours["links"]] == shape
    root = "https://stac.dataspace.copernicus.eu/v1/"
    expected = [k["href"].replace(root, "http://127.0.0.1:9/stac/v1/") for k in theirs["links"]]
    assert [k["href"] for k in ours["links"]] == expected
    assert "mô phỏng" in ours["title"] and ours["id"] != theirs["id"]


def test_conformance(client: TestClient):
    ours = set(client.get("/stac/v1/conformance").json()["conformsTo"])
    theirs = set(recorded("conformance")["conformsTo"])
    assert ours == theirs - NOT_ANNOUNCED
    assert not NOT_ANNOUNCED - theirs and ours == set(client.get("/stac/v1/").json()["conformsTo"])


def test_what_is_not_announced_is_not_there(client: TestClient, item: dict):
    path = "/stac/v1/collections/sentinel-2-l2a/items"
    assert client.post(path, json=item).status_code == 405
    assert client.delete(f"{path}/{item['id']}").status_code == 405
    assert client.post("/stac/v1/collections", json={}).status_code == 405


def test_collection(client: TestClient):
    ours, theirs = client.get("/stac/v1/collections/sentinel-2-l2a").json(), recorded("collection_sentinel-2-l2a")
    # Its picture lies on a server in the network.
    assert set(ours) == set(theirs) - REAL_ONLY_COLLECTION - {"assets"} | {REGIONS}
    assert {k["rel"] for k in ours["links"]} == {k["rel"] for k in theirs["links"]} - REAL_ONLY_LINKS
    assert set(ours["item_assets"]) == set(theirs["item_assets"]) and ours["bands"] == theirs["bands"]
    assert set(ours["summaries"]) == set(theirs["summaries"])
    assert "mô phỏng" in ours["title"] and "mô phỏng" in ours["description"]


def test_collections(client: TestClient):
    answer = client.get("/stac/v1/collections").json()
    assert [c["id"] for c in answer["collections"]] == [
        "sentinel-2-l2a",
        "offline-truth",
        "sentinel-2-global-mosaics",
        "sentinel-1-global-mosaics",
        "cop-dem-glo-30-dged-cog",
    ]
    assert "numberMatched" not in answer


def test_item_has_the_keys_and_types_of_a_real_one(item: dict, real: dict):
    assert set(item) == set(real)
    assert {k["rel"] for k in item["links"]} == {k["rel"] for k in real["links"]} - REAL_ONLY_LINKS
    assert types(item["geometry"]) == types(real["geometry"]) and len(item["bbox"]) == 4
    assert item["stac_version"] == real["stac_version"] and item["stac_extensions"] == real["stac_extensions"]


def test_properties_have_the_keys_and_types_of_a_real_one(item: dict, real: dict):
    ours, theirs = item["properties"], real["properties"]
    assert set(ours) == set(theirs) - NEWER_PROPERTIES | SIMULATED
    for schemes in theirs["storage:schemes"].values():
        del schemes["class"]  # newer
    shared = {key: value for key, value in ours.items() if key not in SIMULATED}
    assert types(shared) == types({key: value for key, value in theirs.items() if key not in NEWER_PROPERTIES})


def test_assets_have_the_names_keys_and_types_of_real_ones(item: dict, real: dict):
    theirs = {name: asset for name, asset in real["assets"].items() if name not in NEWER_ASSETS}
    assert set(item["assets"]) == set(theirs) and len(theirs) == 43
    for name, asset in theirs.items():
        is_small = asset["roles"] == ["metadata"]
        expected = {key: value for key, value in asset.items() if is_small or key not in UNKNOWN_BEFORE_READ}
        assert types(item["assets"][name]) == types(expected), name


def test_assets_have_the_values_of_real_ones_where_they_do_not_depend_on_the_scene(item: dict, real: dict):
    fixed = {
        "bands", "roles", "title", "type", "gsd", "nodata", "data_type", "raster:scale", "raster:offset", "proj:shape",
        "auth:refs", "storage:refs", "alternate:name",
    }  # fmt: skip
    for name, asset in item["assets"].items():
        is_map = name.startswith(("AOT", "WVP"))  # the real items of 2023 scale them as bands, by mistake
        for key in (fixed - {"raster:scale", "raster:offset"} if is_map else fixed) & asset.keys():
            assert asset[key] == real["assets"][name][key], (name, key)
        assert not is_map or (asset["raster:scale"], asset["raster:offset"]) == (0.0001, -0.1)


def test_projection_stands_on_the_assets_alone(item: dict, real: dict):
    assert not [key for key in item["properties"] if key.startswith("proj:")]
    for asset in (item["assets"]["B8A_20m"], real["assets"]["B8A_20m"]):
        west, south, east, north = asset["proj:bbox"]
        assert asset["proj:transform"] == [20, 0, west, 0, -20, north]
        assert [(north - south) / 20, (east - west) / 20] == asset["proj:shape"]


def test_paths_are_built_as_real_ones(item: dict, real: dict):
    def pattern(document: dict, name: str) -> list[str]:
        """Below the folder of the product's kind, with 9 for digits and A for capitals."""
        below = document["assets"][name]["href"].split("/")[6:]
        return [re.sub("[A-Z]", "A", re.sub("[0-9]", "9", part)) for part in below]

    for name in ("B02_10m", "SCL_20m", "safe_manifest", "granule_metadata", "product_metadata"):
        assert pattern(item, name) == pattern(real, name)


def test_an_empty_search(client: TestClient):
    ours = client.post("/stac/v1/search", json={"ids": ["no-such-item"]}).json()
    theirs = recorded("search_empty")
    assert set(ours) == set(theirs) and ours["features"] == [] and ours["numberReturned"] == 0
    root = "https://stac.dataspace.copernicus.eu/v1/"
    shape = [(k["rel"], k["href"].replace(root, "http://127.0.0.1:9/stac/v1/")) for k in theirs["links"]]
    assert [(k["rel"], k["href"]) for k in ours["links"]] == shape


def test_a_search_counts_what_it_returns_only_newest_first_ten_at_a_time(client: TestClient):
    answer = client.get("/stac/v1/search").json()
    assert "numberMatched" not in answer and "context" not in answer
    assert answer["numberReturned"] == len(answer["features"]) == 10
    times = [feature["properties"]["datetime"] for feature in answer["features"]]
    assert times == sorted(times, reverse=True)
    (following,) = [k for k in answer["links"] if k["rel"] == "next"]
    last = answer["features"][-1]
    assert f"token=next%3A{last['collection']}%3A{last['id']}" in following["href"]


def test_errors(client: TestClient):
    missing = client.get("/stac/v1/collections/sentinel-2-l2a/items/no")
    assert missing.status_code == 404 and set(missing.json()) == {"code", "description"}
    assert missing.json()["code"] == "NotFoundError"
    assert client.get("/stac/v1/search?limit=201").status_code == 400
    assert client.get("/stac/v1/search?limit=200").status_code == 200


def test_the_search_this_course_grew_from(client: TestClient):
    body = {
        "collections": ["sentinel-2-l2a"],
        "bbox": [11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192],
        "datetime": "2023-05-01T00:00:00Z/2023-09-30T23:59:59Z",
        "query": {"eo:cloud_cover": {"lt": 20}},
        "limit": 100,
    }
    features = client.post("/stac/v1/search", json=body).json()["features"]
    assert len(features) == 31
    assert features[0]["id"] == "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"
