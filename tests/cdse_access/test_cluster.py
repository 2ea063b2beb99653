"""cdse_access.cluster: workers read with the client's session, over its connections, and no key lies about (S8, S9)."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cloudpickle
import dask
import distributed
import pytest

from cdse_access import cluster
from cdse_access import session as cdse
from cdse_access.cluster import SessionPlugin, share_session
from cdse_access.problems import BadData, BadInput, Reason
from cdse_offline.practice import limit, switch_off, usage

BANDS = ["B01_60m", "B02_60m", "B03_60m", "B04_60m"]
SILENT = {"distributed.worker.daemon": True, "distributed.logging.distributed": "critical"}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two processes that were started before anybody had connected, as in S9."""
    settings = {"n_workers": 2, "threads_per_worker": 4, "processes": True, "dashboard_address": None}
    with (
        dask.config.set(SILENT),
        distributed.LocalCluster(**settings) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def connected(offline_service: dict[str, str]) -> Iterator[Any]:
    keys = offline_service["access_key"], offline_service["secret_key"]
    yield cdse.connect(keys=keys, stac=offline_service["stac"], s3=offline_service["s3"]).session
    cdse.logout()


def load_sum(item: Any, bands: list[str], number: int) -> int:
    """What a learner runs on a worker; each with a cache of its own, so that all is fetched."""
    import tempfile

    from cdse_access import load

    os.environ["CDSE_CACHE"] = tempfile.mkdtemp()
    area = {"bbox": item.properties["cdse_offline:window"], "resolution": 60}
    return int(sum(load([item], bands, progress=False, **area)[band].sum() for band in bands))


def find_session() -> int:
    return id(cdse.current())


def find_items(session: Any) -> list[Any]:
    return list(session.catalog.search(collections=["sentinel-2-l2a"], max_items=4).items())


def test_workers_that_were_there_before_read_over_four_connections_in_all(client, connected, offline_service):
    items = find_items(connected)
    with pytest.raises(BadInput, match="hãy gọi connect"):
        client.submit(load_sum, items[0], BANDS, -1).result()
    share_session(client)
    expected = load_sum(items[0], BANDS, 0)
    limit(latency=0.1, connections=4, service=offline_service["s3"])  # time to meet
    usage(reset=True, service=offline_service["s3"])
    try:
        jobs = [client.submit(load_sum, item, BANDS, number) for number in range(2) for item in items]
        assert client.gather(jobs)[0] == expected
        counted = usage(service=offline_service["s3"])
    finally:
        switch_off(offline_service["s3"])
    assert counted["peak"] <= 4 and counted["refused"] == 0 and counted["s3"] > 20
    client.restart()
    assert client.submit(load_sum, items[0], BANDS, 9).result() == expected  # a worker that was started anew
    cdse.logout()
    with pytest.raises(BadInput, match="hãy gọi connect"):
        client.submit(load_sum, items[0], BANDS, -2).result()


def test_no_key_lies_about(client, connected):
    share_session(client)
    keys = connected.store.keys
    task = cloudpickle.dumps((load_sum, find_items(connected)))
    shown = [repr(SessionPlugin(connected.store)), repr(client), str(client.get_worker_logs()), repr(connected)]
    shown += [str(client.run(lambda: dict(os.environ))), task.decode("latin-1"), str(client.get_scheduler_logs())]
    assert [text for text in shown for key in (keys.access, keys.secret) if key.reveal() in text] == []


@pytest.mark.parametrize(
    ("scheduler", "workers"),
    [
        ("tcp://10.0.0.5:8786", []),
        ("tls://scheduler.example:8786", []),
        ("tcp://localhost.evil.org:8786", []),
        ("tcp://127.0.0.1:8786", ["tcp://127.0.0.1:1", "tcp://192.168.1.7:2"]),
    ],
)
def test_keys_do_not_go_to_another_machine(connected, monkeypatch, scheduler, workers):
    monkeypatch.setattr(cluster, "Client", SimpleNamespace)
    elsewhere = SimpleNamespace(
        asynchronous=False,
        status="running",
        scheduler=SimpleNamespace(address=scheduler),
        scheduler_info=lambda **_: {"workers": dict.fromkeys(workers)},
        register_plugin=lambda *_, **__: pytest.fail("sent"),
    )
    with pytest.raises(BadInput, match="khóa không được gửi khỏi máy này"):
        share_session(elsewhere)
    assert connected.store.slots is None


def test_several_clusters_have_the_connections_of_one(connected, monkeypatch):
    monkeypatch.setattr(cluster, "Client", SimpleNamespace)
    sent: list[Any] = []
    client = SimpleNamespace(
        asynchronous=False,
        status="running",
        scheduler=SimpleNamespace(address="tcp://127.0.0.1:8786"),
        scheduler_info=lambda **_: {"workers": {}},
        register_plugin=lambda plugin, **_: sent.append(plugin._store.slots),
        unregister_worker_plugin=lambda name: sent.append(name),
    )
    share_session(client)
    share_session(client)
    assert sent[0] is not None and sent[0] == sent[1]
    cdse.use_store(connected.store)
    assert connected.store.slots is None and not Path(sent[0].folder).exists()
    assert sent[2:] == ["cdse_access", "cdse_access"]


def test_threads_of_this_very_process_keep_its_session(connected):
    settings = {"n_workers": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as local, distributed.Client(local) as client:
        share_session(client)
        assert client.submit(find_session).result() == id(connected)
    assert cdse.current() is connected


@pytest.mark.parametrize("what", [None, "tcp://127.0.0.1:8786", SimpleNamespace(status="running")])
def test_what_is_no_client_is_told(connected, what):
    with pytest.raises(BadInput, match=r"cần một distributed\.Client đang nối"):
        share_session(what)


def test_a_client_that_only_promises_or_has_ended_is_told(client, connected):
    """An asynchronous one sent nothing, and nobody was told."""

    async def share() -> None:
        async with distributed.Client(client.scheduler.address, asynchronous=True, set_as_default=False) as promising:
            share_session(promising)

    with pytest.raises(BadInput, match="không phải asynchronous"):
        asyncio.run(share())
    ended = distributed.Client(client.scheduler.address, set_as_default=False)
    ended.close()
    with pytest.raises(BadInput, match="đây là Client closed"):
        share_session(ended)
    assert connected.store.slots is None


def test_only_the_session_in_use_is_shared(client, connected, offline_service):
    """Of another one nobody would take the keys back."""
    keys = offline_service["access_key"], offline_service["secret_key"]
    cdse.connect(keys=keys, stac=offline_service["stac"], s3=offline_service["s3"])
    with pytest.raises(BadInput, match=r"phiên của connect\(\) gần nhất"):
        share_session(client, connected)


def test_where_no_temporary_folder_can_be_made_it_is_told(client, connected, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(BadData, match=r"missing.*TMPDIR") as caught:
        share_session(client)
    assert caught.value.reason is Reason.DISK
