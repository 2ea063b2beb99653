"""Pages of items: made once, and not held for those who do not read."""

import asyncio
import json
from typing import Any

from cdse_offline.server import pages
from cdse_offline.server.pages import Encoded, Page, Unread


def collect(page: Page) -> tuple[dict[str, str], bytes]:
    sent: list[Any] = []

    async def send(message) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    asyncio.run(page({"type": "http"}, receive, send))
    assert [message.get("more_body", False) for message in sent][-1] is False
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return headers, b"".join(message["body"] for message in sent[1:])


def test_a_page_is_json_with_its_length():
    for items in ([], [b'{"id":"a"}'], [b'{"id":"a"}', b'{"id":"b"}']):
        headers, body = collect(Page(items, {"type": "x", "links": []}, unread=Unread(), shared=True))
        assert json.loads(body) == {"type": "x", "links": [], "features": [json.loads(item) for item in items]}
        assert headers == {"content-length": str(len(body)), "content-type": "application/geo+json"}


def test_an_item_is_made_once_and_not_too_many_are_kept(monkeypatch):
    monkeypatch.setattr(pages, "MAX_KEPT", 2)
    made, encoded = [], Encoded()
    for name in ("a", "a", "b", "a", "c", "a"):
        assert encoded.find(name, lambda name=name: made.append(name) or {"id": name}) == b'{"id":"%s"}' % name.encode()
    assert made == ["a", "b", "c", "a"]


class Slow:
    def __init__(self) -> None:
        self.transport = self
        self.gone = False

    def abort(self) -> None:
        self.gone = True


def test_the_slowest_reader_goes_when_too_much_waits(monkeypatch):
    monkeypatch.setattr(pages, "MAX_UNREAD", 100)
    unread, first, second, third = Unread(), Slow(), Slow(), Slow()
    with unread.hold(first, 60), unread.hold(second, 30):
        assert not first.gone
        with unread.hold(third, 20):
            assert (first.gone, second.gone, third.gone) == (True, False, False)
    with unread.hold(third, 100):
        assert not third.gone
