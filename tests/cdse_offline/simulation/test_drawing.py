import numpy as np
import pytest
from numpy.random import PCG64, Generator

from cdse_offline.simulation import drawing
from cdse_offline.simulation.land import SIZE


def test_noise_is_standard():
    field = drawing.draw_noise(Generator(PCG64(1)), 100)
    assert field.shape == (SIZE, SIZE)
    assert field.mean() == pytest.approx(0, abs=1e-9)
    assert field.std() == pytest.approx(1)


def test_dot_in_the_middle_of_a_pixel_stays_there():
    canvas = drawing.Canvas()
    canvas.dots("gravel", np.array([[10.5, 20.5]]), 0.3)
    share = canvas.share("gravel")
    assert share[10, 20] == pytest.approx(0.3)
    assert share.sum() == pytest.approx(0.3)


def test_dot_on_a_corner_is_shared_by_four_pixels():
    canvas = drawing.Canvas()
    canvas.dots("gravel", np.array([[10.0, 20.0]]), 0.4)
    assert canvas.share("gravel")[9:11, 19:21] == pytest.approx(np.full((2, 2), 0.1))


def test_house_covers_its_own_area():
    canvas = drawing.Canvas()
    canvas.boxes("red roof", np.array([[50.0, 50.0]]), np.array([0.7]), (np.array([20.0]), np.array([10.0])))
    assert canvas.share("red roof").sum() == pytest.approx(2.0)  # 200 m² are two pixels


def test_line_covers_length_times_width():
    canvas = drawing.Canvas()
    canvas.line("asphalt", np.column_stack([np.full(400, 30.0), np.arange(400) / 4 + 20]), 6)
    assert canvas.share("asphalt").sum() == pytest.approx(100 * 0.6)


def test_curve_goes_through_its_points():
    path = drawing.draw_curve([(10, 10), (40, 30), (20, 80)], Generator(PCG64(1)))
    assert np.hypot(*(path - (40, 30)).T).min() < 0.2
    assert np.hypot(*np.diff(path, axis=0).T) == pytest.approx(0.25, abs=0.01)


def test_distance_and_side_of_a_straight_path():
    path = np.column_stack([np.full(4 * SIZE, 500.5), np.arange(4 * SIZE) / 4])  # eastward
    away, nearest = drawing.measure_distance(path)
    assert away[510, 300] == pytest.approx(10, abs=0.1)
    side = drawing.find_side(path, nearest)
    assert side[510, 300] == -side[490, 300] != 0


def test_blocks_and_parcels_fill_the_window():
    rng = Generator(PCG64(1))
    ground = drawing.cut_blocks(rng, 100)
    assert ground.edge.min() >= -1e-3
    assert 80 < len(np.unique(ground.number)) < 200
    same = np.ones(ground.count)
    strips = drawing.cut_parcels(rng, ground, 0 * same, 10 * same, 20 * same, disorder=0)
    size = np.bincount(strips.number.ravel())
    assert len(size) == strips.count
    assert np.median(size[size > 150]) == pytest.approx(200, abs=5)  # 10 by 20 pixels where no border cuts them
    assert strips.mean(np.full((SIZE, SIZE), 3.0)) == pytest.approx(3)
