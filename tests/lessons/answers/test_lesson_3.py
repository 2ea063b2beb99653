"""Exercises of lesson 3, on four days of a small field whose western half nobody saw."""

from typing import Any

import numpy as np
import odc.stac
import pandas as pd
import pytest
from pystac import Item

from lessons.answers.checking import judge
from lessons.bands import reflectance
from tests.lessons.answers.harness import Ways, make_items, make_layers, make_tests

DAYS = ["2023-07-22", "2023-07-27", "2023-08-06", "2023-08-11"]
BANDS = ["B02_10m", "B04_10m", "B08_10m"]
FOUR = [*BANDS, "B03_10m"]
SIDE = 10980  # pixels of a whole tile
LAYER = SIDE**2 * 2  # bytes of one band of one day
FACTORS = 0.0001, -0.1
PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"


def plan(names: Any, bands: list[str], **area: Any) -> int:
    options: dict[str, Any] = {"resolution": 10, "chunks": {}, "groupby": "solar_day"} | area
    return int(odc.stac.load(names.items, bands, **options).nbytes)


def convert(names: Any, band: str = "B08_10m") -> Any:
    return reflectance(names.dn[band], *FACTORS)


def months(array: Any) -> Any:
    return array.groupby("time.month").mean()


WAYS = {
    "3.1": Ways(
        right=[
            lambda names: convert(names).sel(time=names.day).mean(),
            lambda names: (names.dn.B08_10m.sel(time=names.day).values.astype(float) * 0.0001 - 0.1).mean(),
            lambda names: round(float(convert(names).isel(time=1).mean(("x", "y"))), 3),
        ],
        wrong=[
            ("offset-forgotten", lambda names: names.dn.B08_10m.sel(time=names.day).mean() * 0.0001),
            ("raw-dn", lambda names: names.dn.B08_10m.sel(time=names.day).mean()),
            ("wrong-day", lambda names: convert(names).isel(time=0).mean()),
            ("wrong-day", lambda names: convert(names).isel(time=-1).mean().item()),
            ("wrong-band", lambda names: convert(names, "B04_10m").sel(time=names.day).mean()),
            ("whole-period", lambda names: convert(names).mean()),
            ("median-for-mean", lambda names: convert(names).sel(time=names.day).median()),
            ("percent-for-share", lambda names: convert(names).sel(time=names.day).mean() * 100),
            ("odd-many", lambda names: convert(names).sel(time=names.day)),
            ("odd-many", lambda names: convert(names).mean(("x", "y"))),
            ("odd-dataset", lambda names: names.dn.sel(time=names.day).mean()),
        ],
    ),
    "3.2": Ways(
        right=[
            lambda names: months(convert(names).mean(("x", "y"))),
            lambda names: convert(names).groupby("time.month").mean(...),
            lambda names: months(convert(names)).mean(("y", "x")).to_series(),
            lambda names: {7: convert(names)[:2].mean().item(), 8: convert(names)[2:].mean().item()},
            lambda names: [convert(names)[:2].mean().item(), convert(names)[2:].mean().item()],
            lambda names: months(convert(names).mean(("x", "y"))).round(3),
        ],
        wrong=[
            ("offset-forgotten", lambda names: months(names.dn.B08_10m.mean(("x", "y"))) * 0.0001),
            ("raw-dn", lambda names: months(names.dn.B08_10m.mean(("x", "y")))),
            ("wrong-band", lambda names: months(convert(names, "B02_10m").mean(("x", "y")))),
            ("days-for-months", lambda names: convert(names).mean(("x", "y"))),
            ("median-for-mean", lambda names: convert(names).groupby("time.month").median(...)),
            ("odd-dims", lambda names: months(convert(names))),
            ("table-lacks", lambda names: {7: convert(names)[:2].mean().item()}),
        ],
    ),
    "3.3": Ways(
        right=[
            lambda names: reflectance(names.edge, *FACTORS).mean().item(),
            lambda names: names.edge.where(names.edge > 0).mean() * 0.0001 - 0.1,
            lambda names: np.mean(names.edge.values[names.edge.values > 0] * 0.0001 - 0.1),
            lambda names: round(reflectance(names.edge, *FACTORS).mean().item(), 3),
        ],
        wrong=[
            ("zeros-kept", lambda names: (names.edge * 0.0001 - 0.1).mean()),
            ("zeros-kept", lambda names: reflectance(names.edge, *FACTORS).fillna(0).mean()),
            ("zeros-kept", lambda names: names.edge.mean() * 0.0001),
            ("offset-forgotten", lambda names: names.edge.where(names.edge > 0).mean() * 0.0001),
            ("raw-dn", lambda names: names.edge.where(names.edge > 0).mean()),
            ("raw-dn", lambda names: names.edge.mean()),
            ("whole-area", lambda names: convert(names, "B02_10m").sel(time=names.day).mean()),
            ("median-for-mean", lambda names: reflectance(names.edge, *FACTORS).median()),
            ("number-nan", lambda names: reflectance(names.edge, *FACTORS).values.mean()),
        ],
    ),
    "3.4": Ways(
        right=[
            lambda names: plan(names, FOUR) / 1e9,
            lambda names: 4 * len(names.items) * LAYER / 1e9,
            lambda names: np.float32(plan(names, FOUR, groupby="time") / 1e9),
        ],
        wrong=[
            ("bands-lack", lambda names: plan(names, names.bands) / 1e9),
            ("one-day-for-all", lambda names: 4 * LAYER / 1e9),
            ("area-for-tile", lambda names: plan(names, FOUR, bbox=names.bbox) / 1e9),
            ("gib-for-gb", lambda names: plan(names, FOUR) / 1024**3),
            ("pixels-for-bytes", lambda names: 4 * len(names.items) * SIDE**2 / 1e9),
            ("mb-for-gb", lambda names: plan(names, FOUR) / 1e6),
            ("bytes-for-gb", lambda names: plan(names, FOUR)),
        ],
    ),
    "3.5": Ways(
        right=[
            lambda names: len({item.datetime.date() for item in names.delta_items}),
            lambda names: pd.Series([item.datetime for item in names.delta_items]).dt.floor("D").nunique(),
            lambda names: np.array(len({str(item.datetime)[:10] for item in names.delta_items})),
        ],
        wrong=[
            ("items-for-days", lambda names: len(names.delta_items)),
            ("tiles-for-days", lambda names: len({item.properties["grid:code"] for item in names.delta_items})),
            ("wrong-area", lambda names: len({item.datetime.date() for item in names.items})),
            ("odd-type", lambda names: {item.datetime.date() for item in names.delta_items}),
        ],
    ),
}
test_right_ways, test_wrong_ways = make_tests(WAYS)


