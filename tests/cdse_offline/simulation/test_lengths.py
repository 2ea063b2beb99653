"""Simulated lengths of tile-parts: like ESA's, smooth, the same everywhere, and free of cost on disk."""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cdse_offline.simulation import lengths
from cdse_offline.simulation.places import MUNICH, PLACES, acquisitions

CLEAR, CLOUDY = acquisitions(MUNICH)[1], acquisitions(MUNICH)[0]  # 0.8 % and 99 % of cloud


def table(acquisition, asset: str = "B04_10m") -> np.ndarray:
    return np.array(lengths.tile_parts(acquisition, asset), float).reshape(11, 11)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_files_are_as_long_as_those_of_esa(place):
    for acquisition in acquisitions(place):
        assert 45e6 < table(acquisition).sum() < 125e6
    clearest = min(acquisitions(place), key=lambda acquisition: acquisition.cloud_cover)
    assert 95e6 < table(clearest).sum() < 125e6


def test_tiles_at_the_edge_are_shorter_as_they_are_smaller():
    inner, edge = table(CLEAR)[5, 8:10].mean(), table(CLEAR)[5, 10]
    assert 0.5 * 740 / 1024 < edge / inner < 1.5 * 740 / 1024  # the last column of tiles is 740 pixels wide
    assert table(CLEAR)[10, 10] < table(CLEAR)[:10, :10].min()


def test_neighbours_dates_and_bands_resemble_each_other():
    whole = table(CLEAR)[:10, :10]
    assert 1.5 < whole.max() / whole.min() < 3
    assert max(np.abs(np.diff(np.log(whole), axis=axis)).max() for axis in (0, 1)) < 0.35
    days = [a for a in acquisitions(MUNICH) if a.cloud_cover < 5]
    for one, other in pairwise(days[:5]):
        assert np.abs(np.log(table(one)[:10, :10] / table(other)[:10, :10])).mean() < 0.1
    ratio = table(CLEAR, "B08_10m") / table(CLEAR)
    assert ratio.min() > 1.05 and ratio.max() < 1.25 and len(np.unique(ratio)) > 100


def test_clouds_make_tiles_shorter():
    ratio = table(CLOUDY).sum() / table(CLEAR).sum()
    assert 0.45 < ratio < 0.6
    half = table(next(a for a in acquisitions(MUNICH) if 40 < a.cloud_cover < 60)) / table(CLEAR)
    assert half.min() < 0.55 and half.max() > 0.9  # here cloud, there none


def test_lengths_are_the_same_on_every_machine():
    assert lengths.tile_parts(CLEAR, "B04_10m")[:3] == [803446, 880770, 873740]
    assert lengths.tile_parts(CLEAR, "B04_10m") == lengths.tile_parts(CLEAR, "B04_10m")


def test_holes_are_tried_out_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "b").mkdir()
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1 << 20)
    holes = lengths.allocated((tmp_path / "a").stat()) == 0
    assert lengths.holes_are_free(tmp_path) is holes and [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a"]
    monkeypatch.setattr(lengths, "allocated", lambda status: status.st_size)  # a disk without them
    assert lengths.holes_are_free(tmp_path / "b") is False


def test_blocks_count_or_the_length_where_the_system_tells_none():
    assert lengths.allocated(SimpleNamespace(st_size=6, st_blocks=3)) == 1536
    assert lengths.allocated(SimpleNamespace(st_size=6)) == 6
