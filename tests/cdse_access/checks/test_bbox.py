"""cdse_access.checks.bbox: a box that cannot be meant is refused."""

import numpy as np
import pytest

from cdse_access.checks.bbox import check_bbox
from cdse_access.problems import BadInput, Reason
from tests.cdse_access.checks.example import BBOX


@pytest.mark.parametrize(
    ("bbox", "message"),
    [
        ((11.4, 47.8, 11.5), "bốn số"),
        ((11.4, 47.8, 11.5, 47.9, 1), "bốn số"),
        (("tây", 47.8, 11.5, 47.9), "bốn số"),
        (None, "bốn số"),
        (5, "bốn số"),
        ((11.4, 47.8, 11.5, float("nan")), "ra ngoài miền"),
        ((11.4, 47.8, float("inf"), 48), "ra ngoài miền"),
        ((20.8, 105.9, 20.9, 106.0), "đảo chỗ"),
        ((682540, 5298490, 685230, 5300540), "ra ngoài miền"),
        ((-181, 47.8, -180, 47.9), "ra ngoài miền"),
        ((179.5, 47.8, 180.5, 47.9), "ra ngoài miền"),
        ((11.4, -91, 11.5, -89), "ra ngoài miền"),
        ((11.4, 89, 11.5, 91), "ra ngoài miền"),
        ((11.5, 47.8, 11.4, 47.9), "sai thứ tự"),
        ((11.4, 47.9, 11.5, 47.8), "sai thứ tự"),
        ((11.4, 47.8, 11.4, 47.9), "sai thứ tự"),
        ((11.4, 47.8, 11.5, 47.8), "sai thứ tự"),
        ((179.9, 10, -179.9, 10.1), "kinh tuyến 180 phải tách làm hai"),
        ((11.43, 11.47, 47.81, 47.83), "rộng hơn 10°"),  # west, east, south, north
        ((0, 47, 12, 48), "rộng hơn 10°"),
        ((11, 40, 12, 52), "rộng hơn 10°"),
    ],
)
def test_bad_bbox(bbox, message):
    with pytest.raises(BadInput, match=message) as caught:
        check_bbox(bbox)
    assert caught.value.reason == Reason.INPUT


@pytest.mark.parametrize("bbox", [BBOX, list(BBOX), np.array(BBOX), (-180, -90, -170, -80), (170, 80, 180, 90)])
def test_a_good_bbox_comes_back(bbox):
    assert check_bbox(bbox) == tuple(bbox)
