"""cdse_access.regions: a question that can hold nothing on an offline CDSE is answered with what it has."""

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from shapely import Point, box

from cdse_access.catalog import Catalog, open_catalog
from cdse_access.regions import FIELD, VERSION, Region, explain_absence, read_regions
from lessons.cities import CENTRES

RIVER = {
    "id": "river",
    "title": "Sông",
    "bbox": [105.9, 20.8, 106.0, 20.9],
    "interval": ["2023-01-03T03:25:21Z", "2023-12-29T03:25:21Z"],
    "tiles": ["48QWJ"],
}
COAST = RIVER | {"id": "coast", "title": "Biển", "bbox": [108.5, 15.4, 108.6, 15.5]}
ALPS = {
    "id": "alps",
    "title": "Núi",
    "bbox": [11.4, 47.8, 11.5, 47.9],
    "interval": ["2023-05-01T10:17:19Z", "2023-09-30T10:06:51Z"],
}
TILE = [105.5, 20.2, 106.5, 21.2]  # of its items
ALL = [RIVER, COAST, ALPS]
REGIONS = read_regions({FIELD: ALL})
BESIDE = "item tìm được ở đây là của cả ô lưới"
ELSEWHERE, OTHER_DAYS = "không có ảnh ở vùng này", "không có ảnh vào thời gian này"


