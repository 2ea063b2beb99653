"""Tables of coordinates are read as numbers, and whole numbers stay whole."""

import pytest

from cdse_offline.simulation.coordinates import read_path, read_paths, read_rows


def test_a_path_is_points_with_commas_between_them():
    assert read_path("1 2, -3 4.5") == [(1, 2), (-3, 4.5)]


def test_a_long_path_may_take_several_lines():
    assert read_path("\n 1 2, 3 4,\n 5 6\n") == [(1, 2), (3, 4), (5, 6)]


def test_each_line_is_a_path():
    assert read_paths("\n 1 2, 3 4\n 5 6, 7 8\n") == [[(1, 2), (3, 4)], [(5, 6), (7, 8)]]


def test_rows_stand_below_their_names():
    assert read_rows("\n row radius turn\n 1 2 0.5\n 3 4 -1\n") == [(1, 2, 0.5), (3, 4, -1)]


def test_whole_numbers_stay_whole():
    ((whole, fraction),) = read_path("2 2.0")
    assert (type(whole), type(fraction)) == (int, float)


@pytest.mark.parametrize("path", ["1 x", "1 2,", "1 2 3", ""])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match=r"invalid literal|values to unpack"):
        read_path(path)
