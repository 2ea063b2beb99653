"""Each kind of answer reads every right way, and words for the rest."""

from datetime import date

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from lessons.answers.functions import Function
from lessons.answers.kinds import Number, OddError
from lessons.answers.layers import Layer
from lessons.answers.names import Names
from lessons.answers.tables import Table
from tests.lessons.answers.harness import make_items, make_layers

# -- layers --------------------------------------------------------------------

VALUES = np.array([[[0.1, 0.2, np.nan], [0.4, 0.5, 0.6]]], "float32")
CUBE = make_layers(["2023-09-20"], {"ndvi": VALUES}).ndvi
MAP = CUBE.isel(time=0)
LAYER = Layer(unit="ndvi")


def is_same(kind, given, target):
    return kind.measure(kind.read(given), target) <= kind.allow(target)


def list_doubts(kind, given, target):
    return [slot for slot, _ in kind.doubt(kind.read(given), target)]


@pytest.mark.parametrize(
    "given",
    [
        MAP,
        CUBE,
        MAP.T,
        MAP.values,
        MAP.values.tolist(),
        MAP.astype("float64"),
        MAP.chunk(),
        MAP.isel(y=slice(None, None, -1)),
        MAP.drop_vars(["x", "y", "time"]),
        MAP.rename(x="lon", y="lat").drop_vars(["lat", "lon"]),
        MAP.chunk().data,
        np.ma.array(MAP.fillna(9).values, mask=MAP.isnull().values),
        MAP.assign_coords(x=MAP.x + 1e-3),
        MAP.rename("một tên khác").assign_attrs(units="1"),
    ],
)
def test_a_layer_in_every_right_way(given):
    assert is_same(LAYER, given, MAP)


@pytest.mark.parametrize(
    ("given", "doubts"),
    [
        (MAP.fillna(0), ["gaps-filled"]),
        (MAP.where(MAP > 0.3), ["gaps-more"]),
        (MAP.where(MAP > 1), ["layer-empty"]),
        (MAP.values[::-1], ["turned", "layer-part"]),
        (MAP.values.T, ["layer-shape"]),
        (MAP + 0.01, ["layer-part"]),
        (MAP.assign_coords(time=np.datetime64("2023-09-25", "ns")) + 0.01, ["wrong-day", "layer-part"]),
        (MAP.assign_coords(x=MAP.x + 5000), ["wrong-area"]),
        (xr.concat([CUBE, CUBE], "time"), ["layer-days"]),
        (MAP[:, :2].assign_coords(x=MAP.x.values[:2] + 3), ["layer-shape"]),  # another grid of the same area
        (MAP.isel(x=slice(1, None)), ["layer-shape"]),
    ],
)
def test_what_is_odd_in_a_layer_is_told(given, doubts):
    assert not is_same(LAYER, given, MAP)
    assert list_doubts(LAYER, given, MAP) == doubts


def test_a_picture_may_have_its_bands_last():
    wide = MAP.reindex(x=[*MAP.x.values, 593_035, 593_045])
    picture = xr.concat([wide, wide / 2, wide / 4], "band")
    kind = Layer(unit="reflectance")
    assert is_same(kind, np.moveaxis(picture.values, 0, -1), picture)
    assert is_same(kind, picture.transpose("y", "x", "band"), picture)
    assert not is_same(kind, picture[::-1], picture)
    assert not is_same(kind, picture.values.transpose(0, 2, 1), picture)


def test_a_mask_may_be_of_numbers():
    assert is_same(LAYER, (MAP > 0.3).astype("uint8"), MAP > 0.3)
    assert not is_same(LAYER, ~(MAP > 0.3), MAP > 0.3)


def test_a_layer_says_what_it_wants():
    assert LAYER.describe(MAP) == "một mảng NDVI có các chiều y 2 × x 3"
    assert LAYER.is_void(MAP.where(MAP > 1)) and not LAYER.is_void(MAP)


# -- numbers -------------------------------------------------------------------


def test_a_tolerance_may_be_a_number_or_a_part_of_the_answer():
    kind = Number(unit="ha", relative=0.01, absolute=0.05)
    assert is_same(kind, 1.04, 1.0) and not is_same(kind, 1.06, 1.0)
    assert is_same(kind, 100.9, 100.0) and not is_same(kind, 101.1, 100.0)


def test_what_is_left_of_a_whole_is_a_mistake_of_every_share():
    assert dict(Number(unit="share").derive(0.25)) == {"percent-for-share": 25, "rest": 0.75, "sign": -0.25}
    assert "rest" not in dict(Number(unit="ha").derive(0.25))


# -- tables --------------------------------------------------------------------

COUNTS = {1: 2.0, 2: 0.0, 3: 5.0}
TABLE = Table(unit="count", zeros_may_lack=True)


@pytest.mark.parametrize(
    "given",
    [
        COUNTS,
        {"1": 2, "3": 5},
        pd.Series([1, 1, 3, 3, 3, 3, 3]).value_counts(),
        pd.Series([2, 5], [1, 3]).to_frame(),
        xr.DataArray([2, 0, 5], {"month": [1, 2, 3]}, "month"),
        xr.DataArray([2, 0, 5], {"month": [1, 2, 3]}, "month").chunk(),
        [2, 0, 5],
        (2, 0, 5),
        np.array([2, 0, 5]),
        [(1, 2), (3, 5)],
    ],
)
def test_a_table_in_every_right_way(given):
    assert is_same(TABLE, given, COUNTS)


