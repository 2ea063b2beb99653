"""cdse_access.jp2.wanted: which pixels at which level odc-stac will read."""

import pytest
from odc.geo.geobox import GeoBox
from odc.geo.overlap import compute_reproject_roi
from rasterio import Affine

from cdse_access.jp2.wanted import Frame, find_frame

IMAGE = GeoBox((10980, 10980), Affine(10, 0, 600000, 0, -10, 5400000), "EPSG:32632")


def area(left: float, top: float, width: int, height: int, metres: float) -> GeoBox:
    """An area that begins so many image pixels from the image's corner."""
    corner = Affine(metres, 0, 600000 + 10 * left, 0, -metres, 5400000 - 10 * top)
    return GeoBox((height, width), corner, "EPSG:32632")


def test_on_the_images_own_grid_no_pixel_beyond_the_area_is_read():
    assert find_frame(area(1024, 2048, 1024, 512, 10), IMAGE) == (1024, 2048, 2047, 2559, (1,))


def test_off_the_grid_resampling_looks_beyond_the_area():
    frame = find_frame(area(1024.5, 2048.5, 100, 100, 10), IMAGE)
    assert frame.left <= 1020.5 and frame.top <= 2044.5 and frame.right >= 1128.5 and frame.bottom >= 2152.5
    coarse = find_frame(area(1024.5, 2048.5, 10, 10, 100), IMAGE)
    assert coarse.left <= 1024.5 - 4 * 8 and coarse.right >= 1124.5 + 4 * 8


@pytest.mark.parametrize(
    ("metres", "shrink", "level"),
    [(10, 1, 0), (19, 1, 0), (20, 2, 1), (30, 3, 1), (60, 6, 2), (100, 10, 3), (900, 90, 4)],
)
def test_the_level_is_that_of_odc_stac(metres, shrink, level):
    grid = area(2000, 2000, 20, 20, metres)
    frame = find_frame(grid, IMAGE)
    assert frame.shrinks == (shrink,) == (compute_reproject_roi(IMAGE, grid).read_shrink,)
    assert frame.choose_levels(4) == {level}
    assert find_frame(grid, IMAGE, use_overviews=False).choose_levels(4) == {0}


def test_in_another_projection_pixels_are_not_alike_everywhere():
    """20 m of the neighbouring zone are a little more or less than two pixels: some pieces are read at each level."""
    grid = GeoBox.from_bbox((620000, 5300000, 700000, 5390000), "EPSG:32632", resolution=20).to_crs("EPSG:32633")
    found = {compute_reproject_roi(IMAGE, grid[row : row + 9, :9]).read_shrink for row in range(0, grid.shape[0], 99)}
    assert found <= set(find_frame(grid, IMAGE).shrinks)


@pytest.mark.parametrize(("left", "top"), [(-500, 100), (12000, 100), (100, -500), (100, 12000)])
@pytest.mark.parametrize("metres", [10, 35])
def test_an_area_beside_the_image_is_not_read(left, top, metres):
    assert find_frame(area(left, top, 50, 50, metres), IMAGE) is None


def test_an_area_across_the_edge_is_read_as_far_as_the_image_goes():
    assert find_frame(area(-50, 100, 100, 100, 10), IMAGE) == (0, 100, 49, 199, (1,))


def test_two_levels_near_a_boundary():
    assert Frame(0, 0, 1, 1, (1, 2)).choose_levels(4) == {0, 1} and Frame(0, 0, 1, 1, (3, 4)).choose_levels(1) == {1}
