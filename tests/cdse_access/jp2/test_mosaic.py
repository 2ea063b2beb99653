"""cdse_access.jp2.mosaic and vrt: kept tiles under a virtual raster of the whole grid."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from cdse_access.jp2.cache import Cache, Folder
from cdse_access.jp2.codestream import Layout
from cdse_access.jp2.decoding import Image
from cdse_access.jp2.mosaic import find_images, find_tile, keep_image, keep_mosaic, keep_tile

# Four tiles of 64 pixels, those at the edges of 36; two reduced levels.
IMAGE = Image(Layout(100, 100, 64, 64, 1, 15), 2, "EPSG:32632", Affine(10, 0, 600000, 0, -10, 5400000))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Cache(tmp_path, "cdse").open_folder("s3://a", "1")


def keep(folder: Folder, level: int, number: int, value: int, etag: str = "e") -> None:
    left, top, right, bottom = IMAGE.layout.bounds(number).reduce(level)
    shape = {"width": right - left, "height": bottom - top, "count": 1, "dtype": "uint16", "transform": IMAGE.transform}
    path = folder.path.parent / "tile.tif"
    with rasterio.open(path, "w", "GTiff", **shape) as file:
        file.write(np.full((1, bottom - top, right - left), value, "uint16"))
    keep_tile(folder, etag, level, number, path.read_bytes())


def test_kept_tiles_lie_where_they_belong_and_elsewhere_is_no_data(folder):
    keep(folder, 0, 0, 5)
    keep(folder, 0, 3, 7)
    path = keep_mosaic(folder, IMAGE, "e", {0: {0, 3}}, 0)
    expected = np.zeros((100, 100), "uint16")
    expected[:64, :64], expected[64:, 64:] = 5, 7
    with rasterio.open(path) as file:
        assert (file.read(1) == expected).all()
        assert (file.nodata, file.crs.to_epsg(), file.transform) == (0, 32632, IMAGE.transform)


def test_overviews_are_the_levels_and_one_that_was_not_decoded_is_an_error(folder):
    keep(folder, 1, 0, 5)
    path = keep_mosaic(folder, IMAGE, "e", {1: {0}}, None)
    with rasterio.open(path) as file:
        assert file.overviews(1) == [2, 4] and file.nodata is None
        with pytest.raises(RasterioIOError):
            file.read(1, window=Window(0, 0, 1, 1))
    with rasterio.open(path, overview_level=0) as file:
        assert file.shape == (50, 50) and file.read(1, window=Window(0, 0, 32, 32)).mean() == 5
        with pytest.raises(RasterioIOError):  # no number says that nothing is there, and 0 would be a value
            file.read(1)
    with rasterio.open(path, overview_level=1) as file, pytest.raises(RasterioIOError):
        file.read(1)


def test_another_area_has_another_raster_and_the_first_stays_as_it_was(folder):
    keep(folder, 0, 0, 5)
    first = keep_mosaic(folder, IMAGE, "e", {0: {0}}, 0)
    before = first.read_text()
    keep(folder, 0, 3, 7)
    second = keep_mosaic(folder, IMAGE, "e", {0: {0, 3}}, 0)
    assert second != first and first.read_text() == before
    assert keep_mosaic(folder, IMAGE, "e", {0: {0}}, 0) == first


def test_a_tile_that_is_not_kept_is_no_zeros(folder):
    with pytest.raises(FileNotFoundError):
        keep_mosaic(folder, IMAGE, "e", {0: {0}}, 0)


def test_of_two_versions_of_an_image_the_older_is_not_used_again(folder, tmp_path):
    keep_image(folder, IMAGE, "e")
    assert find_images(folder) == {"e": IMAGE}
    keep_image(folder, IMAGE._replace(levels=1), "f")
    for again in (folder, Cache(tmp_path, "cdse").open_folder("s3://a", "1")):
        assert find_images(again) == {"f": IMAGE._replace(levels=1)}
    keep(folder, 0, 0, 5, etag="f")
    assert find_tile(folder, "e", 0, 0) is None and find_tile(folder, "f", 0, 0)


def test_names_and_projections_may_hold_what_xml_does_not_like(folder):
    keep(folder, 0, 0, 5)
    crs = rasterio.crs.CRS.from_epsg(32632).to_wkt().replace("WGS 84 / UTM", "A & B < C / UTM")
    path = keep_mosaic(folder, IMAGE._replace(crs=crs), "e", {0: {0}}, 0)
    with rasterio.open(path) as file:
        assert "A & B < C" in file.crs.to_wkt() and file.read(1)[0, 0] == 5


@pytest.mark.parametrize("damaged", [b"", b"[1", b"5", b'[1, 2, "x", 3]', b"\xff"])
def test_a_description_that_was_damaged_since_it_was_checked_is_as_if_it_were_not_there(folder, damaged):
    """With its time set back that is not seen: it was a raw JSONDecodeError."""
    keep_image(folder, IMAGE, "e")
    (path,) = folder.find_all("image.")
    time = path.stat().st_mtime_ns
    path.write_bytes(damaged)
    os.utime(path, ns=(time, time))
    assert find_images(folder) == {} and not path.exists()
