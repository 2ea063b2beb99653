"""Bài tập của bài 3: chọn band và ngày, gộp theo tháng, bỏ số 0, ước lượng dung lượng, đếm ngày."""

from collections.abc import Iterator, Sequence
from typing import Any

import odc.stac
import xarray as xr

from lessons.answers.exercises import Exercise, Lesson
from lessons.answers.kinds import Number
from lessons.answers.tables import Numbers, Table
from lessons.bands import reflectance, scale_offset

NIR, BLUE = "B08_10m", "B02_10m"
FOUR = "B02_10m", "B03_10m", "B04_10m", "B08_10m"
GIB = 1024**3
THREE_DIGITS = 0.0006  # ai làm tròn tới ba chữ số, như bài vẫn in, cũng đúng
LAZY: dict[str, Any] = {"resolution": 10, "chunks": {}, "groupby": "solar_day"}


def _convert(lesson: Lesson, dn: xr.DataArray) -> xr.DataArray:
    """Độ phản xạ, với hệ số của chính các item."""
    band = str(dn.name)
    factors = scale_offset(lesson.items, [band])
    return reflectance(dn, *factors)


def _scale_only(lesson: Lesson, dn: xr.DataArray) -> xr.DataArray:
    """Như khi quên offset."""
    scale, _ = scale_offset(lesson.items, [str(dn.name)])
    return dn.where(dn > 0) * scale


def _list_other_bands(lesson: Lesson) -> list[str]:
    return [str(name) for name in lesson.dn if name != NIR]


def _average(array: xr.DataArray) -> float:
    return float(array.mean())


# -- 3.1 ---------------------------------------------------------------------


def _choose(lesson: Lesson, band: str = NIR) -> xr.DataArray:
    array: xr.DataArray = lesson.dn[band].sel(time=lesson.day)
    return array


def _average_other_bands(lesson: Lesson) -> Iterator[float]:
    for band in _list_other_bands(lesson):
        chosen = _choose(lesson, band)
        yield _average(_convert(lesson, chosen))


def _average_other_days(lesson: Lesson) -> Iterator[float]:
    days = _convert(lesson, lesson.dn[NIR]).mean(("x", "y"))
    yield from map(float, days.drop_sel(time=lesson.day))


NIR_OF_A_DAY = Exercise(
    kind=Number(unit="reflectance", absolute=THREE_DIGITS, digits=3),
    right=lambda lesson: _average(_convert(lesson, _choose(lesson))),
    mistakes={
        "offset-forgotten": lambda lesson: _average(_scale_only(lesson, _choose(lesson))),
        "raw-dn": lambda lesson: _average(_choose(lesson)),
        "wrong-band": _average_other_bands,
        "wrong-day": _average_other_days,
        "whole-period": lambda lesson: _average(_convert(lesson, lesson.dn[NIR])),
        "median-for-mean": lambda lesson: float(_convert(lesson, _choose(lesson)).median()),
    },
)

# -- 3.2 ---------------------------------------------------------------------


def _group(array: xr.DataArray) -> Numbers:
    """Một số mỗi ngày, rồi trung bình các ngày của tháng."""
    days = array.mean(("x", "y"))
    return _list(days.groupby("time.month").mean())


def _pool(array: xr.DataArray) -> Numbers:
    """Mọi pixel của tháng một lần: khác đi chút ít khi có pixel thiếu."""
    months = array.groupby("time.month")
    return _list(months.mean(...))


def _list(months: xr.DataArray) -> Numbers:
    return dict(zip(months.month.values.tolist(), months.values.tolist(), strict=True))


def _list_days(lesson: Lesson) -> Numbers:
    days = _convert(lesson, lesson.dn[NIR]).mean(("x", "y"))
    labels = days.time.dt.strftime("%Y-%m-%d").values.tolist()
    return dict(zip(labels, days.values.tolist(), strict=True))


def _group_other_bands(lesson: Lesson) -> Iterator[Numbers]:
    for band in _list_other_bands(lesson):
        yield _group(_convert(lesson, lesson.dn[band]))


