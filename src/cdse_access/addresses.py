"""Where a service is: its STAC catalogue and its S3 store."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cdse_access.messages import say
from cdse_access.problems import Message, refuse
from cdse_access.variables import strip_value

LIVE_S3 = "eodata.dataspace.copernicus.eu"
NAMES = ("CDSE_STAC_URL", "CDSE_S3_ENDPOINT")
_OF_CDSE = re.compile(r"(.+\.)?dataspace\.copernicus\.eu\.?(:\d+)?")


@dataclass(frozen=True)
class Addresses:
    """The catalogue's URL, the store as `host:port`, whether the store encrypts, and what was mended in the two."""

    stac: str
    s3: str
    https: bool
    mended: tuple[str, ...] = ()


LIVE = Addresses("https://stac.dataspace.copernicus.eu/v1/", LIVE_S3, https=True)


def read_addresses(values: Mapping[str, str], names: tuple[str, str] = NAMES) -> Addresses | None:
    """The addresses that stand under these two names, None where neither does.

    CDSE is never asked in the open. BadInput with all that is wrong: one is missing, or cannot be an address.
    """
    given = [values.get(name, "").strip() for name in names]
    stac, s3 = (strip_value(value) for value in given)
    if not (stac or s3):
        return None
    refuse(_find_faults(names, stac, s3))
    catalog, host = _encrypt(stac), bare_host(s3)
    scheme = urlsplit(s3 if "://" in s3 else stac).scheme
    read = zip(names, given, (catalog, host), strict=True)
    mended = tuple(f"{name}={now}" for name, was, now in read if was != now)
    return Addresses(catalog, host, scheme == "https" or is_of_cdse(host), mended)


def name_store(values: Mapping[str, str], names: tuple[str, str] = NAMES) -> str:
    """Whom these addresses name: the store, else the host of the catalogue, "" where nothing stands there."""
    stac, s3 = (strip_value(values.get(name, "")) for name in names)
    return bare_host(s3 or stac)


def is_of_cdse(host: str) -> bool:
    """Is this host, with or without a port, one of CDSE's?"""
    return _OF_CDSE.fullmatch(host.lower()) is not None


def is_same_store(one: str, other: str) -> bool:
    """Do two addresses name the same store, so that keys for one are meant for the other?"""
    hosts = [bare_host(address).removesuffix(".") for address in (one, other)]
    return hosts[0] == hosts[1] or all(map(is_of_cdse, hosts))


def bare_host(address: str) -> str:
    """`host:port` of an address that may have a scheme, a path and quotation marks."""
    without_scheme = re.sub(r"^\w+://", "", strip_value(address))
    return without_scheme.split("/")[0].lower()


def _find_faults(names: tuple[str, str], stac: str, s3: str) -> Iterator[Message]:
    if not (stac and s3):
        yield say("address-half", stac=names[0], s3=names[1])
    if stac and not _is_url(stac):
        yield say("address-stac", name=names[0], value=_hide_user(stac), example=LIVE.stac)
    if s3 and not _is_host(bare_host(s3)):
        yield say("address-s3", name=names[1], value=_hide_user(s3), example=LIVE_S3)


def _is_url(stac: str) -> bool:
    found = re.match(r"https?://([^/?#]*)", stac)
    return found is not None and _is_host(found[1])


def _encrypt(stac: str) -> str:
    host = urlsplit(stac).netloc
    return stac.replace("http://", "https://", 1) if is_of_cdse(host) else stac


def _hide_user(address: str) -> str:
    """The address without a name and password before the host."""
    return re.sub(r"[^/]*@", "…@", address)


def _is_host(host: str) -> bool:
    if not re.fullmatch(r"([\w.-]+|\[[\da-f:.]+\])(:\d+)?", host, re.ASCII | re.IGNORECASE):
        return False
    try:
        urlsplit(f"//{host}").port  # noqa: B018 - asking for the port checks its range
    except ValueError:
        return False
    return True
