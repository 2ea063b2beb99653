"""What a stranger may try on the service, what an impostor may try on a learner, and keys that must not lie about."""

import ast
import asyncio
import http.client
import json
import os
import re
import socket
import string
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import nbformat
import psutil
import pytest
import rasterio
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from nbformat import v4

from cdse_access import gdal, transport
from cdse_access import service as services
from cdse_access import session as cdse
from cdse_access.addresses import read_addresses
from cdse_access.jp2 import answers
from cdse_access.jp2 import ranges as remote
from cdse_access.probe import BEGINNINGS
from cdse_access.problems import BadData, Reason, Unavailable
from cdse_access.secrets import Keys as CdseKeys
from cdse_access.settings import PREFIX
from cdse_access.store import Store as ImageStore
from cdse_offline.packs import pack
from cdse_offline.practice.middleware import Practice
from cdse_offline.server import application, protocol
from cdse_offline.server.application import Server
from cdse_offline.server.cache import Cache
from cdse_offline.server.protocol import build_http_server, listen
from cdse_offline.server.store import FileStore
from tests.faults import impostor as impostors
from tests.project.test_frame import ROOT, files, modules
from tests.service import KEYS, Service

SECRET = b"this lies beside the bucket, not in it"
CONTENT = bytes(range(256)) * 20
ITEM = "S2B_TEST"


# -- a service over a real folder, behind real connections ---------------------


def write_pack(folder: Path) -> Path:
    """A data pack of one item, with secrets wherever a careless path would lead."""
    for place in ("eodata", "eodata-secret", "items", "thumbnails", "practice"):
        (folder / "pack" / place).mkdir(parents=True)
    for place in (".", "pack", "pack/eodata-secret", "pack/items", "pack/thumbnails", "pack/practice"):
        (folder / place / "secret.txt").write_bytes(SECRET)
    for name in ("a.jp2", "look.jpg", "<b>&amp;.jp2"):
        (folder / "pack/eodata" / name).write_bytes(CONTENT)
    hrefs = {"red": "a.jp2", "odd": "<b>&amp;.jp2", "thumbnail": "look.jpg"}
    assets = {key: {"href": f"s3://eodata/{name}"} for key, name in hrefs.items()}
    assets["thumbnail"]["type"] = "image/jpeg"
    item = {"id": ITEM, "type": "Feature", "collection": "sentinel-2-l2a", "assets": assets, "links": []}
    ring = [[11, 47], [12, 47], [12, 48], [11, 47]]
    item |= {"geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"datetime": "2023-09-28T10:00:00Z"}}
    (folder / "pack/items/item.json").write_text(json.dumps(item))
    return folder / "pack"


@contextmanager
def serving(folder: Path, host: str = "127.0.0.1", *, public: bool = False) -> Iterator[Service]:
    practice, offer, listener = Practice(), pack.read_pack(folder), listen(host, 0)
    store = FileStore(offer.objects, Cache(folder.parent / "cache"))
    running = build_http_server(Server(offer, store, KEYS, public=public, practice=practice))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Service(f"127.0.0.1:{listener.getsockname()[1]}", practice)
    finally:
        running.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    with serving(folder) as it:
        yield it


LARGE = 50_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, psutil.Process]]:
    """A service in a process of its own, whose image is so large that nobody reads it at once."""
    folder = write_pack(tmp_path_factory.mktemp("large"))
    os.truncate(folder / "eodata/a.jp2", LARGE)
    keys = {"CDSE_OFFLINE_ACCESS_KEY": KEYS.access, "CDSE_OFFLINE_SECRET_KEY": KEYS.secret}
    quick = "from cdse_offline.server import protocol; protocol.READING_SECONDS = 1"
    change = f"from cdse_offline import __main__; {quick}; __main__.main()"
    command = [sys.executable, "-c", change, "--port", "0", "--until-stdin-closes", "--data", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | keys
    ) as process:
        assert process.stdin and process.stdout
        yield Service(json.loads(process.stdout.readline())["s3"], None), psutil.Process(process.pid)
        process.stdin.close()


def connected(service: Service, data: bytes = b"", receive: int | None = None) -> socket.socket:
    host, port = service.address.split(":")
    client = socket.socket()
    if receive:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    client.settimeout(10)
    client.connect((host, int(port)))
    client.sendall(data)
    return client


def raw(service: Service, request: str) -> bytes:
    """What is answered to these very bytes, until the connection ends."""
    client = connected(service, request.encode("latin-1"))
    found = b""
    with client, suppress(ConnectionResetError):
        while data := client.recv(65536):
            found += data
    return found


def get(path: str, host: str = "127.0.0.1", method: str = "GET", headers: str = "") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def code(body: bytes) -> str | None:
    return ElementTree.fromstring(body).findtext("Code")


# -- paths -------------------------------------------------------------------

