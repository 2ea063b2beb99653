"""The fields of a place: a window of 8 × 12 pixels with a paddy around a pond, a meadow, vegetables and a wood."""

import dataclasses
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from rasterio import Affine
from rasterio.features import rasterize
from rasterio.warp import transform_geom
from shapely.geometry import shape

from cdse_offline.simulation import changes, covers, fields, land
from cdse_offline.simulation.places import RED_RIVER

PLACE = replace(RED_RIVER, shape=(8, 12))
UNITS = ("rice+", "pond", "meadow", "vegetables", "spruce")
LUCK = np.array([[0.5, 0.0, 0.0]] * 5)  # a meadow of it is cut four times a season, first on day 132


def draw(later: float = 0, **changed) -> land.Land:
    unit = np.zeros(PLACE.shape, np.uint16)
    unit[2:4, 2:4] = 1
    unit[:, 6:9] = 2
    unit[:4, 9:] = 3
    unit[4:, 9:] = 4
    cover = np.array([covers.CODE[name] for name in UNITS])
    kind = np.array([covers.COVERS[name].kind for name in UNITS])[unit]
    nothing = {field.name: np.zeros(0) for field in dataclasses.fields(land.Land)}
    drawn = {"unit": unit, "cover": cover, "kind": kind, "shift": np.full(5, later), "luck": LUCK, "plot": np.arange(5)}
    drawn["plot"] = np.arange(5, dtype=np.uint16)
    return land.Land(**nothing | drawn | {"changes": changes.list_changes([])} | changed)


def read(drawn: land.Land) -> dict[str, dict]:
    document = json.loads(fields.build_document(PLACE, drawn))
    return {feature["properties"]["crop"]: feature for feature in document["features"]}


def list_dates(feature: dict) -> list[tuple]:
    return [(season["name"], season["start"], season["harvest"]) for season in feature["properties"]["seasons"]]


def test_outlines_are_those_of_the_pixels_and_ids_those_of_the_parcels():
    drawn = draw()
    document = json.loads(fields.build_document(PLACE, drawn))
    assert document["type"] == "FeatureCollection" and document["cdse_offline:simulated"] is True
    assert [feature["id"] for feature in document["features"]] == [1, 2, 3, 4]
    ground = [transform_geom("EPSG:4326", "EPSG:32648", feature["geometry"]) for feature in document["features"]]
    numbered = [
        (outline, feature["properties"]["id"]) for outline, feature in zip(ground, document["features"], strict=True)
    ]
    grid = Affine(10, 0, PLACE.west, 0, -10, PLACE.north)
    assert np.array_equal(rasterize(numbered, out_shape=PLACE.shape, transform=grid), drawn.parcel)


def test_outlines_run_as_geojson_wants_them_and_keep_their_holes():
    paddy = shape(read(draw())["rice+"]["geometry"])
    assert paddy.is_valid and paddy.exterior.is_ccw
    assert [hole.is_ccw for hole in paddy.interiors] == [False]


def test_a_hole_may_touch_the_rim():
    whole = draw()
    unit, kind = whole.unit.copy(), whole.kind.copy()
    unit[[3, 4], [3, 4]], kind[[3, 4], [3, 4]] = 4, whole.kind[7, 11]  # two pixels of wood, corner to corner ...
    unit[5:, 5], kind[5:, 5] = 4, whole.kind[7, 11]  # ... and to the rim
    outline = shape(read(draw(unit=unit, kind=kind))["rice+"]["geometry"])
    assert outline.is_valid and outline.geom_type == "Polygon"


def test_a_field_says_what_it_is_and_how_large():
    properties = read(draw())["rice+"]["properties"]
    assert properties["name"] == "lúa hai vụ và cây vụ đông" and properties["class"] == 14
    assert properties["area_ha"] == pytest.approx((8 * 6 - 4) * 0.01)
    assert "changes" not in properties
    assert "spruce" not in read(draw())  # a wood is no field


def test_seasons_are_as_late_as_the_field():
    assert list_dates(read(draw(later=5.2))["rice+"]) == [
        ("vụ đông", "2022-11-01", "2023-01-04"),  # the winter crop of the year before ends in this one
        ("vụ đông xuân", "2023-02-24", "2023-06-11"),
        ("vụ mùa", "2023-07-02", "2023-10-13"),
        ("vụ đông", "2023-11-01", "2024-01-04"),
    ]
    assert read(draw())["pond"]["properties"]["seasons"] == []


def test_short_seasons_come_again():
    found = list_dates(read(draw(later=50))["vegetables"])
    starts = [date.fromisoformat(start).timetuple().tm_yday for _, start, _ in found]
    assert starts == [323, 54, 150, 246, 342]
    assert list_dates(read(draw(later=80))["vegetables"])[0][2] == "2023-03-05"  # sown in December


def test_a_meadow_is_cut_when_its_green_is_gone():
    found = list_dates(read(draw())["meadow"])
    days = [date.fromisoformat(harvest).timetuple().tm_yday for _, _, harvest in found]
    assert days[:4] == [132, 170, 208, 247] and {start for _, start, _ in found} == {None}
    days = np.array(days[:4])
    before, after = (covers.compute_shares("meadow", days + later, LUCK[:4])[:, 0] for later in (-1.0, 1.0))
    assert np.all(before > after + 0.3)


def test_only_seasons_of_the_days_that_are_seen_are_listed():
    summer = replace(PLACE, first_day=date(2023, 5, 1), last_day=date(2023, 9, 30))
    document = json.loads(fields.build_document(summer, draw()))
    assert [name for name, _, _ in list_dates(document["features"][0])] == ["vụ đông xuân", "vụ mùa"]


def test_a_field_that_is_cleared_has_no_harvest_afterwards():
    drawn = draw(changes=changes.list_changes([(0, 100, "pit"), (0, 200, "works")]))
    paddy = read(drawn)["rice+"]
    assert list_dates(paddy) == [("vụ đông xuân", "2023-02-19", None)]
    assert paddy["properties"]["changes"] == [
        {"date": "2023-04-10", "class": 10, "name": "bãi sỏi, bãi cát", "area_ha": 0.44},
        {"date": "2023-07-19", "class": 18, "name": "khu công nghiệp, lò gạch", "area_ha": 0.44},
    ]


def test_a_field_of_which_a_part_is_cleared_is_one_and_has_the_harvest_of_the_rest():
    whole = draw()
    unit = np.where(whole.unit[:, :3] == 0, 5, whole.unit[:, :3])
    parts = {name: np.append(getattr(whole, name), getattr(whole, name)[0]) for name in ("cover", "shift")}
    parts |= {"unit": np.hstack([unit, whole.unit[:, 3:]]).astype(np.uint16), "plot": np.array([0, 1, 2, 3, 4, 0])}
    drawn = draw(luck=np.vstack([LUCK, LUCK[:1]]), changes=changes.list_changes([(5, 200, "pit")]), **parts)
    paddy = read(drawn)["rice+"]
    assert list_dates(paddy)[:2] == [
        ("vụ đông xuân", "2023-02-19", "2023-06-06"),
        ("vụ mùa", "2023-06-27", "2023-10-08"),
    ]
    assert paddy["properties"]["area_ha"] == 0.44
    assert [change["area_ha"] for change in paddy["properties"]["changes"]] == [0.22]
