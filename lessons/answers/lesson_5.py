"""Bài tập của bài 5: tổ hợp hồng ngoại sóng ngắn, độ phản xạ đỏ theo ngày, ngưỡng trắng khi có mây, phần bị mất."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np
import xarray as xr
from pystac import Item

from cdse_access.loading import load
from lessons.answers.exercises import Exercise, Lesson, once
from lessons.answers.kinds import Number
from lessons.answers.layers import Layer
from lessons.answers.tables import Numbers, Table
from lessons.bands import clear, reflectance, scale_offset
from lessons.maps import stretch

SWIR = ["B11_20m", "B08_10m", "B04_10m"]
TRUE = ["B04_10m", "B03_10m", "B02_10m"]
FALSE = ["B08_10m", "B04_10m", "B03_10m"]
RED = "B04_10m"
THREE_DIGITS = 0.0006  # ai làm tròn tới ba chữ số cũng đúng
WHITE = xr.DataArray([0.4, 0.5, 0.2], dims="band")  # ngưỡng trắng mà lời giải dùng để vẽ ba band ấy

# -- 5.1: tổ hợp B11, B08, B04 -----------------------------------------------------


def list_items(lesson: Lesson) -> list[Item]:
    """Item của ngày ấy."""
    day = str(lesson.day)
    return [item for item in lesson.items if f"{item.datetime:%Y-%m-%d}" == day]


@once
def read_swir(lesson: Lesson) -> xr.Dataset:
    """DN của ba band, trên lưới của `dn`."""
    loaded: xr.Dataset = load(list_items(lesson), SWIR, like=lesson.dn)
    return loaded.isel(time=0)


def stack(bands: xr.Dataset) -> xr.DataArray:
    return bands.to_dataarray("band")


def find_factors(lesson: Lesson) -> tuple[float, float]:
    return scale_offset(list_items(lesson), SWIR)


@once
def combine(lesson: Lesson) -> xr.DataArray:
    scale, offset = find_factors(lesson)
    return stack(reflectance(read_swir(lesson), scale, offset))


def forget_offset(lesson: Lesson) -> xr.DataArray:
    dn = stack(read_swir(lesson))
    scale, _ = find_factors(lesson)
    return dn.where(dn > 0) * scale


def keep_dn(lesson: Lesson) -> xr.DataArray:
    return stack(read_swir(lesson))


def change_order(lesson: Lesson) -> Iterator[xr.DataArray]:
    right = combine(lesson)
    for order in permutations(range(3)):
        if order != (0, 1, 2):
            yield right.isel(band=list(order))


def choose_other_bands(lesson: Lesson) -> Iterator[xr.DataArray]:
    scale, offset = scale_offset(lesson.items, TRUE)
    day = lesson.dn.sel(time=lesson.day)
    for bands in (FALSE, TRUE):
        yield stack(reflectance(day[bands], scale, offset))


def stretch_too_early(lesson: Lesson) -> Iterator[xr.DataArray]:
    """Đã giãn về 0–1, với ngưỡng của chính ảnh này hay của bài."""
    right = combine(lesson)
    yield right / WHITE
    for limits in (stretch(right), lesson.limits):
        black, white = limits["vmin"], limits["vmax"]
        bright = (right - black) / (white - black)
        yield bright
        yield bright.clip(0, 1)


# -- 5.2: độ phản xạ đỏ của từng ngày ----------------------------------------------


def average(lesson: Lesson, array: xr.DataArray) -> Numbers:
    """Một số mỗi ngày."""
    days = lesson.dn.time.dt.strftime("%Y-%m-%d").values
    means = array.mean(("x", "y")).values
    return dict(zip(days.tolist(), means.tolist(), strict=True))


def make_red(lesson: Lesson, band: str = RED) -> xr.DataArray:
    dn: xr.DataArray = lesson.dn[band]
    scale, offset = scale_offset(lesson.items, [band])
    return reflectance(dn, scale, offset)


def see(lesson: Lesson) -> xr.DataArray:
    return clear(lesson.dn.SCL_20m)


def average_red(lesson: Lesson) -> Numbers:
    return average(lesson, make_red(lesson).where(see(lesson)))


def average_under_clouds(lesson: Lesson) -> Numbers:
    return average(lesson, make_red(lesson))


def average_clouds(lesson: Lesson) -> Numbers:
    return average(lesson, make_red(lesson).where(~see(lesson)))


def average_dn(lesson: Lesson) -> Iterator[Numbers]:
    dn = lesson.dn[RED]
    yield average(lesson, dn)
    yield average(lesson, dn.where(see(lesson)))


def average_without_offset(lesson: Lesson) -> Iterator[Numbers]:
    scale, _ = scale_offset(lesson.items, [RED])
    for numbers in average_dn(lesson):
        yield {day: number * scale for day, number in numbers.items()}


def average_other_bands(lesson: Lesson) -> Iterator[Numbers]:
    for band in ("B02_10m", "B03_10m", "B08_10m"):
        yield average(lesson, make_red(lesson, band).where(see(lesson)))


def take_medians(lesson: Lesson) -> Numbers:
    seen = make_red(lesson).where(see(lesson))
    medians = seen.median(("x", "y")).values
    return dict(zip(average_red(lesson), medians.tolist(), strict=True))


def average_all(lesson: Lesson) -> Iterator[Numbers]:
    """Một số cho mọi ngày."""
    red = make_red(lesson)
    for array in (red.where(see(lesson)), red):
        yield {0: float(array.mean())}


# -- 5.3 và 5.4: ngày nhiều mây ----------------------------------------------------


@once
def make_cloudy(lesson: Lesson) -> xr.DataArray:
    """Màu thật của ngày nhiều mây, để nguyên mây."""
    scale, offset = scale_offset(lesson.cloudy_items, TRUE)
    return stack(reflectance(lesson.cloudy_dn[TRUE], scale, offset))


@once
def see_through(lesson: Lesson) -> xr.DataArray:
    return clear(lesson.cloudy_dn.SCL_20m)


@once
def make_masked(lesson: Lesson) -> xr.DataArray:
    return make_cloudy(lesson).where(see_through(lesson))


def find_white(lesson: Lesson) -> float:
    return stretch(make_masked(lesson))["vmax"]


def find_white_of_clouds(lesson: Lesson) -> float:
    return stretch(make_cloudy(lesson))["vmax"]


def find_white_without_land(lesson: Lesson) -> float:
    clouds = make_cloudy(lesson).where(~see_through(lesson))
    return stretch(clouds)["vmax"]


def find_black(lesson: Lesson) -> Iterator[float]:
    for array in (make_masked(lesson), make_cloudy(lesson)):
        yield stretch(array)["vmin"]


def take_limits_of_clear_days(lesson: Lesson) -> float:
    return float(lesson.limits["vmax"])


def find_brightest(lesson: Lesson) -> Iterator[float]:
    for array in (make_masked(lesson), make_cloudy(lesson)):
        yield float(array.max())


def find_other_percentiles(lesson: Lesson) -> Iterator[float]:
    masked = make_masked(lesson)
    for percentile in (95, 98, 99, 99.9):
        yield float(np.nanpercentile(masked, percentile))


def find_white_of_one_band(lesson: Lesson) -> Iterator[float]:
    for band in make_masked(lesson):
        yield stretch(band)["vmax"]


def find_white_of_dn(lesson: Lesson) -> Iterator[float]:
    dn = stack(lesson.cloudy_dn[TRUE])
    for array in (dn.where(see_through(lesson)), dn):
        yield float(np.nanpercentile(array, 99.5))


def find_white_without_offset(lesson: Lesson) -> float:
    _, offset = scale_offset(lesson.cloudy_items, TRUE)
    return find_white(lesson) - offset


def share_of(mask: Any) -> float:
    return float(mask.mean())


def measure_loss(lesson: Lesson) -> float:
    return share_of(~see_through(lesson))


def forget_shadows(lesson: Lesson) -> Iterator[float]:
    scl = lesson.cloudy_dn.SCL_20m
    for classes in ([8, 9, 10], [8, 9], [9], [3]):
        yield share_of(scl.isin(classes))


def read_cover(lesson: Lesson) -> Iterator[float]:
    """Độ mây của cả ô lưới, phần trăm hay tỉ lệ."""
    for item in lesson.cloudy_items:
        cover = float(item.properties["eo:cloud_cover"])
        yield cover
        yield cover / 100


def measure_other_days(lesson: Lesson) -> Iterator[float]:
    for scl in lesson.dn.SCL_20m:
        yield share_of(~clear(scl))


EXERCISES: dict[str, Exercise] = {
    "5.1": Exercise(
        kind=Layer(unit="reflectance"),
        right=combine,
        mistakes={
            "offset-forgotten": forget_offset,
            "raw-dn": keep_dn,
            "band-order": change_order,
            "other-bands": choose_other_bands,
            "stretched-early": stretch_too_early,
        },
    ),
    "5.2": Exercise(
        kind=Table(unit="reflectance", absolute=THREE_DIGITS),
        right=average_red,
        mistakes={
            "mask-forgotten": average_under_clouds,
            "mask-inverted": average_clouds,
            "raw-dn": average_dn,
            "offset-forgotten": average_without_offset,
            "wrong-band": average_other_bands,
            "median-for-mean": take_medians,
            "days-together": average_all,
        },
    ),
    "5.3": Exercise(
        kind=Number(unit="reflectance", absolute=THREE_DIGITS, digits=3),
        right=find_white,
        mistakes={
            "mask-forgotten": find_white_of_clouds,
            "mask-inverted": find_white_without_land,
            "black-for-white": find_black,
            "limits-of-clear-days": take_limits_of_clear_days,
            "brightest-for-white": find_brightest,
            "other-percentile": find_other_percentiles,
            "one-band": find_white_of_one_band,
            "raw-dn": find_white_of_dn,
            "offset-forgotten": find_white_without_offset,
        },
    ),
    "5.4": Exercise(
        kind=Number(unit="share", absolute=0.006),
        right=measure_loss,
        mistakes={
            "shadow-forgotten": forget_shadows,
            "cover-of-tile": read_cover,
            "wrong-day": measure_other_days,
        },
    ),
}