DOORS = ("/", "/eodata/", "/thumbnails/", "/stac/v1/", "/stac/v1/collections/", "/odata/v1/", "/practice/")
PATHS = (
    *("../secret.txt", "../../secret.txt", "%2e%2e/secret.txt", ".%2e/secret.txt", "..%2fsecret.txt"),
    *("%2e%2e%2fsecret.txt", "%252e%252e%252fsecret.txt", "%252e%252e/secret.txt", "%c0%ae%c0%ae/secret.txt"),
    *("..\\secret.txt", "..%5csecret.txt", "..;/secret.txt", "....//secret.txt", "./../secret.txt"),
    *("a.jp2/../../secret.txt", "a.jp2%00", "../secret.txt%00.jp2", "%00/../secret.txt", "/secret.txt"),
    *("//etc/passwd", "../../../../../../../../etc/passwd", "%2fetc%2fpasswd", "secret.txt", "items/secret.txt"),
)
SIBLINGS = (
    *(
        "/eodata-secret/secret.txt",
        "/eodata../secret.txt",
        "/eodata%2f..%2fsecret.txt",
        "/EODATA/a.jp2",
        "/eodata%00/a",
    ),
    *("//eodata/../secret.txt", "/stac/v1-secret/secret.txt", "/stac/v1/../../secret.txt", "/thumbnails../secret.txt"),
    *("/thumbnails/../eodata/a.jp2", f"/thumbnails/../thumbnails/{ITEM}.jpg", "/practice-secret/secret.txt"),
    *("/thumbnails/look.jpg", "/thumbnails/s3://eodata/look", f"/thumbnails/{ITEM}.jpg%00", "\\eodata\\a.jp2"),
)


def good(service: Service, path: str) -> str:
    """Headers with a good signature."""
    pairs = service.signed(path).items() if path.startswith("/") else ()
    return "".join(f"{name}: {value}\r\n" for name, value in pairs if name != "Host")


