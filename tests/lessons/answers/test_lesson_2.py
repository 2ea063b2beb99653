"""The exercises of lesson 2, answered as students do."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from lessons.places import bbox_around
from tests.lessons.answers.harness import Ways, make_items, make_tests

LIMIT = "eo:cloud_cover"
LONGITUDE, LATITUDE = 105.9123, 20.8205


def months_of(passes):
    return pd.to_datetime(passes["date"]).dt.month


def count(passes):
    return months_of(passes).value_counts().sort_index()


def loop_over(names):
    found = {}
    for item in names.every:
        if item.properties[LIMIT] < 20:
            month = item.datetime.month
            found[month] = found.get(month, 0) + 1
    return found


def count_each_month(names):
    passes = names.passes
    few = passes[LIMIT] < 20
    return [int((few & (months_of(passes) == month)).sum()) for month in (1, 6, 7, 8, 11)]


def of_orbit(items, orbit):
    return [item for item in items if item.properties["sat:relative_orbit"] == orbit]


def summer(names, months=(6, 7, 8)):
    return [item for item in names.every if item.datetime.month in months]


def by_cloud(items):
    return sorted(items, key=lambda item: item.properties[LIMIT])


def box_by_hand(longitude, latitude, half_km, shrink):
    up = half_km / 111.32
    aside = up / shrink
    return [longitude - aside, latitude - up, longitude + aside, latitude + up]


COSINE = math.cos(math.radians(LATITUDE))

WAYS = {
    "2.1": Ways(
        right=[
            lambda names: count(names.passes[names.passes[LIMIT] < 20]),
            lambda names: names.passes[names.passes[LIMIT] < 20].groupby(months_of(names.passes))["date"].count(),
            loop_over,
            count_each_month,
        ],
        wrong=[
            ("clouds-not-filtered", lambda names: count(names.passes)),
            ("cloudy-for-clear", lambda names: count(names.passes.query("`eo:cloud_cover` > 20"))),
            ("limit-as-share", lambda names: count(names.passes[names.passes[LIMIT] < 0.20])),
            ("other-limit", lambda names: count(pd.DataFrame({"date": [one.datetime for one in names.items]}))),
            # The statement once gave a total, which Bayern's area has as well.
            ("wrong-area", lambda names: pd.Series([one.datetime.month for one in names.bayern_items]).value_counts()),
            ("odd-many", lambda names: {"tất cả": [1, 2]}),
            ("table-extra", lambda names: 2),
        ],
    ),
    "2.2": Ways(
        right=[
            lambda names: of_orbit(names.bayern_items, 65),
            lambda names: [item.id for item in of_orbit(names.bayern_items, 65)][::-1],
            lambda names: {item.id: item for item in of_orbit(names.bayern_items, 65)},
        ],
        wrong=[
            ("odd-no-items", lambda names: of_orbit(names.bayern_items, "65")),
            ("odd-no-items", lambda names: [one for one in names.bayern_items if "relative_orbit" in one.properties]),
            ("orbit-forgotten", lambda names: names.bayern_items),
            ("wrong-orbit", lambda names: of_orbit(names.bayern_items, 22)),
            ("clouds-not-filtered", lambda names: of_orbit(names.catalog.all, 65)),
            ("wrong-area", lambda names: names.items),
            ("names-lack", lambda names: of_orbit(names.bayern_items, 65)[:1]),
            ("odd-number", lambda names: len(of_orbit(names.bayern_items, 65))),
        ],
    ),
    "2.3": Ways(
        right=[
            lambda names: bbox_around(LONGITUDE, LATITUDE, 1),
            lambda names: tuple(box_by_hand(LONGITUDE, LATITUDE, 0.5, COSINE)),
            lambda names: pd.Series(box_by_hand(LONGITUDE, LATITUDE, 0.5, COSINE)).round(5).values,
        ],
        wrong=[
            ("latitude-first", lambda names: box_by_hand(LATITUDE, LONGITUDE, 0.5, math.cos(math.radians(LONGITUDE)))),
            ("latitude-first", lambda names: box_by_hand(LATITUDE, LONGITUDE, 0.5, 1)),
            ("latitude-first", lambda names: [20.816, 105.9075, 20.825, 105.9171]),
            ("longitudes-together", lambda names: [105.9075, 105.9171, 20.816, 20.825]),
            ("width-doubled", lambda names: box_by_hand(LONGITUDE, LATITUDE, 1, COSINE)),
            ("cosine-forgotten", lambda names: box_by_hand(LONGITUDE, LATITUDE, 0.5, 1)),
            ("km-as-degrees", lambda names: [LONGITUDE - 0.5, LATITUDE - 0.5, LONGITUDE + 0.5, LATITUDE + 0.5]),
            ("km-as-degrees", lambda names: [LONGITUDE - 1, LATITUDE - 1, LONGITUDE + 1, LATITUDE + 1]),
            ("point-as-corner", lambda names: [105.9123, 20.8205, 105.9219, 20.8295]),
            ("table-wrong", lambda names: names.bbox),
        ],
    ),
    "2.4": Ways(
        right=[
            lambda names: by_cloud(summer(names))[0],
            lambda names: by_cloud(summer(names))[0].id,
            lambda names: by_cloud(summer(names))[:1],
        ],
        wrong=[
            ("whole-period", lambda names: by_cloud(names.every)[0]),
            ("month-lacking", lambda names: by_cloud(summer(names, (6, 7)))[0]),
            ("first-for-clearest", lambda names: summer(names)[0]),
            ("first-for-clearest", lambda names: summer(names)[-1]),
            ("cloudiest-for-clearest", lambda names: by_cloud(summer(names))[-1].id),
            ("wrong-area", lambda names: by_cloud(names.bayern_items)[0]),
            ("wrong-unknown", lambda names: "2023-08-06"),
            ("names-extra", lambda names: summer(names)),
        ],
    ),
}
test_right_ways, test_wrong_ways = make_tests(WAYS)

CLOUDS = {  # the Red River's days
    "2023-01-03": 99.0,
    "2023-06-02": 40.0,
    "2023-06-12": 8.0,
    "2023-07-07": 95.0,
    "2023-08-06": 3.0,
    "2023-08-11": 25.0,
    "2023-11-14": 17.0,
    "2023-11-19": 0.1,
}
BAYERN = {"2023-06-03": (65, 4.0), "2023-06-05": (22, 1.0), "2023-07-13": (65, 19.0), "2023-07-15": (65, 60.0)}


def make_pass(day, orbit, cloud):
    (item,) = make_items([day], [])
    item.properties |= {"sat:relative_orbit": orbit, LIMIT: cloud}
    item.id += f"_R{orbit}"
    return item


class Catalog:
    """Bayern's overpasses, whatever the clouds."""

    def __init__(self, items):
        self.all = items

    def search(self, *, query, **_):
        return SimpleNamespace(items=lambda: of_orbit(self.all, query["sat:relative_orbit"]["eq"]))


@pytest.fixture(scope="module")
def names():
    every = [make_pass(day, 18, cloud) for day, cloud in CLOUDS.items()]
    bayern = [make_pass(day, orbit, cloud) for day, (orbit, cloud) in BAYERN.items()]
    rows = [{"date": item.datetime.date(), **item.properties} for item in every]
    return {
        "every": every,
        "passes": pd.DataFrame(rows),
        "items": [item for item in every if item.properties[LIMIT] < 30],
        "cloud_cover_max": 30,
        "bayern_items": [item for item in bayern if item.properties[LIMIT] < 20],
        "bayern_bbox": [11.44, 47.81, 11.48, 47.83],
        "bbox": [105.89, 20.812, 105.925, 20.835],
        "catalog": Catalog(bayern),
    }
