"""cdse_access.jp2.reader: in which order files are read, what of them is missing, and what is kept."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from odc.geo.geobox import GeoBox
from rasterio import Affine

from cdse_access.jp2 import reader as module
from cdse_access.jp2.cache import Folder
from cdse_access.jp2.codestream import Layout
from cdse_access.jp2.decoding import Image
from cdse_access.jp2.mosaic import keep_image, keep_tile
from cdse_access.jp2.reader import Reader, _choose_first, _choose_tiles
from cdse_access.jp2.wanted import Frame, Wanted
from cdse_access.problems import BadData, BadInput
from cdse_access.secrets import Keys
from cdse_access.store import Store


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


# -- what is kept ------------------------------------------------------------


@pytest.fixture
def reader(monkeypatch, tmp_path) -> Reader:
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path))
    return Reader(Store("127.0.0.1:9", False, Keys.from_texts("A", "B"), "cdse"))


def keep_all(reader: Reader, one: Wanted) -> Folder:
    """All that `one` wants is there, so that nobody is asked."""
    grid = one.grid
    image = Image(Layout(100, 100, 64, 64, 1, 15), 2, str(grid.crs), grid.affine)
    folder = reader.cache.open_folder(one.href, one.name_kept(one.version))
    keep_image(folder, image, "e")
    for level, number in product((0, 1), (0, 1)):
        keep_tile(folder, "e", level, number, b"pixels")
    return folder


def test_what_is_kept_is_used_and_nobody_is_asked(reader):
    one = wanted("s3://eodata/a.jp2", 10, FRAME)
    folder = keep_all(reader, one)
    assert reader.keep_tiles(one).path.parent == folder.path


def test_an_item_that_says_another_place_is_refused_also_where_the_image_is_kept(reader):
    """Else the tiles under its frame are not those under the area, and what lacks reads as no data."""
    one = wanted("s3://eodata/a.jp2", 10, FRAME)
    keep_all(reader, one)
    shifted = GeoBox((100, 100), one.grid.affine * Affine.translation(30, 0), "EPSG:32632")
    with pytest.raises(BadData, match=r"a\.jp2 không nằm ở chỗ item ghi \(lệch 30\.0 pixel\)"):
        reader.keep_tiles(one._replace(grid=shifted))
    larger = GeoBox((200, 200), one.grid.affine, "EPSG:32632")
    with pytest.raises(BadData, match=r"item ghi cỡ \(200, 200\), kho có \(100, 100\)"):
        reader.keep_tiles(one._replace(grid=larger))


def test_tiles_that_another_process_removes_meanwhile_are_told_with_a_cure(reader, monkeypatch):
    one = wanted("s3://eodata/a.jp2", 10, FRAME)
    folder = keep_all(reader, one)
    find_missing = module._find_missing

    def remove_then(*arguments: Any) -> Any:
        found = find_missing(*arguments)
        rmtree(folder.path)
        return found

    monkeypatch.setattr(module, "_find_missing", remove_then)
    with pytest.raises(BadData, match=r"hãy gọi lại load\(\)"):
        reader.keep_tiles(one)


def test_a_store_without_an_identity_is_another_one_in_another_process(reader, monkeypatch):
    def find_folder() -> Path:
        return Reader(replace(reader.store, identity="")).cache.open_folder("s3://eodata/a.jp2", "1").path

    here = find_folder()
    assert find_folder() == here
    monkeypatch.setattr(module, "THIS_PROCESS", "another")
    assert find_folder() != here


def test_what_is_read_on_trial_is_kept_apart_and_not_found_again(reader, tmp_path, monkeypatch):
    """A service that fails on purpose may have sent wrong pixels, and what was kept before would hide its faults."""
    monkeypatch.delenv("CDSE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def find_folder(trial: str) -> Path:
        return Reader(replace(reader.store, trial=trial)).cache.open_folder("s3://eodata/a.jp2", "1").path

    folders = [find_folder(trial) for trial in ("", "first", "second", "first", "")]
    assert len(set(folders)) == 3 and folders[0] == folders[4] and folders[1] == folders[3]
    assert [folder.is_relative_to(tmp_path) for folder in folders] == [True, False, False, False, True]


def test_a_limit_that_is_no_number_is_told_before_anything_is_fetched(reader, monkeypatch):
    monkeypatch.setenv("CDSE_CACHE_MAX", "nhiều")
    with pytest.raises(BadInput, match="CDSE_CACHE_MAX"):
        Reader(reader.store)


OPEN = """
from cdse_access.jp2.reader import Reader
from cdse_access.problems import BadInput
from cdse_access.secrets import Keys
from cdse_access.store import Store
try:
    Reader(Store("127.0.0.1:9", False, Keys.from_texts("a", "b"), "x"))
except BadInput as error:
    print(ascii(str(error)))
"""


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GDAL_SKIP", "GTiff", "GTiff"),
        ("GDAL_SKIP", "VRT", "VRT"),
    ],
)
def test_a_gdal_that_cannot_keep_or_place_pixels_is_told_before_anything_is_fetched(tmp_path, name, value, told):
    """Raw DriverRegistrationError and AssertionError, or a date that was called bad, before."""
    kept = {key: text for key, text in os.environ.items() if key not in ("PROJ_LIB", "PROJ_DATA")}
    environment = kept | {"CDSE_CACHE": str(tmp_path), name: value}
    child = subprocess.run(
        [sys.executable, "-c", OPEN],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    assert told in child.stdout and name in child.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "int8"}, "không chứa nổi 15 bit"),
        ({"nodata": 500}, "item ghi nodata 500"),
        ({"bands": 3}, "item ghi cỡ 3, kho có 1"),
    ],
)
def test_an_item_that_says_other_pixels_is_refused_also_where_the_image_is_kept(reader, change, message):
    """Else it is right or 255 everywhere, depending on what was loaded before."""
    one = wanted("s3://eodata/a.jp2", 10, FRAME)
    keep_all(reader, one)
    with pytest.raises(BadData, match=message):
        reader.keep_tiles(one._replace(**change))


def test_what_is_made_of_a_file_in_two_ways_is_kept_in_two_places(reader):
    """Reduced levels with their rim, or of classes, are not those without."""
    one = wanted("s3://eodata/a.jp2", 10, FRAME)
    others = [one._replace(nodata=None), one._replace(has_classes=True), one._replace(band="AOT_10m")]
    assert one.name_kept("1") not in {other.name_kept("1") for other in others}