def place(items: list[Item]) -> list[Item]:
    """Each asset is a whole tile of 10 m, which is all that a plan asks for."""
    for item in items:
        item.stac_extensions.append(PROJECTION)
        for asset in item.assets.values():
            asset.media_type = "image/jp2"
            asset.extra_fields |= {
                "proj:code": "EPSG:32648",
                "proj:shape": [SIDE, SIDE],
                "proj:transform": [10, 0, 499980, 0, -10, 2400000],
                "data_type": "uint16",
                "nodata": 0,
            }
    return items


def put_into_tiles(days: list[str]) -> list[Item]:
    """Two items a day, each of another tile."""
    west, east = make_items(days, []), make_items(days, [])
    for code, items in {"MGRS-48PWR": west, "MGRS-48PXR": east}.items():
        for item in items:
            item.properties["grid:code"] = code
    return [*west, *east]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    random = np.random.default_rng(3)
    shape = len(DAYS), 4, 6
    layers = {}
    for band, level in zip(BANDS, (1400, 1700, 3600), strict=True):
        rising = 150 * np.arange(len(DAYS))[:, None, None]
        layers[band] = (level + rising + random.gamma(1, 400, shape)).astype("uint16")
    dn = make_layers(DAYS, layers)
    day = DAYS[1]
    blue_dn = dn.B02_10m.sel(time=day)
    delta_days = [f"2023-07-{number:02}" for number in range(3, 31, 5)]
    return {
        "dn": dn, "day": day, "items": place(make_items(DAYS, FOUR)), "bands": BANDS,
        "bbox": [105.89, 20.812, 105.925, 20.835], "edge": blue_dn.where(blue_dn.x > blue_dn.x.mean(), 0),
        "delta_items": put_into_tiles(delta_days),
    }  # fmt: skip


def test_a_store_without_that_area_cannot_tell(names):
    """A class's pack holds its own area only."""
    assert judge("3.5", 0, names | {"delta_items": []}).slot == "unknown"


def test_one_month_is_a_table_of_one(names):
    july = names | {"dn": names["dn"].isel(time=[0, 1])}
    answer = months(reflectance(july["dn"].B08_10m, *FACTORS).mean(("x", "y")))
    assert judge("3.2", answer, july).slot == "right-3.2"


def test_pixels_that_nobody_saw_may_be_pooled_or_not(names):
    dn = names["dn"].copy(deep=True)
    dn.B08_10m[0, :3] = 0
    holed = names | {"dn": dn}
    rho = reflectance(dn.B08_10m, *FACTORS)
    for answer in (months(rho.mean(("x", "y"))), rho.groupby("time.month").mean(...)):
        assert judge("3.2", answer, holed).slot == "right-3.2"
    assert judge("3.2", months(dn.B08_10m.mean(("x", "y")) * 0.0001 - 0.1), holed).slot != "right-3.2"
