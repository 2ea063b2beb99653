"""Monthly radar mosaics: what is dark, what is bright, and when."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.random import PCG64, Generator

from cdse_offline.simulation import radar
from cdse_offline.simulation.covers import CODE, SPECTRA
from cdse_offline.simulation.derived import list_months
from cdse_offline.simulation.land import OVERLAYS, Land
from cdse_offline.simulation.places import HIGHLANDS, RED_RIVER, Place

COVERS = ("rice", "lake", "orchard", "meadow")


def draw_land(covers: tuple[str, ...] = COVERS) -> Land:
    """A field of each cover side by side, 20 pixels wide."""
    shape = (20, 20 * len(covers))
    count = len(covers)
    return Land(
        unit=np.repeat(np.arange(count, dtype=np.uint16), 20)[None].repeat(20, axis=0),
        dense=np.full(shape, 0.5),
        grain=np.ones(shape),
        height=np.zeros(shape),
        relief=np.zeros(shape),
        slope=np.zeros((2, *shape)),
        kind=np.zeros(shape, np.uint8),
        thin=np.zeros(0, np.int32),
        share=np.zeros((len(OVERLAYS), 0)),
        cover=np.array([CODE[name] for name in covers], np.uint8),
        shift=np.zeros(count),
        tone=np.ones(count),
        luck=np.full((count, 3), 0.5),
        changes=np.zeros((0, 3), np.int32),
        plot=np.arange(count, dtype=np.uint16),
    )


def measure(land: Land, day: float) -> np.ndarray:
    """dB of each field, (polarisation, field), on an average day."""
    seen = np.mean([radar.draw_pass(land, day, Generator(PCG64(seed))) for seed in range(12)], axis=0)
    return 10 * np.log10(seen.reshape(2, 10, -1, 10).mean(axis=(1, 3)))


def test_every_surface_has_its_backscatter():
    assert radar.BACKSCATTER.keys() == SPECTRA.keys()
    assert all(vv > vh + 4 for vv, vh in radar.BACKSCATTER.values())


def test_a_paddy_is_dark_under_water_and_brightest_half_way_up():
    flooded, tillering, heading = (measure(draw_land(), day)[:, 0] for day in (45, 80, 115))
    assert flooded[0] < -13.5 and flooded[1] < -21
    assert tillering[0] > heading[0] + 2 > flooded[0] + 6
    assert heading[1] > flooded[1] + 6


def test_water_is_dark_and_trees_are_steady():
    days = [measure(draw_land(), day) for day in (15, 100, 200, 320)]
    vv, vh = np.moveaxis(days, 1, 0)
    assert vv[:, 1].max() < -17 and vh[:, 1].max() < -24
    assert np.ptp(vv[:, 2]) < 0.6 and np.ptp(vh[:, 2]) < 0.8
    assert np.all(vv > vh + 4)


def test_roofs_are_bright():
    land = draw_land(("garden", "garden"))
    share = np.zeros((len(OVERLAYS), 200))
    share[OVERLAYS.index("red roof")] = 0.4
    built = replace(land, thin=np.arange(200, dtype=np.int32), share=share)
    bare = measure(land, 100)[0, 0]
    seen = radar.draw_pass(built, 100, Generator(PCG64(1)))[0].reshape(10, 20)
    assert 10 * np.log10(seen[0].mean()) > bare + 3


def test_slopes_leave_a_trace_only():
    flat = draw_land()
    steep = replace(flat, slope=np.full(flat.slope.shape, 0.3))
    ratio = radar.draw_pass(steep, 9, Generator(PCG64(1))) / radar.draw_pass(flat, 9, Generator(PCG64(1)))
    assert ratio == pytest.approx(0.85)


def test_wind_roughens_the_water_and_rain_wets_the_ground():
    days = [10 * np.log10(radar._choose_weather(Generator(PCG64(seed)))) for seed in range(30)]
    names = list(SPECTRA)
    water, soil, leaf = (np.array(days)[:, names.index(name), 0] for name in ("water", "soil", "broadleaf"))
    assert np.std(water) > 1 and 1 < np.ptp(soil) <= 2 and np.ptp(leaf) < 1e-9


def test_speckle_keeps_the_mean_and_is_of_so_many_looks():
    speckle = radar._draw_speckle(Generator(PCG64(4)), (2, 300, 300))
    assert speckle.mean() == pytest.approx(1, abs=0.002) and speckle.min() > 0
    assert 1 / speckle.var() == pytest.approx(22, rel=0.03)


def test_a_month_is_the_mean_of_its_passes_with_speckle_and_the_same_each_time(monkeypatch: pytest.MonkeyPatch):
    days = []

    def find_land(land: Land, place: Place, day: date) -> Land:
        days.append(day)
        return land

    monkeypatch.setattr(radar, "open_land", lambda _: draw_land())
    monkeypatch.setattr(radar, "find_land", find_land)
    first, again, other = (radar._draw_month.__wrapped__(RED_RIVER, 2023, month) for month in (2, 2, 3))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert {day.month for day in days[: len(days) // 3]} == {2}
    assert first.shape == (2, 10, 40) and first.min() > 0


def test_files_have_the_months_pixels_in_the_tiles_window(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    drawn = np.full((2, 510, 510), 0.25)
    drawn[1] = 0.03125
    monkeypatch.setattr(radar, "_draw_month", lambda *_: drawn)
    for month in list_months(HIGHLANDS)[:2]:
        radar.write(tmp_path / month.id, month, "VH")
        window = month.window
        with rasterio.open(tmp_path / month.id) as image:
            assert image.shape == (5004, 5004) and image.dtypes == ("float32",) and image.nodata == -32768
            assert image.transform[:6] == (20, 0, month.tile.west, 0, -20, month.tile.north)
            rows, columns = (window.row, window.row + window.height), (window.column, window.column + window.width)
            pixels = image.read(1, window=(rows, columns), masked=True)
        assert np.all(pixels.compressed() == 0.03125)
        assert pixels.count() == pytest.approx(510 * 510, rel=0.003)  # a place that is turned keeps its size
