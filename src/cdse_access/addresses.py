"""Where a service is: its STAC catalogue and its S3 store."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cdse_access.messages import say
from cdse_access.problems import BadInput

LIVE_S3 = "eodata.dataspace.copernicus.eu"
NAMES = ("CDSE_STAC_URL", "CDSE_S3_ENDPOINT")
_OF_CDSE = re.compile(r"(^|\.)dataspace\.copernicus\.eu\.?(:\d+)?$")  # these hosts are never asked in the open
_AROUND = " \t\r\n\"'`"


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

    BadInput where one is missing or cannot be an address.
    """
    stac, s3 = (values.get(name, "").strip() for name in names)
    if not (stac or s3):
        return None
    if not (stac and s3):
        raise BadInput(say("address-half", stac=names[0], s3=names[1]))
    if not re.fullmatch(r"https?://[^\s@]+", stac):
        raise BadInput(say("address-stac", name=names[0], value=stac, example=LIVE.stac))
    host = bare_host(s3)
    if not _is_host(host):
        raise BadInput(say("address-s3", name=names[1], value=s3, example=LIVE_S3))
    scheme = urlsplit(s3 if "://" in s3 else stac).scheme
    encrypted = scheme == "https" or _OF_CDSE.search(host) is not None
    mended = () if s3 == host else (f"{names[1]}={host}",)
    return Addresses(stac, host, encrypted, mended)


def bare_host(address: str) -> str:
    """`host:port` of an address that may have a scheme, a path and quotation marks."""
    without_scheme = re.sub(r"^\w+://", "", address.strip(_AROUND))
    return without_scheme.split("/")[0].lower()


def _is_host(host: str) -> bool:
    if not re.fullmatch(r"([\w.-]+|\[[\da-f:.]+\])(:\d+)?", host):
        return False
    try:
        urlsplit(f"//{host}").port  # noqa: B018 - asking for the port checks its range
    except ValueError:
        return False
    return True
