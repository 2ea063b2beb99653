"""Which requests a fault happens to."""

from pathlib import Path
from typing import Any

import pytest

from cdse_offline.practice.rules import KINDS, Rule, read_rule


def rule(**given: Any) -> Rule:
    return read_rule({"kind": "hang"} | given)


@pytest.mark.parametrize(
    ("which", "met"),
    [
        ("all", [1, 2, 3, 4, 5, 6, 7]),
        ("first", [1]),
        ("3", [3]),
        ("first 2", [1, 2]),
        ("after 5", [6, 7]),
        ("every 3", [3, 6]),
        ("100%", [1, 2, 3, 4, 5, 6, 7]),
        ("0%", []),
    ],
)
def test_which_requests_meet_a_fault(which: str, met: list[int]):
    one = rule(which=which)
    assert [n for n in range(1, 8) if one.hits("/x")] == met
    assert (one.describe()["seen"], one.describe()["met"]) == (7, len(met))


def test_a_share_of_requests_depends_on_the_seed_alone():
    first, again, other = (rule(which="2.5%", seed=seed) for seed in (7, 7, 8))
    runs = [[one.hits("/x") for _ in range(4000)] for one in (first, again, other)]
    assert runs[0] == runs[1] != runs[2]
    assert 60 < sum(runs[0]) < 140  # 100 are expected, 10 is the standard deviation


def test_a_rule_counts_the_requests_of_its_own_path():
    one = rule(path="*B04_10m.jp2", which="2")
    paths = ["/eodata/x_B04_10m.jp2", "/eodata/x_B08_10m.jp2", "/eodata/y_B04_10m.jp2", "/eodata/b04_10m.jp2"]
    assert [one.hits(path) for path in paths] == [False, False, True, False]


def test_every_kind_is_tested():
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [kind for kind in KINDS if f'on(service, "{kind}"' not in text] == []
