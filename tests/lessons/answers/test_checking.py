"""check and judge, tried with an exercise of their own."""

import numpy as np
import pytest
import xarray as xr

from cdse_access.problems import BadInput
from lessons.answers import checking
from lessons.answers.exercises import Exercise
from lessons.answers.kinds import Number


def mean_of(lesson):
    return float(lesson.rho.mean())


def means_of_days(lesson):
    yield 0.3525
    yield from lesson.rho.mean("x").values


MEAN = Exercise(
    kind=Number(unit="reflectance", relative=0.01),
    right=mean_of,
    mistakes={
        "offset-forgotten": lambda lesson: float(lesson.rho.mean()) + 0.1,
        "raw-dn": lambda lesson: 1000 + 10_000 * float(lesson.rho.mean()),
        "wrong-day": means_of_days,
        "wrong-area": lambda lesson: lesson.not_there,
    },
)
RHO = xr.DataArray([[0.1, 0.2], [0.3, 0.4]], dims=("time", "x"))
DATA = {"rho": RHO}


class Broken:
    """A lazy array whose file is gone."""

    def __array__(self, dtype=None, copy=None):
        raise OSError("mất tệp")


@pytest.fixture(autouse=True)
def exercise(monkeypatch):
    monkeypatch.setitem(checking.EXERCISES, "4.1", MEAN)
    monkeypatch.setitem(checking.say._texts, "right-4.1", (None, "Trung bình {value}."))


def judge(value, data=DATA):
    return checking.judge("4.1", value, data)


@pytest.mark.parametrize(
    "value", [0.25, np.float32(0.25), RHO.mean(), RHO.chunk().mean(), 0.252, [0.25], np.array([0.25])]
)
def test_right(value):
    verdict = judge(value)
    assert (verdict.slot, verdict.text) == ("right-4.1", "Bài tập 4.1: Đúng. Trung bình 0,25.")


@pytest.mark.parametrize(
    ("value", "slot"),
    [
        (..., "blank"),
        (None, "odd-none"),
        ("0.25", "odd-text"),
        (RHO.to_dataset(name="rho"), "odd-dataset"),
        (RHO, "odd-many"),
        ([], "odd-many"),
        (mean_of, "odd-function"),
        (object(), "odd-type"),
        ([...], "odd-type"),
        (Broken(), "odd-broken"),
        (np.array([[1, 2], [3, 4]]), "odd-many"),
        (b"0.25", "odd-text"),
        (1j, "odd-type"),
        (np.datetime64("2023-09-28"), "odd-type"),
        (0.35, "offset-forgotten"),
        (3500, "raw-dn"),
        (0.15, "wrong-day"),
        (25.0, "percent-for-share"),
        (-0.25, "sign"),
        (np.nan, "number-nan"),
        (7, "range-reflectance"),
        (0.26, "near"),
        (0.2555, "near"),  # twice the tolerance of the right value and of no mistake
        (0.352, "wrong-day"),  # 0.3525 lies nearer than 0.35, which would do as well
        (0.55, "wrong-unknown"),
    ],
)
def test_what_is_not_right_is_told(value, slot):
    verdict = judge(value)
    assert verdict.slot == slot
    assert "0,25" not in verdict.text and "0.25" not in verdict.text  # never the answer


def test_a_mistake_that_is_exactly_hers_wins_over_a_right_within_its_tolerance():
    near = {"rho": RHO.where(RHO < 0.4, 0.4001)}  # 0.250025
    checking.EXERCISES["4.1"].mistakes["wrong-area"]  # its way fails on this data: passed over
    assert judge(0.25, near).slot == "right-4.1"  # rounded
    clear_day = Exercise(kind=MEAN.kind, right=mean_of, mistakes={"mask-forgotten": lambda lesson: 0.2505})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(checking.EXERCISES, "4.1", clear_day)
        assert judge(0.2505).slot == "mask-forgotten"
        patch.setitem(clear_day.mistakes, "mask-forgotten", mean_of)
        assert judge(0.25).slot == "right-4.1"  # on a clear day the mask changes nothing
        patch.undo()
        patch.setitem(checking.EXERCISES, "4.1", clear_day)
        assert judge(0.2503).slot == "right-4.1"


@pytest.mark.parametrize(
    ("data", "slot", "words"),
    [
        ({}, "missing", "biến rho: hãy chạy lại các ô phía trên"),
        ({"rho": ...}, "missing", "biến rho"),
        ({"rho": "chuỗi"}, "no-reference", "chạy lại các ô phía trên"),
        ({"rho": RHO.where(RHO > 1)}, "unknown", "không có đáp án để so"),
    ],
)
def test_a_notebook_that_cannot_tell(data, slot, words):
    verdict = judge(0.25, data)
    assert verdict.slot == slot and words in verdict.text


def test_an_exercise_that_is_not_there():
    with pytest.raises(BadInput, match=r"Không có bài tập '9\.9'"):
        checking.check("9.9", 1)
    with pytest.raises(BadInput, match="trong dấu nháy"):
        checking.check(4.1, 1)
    with pytest.raises(BadInput, match="trong dấu nháy"):
        checking.check(["4.1"], 1)


def test_check_reads_the_notebook_and_prints_one_line(monkeypatch, capsys):
    class Shell:
        user_ns = DATA

    monkeypatch.setattr(checking, "get_ipython", Shell)
    checking.check("4.1", 0.25)
    assert capsys.readouterr().out == "Bài tập 4.1: Đúng. Trung bình 0,25.\n"
    checking.check("4.1", 0.25, data={})
    assert "biến rho" in capsys.readouterr().out


def test_the_reference_is_computed_in_silence(capsys):
    def talk(lesson):
        print("đang tải")
        return 1.0

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(checking.EXERCISES, "4.1", Exercise(kind=MEAN.kind, right=talk))
        assert judge(1).slot == "right-4.1"
    assert capsys.readouterr().out == ""


def test_an_array_that_is_not_loaded_stays_so(tmp_path):
    """Reading its values would load it into the learner's own variable."""
    RHO.to_netcdf(tmp_path / "rho.nc")
    with xr.open_dataarray(tmp_path / "rho.nc") as lazy:
        assert judge(lazy.isel(time=0, x=0)).slot == "wrong-unknown"
        one = lazy.isel(time=slice(1), x=slice(1))
        judge(one)
        assert not one.variable._in_memory
