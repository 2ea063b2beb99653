"""cdse_access.transport: a bad catalogue or a bad network gives an error that names itself, in time."""

import pickle
import ssl
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import cycle
from types import SimpleNamespace

import pytest
import requests
from pystac_client.exceptions import APIError

from cdse_access import transport
from cdse_access.catalog import Catalog, open_catalog
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable
from cdse_access.transport import RefusedError, Transport
from tests.cdse_access.stac import Answer, drop, features, hang, send, trickle


def found(client: Catalog, server: SimpleNamespace, *script: Answer, **question) -> list[str]:
    server.script = iter(script)
    return [item["id"] for item in client.search(**question).items_as_dicts()]


def failed(client: Catalog, server: SimpleNamespace, *script: Answer, **question) -> Problem:
    with pytest.raises(Problem) as caught:
        found(client, server, *script, **question)
    return caught.value


# -- answers -----------------------------------------------------------------


def test_a_search_that_goes_well(client, server, slept):
    assert found(client, server, send(body=features("a", "b")), collections=["images"]) == ["a", "b"]
    assert server.asked[-1] == ("POST", "/search", {"collections": ["images"]})
    assert slept == [] and client._stac_io.timeout == 30


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_refusal_is_asked_again_also_with_post(client, server, slept, status):
    assert found(client, server, send(status), send(status), send(body=features("a"))) == ["a"]
    assert slept == [0.5, 1] and [method for method, *_ in server.asked[-3:]] == ["POST"] * 3


@pytest.mark.parametrize(
    "bad", [drop, send(body=b"", Content_Length="50"), send(body=b'{"features": [{"id'), send(body=b"")]
)
def test_a_passing_loss_is_asked_again(client, server, slept, bad):
    assert found(client, server, bad, send(body=features("a"))) == ["a"]
    assert slept == [0.5]


def test_a_lasting_refusal_ends(client, server, slept):
    problem = failed(client, server, *[send(503)] * 9)
    assert isinstance(problem, Unavailable) and problem.reason == Reason.BUSY
    assert "search đang quá tải hoặc bảo trì (HTTP 503): hãy chờ" in str(problem) and 'connect("offline")' in str(
        problem
    )
    assert slept == [0.5, 1, 2, 4]
    assert problem.__context__ is None  # else it holds itself, and tblib cannot pickle it


def test_retry_after_is_kept_to(client, server, slept):
    assert found(client, server, send(429, Retry_After="7"), send(body=features("a"))) == ["a"]
    in_a_while = format_datetime(datetime.fromtimestamp(time.time() + 20, UTC), usegmt=True)
    assert found(client, server, send(503, Retry_After=in_a_while), send(body=features("a"))) == ["a"]
    assert slept[0] == 7 and 15 < slept[1] <= 20
    assert found(client, server, send(503, Retry_After="soon"), send(body=features("a"))) == ["a"]
    assert slept[2] == 0.5


def test_a_long_retry_after_is_not_waited_for(client, server, slept):
    problem = failed(client, server, send(429, Retry_After="3600"))
    assert problem.reason == Reason.BUSY and "HTTP 429, dịch vụ bảo chờ 3600 giây" in str(problem)
    assert slept == []


def test_waits_and_reads_have_one_limit(client, server, slept, monkeypatch):
    now = iter(range(0, 1000, 10))  # every look at the clock is ten seconds later
    monkeypatch.setattr(transport.time, "monotonic", lambda: float(next(now)))
    assert failed(client, server, *[send(503, Retry_After="10")] * 9).reason == Reason.BUSY
    assert len(slept) < 3


@pytest.mark.parametrize("bad", [hang, trickle])
def test_silence_and_trickle_end_in_time(client, server, monkeypatch, bad):
    monkeypatch.setattr(transport, "PATIENCE", 0.6)
    client._stac_io.timeout = 0.3
    start = time.monotonic()
    problem = failed(client, server, *[bad] * 5)
    assert isinstance(problem, Unavailable) and problem.reason == Reason.NETWORK
    assert "quá lâu không trả lời" in str(problem)
    assert time.monotonic() - start < 1


