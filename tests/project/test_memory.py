"""bench.memory: each way runs and tells its peak beside its result."""

import json

import pytest

from bench import data, memory


@pytest.mark.parametrize("way", memory.MADE_UP)
def test_a_peak_is_told_beside_the_result(way, capsys):
    memory.run_here(way, side=20)
    told = json.loads(capsys.readouterr().out)
    pixels = data.DATES * 20 * 20
    assert told["result"] == pytest.approx(5 * pixels, rel=0.02) and told["peak"] >= 0
