"""Lesson 5's exercises on four clear days and a cloudy one, 12 by 16 pixels."""

import numpy as np
import pytest
import xarray as xr

from lessons.answers import lesson_5
from lessons.answers.checking import judge
from lessons.bands import clear, reflectance
from lessons.maps import stretch
from tests.lessons.answers.harness import Ways, make_items, make_layers, make_tests

DAYS = ["2023-02-22", "2023-05-03", "2023-07-27", "2023-10-10"]
CLOUDY = "2023-07-12"
LEVELS = {"B02_10m": 0.06, "B03_10m": 0.09, "B04_10m": 0.12, "B08_10m": 0.3, "B11_20m": 0.2}
OPTICAL = ["B02_10m", "B03_10m", "B04_10m", "B08_10m"]
TRUE = ["B04_10m", "B03_10m", "B02_10m"]
SWIR = ["B11_20m", "B08_10m", "B04_10m"]
FACTORS = 0.0001, -0.1
SIZES = (12, 16)
RANDOM = np.random.default_rng(5)


def make_days(days, clouds):
    """Reflectance of each band rises a little from day to day; clouds are bright in all of them."""
    shape = (len(days), *SIZES)
    season = 1 + 0.2 * np.arange(len(days))[:, None, None]
    scl = np.where(clouds, 9, 4).astype("uint8")
    layers = {}
    for name, level in LEVELS.items():
        rho = level * season * RANDOM.gamma(20, 1 / 20, shape)
        layers[name] = np.round(np.where(clouds, 0.5 + rho, rho) * 10_000 + 1000).astype("uint16")
    return make_layers(days, layers | {"SCL_20m": scl})


def make_clouds():
    clouds = np.zeros((len(DAYS), *SIZES), bool)
    clouds[0, :2, :3] = clouds[2, 6:8, 3:9] = clouds[1, 0, 0] = clouds[3, 11, 2:4] = True
    return clouds


def make_cloudy_day():
    clouds = np.zeros((1, *SIZES), bool)
    clouds[0, 3:9, 4:12] = True
    day = make_days([CLOUDY], clouds).isel(time=0)
    day.SCL_20m[9:11, 6:14] = 3  # the shadow
    return day


def combine(names):
    return reflectance(names.swir, *FACTORS).to_dataarray("band")


def red(names):
    return reflectance(names.dn.B04_10m, *FACTORS)


def mean(array):
    return array.mean(("x", "y"))


def masked(names):
    return names.cloudy.where(clear(names.cloudy_dn.SCL_20m))


def loss(names):
    return 1 - float(clear(names.cloudy_dn.SCL_20m).mean())


