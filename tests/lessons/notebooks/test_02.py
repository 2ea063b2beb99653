"""Lesson 2: what its text says of the images that it finds."""

import re

import pytest
from rasterio.warp import transform_bounds

from lessons import places, quicklooks
from tests.lessons.notebooks.common import (  # noqa: F401
    test_a_change_reaches_the_end_or_gets_words,
    test_an_exercise_without_an_answer_is_passed_over,
    test_every_solution_is_right,
)
from tools.notebooks import TEXTS

NAME = "02-kham-pha-stac"
BERLIN = "[13.3, 52.4, 13.5, 52.6]"
CHANGES = [
    {
        "bbox": "[105.95, 20.79, 105.96, 20.80]",
        "period": '"2023-10-25/2023-11-29"',
        "cloud_cover_max": "1",
        "bayern_bbox": BERLIN,  # as in a class's pack, which has no Bayern
    },
    {"bbox": BERLIN},
    {"cloud_cover_max": "0"},
]
BBOX = (105.89, 20.812, 105.925, 20.835)
TEXT = (TEXTS / f"{NAME}.md").read_text(encoding="utf-8")


def list_clouds(items):
    return [item.properties["eo:cloud_cover"] for item in items]


def test_the_area_is_as_large_as_the_text_says(lesson):
    width, height = lesson.names["width_km"], lesson.names["height_km"]
    assert (round(width, 1), round(height, 1)) == (3.6, 2.6)
    assert width * height < 109.8**2 / 1000


def test_a_year_has_73_passes_of_two_satellites_five_days_apart(lesson):
    passes = lesson.names["passes"]
    assert len(passes) == len(lesson.names["every"]) == 73
    assert set(passes["date"].diff().dropna().map(lambda gap: gap.days)) == {5}
    of_one = passes[passes["platform"] == "sentinel-2a"]
    assert set(of_one["date"].diff().dropna().map(lambda gap: gap.days)) == {10}


def test_few_clouds_come_first_and_are_less_than_half(lesson):
    clouds = list_clouds(lesson.names["items"])
    assert clouds == sorted(clouds) and max(clouds) < 30
    assert 30 <= len(clouds) < 73 / 2
    assert len(clouds) != len(lesson.names["bayern_items"])  # or one place could be taken for the other


def test_the_first_months_are_cloudy_the_last_ones_clear(lesson):
    passes = lesson.names["passes"]
    month = passes["date"].map(lambda day: day.month)
    few = passes["eo:cloud_cover"] < 30
    assert few[month <= 4].mean() < 0.35 and few[month >= 10].mean() > 0.7


def test_wrong_questions_get_few_or_none_without_a_word(lesson):
    count = lesson.names["count"]
    assert 0 < count(query={"eo:cloud_cover": {"lt": 0.30}}) < 12
    assert count(query={"cloud_cover": {"lt": 30}}) == count(collections=["SENTINEL-2"]) == 0


def test_the_table_explains_the_name_that_is_shown(lesson):
    parts = re.findall(r"^\| `(\w+)` \|", TEXT, flags=re.MULTILINE)
    assert "_".join(parts) == lesson.names["item"].id


def test_the_box_of_the_lesson_is_that_of_the_package(lesson):
    shown = lesson.names["bbox_around"]
    for point in ((105.91, 20.82, 2), (11.46, 47.82, 0.5), (-70.0, -33.4, 10)):
        assert shown(*point) == pytest.approx(places.bbox_around(*point))


def test_the_polygon_is_seen_as_often_as_the_area(lesson):
    assert len(lesson.names["found"]) == 73


def test_bayern_has_the_31_images_of_the_original_course(lesson):
    items = lesson.names["bayern_items"]
    assert len(items) == 31
    assert items[0].id.startswith("S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU")
    assert round(items[0].properties["view:sun_elevation"]) == 39


def test_the_exercise_on_orbits_finds_both(lesson):
    orbits = {item.properties["sat:relative_orbit"] for item in lesson.names["bayern_items"]}
    assert orbits == {65, 22}


def read_frame(item):
    """How bright the thumbnail is in the area: 0 to 255."""
    picture = quicklooks._read_quicklook(item)
    left, _, _, top = item.assets["B04_10m"].extra_fields["proj:bbox"]
    west, south, east, north = transform_bounds("EPSG:4326", "EPSG:32648", *BBOX)
    rows = slice(int((top - north) / 320) + 1, int((top - south) / 320))
    columns = slice(int((west - left) / 320) + 1, int((east - left) / 320))
    return float(picture[rows, columns].mean())


def test_the_fourth_thumbnail_is_white_and_the_fifth_clear_with_more_clouds(lesson):
    items = lesson.names["items"]
    shown = items[:: lesson.names["step"]]
    assert [round(cloud) for cloud in list_clouds(shown)][3:] == [9, 17]
    assert read_frame(shown[3]) > 220 and read_frame(shown[4]) < 130
