"""What GDAL is told to read a store safely, and how it is taken back.

Everything is set for the store's own files (`/vsis3/eodata/…`) by GDAL's path-specific options: no other file of the
learner's is read in another way, and no key stands in os.environ or on disk. Where GDAL cannot be told so, it is told
nothing: `load` reads without it. One thing has no such form, so that GDAL is told for the whole process: how many
threads decode JPEG 2000 (pixels do not depend on it, where nothing fails). os.environ says that this machine is not
asked through a proxy.

What is taken back is what still is as it was set here: what the learner has set since then stays.
"""

import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import dask
import odc.loader._rio
import odc.stac

from cdse_access import gdal
from cdse_access.hosts import host_of, is_loopback
from cdse_access.messages import say
from cdse_access.secrets import Secret, seal
from cdse_access.store import Store

# With the slash: a bucket `eodata-mine` is the learner's own. When a file cannot be read GDAL lists its folder, and
# asks for the bucket itself, without a slash: that it does with what the learner has set for himself.
PREFIX = "/vsis3/eodata/"
CONNECTIONS = 4  # CDSE gives each user 4 connections at a time
# One thread decodes: with several, an error of the network becomes zeros and nobody is told.
THREADS = {"GDAL_NUM_THREADS": "1"}
UNSAFE = "GDAL_HTTP_UNSAFESSL"  # of the whole process only; whoever set it wants it for his own files
FALSE = ("NO", "FALSE", "OFF", "0")  # all else is true to GDAL, also what is empty
# No listing of folders, tries again in measure, no endless wait.
READING = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": "4",
    "GDAL_HTTP_RETRY_DELAY": "1",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_LOW_SPEED_TIME": "15",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
}
GDAL = THREADS | READING
# Variables of another service: they spoil the signature, lead to another store, or turn certificates off.
LEFTOVERS = (
    "AWS_SESSION_TOKEN",
    "AWS_NO_SIGN_REQUEST",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REQUEST_PAYER",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    UNSAFE,
)
# What they must be for the store's files, whatever the environment says.
WITHOUT_LEFTOVERS = {
    "AWS_SESSION_TOKEN": "",
    "AWS_NO_SIGN_REQUEST": "NO",
    "AWS_REQUEST_PAYER": "",
}
PROXY_EXCEPTIONS = ("NO_PROXY", "no_proxy")
LOOPBACK = ("127.0.0.1", "localhost")
FALSE_ALARM = "Dataset has no geotransform"  # rasterio says so when several threads read


def store_options(store: Store) -> dict[str, str]:
    """GDAL's options that lead to this store; the keys stand among them in plain text."""
    return {
        "AWS_ACCESS_KEY_ID": store.keys.access.reveal(),
        "AWS_SECRET_ACCESS_KEY": store.keys.secret.reveal(),
        "AWS_S3_ENDPOINT": store.endpoint,
        "AWS_HTTPS": "YES" if store.https else "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
    }


class Environment(dict[str, str]):
    """Variables for a child process; printing shows names and no value, since keys are among them."""

    def __repr__(self) -> str:
        return f"<{len(self)}: {', '.join(sorted(self))}>"

    def __or__(self, other: Any) -> "Environment":  # type: ignore[override]
        return Environment(super().__or__(other))

    def __ror__(self, other: Any) -> "Environment":  # type: ignore[override]
        return Environment(super().__ror__(other))

    def copy(self) -> "Environment":
        """With one more variable, too, it shows no value."""
        return Environment(self)

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        raise TypeError(say("secret-stays"))


def child_environment(store: Store) -> Environment:
    """This process's variables, with those that lead GDAL to the store, for a process that a learner starts."""
    kept = {name: value for name, value in os.environ.items() if name not in LEFTOVERS}
    return Environment(kept | GDAL | store_options(store) | proxy_exceptions(store.endpoint))


def proxy_exceptions(*addresses: str) -> dict[str, str]:
    """The variables under which this very machine is asked without a proxy; none where no address is on it.

    Libraries read the name in lower case first, so that it must not say less.
    """
    here = [host_of(address) for address in addresses if is_loopback(address)]
    if not here:
        return {}
    held = {name: os.environ[name] for name in PROXY_EXCEPTIONS if name in os.environ}
    named = held or {"NO_PROXY": ""}
    return {name: _with_hosts(value.strip(), here) for name, value in named.items()}


def _with_hosts(held: str, here: Iterable[str]) -> str:
    names = held.split(",") if held else []
    return ",".join(names + [name for name in dict.fromkeys([*LOOPBACK, *here]) if name not in names])


