"""What several tests of the client share: a catalogue on loopback, a client of it, no waiting."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from cdse_access.catalog import Catalog, open_catalog
from tests.cdse_access import stac


@pytest.fixture
def server() -> Iterator[SimpleNamespace]:
    """A catalogue on loopback. `script` answers searches, one after the other; `asked` is what was asked."""
    with stac.serve() as state:
        yield state


@pytest.fixture
def client(server) -> Catalog:
    return open_catalog(server.url)


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """The waits between attempts, which take no time here."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits
