"""Whose machine is meant by an address?"""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(address: str) -> bool:
    """Does this host, `host:port` or URL mean this very machine, so that what is said to it never leaves it?

    By name only `localhost` does; every other name could resolve to anything. Numbers as `ipaddress` knows them,
    also an IPv4 one mapped into IPv6. What is no address is not this machine.
    """
    try:
        host = urlsplit(address if "://" in address else f"//{_bracketed(address)}").hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(number, "ipv4_mapped", None) or number).is_loopback


def _bracketed(address: str) -> str:
    """A bare IPv6 number, `::1`, with the brackets that an address with a port needs."""
    return f"[{address}]" if address.count(":") > 1 and "[" not in address else address