class Variables:
    """Variables of this process that are set for a while and then restored to the letter."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}
        self._set: dict[str, str] = {}

    def __enter__(self) -> "Variables":
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    def set(self, values: Mapping[str, str]) -> None:
        """Set them, and remember what they were before the first time."""
        for name, value in values.items():
            self._before.setdefault(name, os.environ.get(name))
            self._set[name] = os.environ[name] = value

    def restore(self) -> None:
        """As they were before the first call, but for those that somebody else has changed since."""
        for name, value in self._before.items():
            if os.environ.get(name) != self._set[name]:
                continue
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        self._before.clear()

    def as_before(self) -> dict[str, Secret]:
        """All variables as the user has them; one that is not set is empty."""
        return seal({**os.environ, **self._before})


class Options:
    """Options of GDAL that are set for a while: of a prefix, or of the process where it is None."""

    def __init__(self, prefix: str | None) -> None:
        self._prefix = prefix
        self._before: dict[str, tuple[Secret, str | None]] = {}

    def set(self, values: Mapping[str, str]) -> None:
        """Set them, and remember what they were."""
        for name, value in values.items():
            before = self._read(name)
            self._before[name] = Secret(value), before
            self._write(name, value)

    def restore(self) -> None:
        """As they were, but for those that somebody else has changed since."""
        for name, (value, before) in self._before.items():
            if self._read(name) == value.reveal():
                self._write(name, before)
        self._before.clear()

    def _read(self, name: str) -> str | None:
        if self._prefix:
            return gdal.get_path_option(self._prefix, name)
        return gdal.get_process_option(name)

    def _write(self, name: str, value: str | None) -> None:
        """Not by odc.stac.configure_rio: in the main thread rasterio.Env takes away, when left, what it has set."""
        if self._prefix:
            gdal.set_path_option(self._prefix, name, value)
        else:
            gdal.set_option(name, value)


class Settings:
    """What one connection has set in this process; `undo` takes all of it back."""

    def __init__(self) -> None:
        self.variables = Variables()
        self._options = (Options(None), Options(PREFIX))
        self._workers: Any = None
        self._filter: Any = None
        self._applied = False

    def apply(self, store: Store) -> None:
        """Set everything that reading this store needs."""
        self.undo_reading()
        self._workers = dask.config.get("num_workers", None)
        self._applied = True
        self.variables.set(proxy_exceptions(store.endpoint))
        of_process, of_store = self._options
        of_process.set(THREADS)
        if not find_obstacle(store):
            of_store.set(choose_options(store))
        dask.config.set(num_workers=CONNECTIONS)
        self._filter = _ignore_false_alarm()
        forget_answers()

    def undo_reading(self) -> None:
        """Take back what was set for GDAL, dask and warnings; the variables stay."""
        if not self._applied:
            return
        self._applied = False
        for options in self._options:
            options.restore()
        if dask.config.get("num_workers", None) == CONNECTIONS:
            _restore_workers(self._workers)
        filters: Any = warnings.filters
        if self._filter in filters:
            filters.remove(self._filter)
        forget_answers()

    def undo(self) -> None:
        """Take everything back."""
        try:
            self.undo_reading()
        finally:
            self.variables.restore()


def find_obstacle(store: Store) -> str:
    """The slot of why GDAL is told nothing of this store, so that only `load` reads it; "" where it can be told."""
    if not gdal.is_reachable():
        return "plain-unreachable"
    unsafe = gdal.get_option(UNSAFE)
    if store.https and unsafe is not None and unsafe.upper() not in FALSE:
        return "plain-unsafe"
    return ""


def choose_options(store: Store) -> dict[str, str]:
    """GDAL's options for the files of this store; the keys stand among them in plain text."""
    region = {"AWS_REGION": "default"}  # as CDSE's documentation says
    # Without TLS a proxy would read the signature.
    is_hidden = store.https and not is_loopback(store.endpoint)
    no_proxy = {} if is_hidden else {"GDAL_HTTP_PROXY": ""}
    return READING | WITHOUT_LEFTOVERS | region | no_proxy | store_options(store)


def _ignore_false_alarm() -> Any:
    """The entry that was added to the filters; None where the learner has it himself."""
    before = [*warnings.filters]
    warnings.filterwarnings("ignore", FALSE_ALARM, module="rasterio.warp")
    added = warnings.filters[0]
    return None if added in before else added


def _restore_workers(workers: int | None) -> None:
    if workers is None:
        dask.config.config.pop("num_workers", None)
    else:
        dask.config.set(num_workers=workers)


def forget_answers() -> None:
    """Drop the answers that GDAL remembers, and odc-stac's sessions, one a thread, with copies of old keys.

    Otherwise a wrong key that has been mended fails with "HTTP response code: 403" until the kernel is restarted.
    """
    gdal.clear_network_cache()
    sessions = getattr(odc.loader._rio, "_local", None)
    if sessions is not None:
        odc.loader._rio._local = type(sessions)()
