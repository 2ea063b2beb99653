"""What judges the runs: it sees a wrong pixel, a lost item, a hang."""

import os
import time

import numpy as np
import pytest
import xarray as xr

from cdse_access.problems import BadInput, Reason, Rejected
from tests.faults import fuzz, mutations
from tests.faults.children import Child
from tests.faults.world import HANG, PARTIAL, SILENT, TRUTH, Outcome, difference, failed, judged, watch


def cube(pixels: list[list[int]], dates: int = 1) -> xr.Dataset:
    values = np.array([pixels] * dates, "uint16")
    place = {"time": np.arange(dates), "y": np.arange(values.shape[1]), "x": np.arange(values.shape[2])}
    return xr.Dataset({"B04": (("time", "y", "x"), values)}, place)


TRUE = cube([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("value", "text", "share"),
    [
        (TRUE, "", 0),
        (cube([[1, 2], [3, 5]]), "25% pixel sai", 0.25),
        (cube([[0, 0], [0, 0]]), "toàn số 0", 1),
        (cube([[1, 2], [3, 4]], dates=2), "2 ngày thay vì 1", 0),
        (TRUE.assign_coords(x=[5, 6]), "sai lưới", 0),
        (TRUE.astype("float32"), "sai lưới", 0),
        (cube([[1, 2]]), "1 × 2 pixel thay vì 2 × 2", 0),
        (xr.concat([TRUE, cube([[0, 0], [0, 0]])], "time"), "1 ảnh toàn số 0", 0),
    ],
)
def test_cubes_are_compared_bit_for_bit(value, text, share):
    assert difference(value, TRUE) == (text, share)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["a", "b", "c"], ""),
        ([], "0 item"),
        (["a", "b"], "mất 1 trong 3 item"),
        (["a", "b", "c", "c"], "lặp 1 item"),
        (["a", "b", "d"], "mất 1 trong 3 item, thừa 1 item"),
        (["c", "b", "a"], "sai thứ tự"),
    ],
)
def test_lists_of_items_are_compared(value, text):
    assert difference(value, ["a", "b", "c"]) == (text, 0)


@pytest.mark.parametrize(
    ("value", "told", "kind"),
    [
        (cube([[1, 2], [3, 4]]), "bỏ ngày 1970-01-02", PARTIAL),
        (cube([[1, 2], [3, 4]]), "bỏ một ngày", SILENT),
        (cube([[1, 2], [3, 5]]), "bỏ ngày 1970-01-02", SILENT),
        (cube([[1, 2], [3, 4]], dates=2), "", TRUTH),
    ],
)
def test_dates_may_lack_where_they_are_named_and_the_others_right(value, told, kind):
    days = cube([[1, 2], [3, 4]], dates=2)
    days["time"] = np.array(["1970-01-01", "1970-01-02"], "datetime64[ns]")
    value["time"] = days.time.values[: value.sizes["time"]]
    assert judged(value.assign_attrs(told=told), days, 1).kind == kind


def test_numbers_are_compared_with_their_gaps():
    nan = float("nan")
    assert difference([nan, 0.2], [nan, 0.2]) == ("", 0)
    assert difference([0.0, 0.2], [nan, 0.2])[1] == 0.5


def test_a_run_ends_in_truth_silence_a_reason_or_a_hang():
    assert watch(lambda: TRUE, TRUE).kind == TRUTH
    assert watch(lambda: cube([[0, 0], [0, 0]]), TRUE).kind == SILENT
    assert watch(lambda: 1 / 0, TRUE).kind == "ZeroDivisionError"
    assert watch(lambda: time.sleep(1), TRUE, 0.1).kind == HANG
    assert failed(Rejected("không\nđược", Reason.CLOCK), 1) == Outcome("clock", "không", seconds=1)
    assert failed(BadInput(""), 1).kind == "input"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork; only the measure needs it")
def test_a_child_tells_how_it_ended_or_is_ended():
    assert Child(lambda: Outcome(TRUTH, "tốt")).outcome(10) == Outcome(TRUTH, "tốt")
    begin = time.monotonic()
    assert Child(lambda: time.sleep(30)).outcome(0.3).kind == HANG
    assert time.monotonic() - begin < 5
    assert Child(lambda: 1 / 0).outcome(10) == Outcome("crash", "ZeroDivisionError('division by zero')")


def test_a_seed_gives_the_same_faults_every_time():
    for family in fuzz.FAMILIES:
        drawn = [list(map(fuzz.describe, fuzz.draw(family, 20, seed))) for seed in (5, 5, 6)]
        assert drawn[0] == drawn[1] != drawn[2]


def test_every_kind_of_fault_is_drawn_and_whole_families_are_measured():
    cases = fuzz.draw_all()
    assert len(cases) >= 600
    kinds = {one["kind"] for case in cases for one in case.faults}
    assert kinds == {*fuzz.STORE, *fuzz.CATALOG, *fuzz.CONTRADICTIONS, *dict(fuzz.DAMAGES), "mutate"}
    # Flips in tiles are left out: nobody can see them.
    assert all(one["at"] < fuzz.HEADER for case in cases for one in case.faults if one["kind"] == "corrupt")
    assert len(cases) // 10 <= len(fuzz.draw_all(0.1)) <= len(cases) // 9


def test_places_of_an_item_are_of_every_depth():
    places = list(mutations.list_places(mutations.example()))
    assert {len(place) for place in places} == {1, 2, 3, 4, 5}
    assert {("geometry", "coordinates", "0", "0", "0"), ("assets", "B04_20m", "href")} <= set(places)


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("null", 1, "null"),
        ("[{value}]", {"a": 1}, '[{"a": 1}]'),
        ("{text}", 1.5, '"1.5"'),
        ('{{"a": {value}}}', [], '{"a": []}'),
    ],
)
def test_values_are_written_as_json(form, value, text):
    assert mutations.write_value(form, value) == text
