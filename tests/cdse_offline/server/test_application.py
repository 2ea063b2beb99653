"""One application for all paths: dispatch, quicklooks, and what it refuses."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cdse_offline.product import archive
from cdse_offline.server import application
from cdse_offline.server.application import MAX_BODY, Server, is_own_host
from cdse_offline.server.cache import Cache
from cdse_offline.server.failures import Failure, NotMadeError
from cdse_offline.server.s3 import KeyPair
from cdse_offline.server.store import FileStore

HOLDINGS = archive.simulate_holdings()


class FakeStore(FileStore):
    """Files of two bytes: one quicklook, the fields of one place. No other can be made."""

    async def find_file(self, key: str) -> Path:
        if key not in (HOLDINGS.thumbnails[HOLDINGS.records[0].id], HOLDINGS.fields["song-hong"]):
            raise NotMadeError(Failure("OfflineFailed", "no pencil"))
        path = self.cache.root / "picture"
        path.write_bytes(b"\xff\xd8")
        return path


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    server = Server(HOLDINGS, FakeStore(HOLDINGS.objects, Cache(tmp_path)), KeyPair("a", "b"))
    return TestClient(server, base_url="http://127.0.0.1:9", follow_redirects=False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stac/v1/", 200),
        ("/stac/v1/conformance", 200),
        ("/stac/v1", 307),
        ("/", 307),
        ("/eodata/x", 403),
        ("/eodata", 403),
        ("/odata/v1/Products(1)/$value", 401),
        ("/stac/v12", 404),
        ("/thumbnails/no.jpg", 404),
        ("/fields/no.geojson", 404),
        ("/fields/", 404),
        ("/fields/oberland.geojson", 500),
        ("/thumbnails/../../x.jpg", 404),
        ("/etc/passwd", 404),
    ],
)
def test_paths(client: TestClient, path: str, status: int):
    assert client.get(path).status_code == status


def test_an_items_quicklook_is_served_where_it_says(client: TestClient):
    item = client.get(f"/stac/v1/collections/sentinel-2-l2a/items/{HOLDINGS.records[0].id}").json()
    answer = client.get(item["assets"]["thumbnail"]["href"])
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"\xff\xd8", "image/jpeg")


def test_the_fields_of_a_place_are_served_where_items_say(client: TestClient):
    items = client.get("/stac/v1/search", params={"collections": "offline-truth", "bbox": "105.9,20.8,105.95,20.85"})
    asset = items.json()["features"][0]["assets"]["fields"]
    answer = client.get(asset["href"])
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"\xff\xd8", asset["type"])


def test_fields_that_are_long_in_the_making_are_to_be_asked_for_again(client: TestClient, monkeypatch):
    async def find_file(*_: Any) -> Path:
        await asyncio.sleep(60)
        raise AssertionError("it waited")

    monkeypatch.setattr(FakeStore, "find_file", find_file)
    monkeypatch.setattr(application, "PATIENCE", 0.01)
    answer = client.get("/fields/song-hong.geojson")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5") and "thử lại" in answer.text


def test_a_quicklook_that_cannot_be_made_is_an_error(client: TestClient):
    *_, name = HOLDINGS.thumbnails
    answer = client.get(f"/thumbnails/{name}.jpg")
    assert answer.status_code == 500 and "no pencil" in answer.text


def test_foreign_hosts_get_nothing(client: TestClient):
    for path in ("/stac/v1/", "/eodata/x", "/"):
        answer = client.get(path, headers={"Host": "evil.example"})
        assert answer.status_code == 403 and "Host" in answer.text


def test_no_other_site_may_read(client: TestClient):
    answer = client.get("/stac/v1/", headers={"Origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_large_bodies_are_refused(client: TestClient):
    assert client.post("/stac/v1/search", content=b" " * (MAX_BODY + 1)).status_code == 413
    assert client.post("/stac/v1/search", content=iter([b"{}"])).status_code == 413  # of unknown length


@pytest.mark.parametrize("length", ["x", "-5"])
def test_a_length_that_is_none_is_refused(client: TestClient, length: str):
    assert client.get("/stac/v1/", headers={"Content-Length": length}).status_code == 413


@pytest.mark.parametrize(
    ("header", "public", "known"),
    [
        ("127.0.0.1:8123", False, True),
        ("localhost:8123", False, True),
        ("localhost", False, True),
        ("[::1]:8123", False, True),
        ("[::1]", False, True),
        ("192.168.1.5:8123", False, False),
        ("192.168.1.5:8123", True, True),
        ("evil.example", True, False),
        ("127.0.0.1.evil.example", True, False),
        ("", True, False),
    ],
)
def test_hosts(header: str, public: bool, known: bool):
    assert is_own_host(header, public=public) is known


def test_links_follow_the_host_that_was_asked(client: TestClient):
    answer = client.get("/stac/v1/", headers={"Host": "localhost:77"}).json()
    assert answer["links"][0]["href"] == "http://localhost:77/stac/v1/"


def test_websockets_are_not_answered(tmp_path: Path):
    server: Any = Server(HOLDINGS, FakeStore({}, Cache(tmp_path)), KeyPair("a", "b"))
    with pytest.raises(RuntimeError, match="websocket"):
        asyncio.run(server({"type": "websocket"}, None, None))