def test_a_silent_server_is_asked_again(client, server):
    client._stac_io.timeout = 0.2
    start = time.monotonic()
    assert found(client, server, hang, send(body=features("a"))) == ["a"]
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_timeout_forgotten_or_long_is_limited_all_the_same(server, monkeypatch, timeout):
    client = Catalog.open(server.url, stac_io=Transport(), timeout=timeout)
    monkeypatch.setattr(transport, "PATIENCE", 0.3)
    start = time.monotonic()
    assert "quá lâu không trả lời" in str(failed(client, server, hang))
    assert time.monotonic() - start < 1


def test_nobody_there(slept):
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9/ \(không kết nối được\).*connect\(\"offline\"\)") as caught:
        open_catalog("http://127.0.0.1:9/")
    assert caught.value.reason == Reason.NETWORK and slept == [0.5, 1]


def test_an_unknown_name_is_told(slept):
    with pytest.raises(Unavailable, match=r"\(không tìm thấy tên máy\)") as caught:
        open_catalog("http://khong-co-may-nay.invalid/")
    assert caught.value.reason == Reason.NETWORK and len(slept) == 2


def test_a_proxy_that_refuses_is_told(server, slept, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "")
    server.all, server.script = True, cycle([send(403)])
    with pytest.raises(Unavailable, match=r"\(không đi qua được proxy, hãy xem HTTPS_PROXY và NO_PROXY\)") as caught:
        open_catalog("https://stac.dataspace.copernicus.eu/v1/")
    assert caught.value.reason == Reason.NETWORK and len(slept) == 2


@pytest.mark.parametrize("url", ["", "host/stac", "/etc/passwd", "ftp://host/", "http:///x", "s3://eodata/"])
def test_addresses_that_are_none(url, tmp_path):
    with pytest.raises(BadInput, match="cần địa chỉ đầy đủ"):
        open_catalog(url)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>login</html>", "bắt đầu bằng b'<html>login</html>'"),
        (b" \n", "câu trả lời rỗng"),
        (b'"a"', "JSON này không mô tả gì"),
        (b"\xff\xfe", "bắt đầu bằng"),
    ],
)
def test_answers_that_are_not_stac(client, server, slept, body, message):
    problem = failed(client, server, *[send(body=body)] * 9)
    assert isinstance(problem, Unavailable) and problem.reason == Reason.NOT_SERVICE
    assert message in str(problem) and "trang đăng nhập" in str(problem)


def test_truncated_json_for_ever_is_a_matter_of_the_network(client, server, slept):
    problem = failed(client, server, *[send(body=b'{"features": [')] * 9)
    assert problem.reason == Reason.NETWORK and "nhận thiếu dữ liệu" in str(problem)


@pytest.mark.parametrize(
    "page",
    [{"type": "FeatureCollection"}, {"features": None}, {"features": {}}, {"features": ["a"]}, {"features": [{}]}],
)
def test_json_without_features(client, server, page):
    problem = failed(client, server, send(body=page))
    assert problem.reason == Reason.NOT_SERVICE and "không có danh sách kết quả" in str(problem)


@pytest.mark.parametrize("body", [{}, {"type": "Feature"}, {"type": "Catalog"}, {"a": 1}, [], {"links": 5}, 7])
def test_json_that_is_no_catalogue(server, slept, body):
    server.all, server.script = True, cycle([send(body=body)])
    with pytest.raises(Unavailable, match="không phải catalog STAC") as caught:
        open_catalog(server.url)
    assert caught.value.reason == Reason.NOT_SERVICE


def test_nothing_found_is_an_answer(client, server):
    assert found(client, server, send(body=features())) == []


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Rejected), (403, Rejected), (400, RefusedError), (405, RefusedError)]
)
def test_refusals_are_passed_on_at_once(client, server, slept, status, kind):
    body = {"code": "InvalidQueryParameter", "description": "Limit 1000 is too large"}
    problem = failed(client, server, send(status, body))
    assert isinstance(problem, kind) and slept == []
    if kind is RefusedError:
        assert "Limit 1000 is too large" in str(problem) and problem.reason == Reason.INPUT


@pytest.mark.parametrize("body", [b"", b"<html>", {"detail": "x"}, [], {}])
def test_a_refusal_in_any_words(client, server, body):
    assert "HTTP 400" in str(failed(client, server, send(400, body)))


def test_a_refusal_is_what_pystac_client_expects(client, server):
    server.script = iter([send(404, {"detail": "no"})])
    assert client.get_collection("images") is None
    problem = pickle.loads(pickle.dumps(failed(client, server, send(404))))
    assert isinstance(problem, APIError) and (problem.status_code, problem.reason) == (404, Reason.MISSING)


