"""Files of the simulated archive, one by one."""

from pathlib import Path

import numpy as np
import pytest

from cdse_offline.simulation import files, lengths
from cdse_offline.simulation.files import SimulatedFile
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
