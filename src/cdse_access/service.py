"""Which service: the real CDSE, a given one (a class's), or the offline CDSE, which is started as a child process."""

import json
import os
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from cdse_access import children
from cdse_access.addresses import LIVE, LIVE_S3, NAMES, Addresses, is_of_cdse, name_store, read_addresses
from cdse_access.env_file import PAIR
from cdse_access.files import explain_refusal
from cdse_access.hosts import is_loopback
from cdse_access.keys import (
    AWS_PAIR,
    Found,
    check_keys,
    find_keys,
    list_strategies,
    missing_keys,
    read_file_addresses,
    refuse_in_the_open,
)
from cdse_access.messages import say
from cdse_access.problems import BadInput, Message, Reason, Unavailable, gather, refuse
from cdse_access.secrets import Keys, Secret, seal
from cdse_access.variables import strip_value

ARGUMENTS = ("access key", "secret key")
PATIENCE = 10  # seconds for a child to end by itself
START_SECONDS = 45  # for a child to announce itself
LAST_WORDS, LONGEST_WORDS = 20, 300  # lines, letters


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
    if not isinstance(service, str | None) or service not in (None, "live", "offline"):
        raise BadInput(say("service-unknown", service=service))
    if not isinstance(strategy, str | None):
        raise BadInput(say("strategy-unknown", strategy=strategy, known=list_strategies()))
    names = [name for name, value in given.items() if value is not None]
    refuse([*_find_contradictions(service, strategy, names), *_find_odd_addresses(given)])


def _find_odd_addresses(given: Mapping[str, Any]) -> Iterator[Message]:
    """Addresses that say nothing are none: keys beside them would go to CDSE, for which they are not meant."""
    for name in ("stac", "s3"):
        value = given[name]
        if value is not None and not (isinstance(value, str) and strip_value(value)):
            yield say("address-empty", name=name, value=value)


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
    is_pair = isinstance(keys, list | tuple)  # neither a set, which has no order, nor a dictionary, nor what is used up
    if not is_pair or [type(key) for key in keys] != [str, str]:
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
        self.notes: tuple[str, ...] = tuple(offer.get("notes", ()))
        self.process = process

    @property
    def service(self) -> Service:
        """What a session needs to know of it."""
        found = Found(self.keys, say("source-own"), notes=self.notes)
        return Service("offline", Addresses(self.stac, self.s3, https=False), found, self.version)

    def is_alive(self) -> bool:
        """Has its process not ended?"""
        return self.process.poll() is None

    def stop(self) -> int:
        """End it, at the latest after some seconds; the code it ended with."""
        children.forget(self.s3)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):  # it has ended already
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
    command = [sys.executable, "-P", "-m", "cdse_offline", "--port", "0", "--host", host, "--until-stdin-closes"]
    if data is not None:
        command += ["--data", str(data)]
    variables = {name: value for name, value in os.environ.items() if name not in (*PAIR, *AWS_PAIR)}
    variables |= environment or {}
    variables["PYTHONIOENCODING"] = "utf-8"  # what it announces is read so, whatever the learner's own programs write
    process = _run(command, variables)
    assert process.stderr is not None
    last_words = LastWords(process.stderr)
    # The first start compiles and loads what a slow disk has: but who waits for ever is told nothing.
    alarm = threading.Timer(START_SECONDS, process.kill)
    alarm.daemon = True
    alarm.start()
    try:
        announced = _read_announcement(process)
    finally:
        is_late = alarm.finished.is_set()
        alarm.cancel()
    if announced is None:
        raise _explain_start(process, last_words, is_late=is_late)
    offline = OfflineCdse(process, announced)
    children.remember(offline.s3, process)
    return offline


def _run(command: Sequence[str], variables: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a process in a session of its own: a kernel's interrupt is for the caller, and does not stop it."""
    try:
        return subprocess.Popen(
            command,
            env={**variables, "PYTHONIOENCODING": "utf-8"},  # what is read below, whatever this process writes
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:  # no such Python, no memory, too many processes or open files
        _, why, cure = explain_refusal(error)
        told = say("cannot-run", program=sys.executable, why=why, cure=cure)
        raise Unavailable(say("offline-refuses", why=told)) from error


class LastWords:
    """The last lines that a process writes to standard error; they are read all the time, lest the process waits."""

    def __init__(self, stream: IO[str]) -> None:
        self._lines: deque[str] = deque(maxlen=LAST_WORDS)
        self._reading = threading.Thread(target=self._follow, args=(stream,), daemon=True)
        self._reading.start()

    def _follow(self, stream: IO[str]) -> None:
        with stream:
            self._lines.extend(line.strip() for line in stream if line.strip())

    def find_error(self) -> str:
        """The last line that names an error, else the last one, once the process has ended."""
        self._reading.join(PATIENCE)
        lines = list(self._lines)
        named = [line for line in lines if re.search(r"\w*[Ee]rror\b", line)]
        found = (named or lines or [say("why-silent")])[-1]
        return found[:LONGEST_WORDS]


def _read_announcement(process: "subprocess.Popen[str]") -> Secret | None:
    """The line that the service announces itself with; None if it ends without. What others print is passed over.

    Unavailable where it says why it cannot start.
    """
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith('{"stac":'):
            return Secret(line)
        if line.startswith('{"failed":'):
            refusal = json.loads(line)
            reason = Reason(refusal["reason"] or Reason.OFFLINE)
            raise Unavailable(say("offline-refuses", why=refusal["failed"]), reason)
    return None


def _explain_start(process: "subprocess.Popen[str]", last_words: LastWords, *, is_late: bool) -> Unavailable:
    how = say("how-late", seconds=START_SECONDS) if is_late else children.tell_end(process.wait())
    return Unavailable(say("offline-not-started", how=how, why=last_words.find_error()))


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
