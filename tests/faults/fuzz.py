"""Random runs, the same for the same seed: what a server, a file, a catalogue, a machine or a learner may do wrong."""

import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from bench.faults.page import RESULTS
from cdse_access.problems import Reason
from cdse_offline.practice import fault
from tests.faults import hostile
from tests.faults.cases import Case
from tests.faults.mutations import draw_mutations
from tests.faults.world import IMAGES, LANDING, PARTIAL, RED, SCL, SEARCH, SILENT, TRUTH

SEED = 20230928
REASONS = frozenset(map(str, Reason))
ALLOWED = REASONS | {TRUTH}
WHICH = ("first", "2", "3", "4", "first 2", "after 1", "after 2", "after 3", "every 2", "every 3", "all", "30%")
HEADER = 604  # bytes of an image before its first tile-part
Parameters = dict[str, dict[str, Any]]
Family = Callable[[Random], dict[str, Any]]  # what a case of it is made of
# Bits that flip inside a tile are left out: nobody can see them (case 50).
STORE: Parameters = {
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
CATALOG: Parameters = {
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
# Answers whose headers and bodies do not belong together.
CONTRADICTIONS: Parameters = {
    "mismatch": {"surplus": (-4096, -64, -1, 1, 64, 4096, 100_000), "chunked": (False, True)},
    "wrong-range": {"shift": (-1, 1, 14, 4096), "growth": (-1, 0, 1, 10**8)},
    "header": {
        "name": ("Content-Range", "Content-Encoding", "ETag", "Retry-After", "Content-Type", "Transfer-Encoding"),
        "value": ("", "9" * 5000, "bytes 0-9/" + "9" * 5000, "gzip", "identity", "-1", "text/html", "một", "bytes */*"),
        "twice": (False, True),
    },
    "packed": {},
    "new-etag": {},
    "drip": {"seconds": (0.1, 0.3)},
}


def _kinds(dice: Random, kinds: Parameters, paths: tuple[str, ...]) -> dict[str, Any]:
    """One fault of these; a hang is rare, since each costs a plain program a minute."""
    names = [name for name in kinds if name not in ("hang", "stall", "drip") or dice.random() < 0.4]
    name = dice.choice(names)
    chosen = {parameter: dice.choice(values) for parameter, values in kinds[name].items()}
    given = {parameter: value for parameter, value in chosen.items() if value is not None}
    return fault(name, dice.choice(paths), dice.choice(WHICH), dice.randrange(1000), **given)


def _transport(dice: Random) -> dict[str, Any]:
    return (
        _kinds(dice, STORE, (RED, SCL, IMAGES))
        if dice.random() < 0.8
        else _kinds(dice, CATALOG, (SEARCH, SEARCH, LANDING))
    )


def _contradiction(dice: Random) -> dict[str, Any]:
    paths = (RED, SCL, IMAGES) if dice.random() < 0.85 else (SEARCH, LANDING)
    return _kinds(dice, CONTRADICTIONS, paths)


# -- families ----------------------------------------------------------------


def draw_transport(dice: Random) -> dict[str, Any]:
    return {"faults": tuple(_transport(dice) for _ in range(dice.choice((1, 1, 1, 2, 2, 3))))}


def draw_contradiction(dice: Random) -> dict[str, Any]:
    """Alone, or with a connection that fails besides."""
    others = [_transport(dice)] if dice.random() < 0.25 else []
    return {"faults": (_contradiction(dice), *others)}


def draw_flip(dice: Random) -> dict[str, Any]:
    """One or two bits of an image's header; some are known to be seen by nobody."""
    bits = [(dice.randrange(HEADER), dice.randrange(8)) for _ in range(dice.choice((1, 1, 2)))]
    unseen = {SILENT} if list_unseen() & set(bits) else set()
    return {"faults": tuple(fault("corrupt", RED, at=at, bit=bit) for at, bit in bits), "expects": ALLOWED | unseen}


@cache
def list_unseen() -> set[tuple[int, int]]:
    """Byte and bit of the flips that were silent when every one was tried."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    return {(one["at"], one["bit"]) for one in results["flips"]["unseen"]}


def draw_season(dice: Random) -> dict[str, Any]:
    """Faults in the images of one date or two, of several."""
    faults = [draw_damage(dice, f"*_2023{dice.choice(DATES)}T*") for _ in range(dice.choice((1, 1, 2)))]
    return {"action": "season", "faults": tuple(faults), "expects": ALLOWED | {PARTIAL}}


def draw_damage(dice: Random, date: str) -> dict[str, Any]:
    kind, parameters = dice.choice(DAMAGES)
    return fault(kind, dice.choice((f"{date}{RED[1:]}", f"{date}{IMAGES[1:]}")), **parameters)


# What a file or a band of one date may have: that much is wrong with it for good.
DATES = ("0918", "0920", "0923", "0925", "0928")
DAMAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("truncate", {"size": 5000}),
    ("truncate", {}),
    ("truncate", {"size": 0}),
    ("status", {"status": 404}),
    ("corrupt", {"at": 4}),
    ("corrupt", {"at": 470}),
    ("corrupt", {"at": 500, "bit": 1}),
    ("zeroed", {"at": 460, "length": 30}),
    ("html", {}),
    ("packed", {}),
    ("mismatch", {"surplus": -64}),
    ("new-etag", {"which": "after 2"}),
)


def draw_items(dice: Random) -> dict[str, Any]:
    return {"faults": tuple(draw_mutations(dice))}


def draw_environment(dice: Random) -> dict[str, Any]:
    """One variable or two; nothing of it may reach the home of whoever runs this."""
    if dice.random() < 0.1:
        return {"action": "speak", "arguments": {"stream": dice.choice(hostile.STREAMS)}, "instead": {}}
    names = dice.sample(sorted(hostile.VARIABLES), dice.choice((1, 1, 2)))
    return {
        "action": "connect",
        "environ": {"HOME": "{folder}"} | {name: dice.choice(hostile.VARIABLES[name]) for name in names},
    }


def draw_arguments(dice: Random) -> dict[str, Any]:
    """One argument that is odd; of those that must be refused, nothing is right but a reason."""
    action, refused, taken = dice.choice((LOADS, LOADS, SEARCHES))
    table, expects = dice.choice(((refused, REASONS), (refused, REASONS), (taken, ALLOWED)))
    name = dice.choice(sorted(table))
    arguments = {name: dice.choice(table[name])}
    if name in INSTEAD_OF_BBOX:
        arguments["bbox"] = None
    return {"action": action, "arguments": arguments, "instead": {}, "expects": expects}


LOADS = ("load", hostile.NOT_LOADED, hostile.LOADED)
SEARCHES = ("search", hostile.NOT_FOUND, hostile.FOUND)
INSTEAD_OF_BBOX = ("geopolygon", "intersects", "geobox", "like")
# By name: how a case is drawn, how many are measured.
FAMILIES: dict[str, tuple[Family, int]] = {
    "Đường truyền và kho": (draw_transport, 200),
    "Câu trả lời tự mâu thuẫn": (draw_contradiction, 120),
    "Bit lật trong phần đầu tệp": (draw_flip, 60),
    "Mùa ảnh có ngày hỏng": (draw_season, 40),
    "Trường sai trong item, trang, catalog": (draw_items, 120),
    "Biến môi trường, màn hình": (draw_environment, 70),
    "Tham số của load, search": (draw_arguments, 70),
}


def draw(family: str, count: int, seed: int = SEED) -> list[Case]:
    """So many cases of a family, whose name is their title."""
    dice, build = Random(f"{seed} {family}"), FAMILIES[family][0]
    anything: dict[str, Any] = {"expects": ALLOWED, "action": "search_and_load"}
    return [Case(number, family, **(anything | build(dice))) for number in range(count)]


def draw_all(share: float = 1, seed: int = SEED) -> list[Case]:
    """What is measured, or this share of it: of every family, then what is late unless it is stopped."""
    random = [case for name, (_, count) in FAMILIES.items() for case in draw(name, round(count * share), seed)]
    return random + list_patient()[:: round(1 / share)]


def describe(case: Case) -> str:
    """What makes a run what it is; long texts are cut."""
    told = (case.title, case.action, *case.faults, case.environ, case.arguments)
    return ", ".join(str(one)[:300] for one in told if one)


# -- never late --------------------------------------------------------------

PATIENT = "Nhỏ giọt, treo, với thời gian chờ thật"


def list_patient() -> list[Case]:
    """Whatever drips or stands still, wherever: the course has its own waits, and a minute."""
    slow = (fault("drip", seconds=5), fault("drip", seconds=14), fault("slow", rate=1), fault("stall", after=10))
    faults = [one | {"path": path} for one in slow for path in (LANDING, SEARCH, "/eodata/*")]
    return [Case(number, PATIENT, ALLOWED, "connect", (one,), real_time=True) for number, one in enumerate(faults)]
