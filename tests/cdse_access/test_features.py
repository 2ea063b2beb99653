"""cdse_access.features: an item of any shape is read, or named with its field; it costs no other."""

import copy
import json
from pathlib import Path
from typing import Any

import pystac
import pytest

from cdse_access.features import find_faults, keep_readable
from cdse_access.problems import BadData, Reason
from tests.cdse_access.checks.example import make_item

LACKING = object()
ODD: list[Any] = [None, 5, -1, 1e300, 10**400, float("nan"), True, "x", "\ud800", "a\nb", [], [None], {}, {"a": {}}]
REAL = Path(__file__).parents[3] / "shared" / "cdse" / "item_2026_N0512.json"


def change(path: str, value: Any, name: str = "odd") -> dict[str, Any]:
    """An item whose field has this value; a dot leads into it."""
    document = copy.deepcopy(make_item(name).to_dict())
    *way, last = path.split(".")
    part: Any = document
    for step in way:
        part = part[int(step) if isinstance(part, list) else step]
    part[last] = value
    if value is LACKING:
        del part[last]
    return document


def list_paths(part: Any, path: str = "") -> list[str]:
    if not isinstance(part, dict):
        return []
    return [inner for name, value in part.items() for inner in (f"{path}{name}", *list_paths(value, f"{path}{name}."))]


def test_good_items_pass_without_a_word(capsys):
    documents = [make_item("a").to_dict(), make_item("b").to_dict()]
    assert keep_readable(documents, "catalog") == documents
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Point", [105.8, 21.0]),
        ("MultiPoint", [[105.8, 21.0], [106, 21]]),
        ("LineString", [[105.8, 21.0], [106, 24.5, 0]]),
        ("MultiLineString", [[[105.8, 21.0], [106, 24.5]]]),
    ],
)
def test_items_that_are_found_may_lie_on_a_line_but_are_not_read(capsys, kind, coordinates):
    document = make_item("a").to_dict() | {"geometry": {"type": kind, "coordinates": coordinates}}
    assert keep_readable([document], "catalog") == [document]
    assert capsys.readouterr().out == ""
    assert [fault.path for fault in find_faults(document)] == [("geometry",)]
    document["geometry"]["coordinates"] = [coordinates, None]
    with pytest.raises(BadData, match="geometry"):
        keep_readable([document], "catalog")


@pytest.mark.skipif(not REAL.exists(), reason="a document of CDSE that is not handed on with the project")
def test_an_item_of_cdse_has_no_fault():
    assert find_faults(json.loads(REAL.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("geometry", {"type": "Box", "coordinates": [1, 2]}, "geometry là {'coordinates': [1, 2], 'type': 'Box'}"),
        ("geometry", {"type": "Point", "coordinates": [1]}, "geometry.coordinates là [1], cần "),
        ("geometry", {"type": "GeometryCollection", "geometries": []}, "cần Polygon hay MultiPolygon"),
        ("geometry.coordinates", [[[1, 1], [2, 2], [3, 3], [1, 1]][:3]], "geometry.coordinates.0 là"),
        ("geometry.coordinates", [[[1, 1], [2, 1], [3, 1], [1, 1]]], "một vòng khép kín có diện tích"),
        ("geometry.coordinates", [[[1, 1], [2, 1], [2, 2], [1, 2]]], "một vòng khép kín có diện tích"),
        ("geometry.coordinates", [[[1, 100], [2, 100], [2, 101], [1, 100]]], "kinh độ rồi vĩ độ"),
        (
            "properties.datetime",
            "2023-09-28T10:17:19",
            "properties.datetime là '2023-09-28T10:17:19', cần thời điểm có",
        ),
        ("properties.datetime", "1234-09-28T10:17:19Z", "năm từ 1678 đến 2261"),
        ("properties.start_datetime", "9999-12-31T23:59:59Z", "năm từ 1678 đến 2261"),
        ("properties.datetime", None, "không đọc được: "),
        ("properties.eo:cloud_cover", "12", "properties.eo:cloud_cover là '12', cần một số"),
        ("properties.start_datetime", "2023-09-28T10:17:19+24:61", "thời điểm, ví dụ"),
        ("bbox", [1, 2, 3], "bbox là [1, 2, 3], cần bốn số"),
        ("bbox", [11, 48, 12, 47], "cần bốn số"),
        ("links", [{"rel": "next"}], "links.0.href còn thiếu"),
        ("stac_extensions", [5], "stac_extensions.0 là 5, cần một chuỗi"),
        ("id", LACKING, "item thứ 2 (id còn thiếu)"),
        ("type", "X", "type là 'X'"),
    ],
)
def test_an_odd_item_is_named_with_its_field_and_costs_no_other(path, value, message, capsys):
    good = make_item("good").to_dict()
    assert keep_readable([good, change(path, value)], "catalog") == [good]
    said = capsys.readouterr().out
    assert said.startswith("Bỏ item mà catalog ghi hỏng: ") and message in said


