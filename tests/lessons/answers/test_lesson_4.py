"""Lesson 4's exercises on twelve looks at 400 pixels: paddies, trees, a pond, and vegetables that come up."""

from datetime import date

import numpy as np
import pytest
import xarray as xr

from lessons.answers import lesson_4
from lessons.answers.checking import judge
from lessons.bands import clear, ndvi, reflectance
from tests.lessons.answers.harness import Ways, make_items, make_layers, make_tests

pytestmark = pytest.mark.filterwarnings("ignore:(All-NaN slice|Mean of empty|invalid value|Degrees of freedom)")

BANDS = ["B04_10m", "B08_10m"]
DAYS = [
    "2023-02-10",
    "2023-05-13",
    "2023-07-02",
    "2023-07-12",
    "2023-07-17",
    "2023-07-27",
    "2023-09-05",
    "2023-09-20",
    "2023-09-25",
    "2023-10-10",
    "2023-10-20",
    "2023-11-14",
]
# NDVI of each land on each day; the pond is dark and reflects more red than near infrared.
GREENNESS = {
    "paddy": [0.3, 0.7, 0.6, 0.65, 0.7, 0.75, 0.8, 0.75, 0.65, 0.3, 0.2, 0.25],
    "trees": [0.7, 0.75, 0.75, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.75, 0.75, 0.7],
    "vegetables": [0.4, 0.3, 0.2, 0.3, 0.3, 0.4, 0.3, 0.3, 0.4, 0.7, 0.7, 0.6],
    "pond": [-0.3] * 12,
}
SIZE = 20
LAND = np.repeat(list(GREENNESS), [7, 4, 4, 5])
RANDOM = np.random.default_rng(4)


def make_truth() -> xr.Dataset:
    """What lies below: a little less noise, no cloud."""
    index = np.stack([GREENNESS[name] for name in LAND], axis=1)[..., None] + np.zeros((12, SIZE, SIZE)) - 0.004
    index[:, LAND == "pond"] -= 0.1
    red, nir = 0.2 * (1 - index), 0.2 * (1 + index)
    return make_layers(DAYS, {"B04_10m": encode(red), "B08_10m": encode(nir)})


def make_scene() -> xr.Dataset:
    index = np.stack([GREENNESS[name] for name in LAND], axis=1)[..., None] + RANDOM.normal(0, 0.02, (12, SIZE, SIZE))
    index[:, :5, :5] += np.where(np.array(GREENNESS["paddy"]) > 0.5, 0.1, -0.1)[
        :, None, None
    ]  # the field that stands out
    brightness = np.where(LAND == "pond", 0.06, 0.4)[:, None] * RANDOM.uniform(0.8, 1.2, (12, SIZE, SIZE))
    red, nir = brightness * (1 - index) / 2, brightness * (1 + index) / 2
    cloudy = np.zeros((12, SIZE, SIZE), bool)
    cloudy[3, 3:12, 4:15] = cloudy[6, :9, :9] = cloudy[7, 12:, 10:] = cloudy[9, :4, 12:] = cloudy[10, 2:9] = True
    cloudy[2:6, 8, 8] = True  # in July never seen
    red, nir = np.where(cloudy, 0.41, red), np.where(cloudy, 0.43, nir)
    scl = np.where(cloudy, 9, np.where(index > 0.4, 4, 5))
    scl[9, 4:9, 10:] = 3  # a cloud's shadow: darker, hardly another NDVI
    layers = {"B04_10m": encode(red), "B08_10m": encode(nir), "SCL_20m": scl.astype("uint8")}
    return make_layers(DAYS, layers)


def encode(rho: np.ndarray) -> np.ndarray:
    return np.round(rho * 10_000 + 1000).astype("uint16")


@pytest.fixture(scope="module")
def names():
    """The lesson's variables, as its cells make them."""
    truth = make_truth()
    dn = make_scene()
    rho = reflectance(dn[BANDS], 0.0001, -0.1)
    index = ndvi(rho.B08_10m, rho.B04_10m)
    seen = index.where(clear(dn.SCL_20m))
    blocks = seen.coarsen(x=5, y=5, boundary="trim").median()
    variables = {
        "catalog": "a catalog",
        "truth": truth.sel(time="2023-09-20"),
        "dn": dn,
        "items": make_items(DAYS, BANDS),
        "day": "2023-09-20",
        "later": "2023-10-10",
        "rho": rho,
        "index": index,
        "seen": seen,
        "best": seen.sel(time="2023-09-20"),
        "blocks": blocks,
        "field": blocks.isel(blocks.std("time").argmax(["y", "x"])),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson_4, "load_truth", lambda *arguments, like: truth.sel(time=like.time))
        yield variables


