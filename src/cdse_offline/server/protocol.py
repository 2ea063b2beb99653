"""Connections: the listening socket, the HTTP server upon it, and how long it waits for slow clients."""

import asyncio
import socket
from functools import partial
from typing import Any, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cdse_offline.messages import say
from cdse_offline.server.application import Server
from cdse_offline.server.crowd import ACCEPTED, Crowd, count_connections

REQUEST_SECONDS = 20  # in which a request must have come in whole
READING_SECONDS = 30  # in which a client must have taken the better part of what waits for it
QUEUE = 1024  # connections that the system keeps until they are looked at


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. OSError says what hinders it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, it is what asyncio sends from at once; else each answer to a kept connection waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(QUEUE)
    return listener


def build_http_server(application: Server) -> uvicorn.Server:
    config = uvicorn.Config(
        application,
        http=cast("type[asyncio.Protocol]", partial(TimedProtocol, crowd=Crowd(count_connections()))),
        ws="none",
        date_header=application.practice is None,  # faults may set the clock
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
        backlog=ACCEPTED,
    )
    return _HttpServer(config)


class _HttpServer(uvicorn.Server):
    """asyncio takes as many connections at once as may wait for it: few; many may wait for it all the same."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(QUEUE)


class TimedProtocol(H11Protocol):
    """A connection that ends when its client is too slow, which uvicorn has no limits for.

    Applications find it in their scope's state: a practised fault may break it.
    """

    stuck = False  # it waits for its client to give up
    _unfinished: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, crowd: Crowd, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._crowd = crowd

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self.app_state = {**self.app_state, "connection": self}
        if self._crowd.enter(self):
            self._watch()
        else:
            self._turn_away()

    def _turn_away(self) -> None:
        text = say("too-many-connections").encode()
        head = f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: {len(text)}\r\n"
        self.transport.write(
            f"{head}Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n".encode() + text
        )
        self.transport.close()

    def is_waiting(self) -> bool:
        """Is it the client's turn to send something, or to read?"""
        return self.flow.write_paused or self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def on_response_complete(self) -> None:
        self._crowd.wait_anew(self, answered=True)
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def _watch(self) -> None:
        """The time for a request runs from its first byte, for the first one from when the connection was made."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            _cancel(self._unfinished)
            self._unfinished = None
        elif self._unfinished is None:
            self._unfinished = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._crowd.wait_anew(self, answered=False)
        self._unread = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._unread)
        self._unread = None

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size():  # else it would wait for the last bytes to be read
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._crowd.leave(self)
        _cancel(self._unfinished)
        _cancel(self._unread)

    def shutdown(self) -> None:
        super().shutdown()
        if self.stuck:
            self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
