"""Faults of the catalogue: what a plain client gets of each kind of page."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from cdse_offline import practice
from cdse_offline.practice import fault
from cdse_offline.practice.pages import _drop_projection
from tests.service import CONTENT, Answer, Service

SEARCH, IMAGE = "/stac/v1/search", "/eodata/a.jp2"


def on(service: Service, *args: Any, **parameters: Any) -> None:
    practice.switch_on(fault(*args, **parameters), service=service.address)


def names(answer: Answer) -> list[str]:
    return [item["id"] for item in answer.json()["features"]]


def follow(service: Service, answer: Answer) -> Answer:
    """The next page, as a client asks for it."""
    link = next(link for link in answer.json()["links"] if link["rel"] == "next")
    body = ({"collections": ["sentinel-2-l2a"], "limit": 2} if link.get("merge") else {}) | link.get("body", {})
    url = urlsplit(link["href"])
    return service.ask(f"{url.path}?{url.query}", link["method"], body or None)


def test_truncated_json(service: Service):
    truth = service.search().body
    on(service, "truncated-json")
    answer = service.search()
    assert answer.body == truth[: len(truth) // 2] and answer.headers["Content-Length"] == str(len(truth) // 2)
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_not_features(service: Service):
    on(service, "not-features")
    answer = service.search()
    assert answer.status == 200 and answer.json() == {"message": "Service is running."}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_loop(service: Service, method: str):
    on(service, "loop", which="after 1")
    path = f"{SEARCH}?collections=sentinel-2-l2a&limit=2"
    first = service.search() if method == "POST" else service.ask(path)
    second = follow(service, first)
    assert names(second) != names(first)
    assert names(follow(service, second)) == names(follow(service, follow(service, second))) == names(second)


def test_loop_where_there_is_one_page_only(service: Service):
    on(service, "loop")
    first = service.search(limit=10, datetime="2023-09-30T00:00:00Z/2023-09-30T23:59:59Z")
    assert names(follow(service, first)) == names(first) and len(names(first)) == 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_repeat(service: Service, method: str):
    def ask(path: str = f"{SEARCH}?collections=sentinel-2-l2a&limit=2") -> Answer:
        return service.search() if method == "POST" else service.ask(path)

    truth = follow(service, follow(service, ask()))
    on(service, "repeat")
    pages = [ask()]
    for _ in range(2):
        pages.append(follow(service, pages[-1]))
    assert names(pages[0]) == names(pages[1]) == names(pages[2]) != names(truth)
    assert [link for link in pages[2].json()["links"] if link["rel"] == "next"] == [
        link for link in truth.json()["links"] if link["rel"] == "next"
    ]  # pages go on to the end, as the true ones


def test_next_host(service: Service):
    truth = service.search()
    on(service, "next-host", host="127.0.0.9:81")
    answer = service.search()
    links, true_links = ({link["rel"]: link for link in page.json()["links"]} for page in (answer, truth))
    assert links == true_links | {"next": true_links["next"] | {"href": "http://127.0.0.9:81/stac/v1/search"}}
    assert names(answer) == names(truth)
    assert "http://127.0.0.9:81/" in service.search(limit=1, ids=names(truth)[:1]).body.decode()  # no next one before


def test_mutate(service: Service):
    on(service, "mutate", place="features/*/properties/datetime")
    assert [item["properties"]["datetime"] for item in service.search().json()["features"]] == [None, None]
    on(service, "mutate", place="features/0/bbox/*", text='"a"')
    first, second = service.search().json()["features"]
    assert first["bbox"] == ["a"] * 4 and "a" not in second["bbox"]
    on(service, "mutate", place="links", text="")
    assert "links" not in service.search().json()
    on(service, "mutate", "/stac/v1/", place="links", text="[" * 3000)
    assert b'"links": [[[' in service.ask("/stac/v1/").body


@pytest.mark.parametrize("place", ["features/*/nowhere/datetime", "features/9", "type/0", "nowhere"])
def test_nothing_is_mutated_where_there_is_no_such_place(service: Service, place: str):
    truth = service.search().json()
    on(service, "mutate", place=place)
    assert service.search().json() == truth


def test_a_page_that_was_made_unreadable_is_left_so(service: Service):
    faults = fault("drop-proj"), fault("mutate", place="features", text="9" * 5000)
    practice.switch_on(*faults, service=service.address)
    assert b"9" * 5000 in service.search().body


def test_drop_proj(service: Service):
    assert b'"proj:' in service.search().body
    on(service, "drop-proj")
    answer = service.search()
    assert b'"proj:' not in answer.body and answer.json()["features"][0]["assets"]["B04_10m"]["href"]
    assert answer.headers["Content-Length"] == str(len(answer.body))


def test_drop_proj_from_the_properties_too():
    item = {"properties": {"proj:code": "EPSG:32632", "gsd": 10}}
    assert _drop_projection(item) == {"properties": {"gsd": 10}, "assets": {}}


def test_what_is_no_page_stays_as_it_is(service: Service):
    paths = ("/stac/v1/", "/stac/v1/collections")
    truth = [service.ask(path).body for path in paths]
    on(service, "loop", path="*")
    assert [service.ask(path).body for path in paths] == truth
    assert service.read().body == CONTENT and service.search(limit=500).status == 400
