"""What is made of the scenes: which quarters, months and degrees there are, and where their pixels lie."""

from datetime import date

import numpy as np
import pytest
from pyproj import Transformer

from cdse_offline.simulation.derived import MOSAIC_SIDE, Month, Quarter, list_degrees, list_months, list_quarters
from cdse_offline.simulation.places import COAST, MEKONG, MUNICH, PLACES, RED_RIVER, Place, Window

RIVER_TILE = RED_RIVER.tiles[0]


def test_quarters_and_months_lie_wholly_within_a_places_days():
    assert [quarter.id for quarter in list_quarters(MUNICH)] == ["Sentinel-2_mosaic_2023_Q3_32UPU_0_0"]
    assert [month.month for month in list_months(MUNICH)] == [5, 6, 7, 8, 9]
    assert [(quarter.number, quarter.tile.name) for quarter in list_quarters(MEKONG)][:3] == [
        (1, "48PWR"), (1, "48PXR"), (2, "48PWR"),
    ]  # fmt: skip
    assert len(list_months(RED_RIVER)) == 12


def test_days_of_a_quarter_and_of_a_month():
    assert Quarter(RED_RIVER, RIVER_TILE, 2023, 1).days == (date(2023, 1, 1), date(2023, 3, 31))
    assert Quarter(RED_RIVER, RIVER_TILE, 2023, 4).days == (date(2023, 10, 1), date(2023, 12, 31))
    assert Month(RED_RIVER, RIVER_TILE, 2024, 2).days == (date(2024, 2, 1), date(2024, 2, 29))


def test_a_quarters_scenes_are_all_of_its_tile_and_days():
    west, east = (Quarter(MEKONG, tile, 2023, 2).list_acquisitions() for tile in MEKONG.tiles)
    assert len(west) == len(east) == 18 and {a.tile.name for a in west} == {"48PWR"}
    assert [a.start for a in west] == [a.start for a in east]
    assert {a.start.month for a in east} == {4, 5, 6}
    assert Quarter(COAST, COAST.tiles[0], 2023, 1).list_acquisitions()[0].start.date() == date(2023, 3, 31)
    assert Quarter(COAST, COAST.tiles[0], 2023, 3).list_acquisitions()[-1].start.date() == date(2023, 7, 1)


def test_a_window_ends_with_the_tile_of_the_mosaic():
    assert Quarter(RED_RIVER, RIVER_TILE, 2023, 1).window == Window(9216, 9216, 792, 792)
    assert Month(RED_RIVER, RIVER_TILE, 2023, 1).window == Window(4608, 4608, 396, 396)
    assert Quarter(MEKONG, MEKONG.tiles[1], 2023, 1).window == Window(3900, 0, 1020, 1200)
    side = MOSAIC_SIDE // 10
    for quarter in (quarter for place in PLACES for quarter in list_quarters(place)):
        w = quarter.window
        assert 0 <= w.row < w.row + w.height <= side and 0 <= w.column < w.column + w.width <= side


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_degrees_are_those_that_the_place_lies_in(place: Place):
    west, south, east, north = place.box
    x, y = np.meshgrid(np.linspace(west, east, 50), np.linspace(south, north, 50))
    longitude, latitude = Transformer.from_crs(place.epsg, 4326, always_xy=True).transform(x.ravel(), y.ravel())
    wanted = {(int(south), int(west)) for south, west in zip(latitude, longitude, strict=True)}
    assert {(d.latitude, d.longitude) for d in list_degrees() if place in d.list_places()} == wanted


def test_files_of_one_batch_come_from_the_same_scenes():
    west, east = (Quarter(MEKONG, tile, 2023, 2) for tile in MEKONG.tiles)
    assert west.batch == east.batch != Quarter(MEKONG, MEKONG.tiles[0], 2023, 3).batch
    assert west.id != east.id
