"""The legend of the truth: every class has a name and a colour of its own."""

import re

import pytest

from cdse_offline.simulation import classes
from cdse_offline.simulation.covers import COVERS

LEGENDS = {name: legend for name, legend in vars(classes).items() if name.endswith("_CLASSES")}


@pytest.mark.parametrize("legend", LEGENDS.values(), ids=LEGENDS)
def test_names_and_colours_tell_classes_apart(legend: dict[int, classes.Class]):
    titles = {one.title for one in legend.values()}
    colours = {one.colour for one in legend.values()}
    assert len(titles) == len(colours) == len(legend)
    assert all(re.fullmatch("[0-9A-F]{6}", colour) for colour in colours)


def test_every_land_class_is_drawn_somewhere():
    flooded, road, settled = 24, 12, 11  # painted over covers
    assert set(classes.LAND_CLASSES) == {cover.kind for cover in COVERS.values()} | {flooded, road, settled}
