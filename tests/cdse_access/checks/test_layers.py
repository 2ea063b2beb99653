"""cdse_access.checks.layers: which items one layer joins, and that it is no secret."""

from datetime import timedelta
from typing import Any

import odc.stac
import pytest

from cdse_access.checks.arguments import check_load
from cdse_access.checks.layers import guard
from cdse_access.problems import BadInput
from tests.cdse_access.checks.example import AREA, FIRST, make_item, refuse

TILE: dict[str, Any] = {"grid:code": "MGRS-32UQU"}
DAYS = [make_item(), make_item("next", when=FIRST + timedelta(days=1))]
BESIDE = make_item("beside", when=FIRST + timedelta(seconds=15), **TILE)
JOINED = "Có lớp gộp nhiều vệ tinh hay nhiều ngày, mỗi pixel lấy từ item đầu tiên có nó: "


def count_layers(items: list[Any], **area: Any) -> int:
    """As odc-stac makes them."""
    settings: dict[str, Any] = AREA | area
    return odc.stac.load(items, ["B04_10m"], chunks={}, **settings).sizes["time"]


@pytest.mark.parametrize(
    "groupby", ["solar_day", "time", "id", "grid:code", "platform", lambda item, parsed, number: item.id[0]]
)
def test_layers_are_those_of_odc_stac(groupby, monkeypatch):
    seen = []
    monkeypatch.setattr("cdse_access.checks.arguments.check_memory", lambda *arguments: seen.append(arguments[3]))
    check_load([*DAYS, BESIDE], ["B04_10m"], groupby=groupby, **AREA)
    assert seen == [count_layers([*DAYS, BESIDE], groupby=groupby)]


@pytest.mark.parametrize(
    ("groupby", "message"),
    [
        ("day", "groupby là 'day', không có trong thuộc tính của S2B_x, next, beside: có phải solar_day không?"),
        ("solarday", "có phải solar_day"),
        ("month", "hay"),
        ("", "groupby là '': cần"),
        (5, "groupby là 5: cần"),
        (["time"], "groupby là ['time']: cần"),
        (lambda item, parsed, number: None, "không có trong thuộc tính"),
        (lambda item, parsed, number: 1 / 0, "groupby lỗi ở S2B_x: ZeroDivisionError"),
        (lambda item: item.id, "groupby lỗi ở S2B_x: TypeError"),
        (lambda item, parsed, number: {}, "không xếp được thứ tự"),
        (lambda item, parsed, number: number or "a", "không xếp được thứ tự"),
    ],
)
def test_what_gives_no_order_is_refused(groupby, message):
    assert message in refuse([*DAYS, BESIDE], groupby=groupby, **AREA)


def test_a_property_that_one_item_lacks_is_refused():
    lacking = make_item("lacking", when=FIRST + timedelta(days=5))
    del lacking.properties["platform"]
    assert "không có trong thuộc tính của lacking" in refuse([*DAYS, lacking], groupby="platform", **AREA)


def test_who_is_joined_in_one_layer_is_told(capsys):
    other = make_item("S2C_x", when=FIRST + timedelta(minutes=20), platform="sentinel-2c")
    check_load([*DAYS, other], ["B04_10m"], groupby="solar_day", **AREA)
    assert capsys.readouterr().out == f"{JOINED}2023-09-28, sentinel-2b, sentinel-2c.\n"
    check_load(DAYS, ["B04_10m"], groupby="platform", **AREA)
    assert capsys.readouterr().out == f"{JOINED}2023-09-28, 2023-09-29.\n"
    check_load([*DAYS, BESIDE], ["B04_10m"], groupby="solar_day", **AREA)
    assert capsys.readouterr().out == ""


def test_a_function_that_fails_later_is_told_as_the_first_time():
    """odc-stac asks once more: an iterator has ended by then."""
    labels = iter("a")
    find_key = guard(lambda *_: next(labels))
    item = make_item()
    assert find_key(item, None, 0) == "a"
    with pytest.raises(BadInput, match=rf"groupby lỗi ở {item.id}: StopIteration"):
        find_key(item, None, 0)
    assert guard("solar_day") == "solar_day"