def test_days_are_labels_however_they_are_written():
    target = {"2023-09-20": 0.5, "2023-09-25": 0.7}
    kind = Table(unit="ndvi")
    times = pd.DatetimeIndex(["2023-09-20 03:30:01", "2023-09-25 03:30:01"])
    series = pd.Series([0.5, 0.7], times)
    assert is_same(kind, series, target)
    assert is_same(kind, series.to_xarray(), target)
    assert is_same(kind, {date(2023, 9, 20): 0.5, date(2023, 9, 25): 0.7001}, target)
    assert is_same(kind, [0.5, 0.7], target)


@pytest.mark.parametrize(
    ("given", "doubts"),
    [
        ({1: 2, 3: 4}, ["table-wrong"]),
        ({1: 2, 3: 5, 4: 1}, ["table-extra"]),
        ([2, 0, np.nan], ["table-nan", "table-wrong"]),
    ],
)
def test_what_is_odd_in_a_table_is_told(given, doubts):
    assert not is_same(TABLE, given, COUNTS)
    assert list_doubts(TABLE, given, COUNTS) == doubts


def test_a_day_without_a_number_is_the_same_in_both():
    under_clouds = {"2023-09-20": 0.5, "2023-09-25": np.nan}
    assert is_same(Table(unit="ndvi"), under_clouds, under_clouds)


def test_a_label_that_lacks_is_told_where_nothing_is_no_number():
    kind = Table(unit="ndvi")
    assert list_doubts(kind, {"a": 0.1}, {"a": 0.1, "b": 0.2}) == ["table-lacks"]


def test_a_wrong_unit_at_every_label_is_a_mistake():
    kind = Table(unit="share")
    found = dict(kind.derive({"a": 0.1, "b": 0.5}))
    assert found["percent-for-share"] == {"a": 10, "b": 50}
    assert found["rest"] == {"a": 0.9, "b": 0.5}


# -- names ---------------------------------------------------------------------

ITEMS = make_items(["2023-09-20", "2023-09-25"], ["B04_10m"])


@pytest.mark.parametrize(
    "given",
    [
        ["2023-09-25", "2023-09-20"],
        {"20/9/2023", "25/09/2023"},
        ("2023-09-25T03:30:00", date(2023, 9, 20)),
        ITEMS,
        pd.DatetimeIndex(["2023-09-20", "2023-09-25"]),
        np.array(["2023-09-20", "2023-09-25"], "M8[ns]"),
        xr.DataArray(np.array(["2023-09-20", "2023-09-25"], "M8[ns]"), dims="time"),
        pd.Series(["2023-09-20", "2023-09-25"]),
    ],
)
def test_days_in_every_right_way(given):
    assert is_same(Names(of="dates"), given, ["2023-09-20", "2023-09-25"])


def test_names_of_items_and_words():
    assert is_same(Names(of="ids"), ITEMS[0], ITEMS[0].id)
    assert is_same(Names(of="ids"), {one.id: one for one in ITEMS}, ITEMS)
    assert is_same(Names(of="words"), " Keys ", "keys")
    assert not is_same(Names(of="ids"), "b04_10m", "B04_10m")


def test_days_are_told_as_the_course_writes_them():
    assert Names(of="dates").show(["2023-09-20", "2023-10-05"]) == "20/9/2023, 5/10/2023"


def test_what_is_odd_in_names_is_told():
    kind = Names(of="ids")
    assert not is_same(kind, ["a", "c"], ["a", "b"])
    assert list_doubts(kind, ["a", "c"], ["a", "b"]) == ["names-extra", "names-lack"]
    assert list_doubts(kind, "a", "b") == []


# -- functions -----------------------------------------------------------------


def last_four(text):
    return "*" * (len(text) - 4) + text[-4:] if len(text) > 4 else "*" * len(text)


HIDING = Function(cases=(("ABCDEFGH1234",), ("1234",), ("",)))


def hide_letter_by_letter(text):
    last = len(text) - 4 if len(text) > 4 else len(text)
    return "".join("*" if place < last else letter for place, letter in enumerate(text))


def test_a_function_in_every_right_way():
    assert is_same(HIDING, last_four, last_four)
    assert is_same(HIDING, hide_letter_by_letter, last_four)


@pytest.mark.parametrize(
    ("function", "doubts"),
    [
        (lambda text: None, ["function-none"]),
        (lambda text: text[20], ["function-raises"]),
        (lambda text: "*" * len(text), ["function-case"]),
        (lambda: "", ["function-raises"]),
    ],
)
def test_what_is_odd_in_a_function_is_told(function, doubts):
    assert not is_same(HIDING, function, last_four)
    assert list_doubts(HIDING, function, last_four) == doubts


def test_results_are_compared_by_what_they_hold():
    kind = Function(cases=(([3, 1],), ([2],)))
    assert is_same(kind, lambda numbers: tuple(sorted(numbers)), sorted)
    assert is_same(kind, lambda numbers: np.float32(sum(numbers)), sum)
    assert not is_same(kind, lambda numbers: numbers.sort(), sorted)
    assert not is_same(kind, lambda numbers: sum(numbers) > 2, sum)


# -- what is none of them ------------------------------------------------------

KINDS = [Number(unit="ndvi"), LAYER, TABLE, Names(of="dates"), HIDING]
ODD = {
    "figure": plt.Figure(),
    "dataset": CUBE.to_dataset(),
    "empty": np.array([]),
    "empty list": [],
    "generator": iter([]),
    "object": object(),
    "ragged": [[1, 2], [3]],
    "class": int,
    "complex": 1j,
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
def test_what_is_no_answer_at_all_gets_words(kind, value):
    with pytest.raises(OddError) as caught:
        kind.read(value)
    assert caught.value.slot.startswith("odd-")


def test_a_text_is_no_number():
    for kind in (Number(unit="ndvi"), LAYER, TABLE):
        with pytest.raises(OddError, match="odd-text"):
            kind.read("0,79")
