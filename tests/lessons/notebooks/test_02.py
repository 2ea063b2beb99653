"""Lesson 2: what its text says of the images that it finds."""

import re

import pytest

from lessons import places
from tests.lessons.notebooks.common import (  # noqa: F401
    test_a_change_reaches_the_end_or_gets_words,
    test_an_exercise_without_an_answer_is_passed_over,
    test_every_solution_is_right,
)
from tools.notebooks import TEXTS

NAME = "02-kham-pha-stac"
CHANGES = [
    {"bbox": "[105.95, 20.79, 105.96, 20.80]", "period": '"2023-10-25/2023-11-29"', "cloud_cover_max": "10"},
    {"bbox": "[13.3, 52.4, 13.5, 52.6]"},  # Berlin
    {"cloud_cover_max": "0"},
    {"bayern_bbox": "[13.3, 52.4, 13.5, 52.6]"},  # a class's pack has no Bayern
]
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