def _group_medians(lesson: Lesson) -> Numbers:
    months = _convert(lesson, lesson.dn[NIR]).groupby("time.month")
    return _list(months.median(...))


NIR_OF_MONTHS = Exercise(
    kind=Table(unit="reflectance", absolute=THREE_DIGITS),
    right=lambda lesson: _group(_convert(lesson, lesson.dn[NIR])),
    also=(lambda lesson: _pool(_convert(lesson, lesson.dn[NIR])),),
    mistakes={
        "offset-forgotten": lambda lesson: _group(_scale_only(lesson, lesson.dn[NIR])),
        "raw-dn": lambda lesson: _group(lesson.dn[NIR]),
        "wrong-band": _group_other_bands,
        "days-for-months": _list_days,
        "median-for-mean": _group_medians,
    },
)

# -- 3.3 ---------------------------------------------------------------------


def _keep_zeros(lesson: Lesson) -> Iterator[float]:
    """Số 0 thành -0,1; thành 0 sau khi đổi; hay được tính vào trung bình trước khi nhân."""
    scale, offset = scale_offset(lesson.items, [BLUE])
    average = _average(lesson.edge)
    yield average * scale + offset
    yield average * scale
    yield _average(_convert(lesson, lesson.edge).fillna(0))


def _average_raw(lesson: Lesson) -> Iterator[float]:
    yield _average(lesson.edge)
    yield _average(lesson.edge.where(lesson.edge > 0))


RIM = Exercise(
    kind=Number(unit="reflectance", absolute=THREE_DIGITS, digits=3),
    right=lambda lesson: _average(_convert(lesson, lesson.edge)),
    mistakes={
        "zeros-kept": _keep_zeros,
        "offset-forgotten": lambda lesson: _average(_scale_only(lesson, lesson.edge)),
        "raw-dn": _average_raw,
        "whole-area": lambda lesson: _average(_convert(lesson, _choose(lesson, BLUE))),
        "median-for-mean": lambda lesson: float(_convert(lesson, lesson.edge).median()),
    },
)

# -- 3.4 ---------------------------------------------------------------------


def _weigh(lesson: Lesson, bands: Sequence[str] = FOUR, **area: Any) -> float:
    """Gigabyte của một kế hoạch; không pixel nào được tải."""
    plan = odc.stac.load(lesson.items, bands, **LAZY, **area)
    return plan.nbytes / 1e9


def _weigh_one_day(lesson: Lesson) -> float:
    days = odc.stac.load(lesson.items, FOUR, **LAZY).sizes["time"]
    return _weigh(lesson) / days


WHOLE_TILE = Exercise(
    kind=Number(unit="gb", digits=1),
    right=_weigh,
    mistakes={
        "bands-lack": lambda lesson: _weigh(lesson, lesson.bands),
        "one-day-for-all": _weigh_one_day,
        "area-for-tile": lambda lesson: _weigh(lesson, bbox=lesson.bbox),
        "gib-for-gb": lambda lesson: _weigh(lesson) * 1e9 / GIB,
        "pixels-for-bytes": lambda lesson: _weigh(lesson) / 2,
    },
)

# -- 3.5 ---------------------------------------------------------------------


def _count_days(lesson: Lesson) -> int | None:
    """Không có item nào thì không có đáp án: kho của lớp không phủ vùng ấy."""
    days = {item.datetime.date() for item in lesson.delta_items}
    return len(days) or None


def _count_tiles(lesson: Lesson) -> int:
    return len({item.properties["grid:code"] for item in lesson.delta_items})


DAYS = Exercise(
    kind=Number(unit="count", digits=0),
    right=_count_days,
    mistakes={
        "items-for-days": lambda lesson: len(lesson.delta_items),
        "tiles-for-days": _count_tiles,
        "wrong-area": lambda lesson: len({item.datetime.date() for item in lesson.items}),
    },
)

EXERCISES: dict[str, Exercise] = {
    "3.1": NIR_OF_A_DAY,
    "3.2": NIR_OF_MONTHS,
    "3.3": RIM,
    "3.4": WHOLE_TILE,
    "3.5": DAYS,
}
