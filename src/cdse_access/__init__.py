"""A client of the Copernicus Data Space Ecosystem: `from cdse_access import connect, load`."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdse_access.loading import fetch, load
    from cdse_access.problems import Problem
    from cdse_access.session import connect, logout, status

# A stopgap: pystac_client imports pystac.validation, which imports jsonschema, which builds a grammar of
# rfc3987_syntax at each start, half of the time that a lesson's imports take. Without the package jsonschema does not
# check the formats "iri" and "iri-reference" in this process, which nobody here validates. To be taken away once
# pystac imports its validation where it validates. It stands here because every module of the client and of the
# offline service imports this one before pystac.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

__all__ = ["Problem", "connect", "fetch", "load", "logout", "status"]

# Loaded when first asked for: the offline service uses some small modules of this package, and starts in half a second.
_HOMES = {
    "Problem": "problems",
    "connect": "session",
    "fetch": "loading",
    "load": "loading",
    "logout": "session",
    "status": "session",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
