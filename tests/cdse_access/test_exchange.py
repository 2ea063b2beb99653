"""cdse_access.exchange: certificates and proxies as the environment names them; what an answer leaves open."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
import requests.utils
from urllib3 import HTTPHeaderDict

from cdse_access import exchange
from cdse_access.catalog import open_catalog
from cdse_access.deadline import Deadline
from cdse_access.exchange import (
    BUNDLES,
    Answer,
    LostError,
    Pool,
    Question,
    explain_loss,
    find_contradiction,
    find_proxy,
)
from cdse_access.problems import BadInput, Reason
from tests.cdse_access.stac import send

PROXIES = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    for name in (*BUNDLES, *PROXIES):
        monkeypatch.delenv(name, raising=False)


# -- certificates ----------------------------------------------------------------


def bundles(folder: Path) -> dict[str, Path]:
    """Paths that name no certificates."""
    paths = {name: folder / name for name in ("missing", "empty", "text", "half", "folder", "dangling", "đường dẫn")}
    for name, content in {"empty": "", "text": "hello", "half": "-----BEGIN CERTIFICATE-----\nabc"}.items():
        paths[name].write_text(content)
    paths["folder"].mkdir()
    (paths["folder"] / "ca.pem").write_text(Path(requests.utils.DEFAULT_CA_BUNDLE_PATH).read_text())
    paths["dangling"].symlink_to(folder / "missing")
    return paths


@pytest.mark.parametrize("name", BUNDLES)
@pytest.mark.parametrize("what", ["missing", "empty", "text", "half", "folder", "dangling", "đường dẫn"])
def test_a_variable_that_names_no_certificates_is_told_before_anything_is_sent(tmp_path, monkeypatch, name, what):
    path = bundles(tmp_path)[what]
    monkeypatch.setenv(name, str(path))
    with pytest.raises(BadInput) as caught:
        open_catalog("https://127.0.0.1:9/")
    assert f"{name} là {path}" in str(caught.value) and caught.value.reason is Reason.INPUT
    assert Pool("http://127.0.0.1:9/")  # who needs no certificates is not kept from asking


def test_where_python_notes_the_keys_of_connections_is_told_if_it_cannot_be_written(tmp_path, monkeypatch):
    """`SSLKEYLOGFILE` of another course: the catalogue "answered, and is none", though nothing was sent."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys.log"))
    with pytest.raises(BadInput, match=r"SSLKEYLOGFILE là .*keys\.log.*Chưa gửi gì") as caught:
        open_catalog("https://127.0.0.1:9/")
    assert caught.value.reason is Reason.INPUT


@pytest.mark.parametrize("name", BUNDLES)
@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_a_variable_that_is_empty_turns_no_certificates_off(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    context = exchange.open_certificates()
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
    assert len(context.get_ca_certs()) > 50


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl names the files of a folder")
def test_a_bundle_and_a_folder_that_openssl_has_prepared_are_used(tmp_path, monkeypatch):
    whole = Path(requests.utils.DEFAULT_CA_BUNDLE_PATH)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(whole))
    assert len(exchange.open_certificates().get_ca_certs()) > 50
    one = tmp_path / "one.pem"
    end = "-----END CERTIFICATE-----\n"
    one.write_text(whole.read_text().partition(end)[0] + end)
    told = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", one], capture_output=True, text=True, check=True
    )
    one.rename(tmp_path / f"{told.stdout.strip()}.0")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path}:{tmp_path}")
    assert exchange.open_certificates().verify_mode is ssl.CERT_REQUIRED


# -- proxies -----------------------------------------------------------------------

BAD = "http://127.0.0.1:9"


@pytest.mark.parametrize("name", PROXIES[:6])
@pytest.mark.parametrize("exceptions", [{}, {"no_proxy": ""}, {"NO_PROXY": "a.org", "no_proxy": ""}, {"no_proxy": "b"}])
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:5/", "https://localhost/", "http://[::1]:5/", "http://127.0.0.9/"]
)
def test_this_machine_is_never_asked_through_a_proxy(monkeypatch, name, exceptions, address):
    for one, value in {name: BAD, **exceptions}.items():
        monkeypatch.setenv(one, value)
    assert find_proxy(address) is None


@pytest.mark.parametrize(
    ("held", "proxy"),
    [
        ({}, None),
        ({"https_proxy": BAD}, BAD),
        ({"HTTPS_PROXY": BAD}, BAD),
        ({"all_proxy": BAD}, BAD),
        ({"http_proxy": BAD}, None),  # of another scheme
        ({"https_proxy": ""}, None),
        ({"https_proxy": " "}, None),
        ({"HTTPS_PROXY": BAD, "https_proxy": ""}, None),
        ({"https_proxy": BAD, "no_proxy": "eodata.example"}, None),
        ({"https_proxy": BAD, "NO_PROXY": ".example"}, None),
        ({"https_proxy": BAD, "NO_PROXY": "*"}, None),
        ({"https_proxy": BAD, "no_proxy": "", "NO_PROXY": "eodata.example"}, None),
    ],
)
def test_others_are_asked_as_the_variables_say(monkeypatch, held, proxy):
    for name, value in held.items():
        monkeypatch.setenv(name, value)
    assert find_proxy("https://eodata.example/x") == proxy


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://127.0.0.1:9",
        "ftp://a/",
        "http://",
        "http://u:geheim@",
        "http://u:geheim@a:port/",
        "http://[::1",
        "://",
    ],
)
def test_a_proxy_that_is_no_address_is_told_without_its_password(monkeypatch, proxy):
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(BadInput, match="proxy") as caught:
        open_catalog("https://eodata.example/")
    assert "geheim" not in str(caught.value)


# -- what was seen -------------------------------------------------------------------


def test_what_is_lost_is_told_by_the_error_that_was_there_first():
    inner = ConnectionResetError(104, "Connection reset by peer, signature=abc")
    lost = explain_loss(ValueError("x", exchange.HTTPError("y", inner)))
    assert lost.slot == "why-broken-off" and "ConnectionResetError" in lost.why and "abc" not in lost.why
    assert isinstance(lost, LostError)


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ([("Content-Length", "3"), ("ETag", "a")], ""),
        ([("Transfer-Encoding", "chunked")], ""),
        ([("Content-Length", "3"), ("Transfer-Encoding", "chunked")], "Transfer-Encoding"),
        ([("Transfer-Encoding", "gzip, chunked")], "Transfer-Encoding"),
        ([("Content-Length", "2")], "Content-Length < body"),
        ([("Content-Length", "3"), ("Content-Length", "3")], "Content-Length × 2"),
        ([("Content-Length", "٣")], "Content-Length"),
        ([("Content-Length", "9" * 5000)], "Content-Length"),
    ],
)
def test_headers_that_leave_the_end_open(headers, what):
    told = HTTPHeaderDict()
    for name, value in headers:
        told.add(name, value)
    assert find_contradiction(Answer(200, told, b"abc")) == what


def test_a_long_body_takes_no_more_time_a_byte_than_a_short_one(server, monkeypatch):
    """Its pieces are joined once; copied with each that comes, those of 8 MB would be 64 GB."""
    monkeypatch.setattr(exchange, "PIECE", 512)
    body = bytes(8_000_000)
    server.script = iter([send(body=body)])
    question = Question("GET", f"{server.url}search")
    answer = Pool(server.url).ask(lambda: question, Deadline(15), most=len(body))
    assert answer.body == body and answer.loss is None