def before(names):
    return names.seen.sel(time=names.day)


def after(names):
    return names.seen.sel(time=names.later)


def raw(names):
    dn = names.dn.astype("float64")
    return ((dn.B08_10m - dn.B04_10m) / (dn.B08_10m + dn.B04_10m)).where(names.seen.notnull())


def wrapped(names):
    nir, red = names.dn.B08_10m, names.dn.B04_10m
    return ((nir - red) / (nir + red)).where(names.seen.notnull())


def cut(index, names):
    return ((index.sel(time=names.day) > 0.5) & (index.sel(time=names.later) <= 0.5)).sum() / 100


def july(index):
    return index.sel(time="2023-07")


def low(field):
    return field.time.where(field < 0.5, drop=True)


def autumn(field):
    return field.sel(time=slice("2023-09-01", None))


WAYS = {
    "4.1": Ways(
        right=[
            lambda names: float(((before(names) > 0.5) & (after(names) <= 0.5)).sum() * 100 / 10_000),
            lambda names: cut(names.seen, names),
            lambda names: np.float32(((before(names).values > 0.5) & (after(names).values <= 0.5)).sum() / 100),
            lambda names: round(
                float(before(names).where(after(names) <= 0.5).where(before(names) > 0.5).count()) / 100, 1
            ),
        ],
        wrong=[
            ("mask-forgotten", lambda names: cut(names.index, names)),
            ("unseen-counted", lambda names: ((before(names) > 0.5) & ~(after(names) > 0.5)).sum() / 100),
            ("time-reversed", lambda names: ((before(names) <= 0.5) & (after(names) > 0.5)).sum() / 100),
            ("one-day-of-two", lambda names: (before(names) > 0.5).sum() / 100),
            ("one-day-of-two", lambda names: (after(names) <= 0.5).sum() / 100),
            ("share-for-ha", lambda names: ((before(names) > 0.5) & (after(names) <= 0.5)).mean()),
            ("share-for-ha", lambda names: 100 * cut(names.seen, names) / (before(names).notnull().sum() / 100)),
            ("raw-dn", lambda names: cut(raw(names), names)),
            ("pixels-for-ha", lambda names: ((before(names) > 0.5) & (after(names) <= 0.5)).sum()),
            ("km2-for-ha", lambda names: cut(names.seen, names) / 100),
            ("m2-for-ha", lambda names: cut(names.seen, names) * 10_000),
            ("odd-many", lambda names: (before(names) > 0.5) & (after(names) <= 0.5)),
        ],
    ),
    "4.2": Ways(
        right=[
            lambda names: july(names.seen).median("time"),
            lambda names: np.nanmedian(july(names.seen), axis=0),
            lambda names: july(names.seen).chunk(time=-1).median("time").transpose("x", "y"),
            lambda names: names.seen.groupby("time.month").median().sel(month=7).rename("tháng 7").astype("float64"),
        ],
        wrong=[
            ("mask-forgotten", lambda names: july(names.index).median("time")),
            ("mean-for-median", lambda names: july(names.seen).mean("time")),
            ("maximum-for-median", lambda names: july(names.seen).max("time")),
            ("one-day-of-many", lambda names: july(names.seen)[0]),
            ("one-day-of-many", lambda names: july(names.index)[-1]),
            ("whole-period", lambda names: names.seen.median("time")),
            ("wrong-month", lambda names: names.seen.sel(time="2023-09").median("time")),
            ("median-first", lambda names: first_median(names)),
            ("raw-dn", lambda names: july(raw(names)).median("time")),
            ("uint16-wrapped", lambda names: july(wrapped(names)).median("time")),
            ("gaps-filled", lambda names: july(names.seen).median("time").fillna(0)),
            ("gaps-more", lambda names: july(names.seen).median("time", skipna=False)),
            ("layer-days", lambda names: july(names.seen)),
            ("layer-more", lambda names: names.seen.groupby("time.month").median()),
            ("turned", lambda names: july(names.seen).median("time").values[::-1]),
        ],
    ),
    "4.4": Ways(
        right=[
            lambda names: abs(names.best - true_index(names)).where(true_index(names) > 0).median(),
            lambda names: np.nanmedian(abs(names.best - true_index(names)).values[true_index(names).values > 0]),
            lambda names: round(float(errors(names, names.best).quantile(0.5)), 3),
        ],
        wrong=[
            ("mask-forgotten", lambda names: errors(names, names.index.sel(time=names.day)).median()),
            ("mean-for-median", lambda names: errors(names, names.best).mean()),
            ("square-for-median", lambda names: float((errors(names, names.best) ** 2).mean()) ** 0.5),
            ("sign-kept", lambda names: (names.best - true_index(names)).where(true_index(names) > 0).median()),
            ("sign-kept", lambda names: (true_index(names) - names.best).where(true_index(names) > 0).mean()),
            ("water-included", lambda names: abs(names.best - true_index(names)).median()),
            ("raw-dn", lambda names: abs(names.best - raw_truth(names)).where(raw_truth(names) > 0).median()),
            ("wrong-day", lambda names: errors(names, names.seen.sel(time=names.later)).median()),
            ("number-nan", lambda names: np.median(errors(names, names.best).values)),
            ("odd-many", lambda names: errors(names, names.best)),
        ],
    ),
    "4.3": Ways(
        right=[
            lambda names: low(autumn(names.field))[0],
            lambda names: str(low(autumn(names.field)).dt.strftime("%d/%m/%Y").values[0]),
            lambda names: "2023-10-10",
            lambda names: date(2023, 10, 10),
            lambda names: autumn(names.field).dropna("time").to_series().lt(0.5).idxmax(),
        ],
        wrong=[
            ("mask-forgotten", lambda names: low(autumn(bare_block(names)))[0]),
            ("whole-period", lambda names: low(names.field)[0]),
            ("later-for-first", lambda names: low(autumn(names.field))[-1]),
            ("lowest-for-first", lambda names: names.field.idxmin("time")),
            ("still-green", lambda names: "2023-09-25"),
            ("mask-forgotten", lambda names: "5/9/2023"),  # there the field was under a cloud
            ("still-green", lambda names: names.field.time.where(names.field > 0.5, drop=True)[-1]),
            ("odd-number", lambda names: autumn(names.field)[3]),
            ("odd-number", lambda names: 9),
            ("odd-date", lambda names: "tháng 10"),
        ],
    ),
}
test_right_ways, test_wrong_ways = make_tests(WAYS)


