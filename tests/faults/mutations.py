"""What a hostile or careless catalogue may write: values of every type in every place of its answers.

A value is JSON text, or what looks like JSON; `{value}` in it is what stood there.
"""

import json
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from cdse_offline.practice import fault
from cdse_offline.product.items import build_sentinel_item
from cdse_offline.simulation.places import PLACES, acquisitions
from tests.faults.world import BANDS, LANDING, SEARCH

VALUES = (
    *("null", "", "true", "0", "-1", "1.5", "1e308", "1e999", "NaN", "9" * 5000),
    *('""', '" "', '"a"', '"0"', '"\\ud800"', '"' + "a" * 10_000 + '"', '"2023-13-45"', '"../../etc/passwd"'),
    *("[]", "[null]", "[[]]", "{{}}", '{{"a": null}}', "[" * 3000 + "]" * 3000),
    *("[{value}]", '{{"a": {value}}}', "[{value}, {value}]", "{text}"),
)
COLLECTIONS = "/stac/v1/collections"
PAGE = ("type", "features", "features/0", "features/*", "links", "links/*", "links/*/rel", "links/*/href")
OF_LANDING = ("type", "id", "links", "links/*", "links/*/rel", "links/*/href", "conformsTo", "conformsTo/*")
OF_COLLECTIONS = ("collections", "collections/*", "collections/*/id", "collections/*/links", "links")
DEEPEST = 5  # names below an item


@cache
def example() -> dict[str, Any]:
    """An item as the service describes it, with the assets that are read."""
    (scene,) = [one for place in PLACES for one in acquisitions(place) if "_20230928T" in one.id]
    item = build_sentinel_item(scene, "http://127.0.0.1/")
    return item | {"assets": {band: item["assets"][band] for band in BANDS}}


def list_places(value: Any, depth: int = DEEPEST) -> Iterator[tuple[str, ...]]:
    """Every place below a value, down to some depth; of a list, its first entry."""
    entries = (
        value.items() if isinstance(value, dict) else [("0", value[0])] if isinstance(value, list) and value else []
    )
    for name, entry in entries:
        yield (name,)
        if depth > 1:
            yield from ((name, *rest) for rest in list_places(entry, depth - 1))


def draw_mutations(dice: Random) -> list[dict[str, Any]]:
    """One or two places with another value, in a page of items or, seldom, in another answer."""
    if dice.random() < 0.15:
        path, places = dice.choice(((LANDING, OF_LANDING), (COLLECTIONS, OF_COLLECTIONS), (SEARCH, PAGE)))
        return [fault("mutate", path, place=dice.choice(places), text=write_value(dice.choice(VALUES), "a"))]
    return [_mutate_item(dice) for _ in range(dice.choice((1, 1, 2)))]


def _mutate_item(dice: Random) -> dict[str, Any]:
    """Places high up are drawn as often as the many below them."""
    depth = dice.randint(1, DEEPEST)
    steps = dice.choice([place for place in list_places(example()) if len(place) <= depth])
    value: Any = example()
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    text = write_value(dice.choice(VALUES), value)
    return fault("mutate", place="/".join(("features", "*", *steps)), text=text)


def write_value(form: str, value: Any) -> str:
    """The text of a value; of one that is long, what stood there is not repeated."""
    written = json.dumps(value)
    if len(written) > 5000:
        written = '"long"'
    return form.format(value=written, text=json.dumps(str(value)[:1000]))
