"""The listening socket; how slow clients are dropped is tried in tests/project/test_security.py."""

import socket

import pytest

from cdse_offline.server.protocol import listen


def test_a_free_port_is_found_and_a_taken_one_is_told():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0 and listener.proto == socket.IPPROTO_TCP  # else asyncio leaves Nagle's delay on
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", port)
