"""Which service: the real CDSE, a given one (a class's), or the offline CDSE, which is started as a child process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdse_access.addresses import LIVE, LIVE_S3, NAMES, Addresses, is_of_cdse, name_store, read_addresses
from cdse_access.env_file import PAIR
from cdse_access.hosts import is_loopback
from cdse_access.keys import (
    AWS_PAIR,
    Found,
    check_keys,
    find_keys,
    missing_keys,
    read_file_addresses,
    refuse_in_the_open,
)
from cdse_access.messages import say
from cdse_access.problems import BadInput, Message, Unavailable, gather, refuse
from cdse_access.secrets import Keys, Secret, seal

ARGUMENTS = ("access key", "secret key")
PATIENCE = 10  # seconds for a child to end by itself


@dataclass(frozen=True)
class Service:
    """A service, with the keys for it. kind: "live", "given" or "offline"."""

    kind: str
    addresses: Addresses
    found: Found
    version: str = field(default="", compare=False)  # of an offline CDSE: the same version makes the same pixels

    @property
    def name(self) -> str:
        return say(f"service-{self.kind}")

    @property
    def warning(self) -> str:
        """What a user must be told before anything is sent; "" where the way is encrypted, or does not leave here."""
        if self.addresses.https or is_loopback(self.addresses.s3):
            return ""
        return say("no-encryption", host=self.addresses.s3.rsplit(":", 1)[0])

    def __str__(self) -> str:
        """The lines that a user is told once it is connected."""
        source = self.found.source
        lines = [say("service-with-keys", service=self.name, source=source)]
        if self.kind == "offline":
            lines = [say("service-itself", service=self.name)]
        if mended := self.addresses.mended + self.found.mended:
            lines.append(say("mended", what="; ".join(mended)))
        lines += [say("note", note=note) for note in self.found.notes]
        return "\n".join(lines)


# -- which ---------------------------------------------------------------------


def choose_service(
    service: str | None = None,
    strategy: str | None = None,
    *,
    keys: Keys | None = None,
    stac: str | None = None,
    s3: str | None = None,
    variables: Mapping[str, Secret] | None = None,
    typed: Found | None = None,
) -> Service | None:
    """The service that `connect` would use with these arguments; None for the offline CDSE.

    variables: the user's environment. typed: keys that were typed and accepted before. Keys go with the addresses that
    they stand beside: arguments with arguments, the environment's with the environment's, those of `.env` with those of
    `.env`; keys that stand alone go to CDSE.
    BadInput with all that is wrong: a name, an address or a key is of no use, keys are missing, or would leave this
    machine without encryption.
    """
    _check_arguments(service, strategy, keys=keys, stac=stac, s3=s3)
    if service == "offline":
        return None
    variables = seal(os.environ) if variables is None else variables
    by_argument = stac is not None or s3 is not None
    faults: list[Message] = []
    addresses: Addresses | None = None
    found: Found | None = None
    with gather(faults):
        addresses = LIVE if service else _given_addresses(stac, s3, variables)
    store = LIVE_S3 if service else addresses.s3 if addresses else None
    with gather(faults):
        if keys is not None:
            found = _given_keys(keys)
        elif not by_argument or (store and is_of_cdse(store)):
            found = find_keys(variables, strategy, ask=service == "live", store=store, typed=typed)
    with gather(faults):
        if keys is not None and not (service or by_argument):
            _refuse_two_services(variables)
    with gather(faults):
        if found and keys is None and addresses is None:
            addresses = read_addresses(found.addresses)
    with gather(faults):
        if found and addresses:
            refuse_in_the_open(addresses.s3, found.keys, https=addresses.https)
    refuse(faults)
    if found:
        addresses = addresses or LIVE
        return Service("live" if addresses == LIVE else "given", addresses, found)
    if store and by_argument and not is_of_cdse(store):
        raise BadInput(say("keys-beside-arguments", store=store))
    if store or strategy:
        raise missing_keys(variables, store)
    return None


def _check_arguments(service: str | None, strategy: str | None, **given: Any) -> None:
    if service not in (None, "live", "offline"):
        raise BadInput(say("service-unknown", service=service))
    names = [name for name, value in given.items() if value is not None]
    refuse(_find_contradictions(service, strategy, names))


def _find_contradictions(service: str | None, strategy: str | None, names: list[str]) -> Iterator[Message]:
    if service == "offline" and strategy:
        yield say("offline-strategy", strategy=strategy)
    if service == "offline" and names:
        yield say("offline-arguments", names=", ".join(names))
    if service == "live" and {"stac", "s3"} & set(names):
        yield say("live-addresses")
    if strategy and "keys" in names:
        yield say("keys-and-strategy", strategy=strategy)


def _refuse_two_services(variables: Mapping[str, Secret]) -> None:
    """BadInput where keys come without an address while that of another service stands somewhere: whose are they?"""
    held = {name: variables[name].reveal() for name in NAMES if name in variables}
    store = name_store(held) or name_store(read_file_addresses())
    if store and not is_of_cdse(store):
        raise BadInput(say("keys-for-whom", store=store))


def _given_addresses(stac: str | None, s3: str | None, variables: Mapping[str, Secret]) -> Addresses | None:
    """The addresses of the arguments, else those of the environment."""
    if stac is None and s3 is None:
        return read_addresses({name: variables[name].reveal() for name in NAMES if name in variables})
    return read_addresses({"stac": stac or "", "s3": s3 or ""}, ("stac", "s3"))


def seal_keys(keys: Sequence[str] | Keys | None) -> Keys | None:
    """Keys as an argument gives them, sealed before anything can fail. BadInput where they are no pair of texts."""
    if keys is None or isinstance(keys, Keys):
        return keys
    if isinstance(keys, str) or [type(key) for key in keys] != [str, str]:
        raise BadInput(say("keys-form"))
    return Keys.from_texts(*keys)


def _given_keys(keys: Keys | None) -> Found | None:
    if keys is None:
        return None
    held = {ARGUMENTS[0]: keys.access, ARGUMENTS[1]: keys.secret}
    found = check_keys(held, ARGUMENTS, say("source-arguments"))
    if found is None:
        raise BadInput(say("keys-form"))
    return found


# -- the offline CDSE ------------------------------------------------------------


class OfflineCdse:
    """An offline CDSE in a child process, and what it announced: addresses, the keys of this run, its version."""

    def __init__(self, process: "subprocess.Popen[str]", announced: Secret) -> None:
        offer = json.loads(announced.reveal())
        self.stac: str = offer["stac"]
        self.s3: str = offer["s3"]
        self.keys = Keys.from_texts(offer["access_key"], offer["secret_key"])
        self.version: str = offer.get("version", "")
        self.process = process

    @property
    def service(self) -> Service:
        """What a session needs to know of it."""
        found = Found(self.keys, say("source-own"))
        return Service("offline", Addresses(self.stac, self.s3, https=False), found, self.version)

    def is_alive(self) -> bool:
        """Has its process not ended?"""
        return self.process.poll() is None

    def stop(self) -> int:
        """End it, at the latest after some seconds; the code it ended with."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()  # it ends when its standard input does
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def start_offline(
    *, data: Path | None = None, host: str = "127.0.0.1", environment: Mapping[str, str] | None = None
) -> OfflineCdse:
    """Start an offline CDSE on a free port; it ends with this process, if nobody stops it. See `running`."""
    command = [sys.executable, "-m", "cdse_offline", "--port", "0", "--host", host, "--until-stdin-closes"]
    if data is not None:
        command += ["--data", str(data)]
    variables = {name: value for name, value in os.environ.items() if name not in (*PAIR, *AWS_PAIR)}
    variables |= environment or {}
    # A session of its own: Ctrl+C or a kernel's interrupt is for the caller, and does not stop the service.
    process = subprocess.Popen(
        command, env=variables, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = Secret(process.stdout.readline())
    if not line:
        raise Unavailable(say("offline-not-started", code=process.wait()))
    return OfflineCdse(process, line)


@contextmanager
def running(
    *, data: Path | None = None, host: str = "127.0.0.1", environment: Mapping[str, str] | None = None
) -> Iterator[OfflineCdse]:
    """An offline CDSE for a block: `with running() as cdse: connect(stac=cdse.stac, s3=cdse.s3, keys=cdse.keys)`.

    data: a pack to serve instead of simulated scenes. environment: variables besides this process's, such as
    `CDSE_OFFLINE_CACHE`, or `CDSE_OFFLINE_PRACTICE` for faults from the start; its practice is open.
    Unavailable where it does not start.
    """
    offline = start_offline(data=data, host=host, environment=environment)
    try:
        yield offline
    finally:
        offline.stop()
