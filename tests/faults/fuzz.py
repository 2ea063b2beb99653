"""Random combinations of faults, the same for the same seed: the store's and the catalogue's, at random requests."""

from random import Random
from typing import Any

from cdse_access.problems import Reason
from cdse_offline.practice import fault
from tests.faults.cases import Case
from tests.faults.world import IMAGES, LANDING, RED, SCL, SEARCH, TRUTH

SEED, COUNT = 20230928, 200
ALLOWED = frozenset({TRUTH, *map(str, Reason)})
WHICH = ("first", "2", "3", "4", "first 2", "after 1", "after 2", "after 3", "every 2", "every 3", "all", "30%")
# Bits that flip inside a tile are left out: nobody can see them (case 50).
STORE: dict[str, dict[str, Any]] = {
    "status": {"status": (429, 500, 502, 503, 503, 503, 504, 403, 404)},
    "reset": {},
    "cut": {"after": (0, 1000, None), "fin": (False, True)},
    "no-length": {},
    "short": {"after": (0, 100, None)},
    "ignore-range": {},
    "html": {},
    "empty": {},
    "hang": {},
    "stall": {"after": (0, None)},
    "truncate": {"size": (0, 2, 5000, 60_000, None)},
    "replace": {},
    "key-expires": {},
    "secret-wrong": {},
    "clock": {},
    "slow": {"rate": (2_000_000,)},
    "delay": {"seconds": (0.05,)},
}
CATALOG: dict[str, dict[str, Any]] = {
    "status": {"status": (429, 500, 502, 503, 504, 403)},
    "reset": {},
    "cut": {},
    "hang": {},
    "html": {},
    "empty": {},
    "truncated-json": {},
    "not-features": {},
    "drop-proj": {},
    "delay": {"seconds": (0.05,)},
}


def combinations(seed: int = SEED, count: int = COUNT) -> list[Case]:
    """`count` cases of one to three faults each; a hang is rare, since each costs a plain program a minute."""
    dice = Random(seed)
    return [
        Case(number, f"tổ hợp {number}", ALLOWED, "search_and_load", tuple(_faults(dice))) for number in range(count)
    ]


def _faults(dice: Random) -> list[dict]:
    return [_fault(dice) for _ in range(dice.choice((1, 1, 1, 2, 2, 3)))]


def _fault(dice: Random) -> dict:
    in_store = dice.random() < 0.8
    kinds, paths = (STORE, (RED, SCL, IMAGES)) if in_store else (CATALOG, (SEARCH, SEARCH, LANDING))
    names = [name for name in kinds if name not in ("hang", "stall") or dice.random() < 0.4]
    name = dice.choice(names)
    chosen = {parameter: dice.choice(values) for parameter, values in kinds[name].items()}
    given = {parameter: value for parameter, value in chosen.items() if value is not None}
    return fault(name, dice.choice(paths), dice.choice(WHICH), dice.randrange(1000), **given)
