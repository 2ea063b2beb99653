"""Which items go into one layer in time: before they do, and without a word."""

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, NamedTuple

from odc.geo.geobox import GeoBox
from odc.stac import ParsedItem
from pystac import Item

from cdse_access.messages import say
from cdse_access.problems import BadInput
from cdse_access.telling import tell

WAYS = ("time", "solar_day", "id")
NAMED = 3  # items that a message names


class Member(NamedTuple):
    """An item with what its layer may be chosen by."""

    item: Item
    parsed: ParsedItem
    number: int
    day: date  # by the sun of the area

    @property
    def satellite(self) -> str:
        return str(self.item.properties.get("platform"))


def check_layers(items: Sequence[Item], parsed: Sequence[ParsedItem], geobox: GeoBox, groupby: Any) -> int:
    """How many layers odc-stac makes of these items; a line is printed where one joins satellites or days.

    Errors: BadInput where `groupby` puts items into no order, or is no property of theirs.
    """
    longitude = geobox.geographic_extent.centroid.points[0][0]
    members = []
    for number, (item, one) in enumerate(zip(items, parsed, strict=True)):
        day = one.solar_date_at(longitude).date()
        members.append(Member(item, one, number, day))
    layers = _join(members, groupby)
    _tell_joined(layers)
    return len(layers)


def _join(members: Sequence[Member], groupby: Any) -> list[list[Member]]:
    """The members of each layer, layers in their order."""
    found: dict[Any, list[Member]] = {}
    try:
        for member in members:
            key = _find_key(member, groupby)
            found.setdefault(key, []).append(member)
        keys = sorted(found.keys() - {None})
    except TypeError as error:
        raise BadInput(say("groupby-mixed", groupby=groupby, error=error)) from error
    if None in found:
        lacking = [member.item for member in found[None]]
        raise BadInput(_explain_unknown(groupby, [member.item for member in members], lacking))
    return [found[key] for key in keys]


def _find_key(member: Member, groupby: Any) -> Any:
    if groupby == "solar_day":
        return member.day
    if groupby == "time":
        return member.parsed.nominal_datetime
    if groupby == "id":
        return member.number
    if isinstance(groupby, str):
        return member.item.properties.get(groupby)
    return guard(groupby)(member.item, member.parsed, member.number)


def guard(groupby: Any) -> Any:
    """The same way, or function; what the learner's own function raises, the first time or later, is told as that."""
    if not callable(groupby):
        return groupby

    def find_key(item: Item, parsed: ParsedItem, number: int) -> Any:
        try:
            return groupby(item, parsed, number)
        except Exception as error:
            raise BadInput(say("groupby-raises", item=item.id, error=repr(error))) from error

    return find_key


def find_unknown_property(items: Sequence[Item], groupby: Any) -> list[str]:
    """A `groupby` that is no property of these items, before they are known to be readable."""
    if not isinstance(groupby, str) or groupby in WAYS:
        return []
    lacking = [item for item in items if item.properties.get(groupby) is None]
    return [_explain_unknown(groupby, items, lacking)] if lacking else []


def _explain_unknown(groupby: Any, items: Sequence[Item], lacking: Sequence[Item]) -> str:
    known = set(items[0].properties)
    for item in items:
        known &= set(item.properties)
    alike = get_close_matches(str(groupby), [*WAYS, *known], 1, 0.4)
    names = [item.id for item in lacking[:NAMED]]
    offered = " hay ".join(alike or WAYS)
    return say(
        "groupby-unknown",
        groupby=groupby,
        items=", ".join(names),
        alike=offered,
    )


def _tell_joined(layers: Sequence[Sequence[Member]]) -> None:
    """odc-stac takes each pixel from the first item that has it: whoever compares dates should know of it."""
    told = []
    for members in layers:
        days = {str(member.day) for member in members}
        satellites = {member.satellite for member in members}
        if len(days) > 1:
            told.append(", ".join(sorted(days)))
        elif len(satellites) > 1:
            told.append(", ".join(sorted(days) + sorted(satellites)))
    if told:
        tell(say("layers-joined", layers="; ".join(told)))