@pytest.mark.parametrize("name", ["end_datetime", "created"])
def test_a_time_that_no_array_has_may_lie_beyond_all_calendars_of_arrays(name, capsys):
    """As the `expires` of CDSE's items does: 2262-01-01."""
    document = change(f"properties.{name}", "9999-12-31T00:00:00Z")
    assert keep_readable([document], "catalog") == [document]
    assert capsys.readouterr().out == ""


def test_an_odd_asset_costs_only_itself(capsys):
    documents = [change("assets.B04_20m.href", LACKING, "a"), change("assets.B04_20m.href", LACKING, "b")]
    kept = keep_readable(documents, "catalog")
    assert all(document["assets"].keys() == make_item().assets.keys() - {"B04_20m"} for document in kept)
    assert capsys.readouterr().out == "Bỏ asset mà catalog ghi hỏng: a, b (assets.B04_20m.href còn thiếu).\n"


def test_where_no_item_can_be_read_all_are_named():
    with pytest.raises(BadData, match=r"odd \(geometry là 5.*; item thứ 2 \(item là None") as caught:
        keep_readable([change("geometry", 5), None], "catalog")
    assert caught.value.reason is Reason.BROKEN


def test_null_where_a_list_may_lack_is_no_fault():
    (kept,) = keep_readable([change("links", None)], "catalog")
    assert pystac.Item.from_dict(kept).links == []


def test_of_a_question_for_some_fields_only_the_fields_that_came_are_looked_at():
    assert keep_readable([{"id": "x", "collection": "y"}], "catalog", whole=False) == [{"id": "x", "collection": "y"}]
    with pytest.raises(BadData, match="bbox"):
        keep_readable([{"id": "x", "bbox": "y"}], "catalog", whole=False)


def test_whatever_a_field_holds_pystac_reads_what_passes():
    """Each field of an item, one at a time, with each odd value; and lists as deep as JSON is read."""
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    good = make_item("good").to_dict()
    for path in [*list_paths(good), "properties.own"]:
        for value in [*ODD, LACKING, deep] if path != "properties.own" else [deep]:
            for document in keep_readable([good, change(path, value)], "catalog"):
                pystac.Item.from_dict(document)


def test_of_many_bad_corners_one_is_told():
    faults = find_faults(change("geometry.coordinates", [[["x", "y"]] * 100_000]))
    assert [fault.path for fault in faults] == [("geometry", "coordinates", "0", "0", "0")]


def test_whoever_leaves_out_very_many_does_not_name_them_all():
    with pytest.raises(BadData, match="item thứ 100 và 4900 chỗ nữa") as caught:
        keep_readable([5] * 5000, "catalog")
    assert len(str(caught.value)) < 5000


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("properties.nodata", "abc", "properties.nodata là 'abc', cần một số"),
        ("properties.nodata", float("nan"), "properties.nodata là nan, cần một số"),
        ("assets.B04_20m.nodata", True, "assets.B04_20m.nodata là True, cần một số"),
        ("assets.B04_20m.proj:shape", [0, 5], "assets.B04_20m.proj:shape.0 là 0, cần một số lớn hơn"),
        ("assets.B04_20m.proj:shape", [5], "assets.B04_20m.proj:shape là [5], cần một danh sách có độ dài khác"),
    ],
)
def test_a_fault_is_told_in_the_names_of_the_item(path, value, told):
    assert [str(fault) for fault in find_faults(change(path, value))] == [told]


def test_fields_that_do_not_go_together_are_told_without_all_others():
    document = change("properties.start_datetime", "2024-01-02T00:00:00Z")
    document["properties"]["end_datetime"] = "2024-01-01T00:00:00Z"
    assert [str(fault) for fault in find_faults(document)] == ["properties cần start_datetime trước end_datetime"]


def test_no_data_may_be_written_as_text():
    assert find_faults(change("properties.nodata", "nan")) == []