@pytest.mark.parametrize("key", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize("door", DOORS)
def test_no_path_leads_out_of_the_bucket(service, door, key):
    expected = (404,) if key and door == "/eodata/" else (400, 401, 403, 404, 405)
    for path in PATHS:
        answer = raw(service, get(door + path, service.address, headers=good(service, door + path) if key else ""))
        assert status(answer) in expected, path
        assert SECRET not in answer and b"root:" not in answer, path


@pytest.mark.parametrize("path", SIBLINGS)
def test_neighbours_of_a_door_are_no_door(service, path):
    answer = raw(service, get(path, service.address, headers=good(service, path)))
    assert status(answer) in (400, 403, 404), answer
    assert SECRET not in answer and CONTENT not in answer


def test_the_same_requests_find_what_is_there(service):
    """Else the two tests above would pass with a service that answers nothing."""
    assert service.read("/eodata/a.jp2").body == CONTENT
    assert service.ask(f"/thumbnails/{ITEM}.jpg").body == CONTENT


@pytest.mark.parametrize("link", ["../secret.txt", "../eodata-secret/secret.txt", "../../secret.txt", "/etc/passwd"])
@pytest.mark.parametrize("by", ["href", "symbolic link"])
def test_a_pack_cannot_offer_what_lies_outside_of_it(tmp_path, link, by):
    folder = write_pack(tmp_path)
    path = folder / "items/item.json"
    item = json.loads(path.read_text())
    if by == "href":
        item["assets"]["red"]["href"] = f"s3://eodata/{link}"
    else:
        (folder / "eodata/a.jp2").unlink()
        (folder / "eodata/a.jp2").symlink_to(link)
    path.write_text(json.dumps(item))
    offer = pack.read_pack(folder)  # it leaves out what lies elsewhere, and says so
    assert "trỏ ra ngoài s3://eodata/" in "".join(offer.notes)
    assert SECRET not in [file.read_bytes() for file in offer.objects.values()] and len(offer.objects) == 2


def test_nothing_is_listed_but_the_bucket(service):
    for path in ("/", "/thumbnails/", "/odata/v1/", "/stac/", "/eodata-secret/"):
        answer = service.ask(path)
        assert b"secret" not in answer.body and b".jp2" not in answer.body, path
    for query in ("prefix=../", "prefix=/", "prefix=..%2f", "prefix=%2e%2e/&delimiter=/", "prefix=../eodata-secret/"):
        names = ElementTree.fromstring(service.read(f"/eodata/?{query}").body).findall(".//{*}Key")
        assert names == [], query
    assert len(ElementTree.fromstring(service.read("/eodata/").body).findall(".//{*}Key")) == 3


# -- hosts, origins ----------------------------------------------------------

FOREIGN = (
    *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80", "LOCALHOST.evil.example"),
    *("127.0.0.1:80@evil.example", "127.0.0.1@evil.example", "127.0.0.1:x", "[::1].evil.example", "[::1]evil"),
    *("0.0.0.0", "2130706433", "0x7f.1", "127.1", "127.0.0.1/", "192.168.1.5"),
    *("127.0.0.1 evil.example", "127.0.0.1,evil.example"),
)


@pytest.mark.parametrize("host", FOREIGN)
def test_a_page_of_another_name_gets_nothing_at_any_door(service, host):
    for path in ("/stac/v1/", "/eodata/a.jp2", f"/thumbnails/{ITEM}.jpg", "/practice", "/odata/v1/x", "/"):
        answer = raw(service, get(path, host))
        assert status(answer) in (400, 403) and b"stac" not in answer, path


def test_a_request_without_a_host_or_with_two_gets_nothing(service):
    for request in (
        "GET /stac/v1/ HTTP/1.0\r\n\r\n",
        "GET /stac/v1/ HTTP/1.1\r\n\r\n",
        get("/stac/v1/", "127.0.0.1", headers="Host: evil.example\r\n"),
        get("http://evil.example/stac/v1/"),
        get("evil.example:80", method="CONNECT"),
    ):
        answer = raw(service, request)
        assert status(answer) in (400, 403, 404) and b"stac_version" not in answer, request


@pytest.mark.parametrize("path", ["/stac/v1/", "/stac/v1/search", "/eodata/a.jp2", "/practice", "/", "/nowhere"])
def test_no_other_site_may_read_or_order(service, path):
    for method in ("GET", "OPTIONS", "POST"):
        asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
        answer = service.ask(path, method, **asked)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        assert method != "OPTIONS" or answer.status != 200


def test_the_pages_of_the_api_run_no_scripts_of_others(service):
    page = service.ask("/stac/v1/api.html")
    assert b"cdn." in page.body  # it would, from another host, and with this service's rights
    assert page.headers["Content-Security-Policy"] == "default-src 'none'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


# -- signatures --------------------------------------------------------------


def changed(headers: dict[str, str], pattern: str, by: str) -> dict[str, str]:
    text, count = re.subn(pattern, by, headers["Authorization"])
    assert count == 1
    return headers | {"Authorization": text}


def forgeries(service: Service) -> dict[str, tuple[str, dict[str, str], str]]:
    """What was forged: path, headers, the store's answer."""
    good, list_path = service.signed("/eodata/a.jp2"), "/eodata/?list-type=2&prefix=a"
    ranged = service.signed("/eodata/a.jp2", Range="bytes=0-9")
    elsewhere = AWSRequest("GET", "http://other.example/eodata/a.jp2")
    S3SigV4Auth(Credentials(KEYS.access, KEYS.secret), "s3", "default").add_auth(elsewhere)
    presigned = AWSRequest("GET", f"http://{service.address}/eodata/a.jp2")
    S3SigV4QueryAuth(Credentials(KEYS.access, KEYS.secret), "s3", "default").add_auth(presigned)
    stamp = good["X-Amz-Date"]
    later = f"{(datetime.strptime(stamp, '%Y%m%dT%H%M%SZ') + timedelta(minutes=1)):%Y%m%dT%H%M%SZ}"
    a, wrong, none = "/eodata/a.jp2", "SignatureDoesNotMatch", "AccessDenied"
    return {
        "nothing": (a, {}, none),
        "another path": ("/eodata/look.jpg", good, wrong),
        "a query added": (a + "?x=1", good, wrong),
        "a query changed": (list_path + "b", service.signed(list_path), wrong),
        "a query taken away": ("/eodata/", service.signed(list_path), wrong),
        "a signed range changed": (a, ranged | {"Range": "bytes=0-99"}, wrong),
        "a signed range taken away": (a, ranged | {"Range": ""}, wrong),
        "for another host": (a, dict(elsewhere.headers), wrong),
        "the time changed": (a, good | {"X-Amz-Date": later}, wrong),
        "no time": (a, {name: value for name, value in good.items() if name != "X-Amz-Date"}, none),
        "the hash of the body changed": (a, good | {"X-Amz-Content-SHA256": "0" * 64}, wrong),
        "nothing signed": (a, changed(good, "SignedHeaders=[^,]+", "SignedHeaders=date"), wrong),
        "another region": (a, changed(good, "/default/", "/eu-west-1/"), wrong),
        "another service": (a, changed(good, "/s3/", "/sts/"), none),
        "another algorithm": (a, changed(good, "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), none),
        "the signature cut": (a, changed(good, "(?<=Signature=).*", "0123"), none),
        "no signature": (a, changed(good, "(?<=Signature=).*", ""), none),
        "only zeros": (a, changed(good, "(?<=Signature=).*", "0" * 64), wrong),
        "half a key": (a, changed(good, "Credential=[^/]+/", "Credential=ACC/"), "InvalidAccessKeyId"),
        "no key": (a, changed(good, "Credential=[^/]+/", "Credential=/"), none),
        "a name and password": (a, {"Authorization": "Basic QUNDRVNTOnNlY3JldA=="}, none),
        "the second version": (a, {"Authorization": f"AWS {KEYS.access}:c2lnbmF0dXJl"}, none),
        "in the address": (presigned.url.removeprefix(f"http://{service.address}"), {}, none),
    }


def test_forged_requests_are_refused(service):
    for what, (path, headers, expected) in forgeries(service).items():
        sent = {name: value for name, value in headers.items() if name != "Host"}
        answer = service.ask(path, **sent)
        assert answer.status == 403 and code(answer.body) == expected, what
        assert CONTENT[:100] not in answer.body and KEYS.secret.encode() not in answer.body, what
    assert service.ask("/eodata/a.jp2", **service.signed("/eodata/a.jp2")).body == CONTENT


def test_gdal_leaves_the_range_unsigned_and_may(service):
    assert service.ask("/eodata/a.jp2", **service.signed("/eodata/a.jp2"), Range="bytes=0-9").body == CONTENT[:10]


@pytest.mark.parametrize(("minutes", "answer"), [(-16, 403), (16, 403), (-14, 200)])
def test_a_request_that_was_overheard_is_soon_worth_nothing(service, monkeypatch, minutes, answer):
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    with monkeypatch.context() as clock:
        clock.setattr("botocore.auth.get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
        headers = service.signed("/eodata/a.jp2")
    for _ in range(2):
        found = service.ask("/eodata/a.jp2", **headers)
        assert found.status == answer and (answer == 200 or code(found.body) == "RequestTimeTooSkewed")


# -- too much ----------------------------------------------------------------


def test_what_is_too_large_is_refused_and_others_are_served(service):
    json_type = "Content-Type: application/json\r\n"
    for headers, expected in (
        (f"{json_type}Content-Length: 10000000000\r\n", 413),
        (f"{json_type}Content-Length: {'9' * 30}\r\n", 400),
        (f"{json_type}Transfer-Encoding: chunked\r\n", 413),
        (f"{json_type}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 413),
        (f"{json_type}Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("X: " + "x" * 1_000_000 + "\r\n", 400),
        ("X: y\r\n" * 200_000, 400),
    ):
        for path in ("/stac/v1/search", "/practice", "/eodata/a.jp2"):
            answer = raw(service, get(path, method="POST", headers=headers) + "5\r\n{    \r\n" * 3)
            assert status(answer) == expected, (path, headers[:60])
    assert status(raw(service, get("/stac/v1/" + "a" * 1_000_000))) == 400
    assert service.ask("/stac/v1/").status == 200


def test_the_practice_door_takes_little_and_only_its_own_words(service):
    text = "Content-Type: text/plain\r\n"
    rule = json.dumps({"rules": [{"kind": "hang"}]})
    for path, method in (
        *((door + "../practice", "PUT") for door in DOORS),
        *(
            (path, "PUT")
            for path in ("//practice", "/practice%00", "/practice/x", "/Practice", "/eodata/%2e%2e/practice")
        ),
        *(("/practice", method) for method in ("POST", "PATCH", "OPTIONS", "TRACE", "BREW")),
    ):
        answer = raw(service, get(path, method=method, headers=f"{text}Content-Length: {len(rule)}\r\n") + rule)
        assert status(answer) in (401, 403, 404, 405), (path, method)
    for size in (70_000, 2_000_000):
        body = rule + " " * (size - len(rule))
        answer = raw(service, get("/practice", method="PUT", headers=f"Content-Length: {size}\r\n") + body)
        assert status(answer) == 413
    assert service.practice.rules == []


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000])
def test_numbers_without_end_are_refused(service, number):
    assert service.read(Range=f"bytes={number}-").status in (400, 416)
    assert service.read(f"/eodata/?max-keys={number}").status == 400
    assert service.ask(f"/stac/v1/search?limit={number}").status == 400


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3000 + "1=1" + ")" * 3000,  # without a limit, the whole service dies of it
        "(" * 25,  # this one it would work at for minutes
        "(" * 12 + "1=1 AND " * 200,
        "')))))))))))))))))))))))))))))'='' AND " + "(" * 25,
        "\"))))))))))))))))))))))))))))))\"='' AND " + "(" * 25,
    ],
)
def test_a_filter_cannot_stop_the_service(large, text):
    service, _ = large
    begin = time.monotonic()
    answer = service.ask(f"/stac/v1/search?filter={_quoted(text)}")
    assert answer.status == 400 and "parentheses" in answer.json()["description"]
    assert time.monotonic() - begin < 5 and service.ask("/stac/v1/").status == 200


def _quoted(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "()=" else f"%{ord(sign):02X}" for sign in text)


@pytest.mark.parametrize(
    "text",
    [
        "((id='S2B_TEST'))",
        "id = 'S2B_TEST' AND (((1=1) OR (2=2)) AND NOT (1=2))",
        "id IN ('))))', '((((((((((((((', 'S2B_TEST')",
    ],
)
def test_a_filter_with_some_parentheses_is_answered(service, text):
    assert len(service.ask(f"/stac/v1/search?filter={_quoted(text)}").json()["features"]) == 1


@pytest.mark.parametrize(("depth", "expected"), [(20, 200), (29, 400), (150, 400), (400, 400), (10_000, 413)])
def test_a_deep_document_is_refused(service, depth, expected):
    filtering = '{"op":"not","args":[' * depth + '{"op":"=","args":[1,1]}' + "]}" * depth
    answer = raw(service, post("/stac/v1/search", f'{{"filter": {filtering}, "filter-lang": "cql2-json"}}'))
    assert status(answer) == expected and service.ask("/stac/v1/").status == 200


@pytest.mark.parametrize(
    "body",
    [
        *("5", "[]", '"x"', "null", "true", "", "{", '{"query": 5}', '{"query": {"eo:cloud_cover": 5}}'),
        *('{"filter": {"op": "between", "args": [1]}}', '{"filter": {"op": "casei", "args": []}}', '{"limit": -1}'),
    ],
)
def test_a_senseless_search_is_the_askers_fault_not_the_services(service, body):
    for kind in ("application/json", "text/plain"):
        assert status(raw(service, post("/stac/v1/search", body, kind))) == 400


def post(path: str, body: str, kind: str = "application/json") -> str:
    return get(path, method="POST", headers=f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n") + body


# -- too slow ----------------------------------------------------------------


def seconds(service: Service) -> float:
    """For a small answer to somebody else."""
    begin = time.monotonic()
    assert service.ask("/stac/v1/conformance").status == 200
    return time.monotonic() - begin


def ended(client: socket.socket) -> bool:
    """Has the service ended this connection, or does it within two seconds?"""
    client.settimeout(2)
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


UNFINISHED = {
    "nothing": "",
    "a line": "GET /stac/v1/ HT",
    "headers": "GET /stac/v1/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
    "a body": post("/stac/v1/search", "{").replace("Content-Length: 1", "Content-Length: 9000"),
    "a body for the door": "PUT /practice HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{",
    "a body for nobody": "PUT /eodata/a.jp2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{",
    "a second request": get("/stac/v1/").replace("close", "keep-alive") + "GET /stac",
}


@pytest.mark.parametrize("what", UNFINISHED)
def test_an_unfinished_request_hinders_nobody_and_ends(service, monkeypatch, what):
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.5)
    clients = [connected(service, UNFINISHED[what].encode()) for _ in range(40)]
    assert min(seconds(service) for _ in range(3)) < 1
    if what == "a second request":  # the time runs from its next byte, else from the end of the first
        time.sleep(0.1)
        for client in clients:
            client.sendall(b"/")
    assert all(ended(client) for client in clients)


def test_a_request_that_drips_in_ends_as_well(service, monkeypatch):
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.5)
    begin, client = time.monotonic(), connected(service)
    with suppress(ConnectionError):
        while time.monotonic() - begin < 5:
            client.sendall(b"G")
            time.sleep(0.05)
    assert 0.4 < time.monotonic() - begin < 4


def test_who_keeps_a_connection_and_asks_in_time_is_served_for_long(service, monkeypatch):
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.3)
    connection = http.client.HTTPConnection(service.address, timeout=10)
    for _ in range(3):
        connection.request("GET", "/stac/v1/conformance")
        assert connection.getresponse().read()
        time.sleep(0.4)
    connection.close()


