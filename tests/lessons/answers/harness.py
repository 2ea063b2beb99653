"""What a lesson's exercises are tried with: right ways, wrong ways with their hints, and small data by hand.

    WAYS = {"4.1": Ways(right=[...], wrong=[("raw-dn", ...), ...])}
    test_right_ways, test_wrong_ways = make_tests(WAYS)  # with the module's fixture `names`: the notebook's variables

A way is a function of the notebook's variables: `lambda names: names.rho.mean()`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import odc.geo.xr  # noqa: F401
import pytest
import xarray as xr
from pystac import Asset, Item

from lessons.answers.checking import EXERCISES, Verdict, judge

Way = Callable[[Any], Any]


@dataclass(frozen=True)
class Ways:
    """At least two right ways, and three wrong ones with the slot of the hint that each must get."""

    right: Sequence[Way]
    wrong: Sequence[tuple[str, Way]]

    def __post_init__(self) -> None:
        assert len(self.right) >= 2 and len(self.wrong) >= 3


def judge_way(number: str, way: Way, names: Mapping[str, Any]) -> Verdict:
    """The verdict on what a learner would have got this way; what is judged is read-only."""
    freeze(names.values())
    value = way(SimpleNamespace(**names))
    freeze([value])
    return judge(number, value, names)


def freeze(values: Iterable[Any]) -> None:
    """Whoever writes into a learner's arrays stops with an error."""
    for value in values:
        arrays = value.variables.values() if isinstance(value, xr.Dataset) else [value]
        for array in arrays:
            data = getattr(array, "data", array) if not isinstance(array, np.ndarray) else array
            if isinstance(data, np.ndarray):
                data.flags.writeable = False


def make_tests(ways: Mapping[str, Ways]) -> tuple[Callable[..., None], Callable[..., None]]:
    rights = [
        pytest.param(number, way, id=f"{number}-{place}")
        for number, of_one in ways.items()
        for place, way in enumerate(of_one.right)
    ]
    wrongs = [
        pytest.param(number, slot, way, id=f"{number}-{place}-{slot}")
        for number, of_one in ways.items()
        for place, (slot, way) in enumerate(of_one.wrong)
    ]

    @pytest.mark.parametrize(("number", "way"), rights)
    def test_right_ways(number: str, way: Way, names: dict[str, Any]) -> None:
        verdict = judge_way(number, way, names)
        assert verdict.slot == f"right-{number}", verdict.text
        after_a_restart = judge(number, way(SimpleNamespace(**names)), {})
        assert after_a_restart.slot in {"missing", verdict.slot}

    @pytest.mark.parametrize(("number", "slot", "way"), wrongs)
    def test_wrong_ways(number: str, slot: str, way: Way, names: dict[str, Any]) -> None:
        verdict = judge_way(number, way, names)
        assert verdict.slot == slot, verdict.text

    return test_right_ways, test_wrong_ways


def list_untried(ways: Mapping[str, Ways]) -> set[tuple[str, str]]:
    """Hints in an exercise's table that no wrong way asks for."""
    tried = {(number, slot) for number, of_one in ways.items() for slot, _ in of_one.wrong}
    return {(number, slot) for number in ways for slot in EXERCISES[number].mistakes} - tried


# -- data by hand --------------------------------------------------------------

LEFT, TOP, STEP = 593_000, 2_307_000, 10
CRS = "EPSG:32648"


def make_items(days: Sequence[str], bands: Sequence[str], *, simulated: bool = True) -> list[Item]:
    """An item for each day, of baseline 05.10: scale 0.0001, offset -0.1."""
    return [_make_item(day, bands, simulated) for day in days]


def _make_item(day: str, bands: Sequence[str], simulated: bool) -> Item:
    properties = {"processing:version": "05.10", "eo:cloud_cover": 10.0, "platform": "sentinel-2a"}
    if simulated:
        properties["cdse_offline:simulated"] = True
    item = Item(f"S2A_{day}", None, None, datetime.fromisoformat(f"{day}T03:30:00+00:00"), properties)
    for band in bands:
        fields = {"raster:scale": 0.0001, "raster:offset": -0.1}
        item.assets[band] = Asset("s3://eodata/x.jp2", roles=["data", "reflectance"], extra_fields=fields)
    return item


def make_layers(days: Sequence[str], values: Mapping[str, Any]) -> xr.Dataset:
    """Bands of (time, y, x) on a grid of 10 m, as `load` gives them: {"B04_10m": uint16 …, "SCL_20m": uint8 …}."""
    sizes = np.shape(next(iter(values.values())))
    times = np.array(days, "M8[ns]")
    y = TOP - STEP * (np.arange(sizes[1]) + 0.5)
    x = LEFT + STEP * (np.arange(sizes[2]) + 0.5)
    coords = {"time": times, "y": y, "x": x}
    arrays = {name: (("time", "y", "x"), np.asarray(value)) for name, value in values.items()}
    return xr.Dataset(arrays, coords).odc.assign_crs(CRS)
