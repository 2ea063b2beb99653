"""The S3 store: who may read, what is answered, and that nothing but objects can be read."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.testclient import TestClient

from cdse_offline.server import s3
from cdse_offline.server.cache import Cache
from cdse_offline.server.failures import Failure, NotMadeError
from cdse_offline.server.store import FileStore
from cdse_offline.simulation.files import SimulatedFile
from cdse_offline.simulation.places import MUNICH, acquisitions

BASE = "http://127.0.0.1:9"
KEYS = s3.KeyPair("ACCESS", "secret")
CONTENT = bytes(range(256)) * 4


class BrokenStore(FileStore):
    async def find_file(self, key: str) -> Path:
        if key == "broken.jp2":
            raise NotMadeError(Failure("OfflineFailed", "a <bad> scene"))
        return await super().find_file(key)


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    objects: dict[str, Path | SimulatedFile] = {}
    for key in ("a/R10m/x.jp2", "a/R10m/ y&z.jp2", "a/R20m/x.jp2", "b.xml"):
        path = tmp_path / key.replace("/", "-")
        path.write_bytes(CONTENT)
        objects[key] = path
    (tmp_path / "secret.txt").write_text("not an object")
    objects["broken.jp2"] = SimulatedFile(acquisitions(MUNICH)[0], "pixels", "B04_10m")
    return TestClient(s3.S3(BrokenStore(objects, Cache(tmp_path / "cache")), KEYS), base_url=BASE)


def signed(path: str, keys: s3.KeyPair = KEYS, method: str = "GET", **headers: str) -> dict[str, str]:
    request = AWSRequest(method, BASE + path, headers)
    S3SigV4Auth(Credentials(keys.access, keys.secret), "s3", "default").add_auth(request)
    return dict(request.headers)


def get(client: TestClient, path: str, **more: str) -> httpx.Response:
    return client.get(path, headers=signed(path) | more)


def code(answer: httpx.Response) -> str | None:
    assert answer.headers["content-type"] == "application/xml"
    return ElementTree.fromstring(answer.text).findtext("Code")


def test_an_object_is_read(client: TestClient):
    answer = get(client, "/eodata/a/R10m/x.jp2")
    assert answer.status_code == 200 and answer.content == CONTENT
    assert answer.headers["accept-ranges"] == "bytes" and answer.headers["etag"].startswith('"')
    assert answer.headers["content-type"] == "image/jp2"


def test_names_with_spaces_and_signs_are_read(client: TestClient):
    assert get(client, "/eodata/a/R10m/%20y%26z.jp2").content == CONTENT


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [
        ("bytes=10-19", 206, CONTENT[10:20]),
        ("bytes=1000-", 206, CONTENT[1000:]),
        ("bytes=-4", 206, CONTENT[-4:]),
        ("bytes=1000-9999", 206, CONTENT[1000:]),
    ],
)
def test_ranges(client: TestClient, wanted: str, status: int, content: bytes):
    answer = get(client, "/eodata/a/R10m/x.jp2", Range=wanted)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers["content-range"].endswith("/1024")


def test_a_range_beyond_the_end_is_refused(client: TestClient):
    answer = get(client, "/eodata/a/R10m/x.jp2", Range="bytes=1024-1030")
    assert answer.status_code == 416 and code(answer) == "InvalidRange"


def test_head_has_no_body(client: TestClient):
    path = "/eodata/a/R10m/x.jp2"
    answer = client.head(path, headers=signed(path, method="HEAD"))
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "1024")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "AccessDenied"),
        ({"Authorization": "Bearer abc"}, "AccessDenied"),
        (signed("/eodata/b.xml", s3.KeyPair("OTHER", "secret")), "InvalidAccessKeyId"),
        (signed("/eodata/b.xml", s3.KeyPair("ACCESS", "wrong")), "SignatureDoesNotMatch"),
        (signed("/eodata/a/R10m/x.jp2"), "SignatureDoesNotMatch"),  # a signature for another object
        (signed("/eodata/b.xml", method="HEAD"), "SignatureDoesNotMatch"),
        (signed("/eodata/b.xml") | {"X-Amz-Date": "yesterday"}, "AccessDenied"),
    ],
)
def test_who_may_not_read(client: TestClient, headers: dict, expected: str):
    answer = client.get("/eodata/b.xml", headers=headers)
    assert answer.status_code == 403 and code(answer) == expected
    assert "secret" not in answer.text


@pytest.mark.parametrize(("minutes", "status"), [(-16, 403), (-14, 200), (14, 200), (16, 403)])
def test_clocks_may_differ_by_a_quarter_of_an_hour(client, monkeypatch, minutes: int, status: int):
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
    answer = get(client, "/eodata/b.xml")
    assert answer.status_code == status
    assert status == 200 or code(answer) == "RequestTimeTooSkewed"


@pytest.mark.parametrize(
    "path",
    [
        "/eodata/no.jp2",
        "/eodata/a",
        "/eodata/%2e%2e/secret.txt",
        "/eodata/..%2fsecret.txt",
        "/eodata/a%00.jp2",
        "/eodata//b.xml",
    ],
)
def test_what_is_no_object_is_not_found(client: TestClient, path: str):
    answer = get(client, path)
    assert answer.status_code == 404 and code(answer) == "NoSuchKey"


def test_a_foreign_bucket_is_not_found(client: TestClient):
    answer = get(client, "/eodata2/b.xml")
    assert answer.status_code == 404 and code(answer) == "NoSuchBucket"


def test_nothing_can_be_written(client: TestClient):
    answer = client.put("/eodata/b.xml", headers=signed("/eodata/b.xml", method="PUT"))
    assert answer.status_code == 405 and code(answer) == "MethodNotAllowed"


def test_a_file_that_cannot_be_made_is_told_why_in_well_formed_xml(client: TestClient):
    answer = get(client, "/eodata/broken.jp2")
    assert answer.status_code == 500 and code(answer) == "OfflineFailed"
    assert ElementTree.fromstring(answer.text).findtext("Detail") == "a <bad> scene"


def listing(client: TestClient, query: str) -> tuple[list[str], list[str], str | None]:
    """Keys, folders and the token for the next page."""
    answer = get(client, f"/eodata/?{query}")
    assert answer.status_code == 200, answer.text
    root = ElementTree.fromstring(answer.text)
    space = {"s": "http://s3.amazonaws.com/doc/2006-03-01/"}
    keys = [node.findtext("s:Key", "", space) for node in root.iterfind("s:Contents", space)]
    folders = [node.findtext("s:Prefix", "", space) for node in root.iterfind("s:CommonPrefixes", space)]
    assert all(node.findtext("s:Size", namespaces=space) == "1024" for node in root.iterfind("s:Contents", space))
    return keys, folders, root.findtext("s:NextContinuationToken", namespaces=space)


def test_listing_a_folder_and_below_it(client: TestClient):
    assert listing(client, "list-type=2&prefix=a/&delimiter=/") == ([], ["a/R10m/", "a/R20m/"], None)
    assert listing(client, "list-type=2&prefix=a/R10m/&delimiter=/")[0] == ["a/R10m/ y&z.jp2", "a/R10m/x.jp2"]
    assert listing(client, "list-type=2&prefix=nothing")[:2] == ([], [])


def test_a_listing_with_odd_arguments_is_refused(client: TestClient):
    for query in ("list-type=2&max-keys=many", "list-type=2&prefix=%00"):
        answer = get(client, f"/eodata/?{query}")
        assert answer.status_code == 400 and code(answer) == "InvalidArgument"


def test_listing_page_by_page(client: TestClient):
    keys, _, token = listing(client, "list-type=2&prefix=a/&max-keys=2")
    assert keys == ["a/R10m/ y&z.jp2", "a/R10m/x.jp2"]
    assert token
    token = token.replace("/", "%2F").replace(" ", "%20").replace("&", "%26")
    assert listing(client, f"list-type=2&prefix=a/&max-keys=2&continuation-token={token}") == (
        ["a/R20m/x.jp2"],
        [],
        None,
    )


def test_an_object_that_takes_long_to_make_is_put_off_not_waited_for(client: TestClient, monkeypatch):
    """GDAL gives up for good on a server that stays silent; after a 503 it comes back."""
    monkeypatch.setattr(s3, "PATIENCE", 0.05)

    async def slow(self: FileStore, key: str) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(BrokenStore, "find_file", slow)
    answer = get(client, "/eodata/a/R10m/x.jp2")
    assert (answer.status_code, code(answer), answer.headers["Retry-After"]) == (503, "OfflineBusy", "1")
