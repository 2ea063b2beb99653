"""Quarterly mosaics: a learner who works through the scenes comes to the same numbers."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from cdse_offline.simulation import mosaics
from cdse_offline.simulation.derived import list_quarters
from cdse_offline.simulation.places import HIGHLANDS, MUNICH, RED_RIVER, Acquisition, Tile
from cdse_offline.simulation.scenes import Scene
from cdse_offline.simulation.sights import Sight

QUARTER = list_quarters(MUNICH)[0]


class Slim(Scene):
    """A scene of which only a corner of a few pixels is looked at, drawn from random numbers: the sky is slow."""

    def pixels(self, key: str) -> np.ndarray:
        rng = np.random.default_rng([self.acquisition.absolute_orbit, sum(key.encode())])
        if key == "SCL_20m":
            return np.where(self.acquisition.cloud_cover > 95, 9, rng.integers(0, 12, (10, 8))).astype(np.uint8)
        return rng.integers(900, 6000, (20, 16)).astype(np.uint16)


def rebuild(scenes: list[Acquisition], band: str) -> tuple[np.ndarray, np.ndarray]:
    """As a learner does: reflectance, mask, quantile over time, and how many there were."""
    looks = []
    for scene in scenes:
        scl = np.kron(mosaics.Scene(scene).pixels("SCL_20m"), np.ones((2, 2), np.uint8))
        rho = (mosaics.Scene(scene).pixels(f"{band}_10m") - 1000.0) / 10000
        looks.append(np.where(np.isin(scl, (0, 1, 3, 7, 8, 9, 10)), np.nan, rho))
    with np.errstate(all="ignore"):
        return np.nanquantile(looks, 0.25, axis=0), np.isfinite(looks).sum(axis=0)


@pytest.fixture
def slim(monkeypatch: pytest.MonkeyPatch) -> list[Acquisition]:
    monkeypatch.setattr(mosaics, "Scene", Slim)
    return QUARTER.list_acquisitions()


@pytest.mark.filterwarnings("ignore:All-NaN slice encountered")
def test_it_is_the_first_quartile_of_the_valid_looks_within_rounding(slim: list[Acquisition]):
    for scenes in (slim, slim[:2], slim[1:2]):
        mosaic = mosaics.compose(scenes)
        for band, layer in zip(mosaics.BANDS, mosaic.reflectance, strict=True):
            quartile, count = rebuild(scenes, band)
            assert np.array_equal(mosaic.observations, count) and count.max() <= len(scenes)
            assert np.array_equal(layer == mosaics.NODATA, count == 0)
            assert np.abs(layer - quartile * 10000)[count > 0].max() <= 0.5001
    assert (count == 0).any()


def test_a_quarter_without_a_valid_look_has_no_data(slim: list[Acquisition]):
    cloudy = [scene for scene in slim if scene.cloud_cover > 95]
    assert cloudy
    mosaic = mosaics.compose(cloudy)
    assert mosaic.reflectance.shape == (4, 20, 16) and (mosaic.reflectance == mosaics.NODATA).all()
    assert mosaic.observations.shape == (20, 16) and not mosaic.observations.any()


def test_tiles_of_the_places_zone_are_cut_from_one_picture_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The place as its own tile; that of another zone sees it in its own way."""
    frames = []

    def compose(scenes: list[Acquisition]) -> mosaics.Mosaic:
        frames.append(scenes[0].tile)
        rows, columns = np.indices((1050, 1050)).astype(np.int16)
        return mosaics.Mosaic(np.stack([rows, columns, rows, columns]), np.ones((1050, 1050), np.uint16))

    mosaics._compose.cache_clear()
    monkeypatch.setattr(mosaics, "compose", compose)
    quarters = [quarter for quarter in list_quarters(HIGHLANDS) if quarter.number == 1]
    for quarter in quarters:
        mosaics.write(tmp_path / quarter.id, quarter, "B03")
        window = quarter.window
        with rasterio.open(tmp_path / quarter.id) as image:
            assert image.shape == (10008, 10008) and image.nodata == mosaics.NODATA
            pixels = image.read(
                1, window=((window.row, window.row + window.height), (window.column, window.column + 3))
            )
        assert np.array_equal(pixels[0], [0, 1, 2])
    mosaics._compose.cache_clear()
    assert frames == [Tile("tay-nguyen", 32648, HIGHLANDS.west, HIGHLANDS.north), HIGHLANDS.tiles[1]]


def test_what_lies_beyond_the_tile_of_the_mosaic_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    quarter = list_quarters(RED_RIVER)[0]
    whole = mosaics.Mosaic(np.ones((4, 1020, 1020), np.int16), np.full((1020, 1020), 7, np.uint16))
    monkeypatch.setattr(mosaics, "_compose", lambda _: whole)
    mosaics.write(tmp_path / "observations", quarter, "observations")
    with rasterio.open(tmp_path / "observations") as image:
        assert (image.dtypes, image.nodata) == (("uint16",), 0)
        pixels = image.read(1, window=((9210, 10008), (9210, 10008)))
    assert not pixels[:6].any() and not pixels[:, :6].any() and (pixels[6:, 6:] == 7).all()


def test_the_frame_of_a_place_shows_all_of_it():
    frame = mosaics._choose_frame(list_quarters(RED_RIVER)[0])
    drawn = np.arange(510 * 510).reshape(510, 510)
    assert np.array_equal(Sight(RED_RIVER, frame).cut(drawn, 2, is_class=True), drawn)
