"""Bài tập của bài 4: héc-ta vừa gặt, bản đồ ghép của một tháng, ngày gặt, sai số so với sự thật."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from lessons.answers.exercises import Exercise, Lesson, once
from lessons.answers.kinds import Number
from lessons.answers.layers import Layer
from lessons.answers.names import Names
from lessons.bands import Array, clear, ndvi, reflectance, scale_offset
from lessons.truth import load_truth

BANDS = ["B04_10m", "B08_10m"]
GREEN = 0.5  # NDVI của ruộng còn xanh
HECTARE = 10_000  # m²
CELL = 5  # pixel mỗi cạnh của một ô


# -- NDVI của mọi ngày, đúng và sai --------------------------------------------


@once
def make_rho(lesson: Lesson) -> xr.Dataset:
    """Độ phản xạ của mọi ngày, chưa loại pixel mây."""
    scale, offset = scale_offset(lesson.items, BANDS)
    rho: xr.Dataset = reflectance(lesson.dn[BANDS], scale, offset)
    return rho


@once
def make_index(lesson: Lesson) -> xr.DataArray:
    """NDVI của mọi ngày, chưa loại pixel mây."""
    rho = make_rho(lesson)
    return ndvi(rho.B08_10m, rho.B04_10m)


@once
def make_seen(lesson: Lesson) -> xr.DataArray:
    """NDVI nơi nhìn thấy mặt đất."""
    visible = clear(lesson.dn.SCL_20m)
    return make_index(lesson).where(visible)


def divide(nir: xr.DataArray, red: xr.DataArray) -> xr.DataArray:
    return (nir - red) / (nir + red)


@once
def forget_factors(lesson: Lesson) -> xr.DataArray:
    """NDVI của DN, trên số thực."""
    dn = lesson.dn[BANDS].astype("float64")
    return divide(dn.B08_10m, dn.B04_10m).where(clear(lesson.dn.SCL_20m))


@once
def wrap_around(lesson: Lesson) -> xr.DataArray:
    """NDVI của DN uint16: hiệu âm bị tràn."""
    index = divide(lesson.dn.B08_10m, lesson.dn.B04_10m)
    return index.where(clear(lesson.dn.SCL_20m))


def take(index: xr.DataArray, day: str) -> xr.DataArray:
    return index.sel(time=day, method="nearest")


# -- 4.1: héc-ta vừa gặt ---------------------------------------------------------


def measure(lesson: Lesson, mask: xr.DataArray) -> float:
    """Diện tích của mặt nạ, héc-ta."""
    width, height = (np.ptp(lesson.dn[axis].values[:2]) for axis in ("x", "y"))
    pixels = int(mask.sum())
    return float(pixels * width * height / HECTARE)


def look_twice(lesson: Lesson, index: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Hai ngày của bài: trước và sau."""
    before = take(index, lesson.day)
    after = take(index, lesson.later)
    return before, after


def find_cut(lesson: Lesson, index: xr.DataArray) -> float:
    before, after = look_twice(lesson, index)
    is_cut = (before > GREEN) & (after <= GREEN)
    return measure(lesson, is_cut)


def count_cut(lesson: Lesson) -> float:
    return find_cut(lesson, make_seen(lesson))


def count_cut_strictly(lesson: Lesson) -> float:
    """Vài pixel có NDVI đúng bằng 0,5."""
    before, after = look_twice(lesson, make_seen(lesson))
    return measure(lesson, (before > GREEN) & (after < GREEN))


def count_cut_under_clouds(lesson: Lesson) -> float:
    return find_cut(lesson, make_index(lesson))


def count_cut_in_dn(lesson: Lesson) -> float:
    return find_cut(lesson, forget_factors(lesson))


def count_grown(lesson: Lesson) -> float:
    """Ngược chiều: trước thấp, sau cao."""
    before, after = look_twice(lesson, make_seen(lesson))
    is_grown = (before <= GREEN) & (after > GREEN)
    return measure(lesson, is_grown)


def count_unseen(lesson: Lesson) -> float:
    """NaN không lớn hơn 0,5, nên đảo ngược phép so thì nơi không nhìn thấy cũng được đếm."""
    before, after = look_twice(lesson, make_seen(lesson))
    still_green = after > GREEN
    return measure(lesson, (before > GREEN) & ~still_green)


def count_one_day(lesson: Lesson) -> Iterator[float]:
    before, after = look_twice(lesson, make_seen(lesson))
    yield measure(lesson, before > GREEN)
    yield measure(lesson, after <= GREEN)


