"""Whose machine is meant by an address?"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

# A backslash or a user before the host is read by each library in its own way; blanks some of them drop.
_UNCLEAR = re.compile(r"[^!-~]|[@\\%]")


def is_loopback(address: str) -> bool:
    """Does this host, `host:port` or URL mean this very machine, so that what is said to it never leaves it?

    By name only `localhost` does; every other name could resolve to anything. Numbers as `ipaddress` knows them,
    also an IPv4 one mapped into IPv6. What is no address, or is read differently by different libraries, is not this
    machine: then nothing is sent in the open, and nobody is let in.
    """
    if _UNCLEAR.search(address):
        return False
    host = host_of(address)
    if host == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(number, "ipv4_mapped", None) or number).is_loopback


def host_of(address: str) -> str:
    """The host of a host, `host:port` or URL, without brackets; "" where there is none."""
    try:
        return urlsplit(address if "://" in address else f"//{_bracketed(address)}").hostname or ""
    except ValueError:
        return ""


def is_own_name(host: str) -> bool:
    """Is this the name that this machine has in its network, with or without `.local`?"""
    own = socket.gethostname().lower().removesuffix(".local")
    return host.lower().removesuffix(".local") == own


def _bracketed(address: str) -> str:
    """A bare IPv6 number, `::1`, with the brackets that an address with a port needs."""
    return f"[{address}]" if address.count(":") > 1 and "[" not in address else address
