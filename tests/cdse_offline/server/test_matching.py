"""Which records a search finds, in which order, and what is shown of them; by way of HTTP in test_stac.py."""

from typing import Any

import pytest
from stac_fastapi.types.errors import InvalidQueryParameter

from cdse_offline.holdings import Record
from cdse_offline.server.matching import find_next, match_records, select_fields, sort_records

TRIANGLE = {"type": "Polygon", "coordinates": [[[5, 10], [6, 10], [5, 11], [5, 10]]]}


def record(name: str, day: int, **properties: Any) -> Record:
    properties["datetime"] = f"2023-05-{day:02}T10:00:00Z"
    searched = {"id": name, "collection": "images", "geometry": TRIANGLE, "properties": properties}
    return Record(searched, lambda base: searched | {"href": base})


RECORDS = [record("a", 1, cloud=10), record("b", 3), record("c", 2, cloud=5)]


def ids(records: list[Record]) -> str:
    return "".join(one.id for one in records)


def test_a_box_that_misses_a_slanting_footprint_finds_nothing():
    assert match_records(RECORDS, bbox=[5.1, 10.1, 5.2, 10.2])
    assert not match_records(RECORDS, bbox=[5.8, 10.8, 5.9, 10.9])


def test_a_box_with_heights_is_the_same_box():
    assert match_records(RECORDS, bbox=[5.1, 10.1, 0, 5.2, 10.2, 100])
    assert not match_records(RECORDS, bbox=[5.8, 10.8, 0, 5.9, 10.9, 100])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "abc"),
        ({"ids": ["c", "x"]}, "c"),
        ({"collections": ["others"]}, ""),
        ({"datetime": "2023-05-02T00:00:00Z/.."}, "bc"),
        ({"query": {"cloud": {"lt": 10}}}, "c"),
        ({"query": {"properties.cloud": {"gte": 5, "lt": 11}}}, "ac"),
        ({"filter_expr": "cloud > 5"}, "a"),
    ],
)
def test_conditions(wanted: dict[str, Any], found: str):
    assert ids(match_records(RECORDS, **wanted)) == found


@pytest.mark.parametrize("query", [["cloud"], {"cloud": 5}, {"cloud": {"near": 5}}, {"cloud": {"startsWith": "5"}}])
def test_a_query_that_cannot_be_is_refused(query: Any):
    with pytest.raises(InvalidQueryParameter):
        match_records(RECORDS, query=query)


def test_newest_first_or_by_a_field_and_what_lacks_it_last():
    assert ids(sort_records(RECORDS, [])) == "bca"
    assert ids(sort_records(RECORDS, [("cloud", False)])) == "cab"
    assert ids(sort_records(RECORDS, [("cloud", True)])) == "acb"


def test_a_page_goes_on_behind_its_token():
    assert find_next(RECORDS, "next:images:b") == 2
    for token in ("next:images:x", "prev:images:b", ""):
        with pytest.raises(InvalidQueryParameter):
            find_next(RECORDS, token)


def test_fields_are_kept_or_left_out():
    item = {"id": "a", "collection": "c", "links": [], "bbox": [], "properties": {"x": 1, "y": 2}, "assets": None}
    assert select_fields(item, {"properties.x", "assets.B04"}, set()) == {
        "id": "a", "collection": "c", "links": [], "properties": {"x": 1},
    }  # fmt: skip
    assert select_fields(item, {"properties", "properties.x"}, set())["properties"] == {"x": 1, "y": 2}
    assert select_fields(item, set(), {"properties.x", "bbox", "assets.B04"}) == {
        "id": "a", "collection": "c", "links": [], "properties": {"y": 2}, "assets": None,
    }  # fmt: skip
