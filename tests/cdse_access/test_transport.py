"""cdse_access.transport: a bad catalogue or a bad network gives an error that names itself, in time."""

import gzip
import json
import pickle
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import cycle
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3
from pystac_client.exceptions import APIError
from urllib3.exceptions import SSLError
from urllib3.util.ssl_match_hostname import CertificateError

from cdse_access import transport
from cdse_access.catalog import Catalog, open_catalog
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable
from cdse_access.transport import RefusedError, Transport
from tests.cdse_access.stac import Answer, drop, feature, features, hang, send, trickle

LOST = (Reason.NETWORK, 5)  # asked for that many times


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
    assert server.asked[-1] == ("POST", "/search", {"collections": ["images"], "limit": 100})
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
    with pytest.raises(
        Unavailable, match=r"\(không đi qua được proxy \(OSError\), hãy xem HTTPS_PROXY và NO_PROXY\)"
    ) as caught:
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


@pytest.mark.parametrize(
    "body", ['{"features": [', '{"title": "Ảnh", "features": [{"a": 1}', '{"title": "Ảnh", "b": [1]']
)
def test_truncated_json_for_ever_is_a_matter_of_the_network(client, server, slept, body: str):
    problem = failed(client, server, *[send(body=body.encode())] * 9)
    assert problem.reason == Reason.NETWORK and "nhận thiếu dữ liệu" in str(problem)


@pytest.mark.parametrize("page", [{"type": "FeatureCollection"}, {"features": None}, {"features": {}}])
def test_json_without_features(client, server, page):
    problem = failed(client, server, send(body=page))
    assert problem.reason == Reason.NOT_SERVICE and "không có danh sách kết quả" in str(problem)


@pytest.mark.parametrize("entry", ["a", {}, None, {"id": ["a"]}, {"id": {}}, {"id": 5, "collection": []}])
def test_entries_that_are_no_items_are_named_and_cost_no_other(client, server, capsys, entry):
    assert found(client, server, send(body=features("a") | {"features": [entry, feature("b")]})) == ["b"]
    assert "Bỏ item" in capsys.readouterr().out
    assert failed(client, server, send(body=features() | {"features": [entry]})).reason is Reason.BROKEN


def test_a_later_page_of_which_nothing_can_be_read_costs_those_before_nothing(client, server, capsys):
    bad = send(body=features() | {"features": [{"id": 5}]})
    assert found(client, server, leading_on("/search", "a", "b"), bad) == ["a", "b"]
    assert "Bỏ item" in capsys.readouterr().out


@pytest.mark.parametrize("body", [{}, {"type": "Feature"}, {"type": "Catalog"}, {"a": 1}, [], {"links": 5}, 7])
def test_json_that_is_no_catalogue(server, slept, body):
    server.all, server.script = True, cycle([send(body=body)])
    with pytest.raises(Unavailable, match="không phải catalog STAC") as caught:
        open_catalog(server.url)
    assert caught.value.reason == Reason.NOT_SERVICE


@pytest.mark.parametrize("classes", [5, None, {"a": 1}, "core", [5], [None]])
def test_conformance_that_is_no_list_is_told_when_it_is_read(server, classes):
    server.landing["conformsTo"] = classes
    with pytest.raises(Unavailable, match="conformsTo") as caught:
        open_catalog(server.url)
    assert caught.value.reason is Reason.NOT_SERVICE


def test_nothing_found_is_an_answer(client, server):
    assert found(client, server, send(body=features())) == []


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Rejected), (403, Rejected), (400, RefusedError), (405, RefusedError)]
)
def test_refusals_are_passed_on_at_once(client, server, slept, status, kind):
    body = {"code": "InvalidQueryParameter", "description": "Limit 1000 is too large"}
    problem = failed(client, server, send(status, body), limit=10)
    assert isinstance(problem, kind) and slept == []
    if kind is RefusedError:
        assert "Limit 1000 is too large" in str(problem) and problem.reason == Reason.INPUT


@pytest.mark.parametrize("body", [b"", b"<html>", {"detail": "x"}, [], {}])
def test_a_refusal_in_any_words(client, server, body):
    assert "HTTP 400" in str(failed(client, server, send(400, body), limit=10))


def test_a_refusal_is_what_pystac_client_expects(client, server):
    server.script = iter([send(404, {"detail": "no"})])
    assert client.get_collection("images") is None
    problem = pickle.loads(pickle.dumps(failed(client, server, send(404))))
    assert isinstance(problem, APIError) and (problem.status_code, problem.reason) == (404, Reason.MISSING)


