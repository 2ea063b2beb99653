"""The pairs of pictures: land before and after, and each part of the truth beside what the satellite sees."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from book.regions.looks import Region
from book.regions.truth import (
    Part,
    draw_before_and_after,
    draw_changes,
    draw_classes,
    draw_fields,
    draw_sky,
    find_changed,
)


class Pair(NamedTuple):
    region: str  # id
    months: tuple[int, ...]  # of the looks that are seen
    draw: Callable[[Region, tuple[int, ...], Path], None]
    alt: str  # how it looks, for who hears the page
    words: str  # its caption; the days follow


def _draw_part(part: Part, region: Region, months: tuple[int, ...], path: Path) -> None:
    draw_before_and_after(region, months, part, path)


def _draw_changed(region: Region, months: tuple[int, ...], path: Path) -> None:
    draw_before_and_after(region, months, find_changed(region), path)


PAIRS = {
    "pha-rung": Pair(
        "tay-nguyen", (1, 5), _draw_changed,
        "Hai ảnh màu thật của cùng một sườn đồi: tháng 1 phủ kín rừng xanh, tháng 5 có một mảng đất đỏ ở giữa.",
        "Khoảng rừng bị phá ở Tây Nguyên, trước và sau (ảnh mô phỏng).",
    ),
    "lut": Pair(
        "ven-bien", (8, 11), partial(_draw_part, Part(150, 300, 420)),
        "Hai ảnh màu thật của cùng một cửa sông: tháng 8 là ruộng và ao dọc đầm, tháng 11 nước nâu phủ vùng thấp, chỉ "
        "còn làng và cồn cát nổi lên.",
        "Cửa sông ở vùng ven biển trước lũ và trong lũ (ảnh mô phỏng).",
    ),
    "khu-cong-nghiep": Pair(
        "ven-do", (3, 12), _draw_changed,
        "Hai ảnh màu thật của cùng một nơi: tháng 3 là ruộng bỏ hoang, tháng 12 là bãi cát san phẳng có đường và những "
        "mái nhà xưởng sáng.",
        "Nơi khu công nghiệp mới mọc lên, trước và sau (ảnh mô phỏng).",
    ),
    "lop-phu": Pair(
        "ven-bien", (4,), draw_classes,
        "Bên trái là ảnh màu thật của vùng ven biển, bên phải là bản đồ lớp phủ cùng khung: rừng trồng, ruộng lúa, khu "
        "dân cư, đầm, cồn cát và biển, mỗi lớp một màu.",
        "Vùng ven biển và `CLASS_10m` cùng ngày (mô phỏng); màu theo bảng ở dưới.",
    ),
    "bau-troi": Pair(
        "song-hong", (4,), draw_sky,
        "Bên trái là ảnh màu thật của vùng sông Hồng nhiều mây, bên phải là bản đồ bầu trời: mây trắng, bóng mây sẫm, "
        "quầng sáng vàng nhạt quanh mây, trời quang xanh.",
        "Một ngày nhiều mây ở vùng sông Hồng và `SKY_10m` (mô phỏng); màu theo bảng ở dưới.",
    ),
    "thua-ruong": Pair(
        "song-cuu-long", (2,), partial(draw_fields, Part(330, 640, 300)),
        "Bên trái là ảnh màu thật của vài cây số ruộng ở sông Cửu Long, bên phải là các thửa của khung ấy, mỗi thửa "
        "một màu, kênh và nhà cửa để trắng.",
        "Ba kilômét ruộng ở sông Cửu Long và `PARCEL_10m` (mô phỏng): mỗi thửa một màu tùy ý, chỗ không thuộc thửa nào "
        "thì xám nhạt.",
    ),
    "doi-khac": Pair(
        "tay-nguyen", (5,), draw_changes,
        "Bên trái là ảnh màu thật của mảng rừng vừa phá, bên phải là các mảnh của nó tô màu theo tháng bị phá, từ "
        "tháng 1 đến tháng 4.",
        "Khoảng rừng bị phá ở Tây Nguyên và `CHANGE_10m` (mô phỏng), tô màu theo tháng.",
    ),
}  # fmt: skip
