"""Which requests a fault happens to."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial
from random import Random
from typing import Any

from starlette.types import ASGIApp

from cdse_offline.messages import say
from cdse_offline.practice import contradictions, faults, pages
from cdse_offline.practice.faults import WHICH, Fault
from cdse_offline.practice.parameters import BadRule, read_parameters

KINDS: dict[str, type[Fault]] = {
    "status": faults.Status,
    "delay": faults.Delay,
    "hang": faults.Hang,
    "stall": faults.Stall,
    "slow": faults.Slow,
    "reset": faults.Reset,
    "cut": faults.Cut,
    "no-length": faults.NoLength,
    "short": faults.Short,
    "ignore-range": faults.IgnoreRange,
    "html": faults.Html,
    "empty": faults.Empty,
    "truncated-json": pages.TruncatedJson,
    "not-features": pages.NotFeatures,
    "loop": pages.Loop,
    "repeat": pages.Repeat,
    "next-host": pages.NextHost,
    "drop-proj": pages.DropProj,
    "truncate": faults.Truncate,
    "corrupt": faults.Corrupt,
    "zeroed": faults.Zeroed,
    "replace": faults.Replace,
    "mutate": pages.Mutate,
    "mismatch": contradictions.Mismatch,
    "wrong-range": contradictions.WrongRange,
    "header": contradictions.Header,
    "packed": contradictions.Packed,
    "new-etag": contradictions.NewEtag,
    "drip": contradictions.Drip,
    "key-unknown": faults.KeyUnknown,
    "secret-wrong": faults.SecretWrong,
    "key-expires": faults.KeyExpires,
    "clock": faults.Clock,
}


class Rule:
    """One fault and the requests that it hits. Each rule counts the requests of its path by itself."""

    def __init__(self, kind: str, fault: Fault) -> None:
        self.kind = kind
        self.fault = fault
        self.seen = 0
        self.met = 0
        self._happens = _build_counter(fault.which, fault.seed)

    def hits(self, path: str) -> bool:
        """Does the fault happen to this request? It is counted."""
        if not fnmatchcase(path, self.fault.path):
            return False
        self.seen += 1
        happens = self._happens(self.seen)
        self.met += happens
        return happens

    def wrap(self, application: ASGIApp) -> ASGIApp:
        return partial(self.fault.answer, application)

    def describe(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.fault.model_dump(), "seen": self.seen, "met": self.met}


def read_rule(given: Any) -> Rule:
    """The rule of this JSON; BadRule says what of it cannot be."""
    kind = given.get("kind") if isinstance(given, dict) else given
    if not isinstance(given, dict) or not isinstance(kind, str) or kind not in KINDS:
        raise BadRule(say("unknown-kind", kind=kind, kinds=", ".join(KINDS)))
    parameters = {name: value for name, value in given.items() if name != "kind"}
    fault = read_parameters(KINDS[kind], parameters, say("owner-fault", kind=kind), Fault)
    return Rule(kind, fault)


def _build_counter(which: str, seed: int) -> Callable[[int], bool]:
    """Of the n-th request, counted from 1: does the fault happen?"""
    match = re.fullmatch(WHICH, which)
    asked = match.groupdict() if match else {}
    if asked["first"]:
        return lambda n: n <= int(asked["first"])
    if asked["after"]:
        return lambda n: n > int(asked["after"])
    if asked["every"]:
        return lambda n: n % int(asked["every"]) == 0
    if asked["percent"]:
        dice = Random(seed)
        return lambda _: dice.random() * 100 < float(asked["percent"])
    if asked["nth"]:
        only = 1 if asked["nth"] == "first" else int(asked["nth"])
        return lambda n: n == only
    return lambda _: True