def share_cut(lesson: Lesson) -> Iterator[float]:
    """Tỉ lệ hay phần trăm của vùng thay cho héc-ta."""
    pixels = take(make_seen(lesson), lesson.day)
    whole = measure(lesson, xr.ones_like(pixels))
    seen = measure(lesson, pixels.notnull())
    cut = count_cut(lesson)
    for area in (whole, seen):
        yield cut / area
        yield 100 * cut / area


# -- 4.2: bản đồ ghép của tháng 7 ------------------------------------------------


def choose_month(lesson: Lesson, array: Array, month: int = 7) -> Array:
    """Không có ngày nào thì mảng trống."""
    year = lesson.day[:4]
    months = array.time.dt.strftime("%Y-%m")
    return array.isel(time=(months == f"{year}-{month:02}").values)


def compose_july(lesson: Lesson) -> xr.DataArray:
    return choose_month(lesson, make_seen(lesson)).median("time")


def compose_clouds(lesson: Lesson) -> xr.DataArray:
    return choose_month(lesson, make_index(lesson)).median("time")


def compose_dn(lesson: Lesson) -> xr.DataArray:
    return choose_month(lesson, forget_factors(lesson)).median("time")


def compose_wrapped(lesson: Lesson) -> xr.DataArray:
    return choose_month(lesson, wrap_around(lesson)).median("time")


def average_july(lesson: Lesson) -> xr.DataArray:
    return choose_month(lesson, make_seen(lesson)).mean("time")


def take_greenest(lesson: Lesson) -> xr.DataArray:
    return choose_month(lesson, make_seen(lesson)).max("time")


def take_one_day(lesson: Lesson) -> Iterator[xr.DataArray]:
    yield from choose_month(lesson, make_seen(lesson))
    yield from choose_month(lesson, make_index(lesson))


def compose_all(lesson: Lesson) -> xr.DataArray:
    return make_seen(lesson).median("time")


def compose_other_months(lesson: Lesson) -> Iterator[xr.DataArray]:
    months = np.unique(lesson.dn.time.dt.month)
    for month in months[months != 7]:
        chosen = choose_month(lesson, make_seen(lesson), month)
        yield chosen.median("time")


def divide_medians(lesson: Lesson) -> xr.DataArray:
    """NDVI của trung vị hai band, thay cho trung vị của NDVI."""
    visible = clear(lesson.dn.SCL_20m)
    rho = make_rho(lesson).where(visible)
    month = choose_month(lesson, rho).median("time")
    return divide(month.B08_10m, month.B04_10m)


# -- 4.3: ngày gặt ---------------------------------------------------------------


def merge_pixels(index: xr.DataArray) -> xr.DataArray:
    return index.coarsen(x=CELL, y=CELL, boundary="trim").median()


def find_field(index: xr.DataArray) -> xr.DataArray:
    """Đường NDVI của ô mà NDVI lên xuống nhiều nhất."""
    blocks = merge_pixels(index)
    place = blocks.std("time").argmax(["y", "x"])
    return blocks.isel(place)


@once
def follow_field(lesson: Lesson) -> xr.DataArray:
    return find_field(make_seen(lesson))


def choose_autumn(lesson: Lesson, field: xr.DataArray) -> xr.DataArray:
    """Từ đầu tháng 9."""
    year = lesson.day[:4]
    return field.sel(time=slice(f"{year}-09-01", None))


def list_days(field: xr.DataArray) -> list[str]:
    days = pd.DatetimeIndex(field.time)
    return days.strftime("%Y-%m-%d").tolist()


def list_low_days(field: xr.DataArray) -> list[str]:
    return list_days(field[field < GREEN])


def find_harvest(lesson: Lesson) -> str | None:
    autumn = choose_autumn(lesson, follow_field(lesson))
    days = list_low_days(autumn)
    return days[0] if days else None


def find_cloud(lesson: Lesson) -> Iterator[str]:
    """Đường không loại mây, ở chính ô ấy hay ở ô lên xuống nhiều nhất của nó; hay một ngày mà ô bị che."""
    index = make_index(lesson)
    field = follow_field(lesson)
    same_place = merge_pixels(index).sel(x=field.x, y=field.y)
    for line in (same_place, find_field(index)):
        autumn = choose_autumn(lesson, line)
        yield from list_low_days(autumn)[:1]
    yield from list_days(field[field.isnull()])


def find_first_of_year(lesson: Lesson) -> str:
    days = list_low_days(follow_field(lesson))
    return days[0]


def find_later(lesson: Lesson) -> Iterator[str]:
    """Những ngày thấp sau ngày đầu tiên."""
    autumn = choose_autumn(lesson, follow_field(lesson))
    yield from list_low_days(autumn)[1:]


