"""Files of the simulated archive, one by one."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from cdse_offline.simulation import files, lengths, mosaics, radar, terrain
from cdse_offline.simulation.derived import Derived, list_degrees, list_months, list_quarters
from cdse_offline.simulation.files import DerivedFile, SimulatedFile
from cdse_offline.simulation.places import MUNICH, RED_RIVER, acquisitions

MUNICH_SCENE, RIVER_SCENE = acquisitions(MUNICH)[0], acquisitions(RED_RIVER)[0]


@pytest.mark.parametrize(("holes", "least", "most"), [(True, 80e6, 130e6), (False, 0, 3e6)])
def test_images_at_10_m_are_as_long_as_those_of_esa_where_that_costs_nothing(tmp_path, monkeypatch, holes, least, most):
    window = RIVER_SCENE.window(10).width
    monkeypatch.setattr(files, "_open_scene", lambda _: FakeScene(window))
    monkeypatch.setattr(lengths, "holes_are_free", lambda folder: holes)
    found = {}
    for kind in ("pixels", "truth"):
        files.make_file(SimulatedFile(RIVER_SCENE, kind, "B04_10m"), tmp_path / kind)
        found[kind] = (tmp_path / kind).stat().st_size
    assert least < found["pixels"] < most and found["truth"] < 3e6  # the truth is no product of ESA


class FakeScene:
    def __init__(self, side: int) -> None:
        self.pixels = self.truth = lambda asset: np.full((side, side), 1500, np.uint16)


def test_a_real_thumbnail_and_a_real_document_are_made(tmp_path: Path):
    files.make_file(SimulatedFile(MUNICH_SCENE, "metadata", "product_metadata"), tmp_path / "a.xml")
    assert MUNICH_SCENE.id in (tmp_path / "a.xml").read_text()
    files.make_file(SimulatedFile(MUNICH_SCENE, "thumbnail", "thumbnail"), tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    ("source", "writer"),
    [(list_quarters(RED_RIVER)[0], mosaics), (list_months(RED_RIVER)[0], radar), (list_degrees()[0], terrain)],
    ids=lambda value: getattr(value, "id", ""),
)
def test_whoever_writes_a_derived_image_is_asked_for_it(
    source: Derived, writer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(writer, "write", lambda *wanted: asked.append(wanted))
    files.make_file(DerivedFile(source, source.images[-1]), tmp_path / "x")
    assert asked[0][:2] == (tmp_path / "x", source) and source.images[-1] in (*asked[0], "data")


def test_userdata_of_a_mosaic_is_a_document(tmp_path: Path):
    month = list_months(RED_RIVER)[0]
    files.make_file(DerivedFile(month, files.USERDATA), tmp_path / "x")
    assert json.loads((tmp_path / "x").read_text("utf-8"))["name"] == month.id
