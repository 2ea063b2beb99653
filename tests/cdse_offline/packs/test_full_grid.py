"""Small files that any reader opens, whatever way the original is coded."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from cdse_access.jp2.codestream import SOT, TLM, read_header
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.tile_parts import read_tiles
from cdse_offline.packs.full_grid import write_full_grid
from tests.cdse_access.jp2.codings import CODINGS, PLAIN, SIDE, encoded


def pixels(path: Path) -> np.ndarray:
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 32632
        return file.read()


@pytest.mark.parametrize(("bands", "dtype"), [(1, "uint16"), (1, "uint8"), (3, "uint8")])
@pytest.mark.parametrize("coding", CODINGS)
def test_tiles_that_were_read_are_those_of_the_file_and_others_are_0(tmp_path, coding, bands, dtype):
    options = {name: value for name, value in CODINGS[coding].items() if dtype == "uint16" or name != "nbits"}
    file = InMemory("a", encoded(tmp_path / "a.jp2", options, bands, dtype))
    header = read_header(file)
    count = header.layout.tile_count
    assert (TLM in header.segments) is ("index" in coding)
    assert file.read(0, file.size).count(SOT + b"\0\x0a") > count or "several" not in coding
    wanted = {number for number in (0, 6, 11) if number < count}
    (tmp_path / "b.jp2").write_bytes(write_full_grid(header, dict(read_tiles(file, header, wanted))))
    before, after = pixels(tmp_path / "a.jp2"), pixels(tmp_path / "b.jp2")
    real = np.zeros((SIDE, SIDE), bool)
    for left, top, right, bottom in map(header.layout.bounds, wanted):
        real[top:bottom, left:right] = True
    assert before.min() > 0 and (after == np.where(real, before, 0)).all()


def test_a_small_file_is_read_as_any_other(tmp_path):
    file = InMemory("a", encoded(tmp_path / "a.jp2", PLAIN))
    header = read_header(file)
    tiles = dict(read_tiles(file, header, {0, 6, 11}))
    again = InMemory("b", write_full_grid(header, tiles))
    assert dict(read_tiles(again, read_header(again), {0, 6, 11})) == tiles
