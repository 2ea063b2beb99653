"""lessons.places: a box around a point, where the area lies in its tile."""

from datetime import UTC, datetime

import numpy as np
import pytest
from pystac import Item
from shapely.geometry import box, mapping

from cdse_access.problems import BadInput
from lessons import places

BBOX = [105.89, 20.812, 105.925, 20.835]
TILE = (105.0, 20.71, 106.06, 21.7)


def make_item(day=20, *, tile="48QWJ", bounds=TILE):
    area = mapping(box(*bounds))
    properties = {"grid:code": f"MGRS-{tile}"}
    return Item(f"S2A_{tile}_{day}", area, list(bounds), datetime(2023, 9, day, tzinfo=UTC), properties)


# -- a box around a point ----------------------------------------------------------


def test_a_box_around_a_point_is_as_wide_as_high_on_the_ground():
    west, south, east, north = places.bbox_around(105.91, 60.0, 2)
    assert (north - south) * 111.3 == pytest.approx(2) and (east - west) * 111.3 / 2 == pytest.approx(2)
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx((105.91, 60.0))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((20.82, 105.91, 2), "Vĩ độ 105.91 không dùng được"),
        ((105.91, 20.82, 0), "số dương"),
        ((105.91, 20.82, float("nan")), "số dương"),
        ((105.91, 20.82, 5000), "rộng hơn 10°"),
        ((200, 20.82, 2), "ra ngoài miền"),
    ],
)
def test_a_box_that_cannot_be_is_refused(arguments, words):
    with pytest.raises(BadInput, match=words):
        places.bbox_around(*arguments)


# -- where it lies -----------------------------------------------------------------


def draw_location(items, bbox=BBOX):
    return places.draw_location(items, bbox).axes[0]


def texts(ax):
    return {text.get_text() for text in ax.texts}


def test_the_map_names_the_tile_the_area_and_the_towns_in_sight():
    ax = draw_location([make_item(), make_item(25)])
    assert ax.get_title() == "Vùng của ta trong ô lưới T48QWJ"
    assert {"T48QWJ", "vùng của ta", "Hà Nội", "Thái Nguyên"} <= texts(ax) and "Huế" not in texts(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("kinh độ (°)", "vĩ độ (°)")
    assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(21.2)), rel=1e-3)
    (frame,) = [line for line in ax.lines if len(line.get_xdata()) == 5]
    assert (min(frame.get_xdata()), max(frame.get_ydata())) == (105.89, 20.835)


def test_each_tile_is_drawn_once_as_far_as_an_image_of_it_reaches():
    half = make_item(25, bounds=(105.5, 20.71, 106.06, 21.7))
    ax = draw_location([half, make_item(), make_item(tile="48QXJ", bounds=(105.96, 20.7, 107.0, 21.7))])
    assert ax.get_title().endswith("T48QWJ, T48QXJ") and len(ax.patches) == 2
    assert ax.patches[0].get_xy().min(axis=0)[0] == 105.0


def test_an_image_in_two_parts_is_drawn_too():
    item = make_item()
    parts = box(105.0, 20.71, 105.2, 21.7) | box(105.4, 20.71, 106.06, 21.7)
    item.geometry = mapping(parts)
    assert len(draw_location([item]).patches) == 2


@pytest.mark.parametrize(
    ("items", "bbox", "words"),
    [([], BBOX, "Không có item nào"), ([make_item()], [20.8, 105.9, 20.9, 105.95], "đảo chỗ")],
)
def test_nothing_to_draw_gets_words(items, bbox, words):
    with pytest.raises(BadInput, match=words):
        places.draw_location(items, bbox)