def test_who_does_not_read_holds_no_memory_and_no_connection(large):
    service, process = large
    request = get("/eodata/a.jp2", service.address, headers=good(service, "/eodata/a.jp2"))
    assert service.read().status == 200  # what the service needs for itself
    before = process.memory_info().rss
    clients = [connected(service, request.encode(), receive=4096) for _ in range(20)]
    time.sleep(0.5)
    assert process.memory_info().rss - before < 20e6 and min(seconds(service) for _ in range(3)) < 1
    assert len(process.net_connections()) >= 20
    deadline = time.monotonic() + 8
    while len(process.net_connections()) > 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(process.net_connections()) <= 2
    for client in clients:
        client.close()


def test_who_reads_slowly_but_reads_gets_all(large):
    service, _ = large
    client = connected(service, get("/eodata/a.jp2", service.address, headers=good(service, "/eodata/a.jp2")).encode())
    found, begin = 0, time.monotonic()
    while data := client.recv(1 << 20):
        found += len(data)
        time.sleep(max(0, 2.5 * found / LARGE - (time.monotonic() - begin)))  # two and a half for all of it
    assert found > LARGE and time.monotonic() - begin > 2
    client.close()


def test_large_answers_are_sent_in_pieces(service):
    """Else one that nobody reads lies in memory three times."""

    async def app(scope, receive, send):
        await application.Response(b"x" * (3 * application.PIECE + 1))(scope, receive, send)

    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": "http", "method": "GET"}, None, application._make_careful(send)))
    assert [len(message.get("body", b"")) for message in sent] == [0, *[application.PIECE] * 3, 1]
    assert [message.get("more_body", False) for message in sent] == [False, True, True, True, False]