def find_lowest(lesson: Lesson) -> Iterator[str]:
    field = follow_field(lesson)
    for line in (choose_autumn(lesson, field), field):
        lowest = line[line == line.min()]
        yield from list_days(lowest)


def find_green(lesson: Lesson) -> Iterator[str]:
    field = follow_field(lesson)
    yield from list_days(field[field >= GREEN])


# -- 4.4: sai số so với sự thật ---------------------------------------------------


@once
def read_truth(lesson: Lesson) -> xr.Dataset:
    """DN của sự thật trong ngày ấy; NaN ở mọi nơi khi ảnh là ảnh thật."""
    day = take(make_seen(lesson), lesson.day)
    return load_truth(lesson.catalog, lesson.items, BANDS, like=day)


@once
def make_truth(lesson: Lesson) -> xr.DataArray:
    """NDVI của sự thật."""
    scale, offset = scale_offset(lesson.items, BANDS)
    rho = reflectance(read_truth(lesson), scale, offset)
    return ndvi(rho.B08_10m, rho.B04_10m)


def list_errors(lesson: Lesson, index: xr.DataArray) -> xr.DataArray:
    """Sai số có dấu, trên cạn."""
    truth = make_truth(lesson)
    return (index - truth).where(truth > 0)


@once
def list_right_errors(lesson: Lesson) -> xr.DataArray:
    day = take(make_seen(lesson), lesson.day)
    return list_errors(lesson, day)


def find_error(lesson: Lesson) -> float | None:
    if read_truth(lesson).B04_10m.dtype.kind == "f":
        return None
    errors = list_right_errors(lesson)
    return float(abs(errors).median())


def average_error(lesson: Lesson) -> float:
    return float(abs(list_right_errors(lesson)).mean())


def square_error(lesson: Lesson) -> float:
    squares = list_right_errors(lesson) ** 2
    return math.sqrt(squares.mean())


def keep_sign(lesson: Lesson) -> Iterator[float]:
    errors = list_right_errors(lesson)
    for error in (float(errors.median()), float(errors.mean())):
        yield error
        yield -error


def include_water(lesson: Lesson) -> float:
    day = take(make_seen(lesson), lesson.day)
    return float(abs(day - make_truth(lesson)).median())


def include_clouds(lesson: Lesson) -> float:
    day = take(make_index(lesson), lesson.day)
    return float(abs(list_errors(lesson, day)).median())


def forget_factors_of_truth(lesson: Lesson) -> float:
    dn = read_truth(lesson).astype("float64")
    truth = divide(dn.B08_10m, dn.B04_10m)
    day = take(make_seen(lesson), lesson.day)
    return float(abs(day - truth).where(truth > 0).median())


def compare_other_days(lesson: Lesson) -> Iterator[float]:
    for day in make_seen(lesson):
        errors = list_errors(lesson, day)
        yield float(abs(errors).median())


EXERCISES = {
    "4.1": Exercise(
        kind=Number(unit="ha", absolute=0.05, digits=1),
        right=count_cut,
        also=(count_cut_strictly,),
        mistakes={
            "mask-forgotten": count_cut_under_clouds,
            "unseen-counted": count_unseen,
            "time-reversed": count_grown,
            "one-day-of-two": count_one_day,
            "share-for-ha": share_cut,
            "raw-dn": count_cut_in_dn,
        },
    ),
    "4.2": Exercise(
        kind=Layer(unit="ndvi"),
        right=compose_july,
        mistakes={
            "mask-forgotten": compose_clouds,
            "mean-for-median": average_july,
            "maximum-for-median": take_greenest,
            "one-day-of-many": take_one_day,
            "whole-period": compose_all,
            "wrong-month": compose_other_months,
            "median-first": divide_medians,
            "raw-dn": compose_dn,
            "uint16-wrapped": compose_wrapped,
        },
    ),
    "4.3": Exercise(
        kind=Names(of="dates"),
        right=find_harvest,
        mistakes={
            "mask-forgotten": find_cloud,
            "whole-period": find_first_of_year,
            "lowest-for-first": find_lowest,
            "later-for-first": find_later,
            "still-green": find_green,
        },
    ),
    "4.4": Exercise(
        kind=Number(unit="ndvi", absolute=0.0006, digits=3),
        right=find_error,
        mistakes={
            "mask-forgotten": include_clouds,
            "mean-for-median": average_error,
            "square-for-median": square_error,
            "sign-kept": keep_sign,
            "water-included": include_water,
            "raw-dn": forget_factors_of_truth,
            "wrong-day": compare_other_days,
        },
    ),
}
