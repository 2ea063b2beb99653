"""lessons.truth: the truth of exactly the days of an array, on its grid; real images have none, and it says so.

Lesson 4's own test reads real pixels of it.
"""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from pystac import Item

from lessons import truth

DAYS = [datetime(2023, 9, day, 3, 25, tzinfo=UTC) for day in (5, 10, 20)]
ITEMS = [Item(f"S2_{day:%d}", None, None, day, {}) for day in DAYS]
NDVI = xr.DataArray(
    np.full((3, 2, 2), 0.5),
    dims=("time", "y", "x"),
    coords={"time": np.array(["2023-09-05", "2023-09-10", "2023-09-20"], "datetime64[ns]")},
)


class Catalog:
    def __init__(self, *collections):
        self.collections, self.asked = collections, []

    def get_collections(self):
        return [SimpleNamespace(id=name) for name in self.collections]

    def search(self, *, collections, ids):
        assert collections == ["offline-truth"]
        self.asked = ids
        return SimpleNamespace(items=lambda: iter([item for item in ITEMS if item.id in ids]))


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    """What `load` gives: hours in the time, one layer an item."""

    def load(items, bands, *, like):
        times = [item.datetime.replace(tzinfo=None) for item in items]
        values = np.full((len(times), 2, 2), 1200, "uint16")
        return xr.Dataset(dict.fromkeys(bands, (("time", "y", "x"), values)), coords={"time": times})

    monkeypatch.setattr(truth, "load", load)


def test_one_day_is_that_day_without_a_time_axis():
    catalog = Catalog("sentinel-2-l2a", "offline-truth")
    one_day = NDVI.sel(time="2023-09-10")
    found = truth.load_truth(catalog, ITEMS, ["B04_10m", "SKY_10m"], like=one_day)
    assert catalog.asked == ["S2_10"]
    assert found.SKY_10m.dims == ("y", "x") and set(found.data_vars) == {"B04_10m", "SKY_10m"}
    assert (one_day + found.SKY_10m).time == np.datetime64("2023-09-10")  # same day: nothing is lost in arithmetic


def test_several_days_stay_several():
    catalog = Catalog("offline-truth")
    two = NDVI[[0, 2]]
    found = truth.load_truth(catalog, ITEMS, ["SKY_10m"], like=two)
    assert catalog.asked == ["S2_05", "S2_20"]
    assert (two + found.SKY_10m).sizes["time"] == 2 and found.SKY_10m.dtype == "uint16"


def test_a_day_without_truth_is_unknown():
    found = truth.load_truth(Catalog("offline-truth"), ITEMS[1:], ["SKY_10m"], like=NDVI)
    assert found.SKY_10m.isnull().all(("y", "x")).values.tolist() == [True, False, False]


@pytest.mark.parametrize("collections", [("sentinel-2-l2a",), ("sentinel-2-l2a", "offline-truth")])
def test_where_there_is_none_it_says_so_and_nothing_is_known(capsys, collections):
    items = ITEMS if len(collections) == 1 else ITEMS[1:]  # none of that day
    found = truth.load_truth(Catalog(*collections), items, ["SKY_10m"], like=NDVI[0])
    assert "Không có đáp án" in capsys.readouterr().out
    assert found.SKY_10m.dims == ("y", "x") and found.SKY_10m.isnull().all()
