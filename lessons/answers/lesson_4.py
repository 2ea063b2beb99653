"""Bài tập của bài 4: héc-ta vừa gặt, bản đồ ghép của một tháng, ngày gặt, sai số so với sự thật."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lessons.answers.exercises import Exercise, Lesson, once
from lessons.answers.kinds import Number
from lessons.answers.layers import Layer
from lessons.answers.names import Names
from lessons.bands import clear, ndvi, reflectance, scale_offset

BANDS = ["B04_10m", "B08_10m"]
GREEN = 0.5  # NDVI của ruộng còn xanh
HECTARE = 10_000  # m²
CELL = 5  # pixel mỗi cạnh của một ô


# -- NDVI của mọi ngày, đúng và sai --------------------------------------------


@once
def make_index(lesson: Lesson) -> xr.DataArray:
    """NDVI của mọi ngày, chưa loại pixel mây."""
    factors = scale_offset(lesson.items, BANDS)
    rho = reflectance(lesson.dn[BANDS], *factors)
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
    x, y = lesson.dn.x, lesson.dn.y
    pixel = abs(float(x[1] - x[0]) * float(y[1] - y[0]))
    return float(mask.sum()) * pixel / HECTARE


def find_cut(lesson: Lesson, index: xr.DataArray) -> float:
    before, after = take(index, lesson.day), take(index, lesson.later)
    return measure(lesson, (before > GREEN) & (after <= GREEN))


def count_cut(lesson: Lesson) -> float:
    return find_cut(lesson, make_seen(lesson))


def count_cut_under_clouds(lesson: Lesson) -> float:
    return find_cut(lesson, make_index(lesson))


def count_cut_in_dn(lesson: Lesson) -> float:
    return find_cut(lesson, forget_factors(lesson))


def count_grown(lesson: Lesson) -> float:
    """Ngược chiều: trước thấp, sau cao."""
    index = make_seen(lesson)
    before, after = take(index, lesson.day), take(index, lesson.later)
    return measure(lesson, (before <= GREEN) & (after > GREEN))


def count_unseen(lesson: Lesson) -> float:
    """NaN không lớn hơn 0,5, nên đảo ngược phép so thì nơi không nhìn thấy cũng được đếm."""
    index = make_seen(lesson)
    before, after = take(index, lesson.day), take(index, lesson.later)
    return measure(lesson, (before > GREEN) & ~(after > GREEN))


def count_one_day(lesson: Lesson) -> Iterator[float]:
    index = make_seen(lesson)
    before, after = take(index, lesson.day), take(index, lesson.later)
    yield measure(lesson, before > GREEN)
    yield measure(lesson, after <= GREEN)


def share_cut(lesson: Lesson) -> Iterator[float]:
    """Tỉ lệ hay phần trăm của vùng thay cho héc-ta."""
    pixels = take(make_seen(lesson), lesson.day)
    whole = measure(lesson, xr.ones_like(pixels))
    seen = measure(lesson, pixels.notnull())
    for area in (whole, seen):
        yield count_cut(lesson) / area
        yield 100 * count_cut(lesson) / area


# -- 4.2: bản đồ ghép của tháng 7 ------------------------------------------------


def choose_month(lesson: Lesson, index: xr.DataArray, month: int = 7) -> xr.DataArray:
    return index.sel(time=f"{lesson.day[:4]}-{month:02}")


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
    rho = reflectance(lesson.dn[BANDS], *scale_offset(lesson.items, BANDS))
    rho = rho.where(clear(lesson.dn.SCL_20m))
    month = rho.sel(time=f"{lesson.day[:4]}-07").median("time")
    return divide(month.B08_10m, month.B04_10m)


# -- 4.3: ngày gặt ---------------------------------------------------------------


def find_field(index: xr.DataArray) -> xr.DataArray:
    """Đường NDVI của ô mà NDVI lên xuống nhiều nhất."""
    blocks = index.coarsen(x=CELL, y=CELL, boundary="trim").median()
    place = blocks.std("time").argmax(["y", "x"])
    return blocks.isel(place)


def list_low_days(lesson: Lesson, field: xr.DataArray, start: str = "09-01") -> list[str]:
    """Những ngày từ đầu tháng 9 mà NDVI dưới 0,5."""
    autumn = field.sel(time=slice(f"{lesson.day[:4]}-{start}", None))
    return name_days(autumn[autumn < GREEN])


def name_days(field: xr.DataArray) -> list[str]:
    days: list[str] = field.time.dt.strftime("%Y-%m-%d").values.tolist()
    return days


def find_harvest(lesson: Lesson) -> str | None:
    days = list_low_days(lesson, find_field(make_seen(lesson)))
    return days[0] if days else None


def find_cloud(lesson: Lesson) -> Iterator[str]:
    """Đường không loại mây: ở chính ô ấy, hay ở ô chọn trên đường chưa loại mây."""
    index, field = make_index(lesson), find_field(make_seen(lesson))
    blocks = index.coarsen(x=CELL, y=CELL, boundary="trim").median()
    same_place = blocks.sel(x=field.x, y=field.y)
    for line in (same_place, find_field(index)):
        yield from list_low_days(lesson, line)[:1]


def find_first_of_year(lesson: Lesson) -> str:
    return list_low_days(lesson, find_field(make_seen(lesson)), "01-01")[0]


def find_last(lesson: Lesson) -> str:
    return list_low_days(lesson, find_field(make_seen(lesson)))[-1]


def find_lowest(lesson: Lesson) -> Iterator[str]:
    field = find_field(make_seen(lesson))
    autumn = field.sel(time=slice(f"{lesson.day[:4]}-09-01", None))
    for line in (autumn, field):
        yield from name_days(line[[int(line.argmin())]])


def find_last_green(lesson: Lesson) -> Iterator[str]:
    """Lần nhìn ngay trước khi gặt, hay ngày đầu tiên mà ruộng còn xanh."""
    field = find_field(make_seen(lesson)).dropna("time")
    autumn = field.sel(time=slice(f"{lesson.day[:4]}-09-01", None))
    days = name_days(autumn)
    yield days[days.index(str(find_harvest(lesson))) - 1]
    yield name_days(autumn[autumn >= GREEN])[0]


EXERCISES = {
    "4.1": Exercise(
        kind=Number(unit="ha", absolute=0.05, digits=1),
        right=count_cut,
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
            "last-for-first": find_last,
            "lowest-for-first": find_lowest,
            "look-before": find_last_green,
        },
    ),
}
