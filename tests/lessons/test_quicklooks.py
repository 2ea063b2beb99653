"""lessons.quicklooks: thumbnails of images, cut out around the area."""

import io
from datetime import UTC, datetime
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import requests
from pystac import Asset, Item

from cdse_access.problems import BadInput, Unavailable
from lessons import quicklooks

BBOX = [105.89, 20.812, 105.925, 20.835]
GRID = {"proj:code": "EPSG:32648", "proj:bbox": [499980, 2290200, 609780, 2400000]}


def make_item(day=20, *, cloud=9.4, **properties):
    properties |= {"eo:cloud_cover": cloud}
    item = Item(f"S2A_{day}", None, None, datetime(2023, 9, day, tzinfo=UTC), properties)
    item.add_asset("B04_10m", Asset("x.jp2", extra_fields=GRID))
    item.add_asset("thumbnail", Asset("http://store/x.jpg"))
    return item


@pytest.fixture
def store(monkeypatch):
    """Each thumbnail is a JPEG as CDSE has them: 343 × 343 pixels of the whole tile."""
    picture = io.BytesIO()
    plt.imsave(picture, np.full((343, 343, 3), 200, "uint8"), format="jpg")
    answer = SimpleNamespace(content=picture.getvalue(), raise_for_status=lambda: None)
    monkeypatch.setattr(quicklooks.requests, "get", lambda href, timeout: answer)
    return answer


def test_a_thumbnail_lies_where_its_bands_lie(store):
    picture = quicklooks.draw_quicklooks([make_item(), make_item(5, cloud=17.2)], BBOX)
    first, second = picture.axes
    assert first.images[0].get_extent() == [499980, 609780, 2290200, 2400000]
    assert first.get_title() == "20/9/2023\nmây cả ô: 9 %" and second.get_title() == "5/9/2023\nmây cả ô: 17 %"
    (frame,) = first.lines
    assert min(frame.get_xdata()) == pytest.approx(592_580, abs=50)
    assert first.get_xlim()[0] == pytest.approx(588_580, abs=50)
    assert picture.figure.get_suptitle() == "Ảnh thu nhỏ quanh vùng"


def test_a_simulated_one_says_so_and_shows_no_more_than_was_drawn(store):
    window = [105.885229, 20.77574, 105.983813, 20.868428]
    item = make_item(**{"cdse_offline:simulated": True, "cdse_offline:window": window})
    picture = quicklooks.draw_quicklooks([item], BBOX)
    assert picture.figure.get_suptitle() == "Ảnh thu nhỏ quanh vùng (ảnh mô phỏng)"
    assert picture.axes[0].get_xlim()[0] == pytest.approx(592_140, abs=100)


def test_many_are_refused(store):
    with pytest.raises(BadInput, match="nhiều nhất 6"):
        quicklooks.draw_quicklooks([make_item(day) for day in range(1, 8)], BBOX)


@pytest.mark.parametrize("error", [requests.ConnectionError("đứt"), requests.HTTPError("404")])
def test_a_thumbnail_that_does_not_come_gets_words(monkeypatch, error):
    def get(href, timeout):
        raise error

    monkeypatch.setattr(quicklooks.requests, "get", get)
    with pytest.raises(Unavailable, match="Không tải được ảnh thu nhỏ của S2A_20"):
        quicklooks.draw_quicklooks([make_item()], BBOX)


def test_what_is_no_jpeg_gets_words(store):
    store.content = b"<html>login</html>"
    with pytest.raises(Unavailable, match="Không tải được ảnh thu nhỏ"):
        quicklooks.draw_quicklooks([make_item()], BBOX)


def test_an_item_without_a_thumbnail_gets_words(store):
    item = make_item()
    del item.assets["thumbnail"]
    with pytest.raises(BadInput, match="không có ảnh thu nhỏ"):
        quicklooks.draw_quicklooks([item], BBOX)


@pytest.mark.parametrize(
    ("items", "bbox", "words"),
    [([], BBOX, "Không có item nào"), ([make_item()], [20.8, 105.9, 20.9, 105.95], "đảo chỗ")],
)
def test_nothing_to_draw_gets_words(store, items, bbox, words):
    with pytest.raises(BadInput, match=words):
        quicklooks.draw_quicklooks(items, bbox)