def test_a_false_certificate_is_not_asked_again(server, slept, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed certificate"))

    monkeypatch.setattr(requests.Session, "send", refuse)
    with pytest.raises(Unavailable, match="Chứng chỉ của https://host/ không hợp lệ") as caught:
        open_catalog("https://host/")
    assert caught.value.reason == Reason.CERTIFICATE and slept == []


@pytest.mark.parametrize(
    ("told", "reason", "times"),
    [
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", Reason.NOT_SERVICE, 1),
        ("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol", Reason.NETWORK, 5),
    ],
)
def test_not_every_failure_of_tls_is_a_certificate(slept, monkeypatch, told, reason, times):
    sent = []

    def refuse(*_: object, **__: object) -> None:
        sent.append(1)
        raise requests.exceptions.SSLError(ssl.SSLError(1, told))

    monkeypatch.setattr(requests.Session, "send", refuse)
    with pytest.raises(Unavailable) as caught:
        open_catalog("https://host/")
    assert (caught.value.reason, len(sent)) == (reason, times)


# -- pages -------------------------------------------------------------------


def leading_on(href: str, *names: str, **more) -> Answer:
    """A page with a link to the next."""
    link = {"rel": "next", "href": href, "method": "POST", "merge": True, "body": {"token": href}} | more
    return send(body=features(*names, links=[link]))


def test_pages_are_joined_and_items_unique(client, server):
    pages = [
        leading_on(f"{server.url}search", "a", "b"),
        leading_on("/search", "b", "c"),
        send(body=features("c", "d")),
    ]
    assert found(client, server, *pages, collections=["images"], limit=2) == ["a", "b", "c", "d"]
    assert server.asked[-1][2] == {"collections": ["images"], "limit": 2, "token": "/search"}


def test_one_name_in_two_collections_is_two_items(client, server):
    page = features("a", "a")
    page["features"][1]["collection"] = "truth"
    assert found(client, server, send(body=page)) == ["a", "a"]


def test_pages_that_lead_to_themselves(client, server):
    problem = failed(client, server, *[leading_on(f"{server.url}search", "a")] * 9)
    assert isinstance(problem, BadData) and problem.reason == Reason.BROKEN and "trang cũ" in str(problem)
    assert len(server.asked) == 3  # the landing page and two searches


def test_pages_without_end(client, server, monkeypatch):
    monkeypatch.setattr(transport, "MAX_PAGES", 4)
    pages = (leading_on(f"{server.url}search", str(number)) for number in range(99))
    problem = failed(client, server, *pages)
    assert isinstance(problem, BadInput) and "hơn 4 trang: hãy thu hẹp" in str(problem)
    assert len(server.asked) == 5
    pages = (leading_on(f"{server.url}search", str(number)) for number in range(99))
    assert len(found(client, server, *pages, max_items=3)) == 3


def test_as_many_pages_as_allowed(client, server, monkeypatch):
    monkeypatch.setattr(transport, "MAX_PAGES", 2)
    assert found(client, server, leading_on("/search", "a"), send(body=features("b"))) == ["a", "b"]


@pytest.mark.parametrize("href", ["http://catalog.example/search", "http://127.0.0.1.example/search"])
def test_a_page_elsewhere_is_not_followed(client, server, href):
    problem = failed(client, server, leading_on(href, "a"))
    assert problem.reason == Reason.NOT_SERVICE and "chỉ sang máy khác" in str(problem) and href in str(problem)


@pytest.mark.parametrize("href", ["file:///etc/passwd", "ftp://127.0.0.1/"])
def test_a_page_that_is_no_web_address(client, server, href):
    assert "cần địa chỉ đầy đủ" in str(failed(client, server, leading_on(href, "a")))


def test_a_safe_service_does_not_lead_to_an_open_one():
    asking = Transport()
    asking._check_origin("https://host/stac")
    asking._check_origin("https://host/search")
    with pytest.raises(Unavailable, match="chỉ sang máy khác"):
        asking._check_origin("http://host/search")


def test_being_sent_elsewhere_is_named(client, server):
    there = server.url.replace("127.0.0.1", "localhost")
    problem = failed(client, server, send(302, Location=f"{there}collections"))
    assert problem.reason == Reason.NOT_SERVICE and f"bị chuyển sang {there}collections" in str(problem)