@pytest.mark.parametrize(
    ("error", "reason", "times"),
    [
        (ssl.SSLCertVerificationError("self-signed certificate"), Reason.CERTIFICATE, 1),
        (CertificateError("hostname 'a' doesn't match 'b'"), Reason.CERTIFICATE, 1),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), Reason.NOT_SERVICE, 1),
        (ssl.SSLError(1, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol"), *LOST),
        (ssl.SSLError(1, "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version"), *LOST),
    ],
)
def test_not_every_failure_of_tls_is_a_certificate(slept, monkeypatch, error, reason, times):
    sent = []

    def refuse(*_: object, **__: object) -> None:
        sent.append(1)
        raise SSLError(error)

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", refuse)
    with pytest.raises(Unavailable) as caught:
        open_catalog("https://host/")
    assert (caught.value.reason, len(sent)) == (reason, times)
    if reason is Reason.CERTIFICATE:
        assert "Chứng chỉ của https://host/ không hợp lệ" in str(caught.value) and slept == []


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


def test_items_without_end(client, server, monkeypatch):
    monkeypatch.setattr(transport, "MAX_ITEMS", 4)

    def pages() -> Iterator[Answer]:
        return (leading_on(f"{server.url}search", str(number)) for number in range(99))

    problem = failed(client, server, *pages())
    assert isinstance(problem, BadInput) and "hơn 4 item: hãy thu hẹp" in str(problem) and "max_items=4" in str(problem)
    assert len(server.asked) == 5
    assert len(found(client, server, *pages(), max_items=4)) == 4  # the cure that it names
    everything = [*(leading_on("/search", str(number)) for number in range(3)), send(body=features("last"))]
    assert len(found(client, server, *everything)) == 4


def test_a_server_with_small_pages_is_read_to_its_end(client, server):
    pages = [leading_on("/search", *(f"{number}-{one}" for one in range(10))) for number in range(259)]
    assert len(found(client, server, *pages, send(body=features("a")))) == 2591


def test_pages_are_large_where_nobody_says_how_large(client, server):
    page = send(body=features("a"))
    found(client, server, page)
    found(client, server, page, max_items=7)
    found(client, server, page, limit=3)
    assert [asked["limit"] for _, _, asked in server.asked[-3:]] == [100, 7, 3]


def test_a_server_that_refuses_large_pages_is_asked_for_its_own(client, server, slept):
    assert found(client, server, send(400, {"description": "limit"}), send(body=features("a"))) == ["a"]
    assert server.asked[-1][2] == {} and slept == []
    pages = [send(400, {"description": "limit"}), leading_on("/search", "a"), send(body=features("b"))]
    assert found(client, server, *pages) == ["a", "b"]
    assert server.asked[-1][2] == {"token": "/search"}  # nor on the pages that follow


def test_empty_pages_are_no_end_but_do_not_go_on_for_ever(client, server):
    empty = leading_on("/search")
    assert found(client, server, empty, leading_on("/search", "a"), empty, send(body=features("b"))) == ["a", "b"]
    assert failed(client, server, *[empty] * 99).reason is Reason.BROKEN


LINKS: list[Any] = [None, {}, 5, ["next"], [None], [{"rel": "next"}], [{"rel": "next", "href": None}]]
LINKS += [[{"rel": "next", "href": 5}], [{"rel": "next", "href": "/search", "method": "PUT"}]]
LINKS += [[{"rel": "next", "href": "/search", name: 5}] for name in ("method", "body", "headers", "merge")]


@pytest.mark.parametrize("links", LINKS)
def test_links_that_cannot_be_followed_end_no_list_without_a_word(client, server, links):
    problem = failed(client, server, send(body=features("a", links=links)))
    assert isinstance(problem, BadData) and "links" in str(problem)


@pytest.mark.parametrize("headers", [{"a": 5}, {"a\n": "b"}, {"x": "a\r\nHost: b"}, {"x": "đ"}])
def test_a_link_that_asks_for_senseless_headers(client, server, headers):
    link = {"rel": "next", "href": "/search", "headers": headers}
    problem = failed(client, server, send(body=features("a", links=[link])), *[send(body=features("b"))] * 9)
    assert isinstance(problem, BadData | Unavailable)


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


@pytest.mark.parametrize(
    "there", ["http://localhost:9/x", "//evil.example/x", "ftp://127.0.0.1/x", "http://[::1", "https:///"]
)
def test_being_sent_elsewhere_is_named_before_anything_is_sent_there(client, server, there):
    problem = failed(client, server, send(302, Location=there), limit=1)
    assert isinstance(problem, Unavailable | BadInput) and problem.reason in (Reason.NOT_SERVICE, Reason.INPUT)
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_being_sent_on_at_the_same_host_asks_the_same_question(client, server, status):
    assert found(client, server, send(status, Location="/search?a"), send(body=features("a")), limit=1) == ["a"]
    assert server.asked[-1] == ("POST", "/search", {"limit": 1})


