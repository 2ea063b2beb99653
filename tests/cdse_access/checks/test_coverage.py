"""cdse_access.checks.coverage: what share of an area has data, and where; never a word where all is there."""

import re

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from cdse_access.checks.coverage import Coverage, holds_square

# 3 km × 3 km where the grid is turned against the meridians by 1.8°.
GEOBOX = GeoBox.from_bbox((682500, 5300000, 685500, 5303000), "EPSG:32632", resolution=10)
ALL = np.ones(GEOBOX.shape, bool)


def lack(*parts: tuple[slice, ...]) -> np.ndarray:
    """Data everywhere but there."""
    mask = ALL.copy()
    for part in parts:
        mask[part] = False
    return mask


def tell(capsys, *dates: np.ndarray | dict[str, np.ndarray], geobox: GeoBox = GEOBOX) -> list[str]:
    coverage = Coverage(geobox)
    for number, masks in enumerate(dates, 1):
        coverage.add(f"2023-09-{number:02}", masks if isinstance(masks, dict) else {"B04_10m": masks})
    coverage.tell()
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    "dates",
    [
        [],
        [{}],
        [ALL, ALL],
        [lack(np.s_[:, :14]), lack(np.s_[:, 15:29])],  # slivers, each seen at another date
        [lack(np.s_[0:16, 0:16])],  # less than a hundredth
        [lack(np.s_[::2, ::2])],  # no area: a pattern
    ],
)
def test_where_all_is_there_nothing_is_said(capsys, dates):
    assert tell(capsys, *dates) == []


def test_an_area_across_an_edge_is_told_once_with_the_box_of_its_data(capsys):
    dates = [lack(np.s_[:, 60:])] * 3
    assert tell(capsys, *dates) == [
        "Chỉ 20% vùng có dữ liệu, nằm trong bbox (11.4398, 47.8275, 11.4464, 47.8542); phần còn lại trống ở mọi ngày."
    ]


def test_all_of_the_box_has_data_and_no_larger_one_has(capsys):
    [line] = tell(capsys, lack(np.s_[:100], np.s_[:, 200:]))
    west, south, east, north = map(float, re.findall(r"\d+\.\d+", line.replace("Chỉ 44% vùng", "")))
    to_metres = Transformer.from_crs(4326, 32632, always_xy=True).transform
    x, y = to_metres([west, west, east, east], [south, north, south, north])
    rests = [min(x) - 682500, min(y) - 5300000, 684500 - max(x), 5302000 - max(y)]
    assert min(rests) >= 0 and max(rests) < 70


def test_dates_that_see_different_parts_are_one_area(capsys):
    """At the edge of two swaths: nothing lacks in all, but each date has a part."""
    west, east = lack(np.s_[:, 200:]), lack(np.s_[:, :100])
    assert tell(capsys, west, ALL, east) == [
        "Vùng chỉ có dữ liệu ở một phần vào 2 ngày: 2023-09-01 (B04_10m: 67%), 2023-09-03 (B04_10m: 67%)."
    ]
    lines = tell(capsys, west, lack(np.s_[:, 100:]))
    assert [line.partition(" vùng")[0] for line in lines] == [
        "Chỉ 67%",
        "Vùng chỉ có dữ liệu ở một phần vào 1 ngày: 2023-09-02 (B04_10m: 33%).",
    ]


def test_a_band_that_lacks_what_others_have_is_a_part(capsys):
    masks = {"B04_10m": ALL, "B08_10m": lack(np.s_[:20, :20])}
    assert tell(capsys, masks) == ["Vùng chỉ có dữ liệu ở một phần vào 1 ngày: 2023-09-01 (B08_10m: 100%)."]


def test_a_part_that_reaches_everywhere_has_no_box(capsys):
    """A swath that ends obliquely."""
    rows, columns = np.indices(GEOBOX.shape)
    assert tell(capsys, rows >= columns) == ["Chỉ 50% vùng có dữ liệu; phần còn lại trống ở mọi ngày."]


def test_very_little_and_nothing_are_told_as_such(capsys):
    corner = ~lack(np.s_[:20, :20])
    assert tell(capsys, corner)[0].startswith("Chỉ 0.4% vùng có dữ liệu, nằm trong bbox (11.43")
    assert tell(capsys, ~ALL) == ["Không pixel nào của vùng có dữ liệu, ở bất kỳ ngày nào: hãy xem lại bbox."]


def test_an_area_smaller_than_a_sliver_is_looked_at_over_its_whole_width(capsys):
    small = GEOBOX[:4, :100]
    mask = np.ones(small.shape, bool)
    mask[:, 20:] = False
    assert "Chỉ 20% vùng" in tell(capsys, mask, geobox=small)[0]
    pixel = GEOBOX[:1, :1]
    assert tell(capsys, np.zeros((1, 1), bool), geobox=pixel) == tell(capsys, ~ALL)
    assert not holds_square(np.zeros((1, 1), bool))


def test_degrees_pass_as_well(capsys):
    geobox = GeoBox.from_bbox((11.4, 47.8, 11.5, 47.9), resolution=0.001)
    mask = np.ones(geobox.shape, bool)
    mask[:, 50:] = False
    assert "nằm trong bbox (11.4, 47.8, 11.45, 47.9)" in tell(capsys, mask, geobox=geobox)[0]
