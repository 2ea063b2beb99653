"""Before the STAC API: whose search is worked at next, and what is refused unread."""

import asyncio
import json
from typing import Any

import pytest
from starlette.responses import JSONResponse

from cdse_offline.server import gate
from cdse_offline.server.gate import Gate, Spent


class Asked:
    """Requests to a gate; the application notes them, and answers when it is let."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.go_on = asyncio.Event()
        self.gate = Gate(self._answer)

    async def _answer(self, scope, receive, send) -> None:
        body = (await receive())["body"]
        self.begun.append(json.loads(body)["name"])
        await self.go_on.wait()
        await JSONResponse({})(scope, receive, send)

    async def ask(self, body: Any, host: str = "10.0.0.1", port: int = 1, gone: asyncio.Event | None = None) -> Any:
        """The status, the headers and the document of the answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        scope = {"type": "http", "method": "POST", "query_string": b"", "client": (host, port), "headers": []}
        messages = [{"type": "http.request", "body": data}]
        sent: list[Any] = []

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await (gone or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message) -> None:
            sent.append(message)

        await self.gate(scope, receive, send)
        if not sent:
            return None
        return sent[0]["status"], dict(sent[0]["headers"]), json.loads(sent[1]["body"])


async def begin(asked: Asked, *questions: dict[str, Any]) -> list[asyncio.Task]:
    tasks = []
    for question in questions:
        tasks.append(asyncio.create_task(asked.ask(**question)))
        await asyncio.sleep(0.01)
    return tasks


def question(name: str, **more: Any) -> dict[str, Any]:
    return {"body": {"name": name, "text": "x" * more.pop("length", 0)}, **more}


def run(coroutine) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def test_short_searches_come_before_long_ones_and_others_before_who_has_had_much():
    async def scenario() -> list[str]:
        asked = Asked()
        asked.gate._remember("10.0.0.9").add(5)
        asked.gate._remember(("10.0.0.1", 7)).add(2)
        tasks = await begin(
            asked,
            question("begun"),
            question("greedy address", host="10.0.0.9"),
            question("greedy connection", port=7),
            question("long", port=2, length=50_000),
            question("short", port=3),
        )
        asked.go_on.set()
        await asyncio.gather(*tasks)
        return asked.begun

    assert run(scenario()) == ["begun", "short", "long", "greedy connection", "greedy address"]


def test_what_was_had_is_forgotten_in_time():
    spent = Spent()
    spent.add(8)
    now = spent._when
    assert spent.read(now) == 8 and spent.read(now + 3 * gate.HALF_LIFE) == pytest.approx(1)


def test_a_search_is_dropped_when_its_client_has_gone():
    async def scenario() -> list[str]:
        asked, gone = Asked(), asyncio.Event()
        tasks = await begin(asked, question("begun"), question("leaving", gone=gone), question("staying"))
        gone.set()
        await asyncio.sleep(0.01)
        asked.go_on.set()
        results = await asyncio.gather(*tasks)
        assert [result and result[0] for result in results] == [200, None, 200]
        return asked.begun

    assert run(scenario()) == ["begun", "staying"]


def test_who_comes_when_too_many_wait_is_told_when_to_come_again(monkeypatch):
    monkeypatch.setattr(gate, "MAX_WAITING", 1)

    async def scenario() -> Any:
        asked = Asked()
        tasks = await begin(asked, question("begun"), question("waits"), question("later"))
        asked.go_on.set()
        return [await task for task in tasks]

    begun, waiting, late = run(scenario())
    assert (begun[0], waiting[0], late[0]) == (200, 200, 503)
    assert late[1][b"retry-after"] == b"1" and late[2]["code"] == "ServiceUnavailable"


@pytest.mark.parametrize(
    "body", [b"{", b"[" * 60_000, b'{"bbox": [NaN, 1, 2, 3]}', b'{"bbox": [1e999]}', b'{"token": "\\ud800"}', b"\xff"]
)
def test_what_no_answer_could_repeat_is_refused_unread(body):
    async def scenario() -> Any:
        asked = Asked()
        answer = await asked.ask(body)
        assert asked.begun == []
        return answer

    status, _, document = run(scenario())
    assert status == 400 and set(document) == {"code", "description"}
