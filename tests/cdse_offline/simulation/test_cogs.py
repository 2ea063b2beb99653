"""Cloud-optimised GeoTIFFs: what a reader finds in them."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from cdse_offline.simulation import cogs

GRID = cogs.Grid(32648, 2100, Affine(10, 0, 499980, 0, -10, 2400000), -32768)
CORNER = (1001, 303)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(1).integers(-500, 9000, (701, 640)).astype(np.int16)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray) -> Path:
    path = tmp_path_factory.mktemp("cogs") / "B04"
    cogs.write(path, pixels, CORNER, GRID)
    return path


def test_pixels_lie_where_they_belong_and_nothing_lies_elsewhere(file: Path, pixels: np.ndarray):
    expected = np.full((2100, 2100), -32768, np.int16)
    expected[1001:1702, 303:943] = pixels
    with rasterio.open(file) as image:
        assert np.array_equal(image.read(1), expected)
        assert (image.nodata, image.dtypes, image.crs.to_epsg()) == (-32768, ("int16",), 32648)
        assert image.transform == GRID.transform and image.tags()["AREA_OR_POINT"] == "Area"


def test_form_is_that_of_a_cog(file: Path):
    with rasterio.open(file) as image:
        structure = image.tags(ns="IMAGE_STRUCTURE")
        assert image.block_shapes == [(1024, 1024)] and image.overviews(1) == [2, 4, 8]
    assert (structure["LAYOUT"], structure["COMPRESSION"], structure["PREDICTOR"]) == ("COG", "DEFLATE", "2")


def test_overviews_are_means_of_what_there_is(file: Path, pixels: np.ndarray):
    with rasterio.open(file, OVERVIEW_LEVEL=0) as image:
        half = image.read(1)
    assert half[501, 152] == np.rint(pixels[1:3, 1:3].mean())  # rows 1002 and 1003, columns 304 and 305
    assert half[500, 152] == np.rint(pixels[0, 1:3].mean())  # above it, nothing
    assert half[500, 151] == pixels[0, 0] and half[499, 151] == -32768


def has_block(image: rasterio.DatasetReader, row: int, column: int) -> bool:
    return image.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", "TIFF", bidx=1) is not None


def test_empty_tiles_take_no_room(file: Path):
    with rasterio.open(file) as image:
        found = [has_block(image, row, column) for row in range(3) for column in range(3)]
    assert found == [True, False, False, True, False, False, False, False, False]


def test_without_a_number_for_no_data_every_tile_is_there_and_what_is_not_known_is_nan(tmp_path: Path):
    grid = cogs.Grid(4326, 1100, Affine(0.01, 0, 105, 0, -0.01, 21), is_point=True)
    heights = np.full((1100, 1100), np.nan, np.float32)
    heights[7:9, 3] = 2, 4
    heights[1024:, 1024:] = 0  # a tile of the sea
    cogs.write(tmp_path / "data", heights, (0, 0), grid)
    with rasterio.open(tmp_path / "data") as image:
        assert image.nodata is None and image.tags()["AREA_OR_POINT"] == "Point"
        assert np.array_equal(image.read(1), heights, equal_nan=True) and image.transform == grid.transform
        assert image.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        assert all(has_block(image, row, column) for row in (0, 1) for column in (0, 1))
    with rasterio.open(tmp_path / "data", OVERVIEW_LEVEL=0) as image:
        assert image.read(1)[3, 1] == 2 and image.read(1)[4, 1] == 4 and np.isnan(image.read(1)[0, 0])
