"""The timetable and the sun, against values worked by hand and against a real product's metadata."""

from dataclasses import astuple
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from cdse_offline.simulation import places
from cdse_offline.simulation.places import (
    GRID_SHAPE,
    JP2_TILE,
    MUNICH,
    PLACES,
    RED_RIVER,
    acquisitions,
    compute_sun_position,
    find_window,
)

FIRST = acquisitions(MUNICH)[1]  # 28 September 2023: the real product whose metadata are known
EVERY = [acquisition for place in PLACES for acquisition in acquisitions(place)]


@pytest.mark.parametrize(
    ("when", "latitude", "longitude", "elevation"),
    [
        # Solar noon of the solstices at Greenwich: 90° - latitude ± 23,44°.
        ("2023-06-21T12:01:50", 48, 0, 65.44),
        ("2023-12-22T11:58:20", 48, 0, 18.56),
        # The moment of the autumn equinox, on the meridian where it is noon: the sun stands over the equator.
        ("2023-09-23T06:50:00", 60, 75.65, 30.0),
    ],
)
def test_sun_at_noon(when, latitude, longitude, elevation):
    azimuth, height = compute_sun_position(datetime.fromisoformat(when).replace(tzinfo=UTC), latitude, longitude)
    assert azimuth == pytest.approx(180, abs=0.2)
    assert height == pytest.approx(elevation, abs=0.1)


def test_sun_rises_in_the_east_and_sets_in_the_west():
    morning, evening = (compute_sun_position(datetime(2023, 6, 21, hour, tzinfo=UTC), 48, 0) for hour in (6, 18))
    assert 60 < morning[0] < 90
    assert 270 < evening[0] < 300


def test_sun_of_the_real_product():
    """`view:sun_azimuth` and `view:sun_elevation` of 28 September hold for the tile's centre."""
    azimuth, elevation = compute_sun_position(FIRST.sensed, 48.2402, 11.0863)
    assert azimuth == pytest.approx(167.450831, abs=1)
    assert elevation == pytest.approx(39.042477, abs=1)


def test_the_window_s_sun_is_that_of_its_place():
    assert FIRST.sun == compute_sun_position(FIRST.sensed, MUNICH.latitude, MUNICH.longitude)


def test_first_product_has_the_real_id_orbits_and_cloud():
    assert FIRST.id == "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"
    assert (FIRST.absolute_orbit, FIRST.relative_orbit) == (34268, 65)
    assert FIRST.cloud_cover == 0.818577
    assert f"{FIRST.start:%Y-%m-%dT%H:%M:%S.%f}" == "2023-09-28T10:17:19.024000"


def test_relative_orbit_follows_from_the_absolute_one():
    for acquisition in EVERY:
        shift = {"2A": 2, "2B": -27}[acquisition.satellite]
        assert acquisition.relative_orbit == (acquisition.absolute_orbit + shift) % 143 + 1, acquisition.id


@pytest.mark.parametrize(("place", "count"), [(MUNICH, 62), (RED_RIVER, 73)])
def test_overpasses_are_complete(place, count):
    found = acquisitions(place)
    assert len(found) == len({a.id for a in found}) == count
    days = [a.start.date() for a in found]
    assert days == sorted(days, reverse=True)
    assert place.first_day <= days[-1] <= days[0] <= place.last_day


def test_one_orbit_is_flown_every_five_days_by_turns():
    passes = [a for a in acquisitions(MUNICH) if a.relative_orbit == 65]
    steps = {(newer.start.date() - older.start.date()).days for newer, older in pairwise(passes)}
    assert steps == {5}
    assert all(newer.satellite != older.satellite for newer, older in pairwise(passes))


def test_thirty_one_clear_scenes_the_newest_is_28_september():
    clear = [a for a in acquisitions(MUNICH) if a.cloud_cover < 20]
    assert len(clear) == 31
    assert clear[0] == FIRST


def test_clear_autumn_and_grey_winter_over_the_delta():
    def clear_share(*months: int) -> float:
        covers = [a.cloud_cover < 20 for a in acquisitions(RED_RIVER) if a.start.month in months]
        return sum(covers) / len(covers)

    assert clear_share(10, 11) > 2 * clear_share(1, 2, 3) > 0


def test_cloud_cover_is_a_percentage():
    assert all(0 < a.cloud_cover <= 100 for a in EVERY)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_windows_fit_the_grids_of_their_tiles(place):
    for tile in place.tiles:
        fine = astuple(find_window(place, tile, 10))
        assert [number % 6 for number in fine] == [0, 0, 0, 0]  # it fits the 20 m and 60 m grids
        for resolution, side in GRID_SHAPE.items():
            window = find_window(place, tile, resolution)
            assert astuple(window) == tuple(number * 10 // resolution for number in fine)
            assert 0 <= window.row <= side - window.height and 0 <= window.column <= side - window.width


@pytest.mark.parametrize("place", [MUNICH, RED_RIVER], ids=lambda place: place.name)
def test_one_codestream_tile_holds_the_windows_of_the_lessons(place):
    window, tile = find_window(place, place.tiles[0], 10), JP2_TILE[10]
    assert window.row // tile == (window.row + window.height - 1) // tile
    assert window.column // tile == (window.column + window.width - 1) // tile


def test_uniform_is_the_same_everywhere_and_differs_by_purpose():
    numbers = {FIRST.uniform(purpose) for purpose in ("cloud", "haze", "noise")}
    assert len(numbers) == 3
    assert all(0 <= number < 1 for number in numbers)
    # sha256 of "a", first 48 bits: ca978112ca1b.
    assert places._hash_to_unit("a") == 0xCA978112CA1B / 2**48


def test_processing_is_later_than_the_overpass():
    assert all(a.processed.date() > date(2024, 1, 1) > a.sensed.date() for a in EVERY)