def read_day(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def test_regions_are_read_with_the_days_that_a_search_takes():
    [region] = read_regions({FIELD: [RIVER]})
    assert region == Region("river", "Sông", (105.9, 20.8, 106.0, 20.9), ("2023-01-03", "2023-12-29"))
    [with_items] = read_regions({FIELD: [RIVER | {"items_bbox": TILE}]})
    assert with_items == region._replace(reach=tuple(TILE))
    assert str(region) == repr(region) == "Sông (river): bbox (105.9, 20.8, 106.0, 20.9), 2023-01-03 đến 2023-12-29"


@pytest.mark.parametrize(
    "odd",
    [
        {"bbox": [105.9, 20.8, 106.0]},
        {"bbox": [106.0, 20.8, 105.9, 20.9]},
        {"bbox": [105.9, 20.8, 106.0, float("nan")]},
        {"bbox": [105.9, 20.8, 106.0, 10**400]},
        {"items_bbox": [106.0, 20.8, 105.9, 20.9]},
        {"items_bbox": 5},
        {"interval": ["2023-01-03T03:25:21Z", None]},
        {"interval": ["2023-01-03"]},
        {"interval": ["mai", "mốt"]},
        {"interval": ["2023-12-29", "2023-01-03"]},
        {"interval": ["2023-01-03", "9999-12-31"]},
        {"title": " "},
        {"title": None},
        {"title": "\x1b[31m"},
        {"title": "a" * 200},
        {"id": 5},
    ],
)
def test_where_one_cannot_be_read_nothing_is_known(odd):
    assert read_regions({FIELD: [RIVER, RIVER | odd]}) == ()


@pytest.mark.parametrize("listed", [None, 5, "river", {"river": 1}, [5], [None], [[]]])
def test_what_is_no_list_of_regions_is_none(listed):
    assert read_regions({FIELD: listed}) == () == read_regions({})


@pytest.mark.parametrize(
    ("area", "span", "told"),
    [
        (None, "2023-06-01 2023-06-30", ""),
        (None, "2024-01-01 2024-12-31", OTHER_DAYS),
        (None, " 2022-12-31", OTHER_DAYS),
        (None, "2024-01-01 ", OTHER_DAYS),
        (None, " ", ""),
        (box(105.8, 20.7, 105.95, 20.85), " ", ""),
        (Point(105.95, 20.85), "2023-01-01 2023-01-03", ""),  # the first day counts as a whole
        (Point(105.95, 20.85), "2023-12-29 2024-12-29", ""),
        (Point(105.95, 20.85), "2023-12-30 ", OTHER_DAYS),
        (Point(105.895, 20.85), " ", ""),  # a box lies within what has pixels
        (Point(105.88, 20.85), " ", ELSEWHERE),
        (box(100, 10, 110, 25), "2023-01-04 2023-01-05", ""),
        (Point(11.45, 47.85), "2023-01-04 2023-01-05", OTHER_DAYS),  # winter is simulated elsewhere only
        (box(13.3, 52.4, 13.5, 52.6), "2024-01-01 2024-12-31", ELSEWHERE),
    ],
)
def test_a_question_that_can_hold_nothing_is_told(area, span, told):
    first, last = map(read_day, span.split(" "))
    found = explain_absence(REGIONS, area, (first, last))
    assert bool(found) == bool(told) and told in found and "\n" not in found


def test_what_there_is_is_told_with_its_time():
    everything = "Sông, Biển (1–12/2023); Núi (5–9/2023)"
    assert everything in explain_absence(REGIONS, Point(0, 0), (None, None))
    late = read_day("2024-01-01"), None
    assert everything in explain_absence(REGIONS, None, late)
    assert "chỉ có Sông (2023-01-03 đến 2023-12-29)." in explain_absence(REGIONS, Point(105.95, 20.85), late)
    months = [("2023-02-01", "2023-02-28", "2/2023"), ("2022-11-01", "2023-03-01", "11/2022–3/2023")]
    for first, last, written in months:
        region = REGIONS[0]._replace(interval=(first, last))
        assert f"Sông ({written})" in explain_absence([region], Point(0, 0), (None, None))


def test_where_items_without_pixels_can_be_found_it_is_told_which_box_has_them():
    """Cần Thơ lies in a tile whose scenes are of Sóc Trăng: "no images", then 73 items."""
    river = REGIONS[0]._replace(reach=tuple(TILE))
    regions = [river, river._replace(bbox=(105.9, 20.8, 105.95, 20.9)), *REGIONS[1:]]  # as two collections have it
    told = explain_absence(regions, Point(105.6, 20.5), (None, None))
    assert ELSEWHERE in told and "và chỉ có pixel trong vùng Sông (bbox (105.9, 20.8, 106.0, 20.9))." in told
    for place, day in [(Point(107, 20.5), "2023-06-01"), (Point(105.6, 20.5), "2024-06-01")]:
        assert "bbox (" not in explain_absence(regions, place, (read_day(day), read_day(day)))  # no items either
    assert not explain_absence(regions, Point(105.95, 20.85), (None, None))
    many = [river._replace(id=str(number), title=f"Sông {number}") for number in range(500)]
    assert "Sông 19 (" in (told := explain_absence(many, Point(105.6, 20.5), (None, None))) and "Sông 20" not in told


def test_of_very_many_regions_only_some_are_named():
    many = read_regions({FIELD: [RIVER | {"id": str(number), "title": f"Sông {number}"} for number in range(500)]})
    told = explain_absence(many, Point(0, 0), (None, None))
    assert "Sông 19 (1–12/2023); …." in told and "Sông 20" not in told


def test_a_region_of_several_collections_is_told_once_as_the_first_has_it():
    """Mosaics have a narrower box of it, the terrain other years: all of them count, one is named."""
    narrower = REGIONS[0]._replace(bbox=(105.9, 20.8, 105.95, 20.9))
    older = REGIONS[0]._replace(interval=("2010-12-12", "2015-01-16"))
    of_all = [*REGIONS, narrower, older]
    for area in (Point(0, 0), Point(105.92, 20.85)):
        told = explain_absence(of_all, area, (read_day("2024-01-01"), None))
        assert told.count("Sông") == 1 and "2015" not in told
    assert not explain_absence(of_all, Point(105.92, 20.85), (read_day("2012-01-01"), read_day("2012-12-31")))


# -- in a catalogue ------------------------------------------------------------

HERE, AWAY = (105.91, 20.81, 105.93, 20.83), (13.3, 52.4, 13.5, 52.6)


@pytest.fixture
def offline(server) -> Catalog:
    """An offline CDSE with three collections, of which two say what they have."""
    server.landing[VERSION] = "1"
    found: list[dict[str, Any]] = [
        {"id": "a", FIELD: [RIVER]},
        {"id": "b", FIELD: [ALPS, RIVER | {"interval": ["2020-01-01"] * 2, "bbox": list(HERE)}]},
        {"id": "c"},
    ]
    server.collections["collections"] = [document | {"type": "Collection"} for document in found]
    return open_catalog(server.url)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"collections": ["a"], "bbox": list(HERE)}, ""),
        ({"collections": ["a"], "bbox": AWAY}, ELSEWHERE),
        ({"collections": "a", "bbox": "13.3,52.4,13.5,52.6", "method": "GET"}, ELSEWHERE),
        ({"collections": ["a"], "bbox": (13.3, 52.4, 0, 13.5, 52.6, 9)}, ELSEWHERE),
        ({"collections": ["a"], "intersects": Point(13, 52)}, ELSEWHERE),
        ({"collections": ["a"], "intersects": Point(105.92, 20.82)}, ""),
        ({"collections": ["a"], "datetime": "2024"}, OTHER_DAYS),
        ({"collections": ["a"], "datetime": "2023-12"}, ""),
        ({"collections": ["a"], "datetime": "2024-01-01T06:00:00+07:00"}, OTHER_DAYS),
        ({"collections": ["a"], "datetime": "2022-01-01T00:00:00Z"}, OTHER_DAYS),
        ({"collections": ["a"], "datetime": "2022-01-01/.."}, ""),
        ({"collections": ["a"], "datetime": "../2022"}, OTHER_DAYS),
        ({"collections": ["a"], "ids": ["x"]}, ""),
        ({"collections": ["b"], "bbox": HERE, "datetime": "2023"}, OTHER_DAYS),
        ({"collections": ["a", "b"], "bbox": HERE, "datetime": "2023"}, ""),
        ({"collections": ["c"], "bbox": AWAY}, ""),
        ({"collections": ["a", "c"], "bbox": AWAY}, ""),
        ({"bbox": AWAY}, ""),  # all collections: one does not say
    ],
)
def test_a_search_tells_once_what_its_collections_have(offline, server, capsys, question, told):
    offline.search(**question)
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == bool(told) and told in printed
    offline.search(**question)
    assert [path for _, path, _ in server.asked] == ["/", *["/collections"] * ({*question} != {"ids"})]