WAYS = {
    "5.1": Ways(
        right=[
            combine,
            lambda names: np.stack([reflectance(names.swir[band], *FACTORS).values for band in SWIR], axis=-1),
            lambda names: combine(names).transpose("y", "x", "band").astype("float64"),
            lambda names: combine(names).expand_dims(time=[names.swir.time.values]),
        ],
        wrong=[
            ("raw-dn", lambda names: names.swir.to_dataarray("band")),
            ("offset-forgotten", lambda names: names.swir.to_dataarray("band") * 0.0001),
            ("band-order", lambda names: combine(names)[::-1]),
            ("band-order", lambda names: combine(names).sel(band=["B08_10m", "B11_20m", "B04_10m"])),
            (
                "other-bands",
                lambda names: names.rho[["B08_10m", "B04_10m", "B03_10m"]].sel(time=names.day).to_dataarray(),
            ),
            ("other-bands", lambda names: names.true_color.sel(time=names.day)),
            ("stretched-early", lambda names: rescale(combine(names), **stretch(combine(names)))),
            ("stretched-early", lambda names: rescale(combine(names), **names.limits).clip(0, 1)),
            ("stretched-early", lambda names: combine(names) / xr.DataArray([0.4, 0.5, 0.2], dims="band")),
            ("wrong-day", lambda names: names.true_color.isel(time=0) * 2),
            ("layer-shape", lambda names: combine(names)[:, ::2, ::2].values),
            ("layer-shape", lambda names: combine(names)[0]),
            ("odd-dataset", lambda names: reflectance(names.swir, *FACTORS)),
            ("layer-days", lambda names: names.true_color),
        ],
    ),
    "5.2": Ways(
        right=[
            lambda names: mean(red(names).where(names.visible)),
            lambda names: mean(red(names).where(names.visible)).to_series(),
            lambda names: {day: float(red(names).where(names.visible).sel(time=day).mean()) for day in names.days},
            lambda names: [np.nanmean(layer) for layer in red(names).where(names.visible).values],
            lambda names: mean(red(names).where(names.visible)).round(3),
        ],
        wrong=[
            ("mask-forgotten", lambda names: mean(red(names))),
            ("mask-inverted", lambda names: mean(red(names).where(~names.visible))),
            ("raw-dn", lambda names: mean(names.dn.B04_10m)),
            ("raw-dn", lambda names: mean(names.dn.B04_10m.where(names.visible))),
            ("offset-forgotten", lambda names: mean(names.dn.B04_10m.where(names.visible)) * 0.0001),
            ("wrong-band", lambda names: mean(names.rho.B03_10m.where(names.visible))),
            ("median-for-mean", lambda names: red(names).where(names.visible).median(("x", "y"))),
            ("days-together", lambda names: float(red(names).where(names.visible).mean())),
            ("percent-for-share", lambda names: 100 * mean(red(names).where(names.visible))),
            ("table-nan", lambda names: [layer.mean() for layer in red(names).where(names.visible).values]),
            ("odd-dims", lambda names: red(names)),
        ],
    ),
    "5.3": Ways(
        right=[
            lambda names: stretch(masked(names))["vmax"],
            lambda names: np.nanpercentile(masked(names), 99.5),
            lambda names: masked(names).quantile(0.995).round(3),
        ],
        wrong=[
            ("mask-forgotten", lambda names: stretch(names.cloudy)["vmax"]),
            ("mask-inverted", lambda names: stretch(names.cloudy.where(masked(names).isnull()))["vmax"]),
            ("black-for-white", lambda names: stretch(masked(names))["vmin"]),
            ("limits-of-clear-days", lambda names: names.limits["vmax"]),
            ("brightest-for-white", lambda names: masked(names).max()),
            ("other-percentile", lambda names: np.nanpercentile(masked(names), 98)),
            ("one-band", lambda names: stretch(masked(names)[0])["vmax"]),
            ("raw-dn", lambda names: names.cloudy_dn[TRUE].to_dataarray().quantile(0.995)),
            ("offset-forgotten", lambda names: stretch(masked(names))["vmax"] + 0.1),
            ("number-nan", lambda names: np.percentile(masked(names), 99.5)),
            ("odd-type", lambda names: stretch(masked(names))),
        ],
    ),
    "5.4": Ways(
        right=[
            loss,
            lambda names: (~clear(names.cloudy_dn.SCL_20m)).mean(),
            lambda names: names.cloudy_dn.SCL_20m.isin([0, 1, 3, 8, 9, 10]).values.mean(),
            lambda names: round(loss(names), 2),
        ],
        wrong=[
            ("shadow-forgotten", lambda names: names.cloudy_dn.SCL_20m.isin([8, 9, 10]).mean()),
            ("cover-of-tile", lambda names: names.cloudy_items[0].properties["eo:cloud_cover"] / 100),
            ("cover-of-tile", lambda names: names.cloudy_items[0].properties["eo:cloud_cover"]),
            ("wrong-day", lambda names: 1 - clear(names.dn.SCL_20m).sel(time="2023-07-27").mean()),
            ("rest", lambda names: clear(names.cloudy_dn.SCL_20m).mean()),
            ("percent-for-share", lambda names: 100 * loss(names)),
            ("range-share", lambda names: int((~clear(names.cloudy_dn.SCL_20m)).sum())),
        ],
    ),
}
test_right_ways, test_wrong_ways = make_tests(WAYS)


def rescale(rgb, vmin, vmax):
    return (rgb - vmin) / (vmax - vmin)


@pytest.fixture(scope="module")
def names():
    every = make_days(DAYS, make_clouds())
    dn = every[[*OPTICAL, "SCL_20m"]]
    rho = reflectance(dn[OPTICAL], *FACTORS)
    true_color = rho[TRUE].to_dataarray("band")
    cloudy_dn = make_cloudy_day()[[*TRUE, "SCL_20m"]]
    variables = {
        "items": make_items(DAYS, list(LEVELS)),
        "days": DAYS,
        "day": DAYS[1],
        "dn": dn,
        "rho": rho,
        "visible": clear(dn.SCL_20m),
        "true_color": true_color,
        "limits": stretch(true_color),
        "cloudy_items": make_items([CLOUDY], TRUE),
        "cloudy_dn": cloudy_dn,
        "cloudy": reflectance(cloudy_dn[TRUE], *FACTORS).to_dataarray("band"),
        "swir": every[SWIR].isel(time=1),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson_5, "load", lambda items, bands, like: load(every, items, bands, like))
        yield variables


def load(every: xr.Dataset, items, bands, like):
    days = [f"{item.datetime:%Y-%m-%d}" for item in items]
    assert like.sizes["x"] == every.sizes["x"]
    return every[bands].sel(time=days)


def test_a_day_that_is_not_among_the_items_cannot_tell(names):
    assert judge("5.1", names["cloudy"], names | {"day": "2023-01-01"}).slot == "no-reference"
