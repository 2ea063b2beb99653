"""Lesson 1: what its text says of the first picture, the doors, the keys."""

import pytest

from tests.lessons.notebooks.common import (  # noqa: F401
    test_a_change_reaches_the_end_or_gets_words,
    test_an_exercise_without_an_answer_is_passed_over,
    test_every_solution_is_right,
)

NAME = "01-xac-thuc"
CHANGES = [
    {"bbox": "[105.9, 20.815, 105.905, 20.82]", "day": '"2023-09-20"'},
    {"day": '"2023-09-21"'},  # no satellite passed
    {"bbox": "[13.3, 52.4, 13.5, 52.6]"},  # Berlin
]


def test_one_image_of_the_day_is_found_and_is_nearly_clear(lesson):
    (item,) = lesson.names["items"]
    assert item.properties["eo:cloud_cover"] < 20


def test_the_picture_has_colours_and_no_gap(lesson):
    rgb = lesson.names["rgb"]
    assert rgb.dims == ("band", "y", "x") and bool(rgb.notnull().all())
    assert float(rgb.std(["y", "x"]).min()) > 100


def test_the_area_is_as_large_as_the_caption_says(lesson):
    _, height, width = lesson.names["rgb"].shape
    assert (width / 100, height / 100) == pytest.approx((3.6, 2.6), abs=0.1)


def test_the_area_is_less_than_a_thousandth_of_the_file(lesson):
    rows, columns = lesson.names["size"]
    assert (rows, columns) == (10980, 10980)
    assert lesson.names["rgb"][0].size < rows * columns / 1000


def test_each_wrong_connection_gets_its_reason(lesson):
    told = lesson.printed.splitlines()
    reasons = [line.split(":")[0] for line in told if line.startswith(("keys:", "key-unknown:"))]
    assert reasons == ["keys", "keys", "key-unknown"]
    assert lesson.answers["1.3"].startswith("keys: ")


def test_the_lesson_ends_logged_out(lesson):
    _, after = lesson.printed.split("Đã đăng xuất")
    assert "Chưa kết nối" in after
