"""Full-grid JP2 files, read back with rasterio."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from cdse_access.jp2.codestream import COD, TLM, read_header
from cdse_access.jp2.sources import InMemory
from cdse_offline.simulation import images, places
from cdse_offline.simulation.lengths import allocated, holes_are_free, tile_parts
from cdse_offline.simulation.places import GRID_SHAPE, JP2_TILE, MUNICH, PLACES, acquisitions

GRID = MUNICH.tiles[0]
SIDES = {10: 1020, 20: 510, 60: 170}


def find(resolution: int) -> places.Window:
    return places.find_window(MUNICH, GRID, resolution)


def noise(window: places.Window, dtype: str = "uint16", bands: int = 1) -> np.ndarray:
    high = 255 if dtype == "uint8" else 32767
    shape = bands, window.height, window.width
    return np.random.default_rng(1).integers(0, high, shape, dtype=dtype, endpoint=True)


def around(window: places.Window, margin: int) -> Window:
    return Window(window.column - margin, window.row - margin, window.width + 2 * margin, window.height + 2 * margin)


def write(path: Path, pixels: np.ndarray, resolution: int, lengths: list[int] | None = None) -> None:
    images.write(path, pixels, grid=GRID, window=find(resolution), resolution=resolution, lengths=lengths)


@pytest.mark.parametrize("resolution", [10, 20, 60])
@pytest.mark.parametrize("place", PLACES[1:], ids=lambda place: place.name)
def test_the_window_is_read_back_bit_for_bit(tmp_path: Path, place, resolution: int):
    window = places.find_window(place, place.tiles[0], resolution)
    pixels = noise(window)
    images.write(tmp_path / "a.jp2", pixels[0], grid=place.tiles[0], window=window, resolution=resolution)
    with rasterio.open(tmp_path / "a.jp2") as file:
        seen = file.read(1, window=around(window, 3), boundless=True)  # some windows end with the tile
    assert (seen[3:-3, 3:-3] == pixels[0]).all()
    seen[3:-3, 3:-3] = 0
    assert not seen.any()


@pytest.mark.parametrize("resolution", [10, 60])
def test_everything_outside_the_window_is_zero(tmp_path: Path, resolution: int):
    write(tmp_path / "a.jp2", noise(find(resolution))[0] | 1, resolution)
    with rasterio.open(tmp_path / "a.jp2") as file:
        assert np.count_nonzero(file.read(1)) == SIDES[resolution] ** 2


@pytest.mark.parametrize("resolution", [10, 20, 60])
def test_structure_is_that_of_esa(tmp_path: Path, resolution: int):
    write(tmp_path / "a.jp2", noise(find(resolution))[0], resolution)
    with rasterio.open(tmp_path / "a.jp2") as file:
        assert file.shape == (GRID_SHAPE[resolution],) * 2 and file.dtypes == ("uint16",)
        assert file.block_shapes == [(JP2_TILE[resolution],) * 2]
        assert file.overviews(1) == [2, 4, 8, 16]
        assert file.tags(1, ns="IMAGE_STRUCTURE")["NBITS"] == "15"
        assert file.crs.to_epsg() == 32632 and file.nodata is None
        assert file.transform[:6] == (resolution, 0, 600000, 0, -resolution, 5400000)
    segments = read_header(InMemory("a.jp2", (tmp_path / "a.jp2").read_bytes())).segments
    assert TLM not in segments  # readers must walk from tile-part to tile-part
    cod = segments[COD]
    assert cod[9] == 4 and cod[13] == 1 and cod[14:19] == b"\x88" * 5  # levels, reversible, precincts of 2^8


@pytest.mark.parametrize(("dtype", "bands"), [("uint8", 1), ("uint8", 3)])
def test_other_kinds_of_image(tmp_path: Path, dtype: str, bands: int):
    pixels = noise(find(10), dtype, bands)
    write(tmp_path / "a.jp2", pixels, 10)
    with rasterio.open(tmp_path / "a.jp2") as file:
        assert (file.read(window=around(find(10), 0)) == pixels).all() and file.dtypes == (dtype,) * bands


def test_a_window_across_tiles_and_at_the_edge_of_the_grid(tmp_path: Path):
    corner = places.Window(10980 - 1020, 10980 - 1020, 1020, 1020)  # four codestream tiles, three of them cut off
    pixels = noise(corner)
    images.write(tmp_path / "a.jp2", pixels, grid=GRID, window=corner, resolution=10)
    with rasterio.open(tmp_path / "a.jp2") as file:
        assert (file.read(1, window=around(corner, 0)) == pixels[0]).all()
        assert not file.read(1, window=Window(10980 - 2048, 10980 - 2048, 1028, 2048)).any()


def test_tile_parts_of_simulated_length_are_read_alike_and_take_no_space(tmp_path: Path):
    pixels, lengths = noise(find(10))[0] >> 5, tile_parts(acquisitions(MUNICH)[1], "B04_10m")
    for name, wanted in (("short", None), ("long", lengths)):
        write(tmp_path / name, pixels, 10, wanted)
    with rasterio.open(tmp_path / "short") as short, rasterio.open(tmp_path / "long") as long:
        assert (long.read() == short.read()).all() and long.overviews(1) == [2, 4, 8, 16]
        small = {"out_shape": (1, 343, 343)}
        assert (long.read(**small) == short.read(**small)).all() and long.read(**small).any()
    status = (tmp_path / "long").stat()
    assert sum(lengths) < status.st_size < sum(lengths) + 2e6
    if holes_are_free(tmp_path):
        assert allocated(status) < (tmp_path / "short").stat().st_size + 121 * 8192


def test_an_overview_is_read(tmp_path: Path):
    pixels = np.full((1020, 1020), 3000, np.uint16)
    write(tmp_path / "a.jp2", pixels, 10)
    with rasterio.open(tmp_path / "a.jp2") as file:
        small = file.read(1, window=Window(8192, 9216, 1024, 1024), out_shape=(64, 64))
    assert small[30, 30] == 3000


def test_the_same_pixels_make_the_same_file(tmp_path: Path):
    for name in ("a.jp2", "b.jp2"):
        write(tmp_path / name, noise(find(60)), 60)
    assert (tmp_path / "a.jp2").read_bytes() == (tmp_path / "b.jp2").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"a.jp2", "b.jp2"}  # no side-car files


def test_pixels_that_do_not_fill_the_window_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"\(1, 10, 10\) do not fill the window at 10 m: Window\(row=9216"):
        write(tmp_path / "a.jp2", np.zeros((10, 10), np.uint16), 10)
    assert not (tmp_path / "a.jp2").exists()


def test_a_picture_is_a_jpeg(tmp_path: Path):
    images.write_jpeg(tmp_path / "a.jpg", np.full((343, 343, 3), 120, np.uint8))
    with pytest.warns(NotGeoreferencedWarning), rasterio.open(tmp_path / "a.jpg") as file:
        assert file.driver == "JPEG" and abs(int(file.read(2)[100, 100]) - 120) < 3
