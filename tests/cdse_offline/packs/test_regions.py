"""The regions of a pack: where its items were recorded, and when."""

from typing import Any

from cdse_access import regions as client
from cdse_offline.packs.regions import list_regions
from cdse_offline.product.regions import REGIONS


def make_item(day: str, window: list[float] | None = None, bbox: list[float] | None = None, **more: Any) -> dict:
    properties = {"datetime": f"{day}T03:25:19Z", "cdse_offline:window": window, "grid:code": "MGRS-48QWJ"} | more
    return {"properties": properties, "bbox": [105, 20, 106, 21] if bbox is None else bbox}


def summarise(*items: dict) -> list[tuple[list[float], list[str]]]:
    return [(one["bbox"], [when[:10] for when in one["interval"]]) for one in list_regions(items)]


def test_items_of_one_window_are_one_region():
    items = [make_item(day, [105.1, 20.1, 105.2, 20.2]) for day in ("2023-05-03", "2023-01-02", "2023-02-01")]
    [region] = list_regions(items)
    assert region == {
        "id": "goi-105.10-20.10",
        "title": "ô 48QWJ",
        "bbox": [105.1, 20.1, 105.2, 20.2],
        "interval": ["2023-01-02T03:25:19Z", "2023-05-03T03:25:19Z"],
        "tiles": ["48QWJ"],
        "items_bbox": [105, 20, 106, 21],  # a tile is larger than what was recorded of it
    }
    assert [str(one) for one in client.read_regions({REGIONS: [region]})] == [
        "ô 48QWJ (goi-105.10-20.10): bbox (105.1, 20.1, 105.2, 20.2), 2023-01-02 đến 2023-05-03"
    ]


def test_windows_that_meet_are_joined_also_by_a_third_and_others_stay_apart():
    left, right = make_item("2023-01-01", [0, 0, 1, 1]), make_item("2023-01-03", [2, 0, 3, 1])
    far = make_item("2023-01-04", [8, 8, 9, 9])
    assert len(summarise(left, right, far)) == 3
    between = make_item("2023-01-02", [0.5, 0.5, 2.5, 2])
    assert summarise(far, right, left, between) == [
        ([0, 0, 3, 2], ["2023-01-01", "2023-01-03"]),
        ([8, 8, 9, 9], ["2023-01-04", "2023-01-04"]),
    ]


def test_a_joined_box_may_meet_one_that_its_parts_do_not():
    parts = [[0, 0, 0.6, 3], [0.1, 4, 0.3, 5], [0.5, 2, 1, 6]]
    [(bbox, _)] = summarise(*(make_item("2023-01-01", window) for window in parts))
    assert bbox == [0, 0, 1, 6]


def test_an_item_without_a_window_counts_with_all_of_it_and_all_of_its_time():
    heights = make_item("2023-01-01", bbox=[1, 2, 0, 3, 4, 9], start_datetime="2022-12-01", end_datetime="2023-02-28")
    assert summarise(heights) == [([1, 2, 3, 4], ["2022-12-01", "2023-02-28"])]
    instant = make_item("", bbox=[1, 2, 3, 4], datetime=None, start_datetime="2023-03-01")
    assert summarise(instant) == [([1, 2, 3, 4], ["2023-03-01", "2023-03-01"])]


def test_where_one_item_does_not_say_where_it_lies_nothing_is_said():
    for odd in ([], [179, 0, -179, 1]):
        assert list_regions([make_item("2023-01-01"), make_item("2023-01-01", bbox=odd)]) == []


def test_without_a_tile_a_region_has_a_number():
    [region] = list_regions([make_item("2023-01-01", **{"grid:code": None})])
    assert (region["title"], region["tiles"]) == ("vùng 1 của gói", [])
