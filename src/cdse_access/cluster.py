"""A cluster of `distributed` on this machine: its workers read as this process does, over four connections in all.

A worker process has nothing of `connect()`: one that was started before has no settings, one that was started later
must not find the keys in its environment. A plugin brings them to each worker, also to one that a nanny has started
anew.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from distributed import Client
from distributed.diagnostics.plugin import WorkerPlugin

from cdse_access.current import find_current, replace_current
from cdse_access.files import unwritable
from cdse_access.hosts import is_loopback
from cdse_access.messages import say
from cdse_access.problems import BadInput
from cdse_access.secrets import Keys
from cdse_access.session import Session, current, use_store
from cdse_access.settings import CONNECTIONS
from cdse_access.slots import Slots
from cdse_access.store import Store

NAME = "cdse_access"  # of the plugin


def share_session(client: Client, session: Session | None = None) -> None:
    """From now on `load` on the workers of this cluster reads as here, until `logout()` or another `connect()`.

    All processes together, this one too, hold as many connections as CDSE gives to a user. What plain GDAL and odc-stac
    read there is not counted. The keys go to the workers in a message of distributed's, so that a cluster is refused
    whose scheduler or workers are on another machine (BadInput); in no task, graph, log or environment are they.
    """
    session = session or current()
    if session is not find_current():  # nobody would withdraw its keys again
        raise BadInput(say("cluster-session", kind=type(session).__name__))
    _check_client(client)
    _check_machine(client)
    if session.store.slots is None:  # of several clusters all take the same
        _make_slots(session)
    client.register_plugin(SessionPlugin(session.store), name=NAME)
    session.shared.callback(_withdraw, client)


def _check_client(client: Any) -> None:
    """BadInput where nothing would be sent: an asynchronous client only promises to."""
    is_client = isinstance(client, Client)
    if not is_client or client.asynchronous or client.status != "running":
        state = client.status if is_client else ""
        raise BadInput(say("cluster-client", kind=f"{type(client).__name__} {state}".strip()))


def _make_slots(session: Session) -> None:
    try:
        folder = tempfile.mkdtemp(prefix="cdse-access-")
    except OSError as error:
        raise unwritable(Path(error.filename or "TMPDIR"), error, "TMPDIR") from error
    session.store = replace(session.store, slots=Slots(folder, CONNECTIONS))
    session.shared.callback(shutil.rmtree, folder, ignore_errors=True)
    session.shared.callback(_read_alone, session)


def _check_machine(client: Client) -> None:
    """BadInput where keys would leave this machine."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    for address in (client.scheduler.address, *workers):
        if not (address.startswith("inproc://") or is_loopback(address)):
            raise BadInput(say("cluster-elsewhere", address=address))


def _read_alone(session: Session) -> None:
    """Whoever still reads with this session needs nothing of a folder that goes."""
    session.store = replace(session.store, slots=None)


def _withdraw(client: Client) -> None:
    with suppress(Exception):  # the cluster has ended before, and its workers with it
        client.unregister_worker_plugin(NAME)


class SessionPlugin(WorkerPlugin):  # type: ignore[misc]
    """Gives a worker process the session; nothing to one whose workers are threads of the client's own process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._home = os.getpid()

    def __repr__(self) -> str:
        return f"<{NAME}: {self._store.endpoint}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """The one place where keys are written out: for the message that brings this plugin to a worker."""
        store, keys = self._store, self._store.keys
        pair = keys.access.reveal(), keys.secret.reveal()
        rest = {name: getattr(store, name) for name in ("endpoint", "https", "identity", "trial", "slots")}
        return _open_plugin, (pair, rest, self._home)

    def setup(self, worker: Any) -> None:
        """Connect the worker's process."""
        if os.getpid() != self._home:
            use_store(self._store)

    def teardown(self, worker: Any) -> None:
        """Forget the keys, and take back all settings."""
        session = find_current()
        if session is not None and os.getpid() != self._home:
            replace_current(None)
            session.close()


def _open_plugin(pair: tuple[str, str], rest: dict[str, Any], home: int) -> SessionPlugin:
    plugin = SessionPlugin(Store(keys=Keys.from_texts(*pair), **rest))
    plugin._home = home
    return plugin
