import numpy as np
import pytest
from numpy.random import PCG64, Generator

from cdse_offline.simulation.streams import find_streams

SIDE = 160


@pytest.fixture(scope="module")
def streams():
    """On a trough that falls to the south, with ripples, and a hollow that water must leave."""
    row, column = np.indices((SIDE, SIDE))
    relief = 0.3 * np.abs(column - SIDE / 2) - 0.2 * row
    relief += 2 * np.sin(row / 6)
    relief -= 5 * np.exp(-((row - 60) ** 2 + (column - 80) ** 2) / 60)
    return find_streams(relief, Generator(PCG64(1)), least=8)


def test_the_main_stream_runs_down_the_trough_to_the_border(streams):
    main = max(streams, key=lambda stream: stream.catchment[-1])
    assert main.path[-1, 0] > SIDE - 8
    assert main.path[-1, 0] > main.path[0, 0] + SIDE / 2
    assert np.abs(main.path[:, 1] - SIDE / 2)[len(main.path) // 2 :].max() < 8


def test_catchments_grow_downstream_and_gather_nearly_all_the_land(streams):
    for stream in streams:
        assert np.all(np.diff(stream.catchment) >= 0)
        assert stream.catchment[0] >= 8
    assert max(stream.catchment[-1] for stream in streams) > 0.7 * SIDE**2 / 100


def test_a_side_stream_ends_in_another_or_at_the_border(streams):
    for stream in streams:
        end = stream.path[-1]
        others = [np.hypot(*(other.path - end).T).min() for other in streams if other is not stream]
        at_border = min(*end, *(SIDE - end)) < 8
        assert at_border or min(others) < 6


def test_where_two_meet_one_goes_on(streams):
    cells = [cell for stream in streams for cell in set(map(tuple, (stream.path // 4).astype(int)))]
    assert len(streams) > 3
    assert len(set(cells)) > 0.85 * len(cells)
