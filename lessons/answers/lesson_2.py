"""Bài tập của bài 2."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pystac import Item

from lessons.answers.exercises import Exercise, Lesson
from lessons.answers.names import Names
from lessons.answers.tables import Table
from lessons.places import bbox_around

CLOUD = "eo:cloud_cover"
ORBIT = "sat:relative_orbit"

# -- 2.1: số lần bay qua ít mây của từng tháng -----------------------------------


def count_months(lesson: Lesson, keep: Callable[[float], bool]) -> dict[int, int]:
    """Mỗi tháng của `passes`, kể cả tháng không còn lần nào."""
    passes = lesson.passes
    months = [day.month for day in passes["date"]]
    kept = Counter(month for month, cloud in zip(months, passes[CLOUD], strict=True) if keep(cloud))
    return {month: kept[month] for month in sorted(set(months))}


def count_clear(lesson: Lesson) -> dict[int, int]:
    return count_months(lesson, lambda cloud: cloud < 20)


def count_all(lesson: Lesson) -> dict[int, int]:
    return count_months(lesson, lambda _: True)


def count_cloudy(lesson: Lesson) -> dict[int, int]:
    return count_months(lesson, lambda cloud: cloud >= 20)


def count_below_a_share(lesson: Lesson) -> dict[int, int]:
    return count_months(lesson, lambda cloud: cloud < 0.2)


def count_below_the_lesson_s(lesson: Lesson) -> dict[int, int]:
    return count_months(lesson, lambda cloud: cloud < lesson.cloud_cover_max)


def count_in_bayern(lesson: Lesson) -> dict[int, int]:
    return dict(Counter(item.datetime.month for item in lesson.bayern_items))


# -- 2.2: ảnh của một quỹ đạo ----------------------------------------------------


def take_orbit(lesson: Lesson) -> list[Item] | None:
    return [item for item in lesson.bayern_items if item.properties[ORBIT] == 65] or None


def take_other_orbits(lesson: Lesson) -> list[Item]:
    return [item for item in lesson.bayern_items if item.properties[ORBIT] != 65]


def take_all_orbits(lesson: Lesson) -> list[Item]:
    return list(lesson.bayern_items)


def take_cloudy_too(lesson: Lesson) -> list[Item]:
    """Cùng vùng và thời gian ấy, không lọc mây: phải hỏi lại catalog."""
    search = lesson.catalog.search(
        collections=["sentinel-2-l2a"],
        bbox=lesson.bayern_bbox,
        datetime="2023-05-01/2023-09-30",
        query={ORBIT: {"eq": 65}},
    )
    return list(search.items())


def take_first_area(lesson: Lesson) -> list[Item]:
    return list(lesson.items)


# -- 2.3: bbox quanh một điểm ------------------------------------------------------

LONGITUDE, LATITUDE = 105.9123, 20.8205
SIDES = ("tây", "nam", "đông", "bắc")
KM_PER_DEGREE = 111.3


def name_sides(numbers: Iterable[float]) -> dict[str, float]:
    return dict(zip(SIDES, numbers, strict=True))


def draw_around(lesson: Lesson) -> dict[str, float]:
    return name_sides(bbox_around(LONGITUDE, LATITUDE, 1))


def spread(half_x: float, half_y: float) -> dict[str, float]:
    """bbox có những nửa cạnh này, tính bằng độ."""
    west, east = LONGITUDE - half_x, LONGITUDE + half_x
    south, north = LATITUDE - half_y, LATITUDE + half_y
    return name_sides([west, south, east, north])


def put_latitude_first(lesson: Lesson) -> Iterator[dict[str, float]]:
    """Đảo chỗ trong kết quả, hay ngay ở điểm đưa vào (cosin của 105,9° là số âm)."""
    west, south, east, north = bbox_around(LONGITUDE, LATITUDE, 1)
    yield name_sides([south, west, north, east])
    half = 0.5 / KM_PER_DEGREE
    half_x = half / -0.27413  # cos(105,9123°)
    south, north = LONGITUDE - half, LONGITUDE + half
    yield name_sides([LATITUDE - half_x, south, LATITUDE + half_x, north])
    yield name_sides([LATITUDE - half, south, LATITUDE + half, north])


def double_width(lesson: Lesson) -> dict[str, float]:
    return name_sides(bbox_around(LONGITUDE, LATITUDE, 2))


def forget_cosine(lesson: Lesson) -> dict[str, float]:
    return spread(0.5 / KM_PER_DEGREE, 0.5 / KM_PER_DEGREE)


def add_kilometres(lesson: Lesson) -> Iterator[dict[str, float]]:
    yield spread(0.5, 0.5)
    yield spread(1, 1)


def start_at_the_point(lesson: Lesson) -> dict[str, float]:
    """Điểm đã cho là góc tây nam."""
    west, south, east, north = bbox_around(LONGITUDE, LATITUDE, 1)
    return name_sides([LONGITUDE, LATITUDE, LONGITUDE + east - west, LATITUDE + north - south])


def pair_longitudes(lesson: Lesson) -> dict[str, float]:
    west, south, east, north = bbox_around(LONGITUDE, LATITUDE, 1)
    return name_sides([west, east, south, north])


# -- 2.4: ảnh ít mây nhất của mùa mưa ----------------------------------------------


def read_cloud(item: Item) -> float:
    return float(item.properties[CLOUD])


def read_day(item: Item) -> Any:
    return item.datetime


def list_summer(items: Iterable[Item], last: int = 8) -> list[Item]:
    return [item for item in items if 6 <= read_day(item).month <= last]


def find_clearest(lesson: Lesson) -> Item | None:
    return min(list_summer(lesson.every), key=read_cloud, default=None)


def find_clearest_of_all(lesson: Lesson) -> Item:
    every: list[Item] = list(lesson.every)
    return min(every, key=read_cloud)


def find_cloudiest(lesson: Lesson) -> Item:
    return max(list_summer(lesson.every), key=read_cloud)


def find_by_day(lesson: Lesson) -> Iterator[Item]:
    summer = list_summer(lesson.every)
    yield min(summer, key=read_day)
    yield max(summer, key=read_day)


def stop_in_july(lesson: Lesson) -> Item:
    return min(list_summer(lesson.every, last=7), key=read_cloud)


def find_in_bayern(lesson: Lesson) -> Item:
    return min(list_summer(lesson.bayern_items), key=read_cloud)


EXERCISES: dict[str, Exercise] = {
    "2.1": Exercise(
        kind=Table(unit="count", relative=0, zeros_may_lack=True),
        right=count_clear,
        mistakes={
            "clouds-not-filtered": count_all,
            "cloudy-for-clear": count_cloudy,
            "limit-as-share": count_below_a_share,
            "other-limit": count_below_the_lesson_s,
            "wrong-area": count_in_bayern,
        },
    ),
    "2.2": Exercise(
        kind=Names(of="ids", empty="odd-no-items"),
        right=take_orbit,
        mistakes={
            "orbit-forgotten": take_all_orbits,
            "wrong-orbit": take_other_orbits,
            "clouds-not-filtered": take_cloudy_too,
            "wrong-area": take_first_area,
        },
    ),
    "2.3": Exercise(
        kind=Table(unit="degrees", relative=0, absolute=1e-4),
        right=draw_around,
        mistakes={
            "latitude-first": put_latitude_first,
            "longitudes-together": pair_longitudes,
            "width-doubled": double_width,
            "cosine-forgotten": forget_cosine,
            "km-as-degrees": add_kilometres,
            "point-as-corner": start_at_the_point,
        },
    ),
    "2.4": Exercise(
        kind=Names(of="ids"),
        right=find_clearest,
        mistakes={
            "whole-period": find_clearest_of_all,
            "month-lacking": stop_in_july,
            "first-for-clearest": find_by_day,
            "cloudiest-for-clearest": find_cloudiest,
            "wrong-area": find_in_bayern,
        },
    ),
}
