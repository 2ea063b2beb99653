"""The terrain by degrees: heights where the land is, on the grid of Copernicus DEM."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from cdse_offline.simulation import terrain
from cdse_offline.simulation.derived import Degree
from cdse_offline.simulation.places import HIGHLANDS, Place

ROW, COLUMN = np.indices((1020, 1020)).astype(float)


@pytest.fixture
def inclined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Land that rises by 1 m in each pixel eastward and by 2 m southward, under trees of 5 m."""
    land = SimpleNamespace(relief=COLUMN + 2 * ROW, height=np.full((1020, 1020), 5.0))
    monkeypatch.setattr(terrain, "open_land", lambda _: land)


def compute_height(place: Place, longitude: float, latitude: float) -> float:
    x, y = Transformer.from_crs(4326, place.epsg, always_xy=True).transform(longitude, latitude)
    column, row = (x - place.west) / 10 - 0.5, (place.north - y) / 10 - 0.5
    return float(column + 2 * row + 5)


@pytest.mark.usefixtures("inclined")
def test_heights_are_those_of_the_pixels_points_across_the_border_of_two_tiles():
    for degree in (Degree(13, 107), Degree(13, 108)):
        heights = terrain.draw(degree)
        rows, columns = np.nonzero(~np.isnan(heights))
        assert heights.shape == (3600, 3600) and heights.dtype == np.float32
        for row, column in list(zip(rows, columns, strict=True))[::9000]:
            expected = compute_height(HIGHLANDS, degree.longitude + column / 3600, degree.latitude + 1 - row / 3600)
            assert heights[row, column] == pytest.approx(expected, abs=1.5)


@pytest.mark.usefixtures("inclined")
def test_two_tiles_hold_all_of_a_place():
    west, east = (~np.isnan(terrain.draw(Degree(13, longitude))) for longitude in (107, 108))
    assert west[:, -1].any() and east[:, 0].any()
    area = (west.sum() + east.sum()) * (30.87 * 30.02)  # of a pixel at 13.85° N, square metres
    assert area == pytest.approx(10_200**2, rel=0.01)


@pytest.mark.usefixtures("inclined")
def test_the_file_begins_half_a_pixel_before_its_degree(tmp_path: Path):
    terrain.write(tmp_path / "data", Degree(13, 108))
    with rasterio.open(tmp_path / "data") as image:
        assert image.crs.to_epsg() == 4326 and image.nodata is None
        assert image.tags()["AREA_OR_POINT"] == "Point"
        assert image.transform[2] == pytest.approx(108 - 0.5 / 3600, abs=1e-12)
        assert image.transform[5] == pytest.approx(14 + 0.5 / 3600, abs=1e-12)
        assert image.overviews(1) == [2, 4, 8]
