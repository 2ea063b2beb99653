"""The STAC API over a handful of items, asked as clients ask."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdse_offline.holdings import Holdings, Record
from cdse_offline.server import stac

BASE = "http://127.0.0.1:9"
SEARCH = "/stac/v1/search"


def square(west: float, south: float) -> dict[str, Any]:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def record(name: str, day: str, cloud: float | None, west: float, collection: str = "images") -> Record:
    properties: dict[str, Any] = {"datetime": f"{day}T10:00:00.024Z", "platform": f"sentinel-{name[0]}"}
    if cloud is not None:
        properties["eo:cloud_cover"] = cloud
    searched = {"id": name, "collection": collection, "geometry": square(west, 10), "properties": properties}
    whole = searched | {"type": "Feature", "stac_version": "1.1.0", "bbox": [west, 10, west + 1, 11], "links": []}
    return Record(searched, lambda base: whole | {"assets": {"B04": {"href": f"{base}x.jp2"}}})


RECORDS = (
    record("a1", "2023-05-01", 10, 0),
    record("a2", "2023-05-11", 90, 0),
    record("b1", "2023-05-21", 20, 5),
    record("b2", "2023-05-31", None, 5),
    record("a1", "2023-05-01", 10, 0, "truth"),
)
HOLDINGS = Holdings(
    title="Thử",
    description="Thử nghiệm",
    version="a1",
    collections={name: {"id": name, "type": "Collection", "links": []} for name in ("images", "truth")},
    records=RECORDS,
    objects={},
    thumbnails={},
)


@pytest.fixture(scope="module")
def client() -> TestClient:
    application = stac.build_application(HOLDINGS)

    async def below_its_root(scope, receive, send):
        await application({**scope, "root_path": stac.ROOT}, receive, send)

    return TestClient(below_its_root, base_url=BASE)


def found(client: TestClient, **body: Any) -> list[str]:
    """Ids that a POST search finds in the collection of images."""
    answer = client.post(SEARCH, json={"collections": ["images"]} | body)
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


def refused(answer) -> str:
    assert answer.status_code == 400, answer.text
    return answer.text


def test_newest_come_first(client: TestClient):
    assert found(client) == ["b2", "b1", "a2", "a1"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"eo:cloud_cover": {"lt": 20}}, ["a1"]),
        ({"eo:cloud_cover": {"lte": 20}}, ["b1", "a1"]),
        ({"eo:cloud_cover": {"gt": 10, "lt": 50}}, ["b1"]),
        ({"eo:cloud_cover": {"gte": 90}}, ["a2"]),
        ({"properties.platform": {"eq": "sentinel-b"}}, ["b2", "b1"]),
        ({"platform": {"neq": "sentinel-b"}}, ["a2", "a1"]),
        ({"platform": {"startsWith": "sentinel"}, "eo:cloud_cover": {"in": [10, 90]}}, ["a2", "a1"]),
        ({"platform": {"endsWith": "-a", "contains": "tin"}}, ["a2", "a1"]),
        ({"no:such": {"eq": 1}}, []),
    ],
)
def test_query(client: TestClient, query: dict, ids: list[str]):
    assert found(client, query=query) == ids


@pytest.mark.parametrize("query", [{"eo:cloud_cover": {"below": 3}}, {"platform": {"lt": 3}}])
def test_a_query_that_makes_no_sense_is_refused(client: TestClient, query: dict):
    answer = client.post(SEARCH, json={"query": query})
    assert json.loads(refused(answer))["code"] == "InvalidQueryParameter"


@pytest.mark.parametrize(
    ("datetime", "ids"),
    [
        ("2023-05-11T00:00:00Z/2023-05-21T23:59:59Z", ["b1", "a2"]),
        ("../2023-05-11T23:00:00Z", ["a2", "a1"]),
        ("2023-05-21T00:00:00Z/..", ["b2", "b1"]),
        ("2023-05-01T10:00:00.024Z", ["a1"]),
        ("2023-05-01T10:00:00Z", []),
    ],
)
def test_datetime(client: TestClient, datetime: str, ids: list[str]):
    assert found(client, datetime=datetime) == ids
    answer = client.get(SEARCH, params={"collections": "images", "datetime": datetime})
    assert [feature["id"] for feature in answer.json()["features"]] == ids


@pytest.mark.parametrize(
    ("bbox", "ids"),
    [
        ([0.2, 10.2, 0.4, 10.4], ["a2", "a1"]),
        ([5.5, 10.5, -5, 10.6], ["b2", "b1"]),  # eastwards around the globe
        ([-1, 9, 9, 12], ["b2", "b1", "a2", "a1"]),
        ([0.2, 10.2, 0, 0.4, 10.4, 100], ["a2", "a1"]),
        ([2, 10, 3, 11], []),
    ],
)
def test_bbox(client: TestClient, bbox: list[float], ids: list[str]):
    assert found(client, bbox=bbox) == ids


def test_intersects(client: TestClient):
    point = {"type": "Point", "coordinates": [5.5, 10.5]}
    assert found(client, intersects=point) == ["b2", "b1"]
    answer = client.get(SEARCH, params={"collections": "images", "intersects": json.dumps(point)})
    assert [feature["id"] for feature in answer.json()["features"]] == ["b2", "b1"]


@pytest.mark.parametrize(
    "area",
    [
        {"bbox": [1, 2, 3]},
        {"bbox": [0, 11, 1, 10]},
        {"bbox": [0, 0, 1, 1], "intersects": {"type": "Point", "coordinates": [0, 0]}},
    ],
)
def test_areas_that_are_none_are_refused(client: TestClient, area: dict):
    refused(client.post(SEARCH, json=area))


def test_a_box_upside_down_is_refused_in_an_address_too(client: TestClient):
    refused(client.get(SEARCH, params={"bbox": "0,11,1,10"}))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("eo:cloud_cover < 20", ["a1"]),
        ("eo:cloud_cover <> 10 AND platform = 'sentinel-a'", ["a2"]),
        ("eo:cloud_cover > 50 OR id = 'b2'", ["b2", "a2"]),
        ("NOT (eo:cloud_cover > 15)", ["a1"]),
        ("eo:cloud_cover IS NULL", ["b2"]),
        ("id LIKE 'b%' AND datetime >= TIMESTAMP('2023-05-25T00:00:00Z')", ["b2"]),
        ("S_INTERSECTS(geometry, POINT(5.5 10.5)) AND eo:cloud_cover BETWEEN 15 AND 25", ["b1"]),
        ("no:such > 1", []),
    ],
)
def test_filter_in_both_languages(client: TestClient, text: str, ids: list[str]):
    import cql2

    answer = client.get(SEARCH, params={"collections": "images", "filter": text, "filter-lang": "cql2-text"})
    assert [feature["id"] for feature in answer.json()["features"]] == ids
    assert found(client, filter=cql2.parse_text(text).to_json(), **{"filter-lang": "cql2-json"}) == ids


@pytest.mark.parametrize("text", ["eo:cloud_cover <", "s_near(geometry, POINT(1 2))"])
def test_a_filter_that_cannot_be_worked_out_is_refused(client: TestClient, text: str):
    refused(client.get(SEARCH, params={"filter": text, "filter-lang": "cql2-text"}))


@pytest.mark.parametrize(
    ("sortby", "ids"),
    [
        ([{"field": "properties.eo:cloud_cover", "direction": "asc"}], ["a1", "b1", "a2", "b2"]),
        ([{"field": "eo:cloud_cover", "direction": "desc"}], ["a2", "b1", "a1", "b2"]),
        ([{"field": "datetime", "direction": "asc"}], ["a1", "a2", "b1", "b2"]),
        ([{"field": "platform", "direction": "desc"}, {"field": "id", "direction": "asc"}], ["b1", "b2", "a1", "a2"]),
    ],
)
def test_sortby(client: TestClient, sortby: list[dict], ids: list[str]):
    assert found(client, sortby=sortby) == ids
    text = ",".join(("-" if entry["direction"] == "desc" else "+") + entry["field"] for entry in sortby)
    answer = client.get(SEARCH, params={"collections": "images", "sortby": text})
    assert [feature["id"] for feature in answer.json()["features"]] == ids


def test_fields(client: TestClient):
    def keys(**fields: list[str]) -> set[str]:
        (feature,) = client.post(SEARCH, json={"ids": ["b1"], "fields": fields}).json()["features"]
        return set(feature) | {f"properties.{name}" for name in feature.get("properties", {})}

    assert keys(include=["properties.eo:cloud_cover"]) == {
        "id", "collection", "links", "properties", "properties.eo:cloud_cover",
    }  # fmt: skip
    assert "assets" not in keys(exclude=["assets", "properties.platform"])
    assert "properties.platform" not in keys(exclude=["assets", "properties.platform"])
    assert "properties.datetime" in keys(exclude=["assets"])
    answer = client.get(SEARCH, params={"ids": "b1", "fields": "id,-geometry"}).json()["features"][0]
    assert set(answer) == {"id", "collection", "links"}


def test_ids_may_stand_in_two_collections(client: TestClient):
    answer = client.post(SEARCH, json={"ids": ["a1"]}).json()
    assert [feature["collection"] for feature in answer["features"]] == ["images", "truth"]
    assert found(client, ids=["a1", "b2"]) == ["b2", "a1"]


def pages(client: TestClient, link: dict[str, Any]) -> list[list[str]]:
    """Ids, page by page, following the `next` links."""
    ids = []
    body = dict(link.get("body", {}))
    for _ in range(9):
        if link["method"] == "POST":
            body |= link["body"]
            answer = client.post(link["href"], json=body).json()
        else:
            answer = client.get(link["href"]).json()
        ids.append([feature["id"] for feature in answer["features"]])
        following = [link for link in answer["links"] if link["rel"] == "next"]
        if not following:
            return ids
        (link,) = following
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("sortby", ["-datetime", "+eo:cloud_cover"])
def test_pages_follow_each_other(client: TestClient, sortby: str):
    get = f"{BASE}{SEARCH}?collections=images&limit=3&sortby={sortby.replace('+', '%2B')}"
    field = {"field": sortby[1:], "direction": "desc" if sortby[0] == "-" else "asc"}
    post = {"collections": ["images"], "limit": 3, "sortby": [field]}
    expected = [["b2", "b1", "a2"], ["a1"]] if sortby[0] == "-" else [["a1", "b1", "a2"], ["b2"]]
    assert pages(client, {"method": "GET", "href": get}) == expected
    assert pages(client, {"method": "POST", "href": f"{BASE}{SEARCH}", "body": post}) == expected


def test_a_full_last_page_has_no_next(client: TestClient):
    link = {"method": "POST", "href": f"{BASE}{SEARCH}", "body": {"collections": ["images"], "limit": 4}}
    assert pages(client, link) == [["b2", "b1", "a2", "a1"]]


def test_a_foreign_token_is_refused(client: TestClient):
    refused(client.post(SEARCH, json={"token": "next:images:no-such-item"}))
    refused(client.post(SEARCH, json={"token": "prev:images:a1"}))


@pytest.mark.parametrize("limit", [201, 0, -1])
def test_limits_out_of_range_are_refused(client: TestClient, limit: int):
    refused(client.post(SEARCH, json={"limit": limit}))
    refused(client.get(SEARCH, params={"limit": limit}))


def test_items_of_a_collection_can_be_searched(client: TestClient):
    answer = client.get("/stac/v1/collections/images/items", params={"limit": 1, "sortby": "eo:cloud_cover"}).json()
    assert [feature["id"] for feature in answer["features"]] == ["a1"]
    (following,) = [link["href"] for link in answer["links"] if link["rel"] == "next"]
    assert following.startswith(f"{BASE}/stac/v1/collections/images/items?")
    assert [feature["id"] for feature in client.get(following).json()["features"]] == ["b1"]


def test_one_item_with_its_links(client: TestClient):
    item = client.get("/stac/v1/collections/images/items/a2").json()
    links = {link["rel"]: link["href"] for link in item["links"]}
    assert links == {
        "collection": f"{BASE}/stac/v1/collections/images",
        "parent": f"{BASE}/stac/v1/collections/images",
        "root": f"{BASE}/stac/v1/",
        "self": f"{BASE}/stac/v1/collections/images/items/a2",
    }
    assert item["assets"]["B04"]["href"] == f"{BASE}/x.jp2"


@pytest.mark.parametrize(
    "path", ["collections/no", "collections/no/items", "collections/images/items/no", "collections/no/queryables"]
)
def test_what_is_not_there_is_not_found(client: TestClient, path: str):
    answer = client.get(f"/stac/v1/{path}")
    assert answer.status_code == 404 and answer.json()["code"] == "NotFoundError"


def test_queryables_have_types(client: TestClient):
    answer = client.get("/stac/v1/collections/images/queryables")
    assert answer.headers["content-type"] == "application/schema+json"
    types = {name: entry["type"] for name, entry in answer.json()["properties"].items()}
    assert types["eo:cloud_cover"] == "number" and types["platform"] == "string"
    assert client.get("/stac/v1/queryables").json()["properties"].keys() == types.keys()


def test_the_landing_page_names_addresses_that_answer(client: TestClient):
    for link in client.get("/stac/v1/").json()["links"]:
        if link["rel"] != "search" or link["method"] == "GET":
            assert client.get(link["href"]).status_code == 200, link


def test_a_time_beyond_all_calendars_is_refused(client: TestClient):
    answer = client.post(SEARCH, json={"datetime": "9999-12-31T23:59:59-23:00/.."})
    assert answer.status_code == 400 and answer.json()["code"] == "InvalidQueryParameter"