def test_on_another_catalogue_nothing_is_asked_or_told(server, capsys):
    server.collections["collections"][1][FIELD] = ALL
    catalog = open_catalog(server.url)
    catalog.search(collections=["sentinel-2-l2a"], bbox=AWAY, datetime="2030")
    assert capsys.readouterr().out == "" and catalog.regions == ()
    open_catalog(server.url).search(bbox=AWAY)
    assert [path for _, path, _ in server.asked] == ["/", "/collections", "/"]


def test_collections_that_cannot_be_had_hinder_no_search(server, capsys):
    server.landing[VERSION] = "1"
    catalog = open_catalog(server.url)
    server.collections = {"collections": 5}
    catalog.search(bbox=AWAY)
    assert capsys.readouterr().out == ""


def test_the_catalogue_lists_each_region_once(offline, server):
    assert [(region.id, region.interval[0]) for region in offline.regions] == [
        ("river", "2023-01-03"),
        ("alps", "2023-05-01"),
    ]
    assert offline.regions == offline.regions and [path for _, path, _ in server.asked] == ["/", "/collections"]
    assert pickle.loads(pickle.dumps(offline)).regions == offline.regions


# -- Vietnam ---------------------------------------------------------------------

FAR = {"München": (11.575, 48.137), "Berlin": (13.405, 52.520)}
BETWEEN = {"Tam Kỳ": (108.474, 15.573), "Pleiku": (108.002, 13.983)}
FIVE_KILOMETRES = 0.045  # degrees
ONLY_WINDOW = {"include": ["properties.cdse_offline:window"]}


def ask(catalog: Catalog, longitude: float, latitude: float, time: str) -> tuple[bool, bool]:
    """Has a search of 10 km around this place an item, and one with pixels there?"""
    half = FIVE_KILOMETRES
    area = (longitude - half, latitude - half, longitude + half, latitude + half)
    search = catalog.search(collections=["sentinel-2-l2a"], bbox=area, datetime=time, fields=ONLY_WINDOW)
    found = list(search.items_as_dicts())
    windows = [box(*item["properties"]["cdse_offline:window"]) for item in found]
    return bool(found), any(box(*area).intersects(window) for window in windows)


def test_there_are_34_provinces():
    assert len(CENTRES) == 34


@pytest.mark.parametrize("name", CENTRES | FAR | BETWEEN)
def test_every_province_has_pixels_or_the_line(connected, capsys, name):
    longitude, latitude = (CENTRES | FAR | BETWEEN)[name]
    has_items, has_pixels = ask(connected.catalog, longitude, latitude, "2023")
    printed = capsys.readouterr().out
    assert has_pixels != (ELSEWHERE in printed)
    assert (BESIDE in printed) == (has_items and not has_pixels)
    assert len(printed.splitlines()) == (not has_pixels)


def test_another_year_has_the_line(connected, capsys):
    west, south, east, north = connected.catalog.regions[0].bbox
    assert ask(connected.catalog, (west + east) / 2, (south + north) / 2, "2024") == (False, False)
    assert OTHER_DAYS in capsys.readouterr().out


def test_a_region_is_found_with_what_the_catalogue_says_of_it(connected, capsys):
    found = connected.catalog.regions
    assert len({region.id for region in found}) == len({region.title for region in found}) == len(found)
    for region in found:
        search = connected.catalog.search(
            collections=["sentinel-2-l2a"], bbox=region.bbox, datetime=region.interval, max_items=1
        )
        assert next(search.items(), None)
    assert capsys.readouterr().out == ""
