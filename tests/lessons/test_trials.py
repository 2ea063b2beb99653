"""lessons.trials: what each way of reading is told to say, without a service."""

import os
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from pystac import Item

from cdse_access.messages import say
from cdse_access.problems import Unavailable
from lessons import trials

GRID = GeoBox.from_bbox((600_000, 2_300_000, 600_030, 2_300_020), "EPSG:32648", resolution=10)
TRUTH = wrap_xr(np.array([[1200, 1300, 1400], [0, 1600, 1700]], "uint16"), GRID).rename("B04_10m")
ITEMS = [Item("S2_A", None, None, None, {"start_datetime": "2023-09-20", "end_datetime": "2023-09-20"})]
CATALOG = SimpleNamespace(
    session=SimpleNamespace(environment=lambda: {"GDAL_NUM_THREADS": "1", "AWS_S3_ENDPOINT": "here", **os.environ})
)


def replace_child(monkeypatch, *, pixels=None, error=""):
    """What the child does: it writes these pixels, or fails with this error; its environment is kept."""
    seen = {}

    def run(command, *, env, **_):
        seen.update(env)
        if pixels is not None:
            np.save(command[-1], pixels)
        return subprocess.CompletedProcess(command, int(pixels is None), "", error)

    monkeypatch.setattr(trials.subprocess, "run", run)
    return seen


def replace_load(monkeypatch, pixels):
    def load(items, bands, *, like, progress):
        if isinstance(pixels, Exception):
            raise pixels
        return xr.Dataset({bands[0]: like.copy(data=pixels).expand_dims("time")})

    monkeypatch.setattr(trials, "load", load)


def test_pixels_lie_on_the_grid_of_the_truth_and_are_counted(monkeypatch, capsys):
    replace_child(monkeypatch, pixels=np.array([[0, 0, 0], [0, 5, 6]], "uint16"))
    pixels = trials.try_plainly(CATALOG, ITEMS, TRUTH)
    assert pixels.odc.geobox == GRID and int(pixels.sum()) == 11
    assert "33%" in capsys.readouterr().out


def test_gdal_is_not_told_what_connect_tells_it(monkeypatch):
    seen = replace_child(monkeypatch, pixels=TRUTH.values)
    trials.try_plainly(CATALOG, ITEMS, TRUTH)
    assert "GDAL_NUM_THREADS" not in seen and seen["AWS_S3_ENDPOINT"] == "here"


def test_a_program_that_fails_tells_its_last_line(monkeypatch, capsys):
    replace_child(monkeypatch, error="Traceback\nRasterioIOError: Read failed")
    assert trials.try_plainly(CATALOG, ITEMS, TRUTH) is None
    assert capsys.readouterr().out == "odc-stac: RasterioIOError: Read failed\n"


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (TRUTH.values, "đúng từng pixel"),
        (TRUTH.values + np.uint16(1), "SAI"),
        (Unavailable(say("connecting-already")), "dừng lại, lý do"),
    ],
)
def test_load_is_compared_pixel_by_pixel(monkeypatch, capsys, pixels, told):
    replace_load(monkeypatch, pixels)
    trials.try_carefully(ITEMS, TRUTH)
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("before", [None, "mine"])
def test_the_cache_is_another_one_only_for_the_trial(monkeypatch, before):
    monkeypatch.delenv("CDSE_CACHE", raising=False)
    if before:
        monkeypatch.setenv("CDSE_CACHE", before)
    seen = []
    monkeypatch.setattr(trials, "load", lambda *_, **__: seen.append(os.environ["CDSE_CACHE"]) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        trials.try_carefully(ITEMS, TRUTH)
    assert seen != [before] and os.environ.get("CDSE_CACHE") == before