# -- who is asked, and by whom -------------------------------------------------


def own_address() -> str:
    """An address of this machine that others know it by; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as finder:
        try:
            finder.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine is in no network")
        return finder.getsockname()[0]


def test_the_service_listens_on_this_machine_only(offline_service):
    port = offline_service["s3"].rsplit(":", 1)[1]
    for address in (own_address(), *(("127.0.0.2",) if sys.platform == "linux" else ())):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, int(port)), timeout=5)


def test_the_practice_door_is_closed_to_other_machines(folder):
    address = own_address()
    with serving(folder, "0.0.0.0", public=True) as service:
        port = service.address.split(":")[1]
        outside = Service(f"{address}:{port}", service.practice)
        assert outside.ask("/stac/v1/").status == 200
        for method, path in (("GET", "/practice"), ("PUT", "/practice"), ("DELETE", "/practice/usage")):
            for headers in (
                {},
                {"X-Forwarded-For": "127.0.0.1"},
                {"Forwarded": "for=127.0.0.1"},
                {"Host": f"localhost:{port}"},
            ):
                answer = outside.ask(path, method, {"rules": []}, **headers)
                assert answer.status == 403 and "Chỉ máy đang chạy" in answer.json()["detail"]
        assert service.ask("/practice").status == 200
        for client in ("203.0.113.5", "127.0.0.1, 203.0.113.5", "unknown", "localhost"):  # what a proxy here tells
            assert service.ask("/practice", **{"X-Forwarded-For": client}).status == 403


# -- XML ---------------------------------------------------------------------

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "InvalidAccessKeyId"><!ENTITY f SYSTEM "file:///etc/passwd">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><Error><Code>{}</Code></Error>"
)


@pytest.mark.parametrize("path", ["/eodata/", "/eodata/a.jp2", "/stac/v1/search", "/practice"])
def test_xml_that_is_sent_is_not_even_read(service, path):
    begin = time.monotonic()
    for method in ("POST", "PUT"):
        body = LAUGHS.replace("{}", "&j;&f;")
        headers = f"Content-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
        answer = raw(service, get(path, method=method, headers=headers) + body)
        assert 400 <= status(answer) < 500 and b"root:" not in answer and len(answer) < 3000
    assert time.monotonic() - begin < 2


def test_entities_in_an_error_of_a_store_stay_as_they_are():
    for entity in ("&a;", "&j;", "&f;"):
        assert answers.refusal(403, {}, LAUGHS.replace("{}", entity).encode(), "x").reason is Reason.FORBIDDEN
    assert answers.refusal(403, {}, b"<Error><Code>InvalidAccessKeyId</Code>", "x").reason is Reason.KEY_UNKNOWN


PARSERS = re.compile(r"xml\.(?!sax\.saxutils$)|(lxml|bs4|xmltodict)\b")


def test_no_code_of_the_course_or_the_service_parses_xml():
    found = []
    for package in ("lessons", "cdse_access", "cdse_offline"):
        for path in modules(package):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found += [(path.name, name) for name in names if PARSERS.match(name)]
    assert found == []


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "a&b<c>\"d'e", "]]>", "%3C/Resource%3E%3CCode%3EX", "&lt;"]
)
def test_answers_in_xml_are_escaped(service, name):
    answer = raw(service, get(f"/eodata/{name}", service.address))
    body = answer.partition(b"\r\n\r\n")[2]
    assert b"<script" not in body and code(body) == "AccessDenied"
    assert ElementTree.fromstring(body).findtext("Resource") == f"/eodata/{name}"
    assert b"application/xml" in answer and b"nosniff" in answer


def test_a_listing_with_odd_names_is_well_formed(service):
    root = ElementTree.fromstring(service.read("/eodata/?prefix=%3Cb%3E%26amp%3B").body)
    assert root.findtext("{*}Prefix") == "<b>&amp;" and root.findtext(".//{*}Key") == "<b>&amp;.jp2"


# -- impostors ---------------------------------------------------------------

openssl = pytest.mark.skipif(impostors.OPENSSL is None, reason="openssl makes the certificates")
CONTENT_OF_IMPOSTOR = BEGINNINGS[".jp2"] + bytes(4000)


@contextmanager
def impostor(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[tuple[str, Path]]:
    """The address of a machine with a certificate for this name, and the file of that certificate."""
    key, path = folder / "impostor.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=x", "-addext", f"subjectAltName={name}"]
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    command = [impostors.OPENSSL or "openssl", *request, "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    key.write_bytes(key.read_bytes() + path.read_bytes())
    monkeypatch.setattr(impostors, "certificate", lambda _: key)
    with impostors.impostor(folder, CONTENT_OF_IMPOSTOR) as address:
        yield address, path


def trust(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """The learner's machine trusts who signed this certificate."""
    for name in ("GDAL_CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(path))


CASES = [
    pytest.param("IP:127.0.0.1", False, id="signed by nobody"),
    pytest.param("DNS:impostor.example", True, id="signed, for another name"),
    pytest.param("DNS:impostor.example", False, id="signed by nobody, for another name"),
]


@openssl
@pytest.mark.parametrize(("name", "trusted"), CASES)
def test_an_impostor_is_refused_in_every_way(tmp_path, monkeypatch, name, trusted):
    monkeypatch.setenv("GDAL_HTTP_UNSAFESSL", "YES")  # as in other people's notebooks
    with impostor(tmp_path, monkeypatch, name) as (address, path):
        if trusted:
            trust(monkeypatch, path)
        store = cdse.use_store(ImageStore(address, True, CdseKeys.from_texts("A1", "B2"), "")).store
        with pytest.raises(BadData) as caught:
            remote.Remote("s3://eodata/a.jp2", store, remote.open_pool(store, 1)).read(0, 12)
        assert caught.value.reason is Reason.CERTIFICATE
        with pytest.raises(Unavailable) as caught:
            cdse.open_catalog(f"https://{address}/v1/")
        assert caught.value.reason is Reason.CERTIFICATE
        with pytest.raises(rasterio.errors.RasterioIOError):
            rasterio.open("s3://eodata/a.jp2")
        assert gdal.get_path_option(PREFIX, "AWS_SECRET_ACCESS_KEY") is None  # it would check nothing


@openssl
def test_who_is_not_an_impostor_is_not_refused(tmp_path, monkeypatch):
    """Else the test above would pass with whoever answers."""
    with impostor(tmp_path, monkeypatch, "IP:127.0.0.1") as (address, path):
        trust(monkeypatch, path)
        store = cdse.use_store(ImageStore(address, True, CdseKeys.from_texts("A1", "B2"), "")).store
        file = remote.Remote("s3://eodata/a.jp2", store, remote.open_pool(store, 1))
        assert file.read(0, 12) == CONTENT_OF_IMPOSTOR[:12]
        monkeypatch.setattr(transport, "WAITS", (0,))
        with pytest.raises(Unavailable) as caught:  # it answers with an image
            cdse.open_catalog(f"https://{address}/v1/")
        assert caught.value.reason is Reason.NOT_SERVICE
        with rasterio.Env(GDAL_HTTP_MAX_RETRY=0), pytest.raises(rasterio.errors.RasterioIOError) as caught:
            rasterio.open("s3://eodata/a.jp2")
        assert "certificate" not in str(caught.value)


@openssl
def test_connect_refuses_an_impostor_though_certificates_were_turned_off(tmp_path, monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_UNSAFESSL", "YES")
    with impostor(tmp_path, monkeypatch, "DNS:impostor.example") as (address, _):
        for name, value in {
            "CDSE_STAC_URL": f"https://{address}/v1/", "CDSE_S3_ENDPOINT": address, "CDSE_ENV_FILE": "none",
            "CDSE_S3_ACCESS_KEY": "ABCDE" * 4, "CDSE_S3_SECRET_KEY": "thu0" * 10,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        with pytest.raises(Unavailable) as caught:
            cdse.connect()
        assert caught.value.reason is Reason.CERTIFICATE


@pytest.mark.parametrize("stac", ["http://stac.dataspace.copernicus.eu/v1/", "http://lop.local/stac/v1/"])
@pytest.mark.parametrize(
    "s3",
    [
        *("eodata.dataspace.copernicus.eu", "EODATA.DataSpace.Copernicus.EU", "http://eodata.dataspace.copernicus.eu"),
        *("http://eodata.dataspace.copernicus.eu:80/", "eodata.dataspace.copernicus.eu:80", "dataspace.copernicus.eu"),
        *("eodata.dataspace.copernicus.eu.", "eodata.ams.dataspace.copernicus.eu", "'eodata.dataspace.copernicus.eu'"),
    ],
)
def test_keys_never_go_to_cdse_in_the_open_however_it_is_written(stac, s3):
    assert read_addresses({"CDSE_STAC_URL": stac, "CDSE_S3_ENDPOINT": s3}).https


@pytest.mark.parametrize("s3", ["lop.local:8123", "dataspace.copernicus.eu.evil.example", "notdataspace.copernicus.eu"])
def test_a_machine_of_the_class_is_believed_as_it_is_written_and_it_is_said(s3):
    given = read_addresses({"CDSE_STAC_URL": "http://lop.local:8123/stac/v1/", "CDSE_S3_ENDPOINT": s3})
    chosen = services.Service("given", given, services.Found(None, "x"))
    assert not given.https and "không mã hóa" in chosen.warning and "đừng dùng khóa CDSE thật" in chosen.warning


# -- keys that lie about -------------------------------------------------------

NEAR = 80  # characters between a key and the word that gives it away
WORD = re.compile(r"key|secret|access|token|credential|passw|khóa|khoá|bí mật|mật khẩu|connect\(", re.IGNORECASE)
RUN = re.compile(r"(?<![\w+/-])[\w+/-]{20,64}(?![\w+/-])", re.ASCII)
IMAGE = re.compile(r"T\d\d[A-Z]{3}_\d{8}T\d{6}_\w{3}_\d\dm")  # the name of a Sentinel-2 file


def like_a_key(text: str) -> bool:
    """Letters of both cases and digits in disorder, 30 or more; or capitals and digits, or small ones, only."""
    kinds = ["d" if sign.isdigit() else "u" if sign.isupper() else "l" if sign.islower() else "o" for sign in text]
    disorder = sum(one != other for one, other in pairwise(kinds)) / len(text)
    if {"d", "u", "l"} <= set(kinds):
        return len(text) >= 30 and disorder > 0.3
    return set(kinds) in ({"d", "u"}, {"d", "l"}) and kinds.count("d") >= 2 and disorder > 0.2


def leaks(path: Path) -> list[str]:
    """What looks like a key near a word that says so, in a file's text or a notebook's sources and outputs."""
    return [
        run[0]
        for text in _parts(path)
        for run in RUN.finditer(text)
        if like_a_key(run[0])
        and not IMAGE.fullmatch(run[0])
        and not text[: run.start()].endswith("--hash=sha256:")
        and WORD.search(text[max(0, run.start() - NEAR) : run.end() + NEAR].replace(run[0], ""))
    ]


def _parts(path: Path) -> Iterator[str]:
    if path.suffix != ".ipynb":
        yield path.read_text(encoding="utf-8")
        return
    for cell in nbformat.read(path, as_version=4).cells:
        yield cell.source
        for output in cell.get("outputs", ()):
            data = {kind: value for kind, value in output.get("data", {}).items() if not kind.startswith("image/")}
            yield "\n".join(_strings({**output, "data": data}))


def _strings(value: object) -> Iterator[str]:
    """The texts in a document, as they are read: not as JSON writes them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{name}: " + "\n".join(_strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def test_no_file_and_no_output_holds_a_key():
    found = {}
    for path in {*files()} - {ROOT / "tests/project/test_frame.py"}:  # it names what it looks for
        with suppress(UnicodeDecodeError):  # pictures
            if runs := leaks(path):
                found[path.relative_to(ROOT).as_posix()] = runs
    assert found == {}
    assert {"README.md", "notebooks/01-xac-thuc.ipynb"} <= {path.relative_to(ROOT).as_posix() for path in files()}


def notebook(source: str, *outputs: nbformat.NotebookNode) -> str:
    return nbformat.writes(v4.new_notebook(cells=[v4.new_code_cell(source, outputs=list(outputs))]))


CARRIERS = {
    "code.py": lambda ak, sk: f'os.environ["AWS_SECRET_ACCESS_KEY"] = "{sk}"\n',
    "magic.ipynb": lambda ak, sk: notebook(f"%env AWS_SECRET_ACCESS_KEY={sk}"),
    "call.ipynb": lambda ak, sk: notebook(f'from cdse_access.session import connect\nconnect("{ak}","{sk}")'),
    "call.py": lambda ak, sk: f'connect("{ak}","{sk}")\n',
    ".env": lambda ak, sk: f"CDSE_S3_ACCESS_KEY={ak}\nCDSE_S3_SECRET_KEY={sk}\n",
    "settings.json": lambda ak, sk: json.dumps({"access_key": ak, "secret_key": sk}),
    "setup.sh": lambda ak, sk: f"export CDSE_S3_SECRET_KEY='{sk}'\n",
    "printed.ipynb": lambda ak, sk: notebook(
        "dict(os.environ)", v4.new_output("stream", text=f"{{'AWS_SECRET_ACCESS_KEY': '{sk}'}}\n")
    ),
    "table.ipynb": lambda ak, sk: notebook(
        "show()", v4.new_output("display_data", {"text/html": f"<tr><td>secret</td>\n<td>{sk}</td></tr>"})
    ),
    "failed.ipynb": lambda ak, sk: notebook(
        "connect()", v4.new_output("error", ename="E", evalue="", traceback=[f"\x1b[0;31mkey\x1b[0m = '{sk}'"])
    ),
    "lesson.md": lambda ak, sk: f"Khóa bí mật của tôi là `{sk}`, đừng cho ai biết.\n",
    "credentials": lambda ak, sk: f"[default]\naws_access_key_id = {ak}\naws_secret_access_key = {sk}\n",
    "values.yml": lambda ak, sk: f"secret: {sk}\n",
}


def pairs(number: int) -> Iterator[tuple[str, str]]:
    """Keys made here and now: none is written in this file."""
    dice = Random(5)
    for _ in range(number):
        access = "".join(dice.choices(string.ascii_uppercase + string.digits, k=20))
        yield access, "".join(dice.choices(string.ascii_letters + string.digits + "+/", k=40))


@pytest.mark.parametrize("name", CARRIERS)
def test_a_key_is_found_wherever_it_lies(tmp_path, name):
    for access, secret in pairs(5):
        (tmp_path / name).write_text(CARRIERS[name](access, secret), encoding="utf-8")
        assert secret in leaks(tmp_path / name)
    (tmp_path / name).write_text(CARRIERS[name]("KHOA-CUA-BAN", "bi-mat-cua-ban"), encoding="utf-8")
    assert leaks(tmp_path / name) == []


@pytest.mark.parametrize(
    ("letters", "length", "share"),
    [
        (string.ascii_letters + string.digits + "+/", 40, 0.995),
        (string.ascii_letters + string.digits + "-_", 30, 0.98),
        (string.ascii_letters + string.digits, 64, 0.995),
        (string.ascii_uppercase + string.digits, 20, 0.85),
        (string.ascii_lowercase + string.digits, 32, 0.95),
        ("0123456789abcdef", 40, 0.98),
    ],
)
def test_nearly_every_key_looks_like_one(letters, length, share):
    dice = Random(6)
    found = [like_a_key("".join(dice.choices(letters, k=length))) for _ in range(2000)]
    assert sum(found) / 2000 >= share


def test_no_file_that_keeps_keys_is_in_git():
    names = [path.name for path in files()]
    assert [name for name in names if re.match(r"\.env|credentials$|\.netrc|.*\.(pem|key|p12)$", name)] == []
    text = (ROOT / ".gitignore").read_text().splitlines()
    assert {".env", ".env.*", "*.pem"} <= set(text)
