"""cdse_access.jp2.reader: in which order files are read, and what of them is missing."""

from odc.geo.geobox import GeoBox
from rasterio import Affine

from cdse_access.jp2.codestream import Layout
from cdse_access.jp2.decoding import Image
from cdse_access.jp2.reader import _choose_first, _choose_tiles
from cdse_access.jp2.wanted import Frame, Wanted


def wanted(href: str, metres: int, frame: Frame) -> Wanted:
    grid = GeoBox((100, 100), Affine(metres, 0, 0, 0, -metres, 0), "EPSG:32632")
    return Wanted(href, grid, 0, None, "1", "2023-09-28", "B04", frame)


FRAME = Frame(10, 10, 70, 20, (1, 2))


def test_one_file_of_each_grid_goes_first():
    files = [wanted("a", 10, FRAME), wanted("b", 10, FRAME), wanted("c", 20, FRAME), wanted("d", 20, FRAME)]
    first, others = _choose_first(files)
    assert [one.href for one in first] == ["a", "c"] and [one.href for one in others] == ["b", "d"]


def test_the_tiles_under_the_frame_are_wanted_at_each_level():
    image = Image(Layout(100, 100, 64, 64, 1, 15), 2, "EPSG:32632", Affine.identity())
    assert _choose_tiles(wanted("a", 10, FRAME), image) == {0: {0, 1}, 1: {0, 1}}
    assert _choose_tiles(wanted("a", 10, FRAME), image._replace(levels=0)) == {0: {0, 1}}