def true_index(names):
    rho = reflectance(names.truth, 0.0001, -0.1)
    return ndvi(rho.B08_10m, rho.B04_10m)


def raw_truth(names):
    red, nir = names.truth.B04_10m.astype(float), names.truth.B08_10m.astype(float)
    return (nir - red) / (nir + red)


def errors(names, index):
    return abs(index - true_index(names)).where(true_index(names) > 0)


def first_median(names):
    month = names.rho.where(names.seen.notnull()).sel(time="2023-07").median("time")
    return ndvi(month.B08_10m, month.B04_10m)


def bare_block(names):
    return names.index.coarsen(x=5, y=5, boundary="trim").median().sel(x=names.field.x, y=names.field.y)


def test_a_period_without_july_is_told(names):
    spring = names | {"dn": names["dn"].isel(time=[0, 1])}
    assert judge("4.2", names["seen"][0], spring).slot == "unknown"


def test_a_pixel_of_exactly_the_threshold_may_count_or_not(names):
    dn = names["dn"].copy(deep=True)
    dn.B08_10m[9, :2], dn.B04_10m[9, :2], dn.SCL_20m[9, :2] = 4000, 2000, 5
    changed = names | {"dn": dn}
    rho = reflectance(dn[BANDS], 0.0001, -0.1)
    seen = ndvi(rho.B08_10m, rho.B04_10m).where(clear(dn.SCL_20m))
    before, after = seen.sel(time=names["day"]), seen.sel(time=names["later"])
    assert (after == 0.5).sum() > 9
    for mask in (after <= 0.5, after < 0.5):
        assert judge("4.1", ((before > 0.5) & mask).sum() / 100, changed).slot == "right-4.1"


def test_a_place_without_a_harvest_is_told(names):
    green = names | {"dn": names["dn"].assign(B08_10m=names["dn"].B08_10m * 0 + 20_000)}
    assert judge("4.3", "2023-10-10", green).slot == "unknown"


def test_real_images_hold_no_truth(names, monkeypatch):
    monkeypatch.setattr(lesson_4, "load_truth", lambda *arguments, like: xr.Dataset({"B04_10m": like * np.nan}))
    assert judge("4.4", 0.01, names).slot == "unknown"