def test_being_sent_round_ends(client, server):
    problem = failed(client, server, *[send(307, Location="/search")] * 99)
    assert "chuyển hướng 5 lần" in str(problem) and len(server.asked) == 6


# -- values that a server may hold -------------------------------------------

ODD = {
    "nested": b'{"features": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number that is none": b'{"features": [], "n": NaN}',
    "an endless number": b'{"features": [], "n": -Infinity}',
    "a large number": b'{"features": [], "n": ' + b"9" * 5000 + b"}",
    "a large fraction": b'{"features": [], "n": 1e999}',
    "one name twice": b'{"features": [], "features": []}',
    "half a letter": b'{"features": [], "n": "\\uD800"}',
    "bytes of no letter": b'{"features": [], "n": "\xff"}',
    "a comma too many": b'{"features": [], }',
    "two objects": b'{"features": []} {"features": []}',
}


@pytest.mark.parametrize("name", ODD)
def test_json_that_is_odd_is_told_as_it_is(client, server, slept, name):
    problem = failed(client, server, *[send(body=ODD[name])] * 9)
    assert isinstance(problem, BadData) and problem.reason is Reason.BROKEN and "sai dạng" in str(problem)


def test_a_mark_of_the_byte_order_is_read_over(client, server):
    body = b"\xef\xbb\xbf" + json.dumps(features("a")).encode()
    assert found(client, server, send(body=body)) == ["a"]


@pytest.mark.parametrize(
    "told", ["9" * 5000, "-5", "٣", "1.5", "0x10", "1e3", "Thu, 01 Jan 99999 00:00:00 GMT", "", "NaN"]
)
def test_any_retry_after_is_no_raw_error(client, server, slept, told):
    sent = [send(503, Retry_After=told.encode().decode("latin-1"))] * 9
    assert failed(client, server, *sent).reason is Reason.BUSY


def test_what_unpacks_to_too_much_is_refused(client, server, slept, monkeypatch):
    monkeypatch.setattr(transport, "LARGEST", 1_000_000)
    bomb = gzip.compress(b" " * 50_000_000 + b"{}")
    problem = failed(client, server, send(body=bomb, Content_Encoding="gzip"))
    assert isinstance(problem, BadData) and "dài hơn 1 MB" in str(problem) and slept == []
    small = gzip.compress(json.dumps(features("a")).encode())
    assert found(client, server, send(body=small, Content_Encoding="gzip")) == ["a"]
    assert failed(client, server, *[send(body=b"{}", Content_Encoding="gzip")] * 9).reason is Reason.NETWORK


def test_a_description_in_odd_letters_is_shown_without_them(client, server):
    problem = failed(client, server, send(400, {"description": "a\ud800\x1b[31mđ"}), limit=1)
    assert "a??[31mđ" in str(problem)


# -- what takes long, or a library cannot read ---------------------------------


def test_a_name_that_comes_twice_is_found_at_once_among_many(client, server, slept):
    names = ",".join(f'"k{number}":1' for number in range(100_000))
    begin = time.process_time()
    problem = failed(client, server, send(body=f'{{{names},"k99999":2}}'.encode()))
    assert "k99999" in str(problem) and time.process_time() - begin < 10


COLLECTION = {"id": "images", "type": "Collection", "stac_version": "1.0.0", "description": "x", "license": "x"}
UNREADABLE: list[dict[str, Any]] = [
    {"links": None},
    {"links": [5]},
    {"stac_version": None},
    {"assets": [1]},
    {"providers": 5},
    {"type": "Catalog"},
    {"extent": {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [["abc", None]]}}},
]


@pytest.mark.parametrize("change", UNREADABLE)
def test_a_collection_that_no_library_reads_is_told(client, server, change):
    document = COLLECTION | {"links": []} | change
    server.collections = {"collections": [document], "links": []}
    server.script = iter([send(body=document)])
    for ask in (lambda: list(client.get_collections()), lambda: client.get_collection("images")):
        with pytest.raises(BadData, match="trả lời sai dạng") as caught:
            ask()
        assert caught.value.reason is Reason.BROKEN


def test_queryables_and_a_context_that_no_library_reads_are_told(client, server):
    server.script = iter([send(body={}), send(body=features() | {"context": 5})])
    with pytest.raises(BadData, match="queryables"):
        client.get_merged_queryables(["images"])
    with pytest.raises(BadData, match="context"):
        client.search(collections=["images"]).matched()
