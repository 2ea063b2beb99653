"""is_loopback: one answer to "is this machine meant?" for names, numbers, ports and whole addresses."""

import socket

import pytest

from cdse_access.hosts import is_loopback, is_own_name

HERE = (
    "localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8123", "127.1.2.3", "::1", "[::1]", "[::1]:8123",
    "::ffff:127.0.0.1", "[::ffff:127.0.0.1]:80", "http://localhost:8123/stac/v1/", "https://127.0.0.1/",
)  # fmt: skip
ELSEWHERE = (
    "", ":8123", "localhost.evil.org", "127.0.0.1.evil.org", "evil.org#localhost", "http://localhost@evil.org/",
    "128.0.0.1", "0.0.0.0", "::", "10.0.0.1:8123", "eodata.dataspace.copernicus.eu", "local host", "[::1",
    "127.0.0.256", "localhost.", "127.0.0.1.", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.nip.io",
    "user@localhost", "http://127.0.0.1\\@evil.org/", "http://evil.org\\@127.0.0.1/", "%6c%6fcalhost", "[::1%25lo]",
    "ｌｏｃａｌｈｏｓｔ", "①27.0.0.1", "local\nhost", "\t127.0.0.1", "::ffff:10.0.0.1", "xn--lcalhost-57a",
)  # fmt: skip


@pytest.mark.parametrize("address", HERE)
def test_this_machine(address):
    assert is_loopback(address)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_any_other(address):
    assert not is_loopback(address)


def test_the_name_of_this_machine(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Lop10A.local")
    assert all(map(is_own_name, ("lop10a", "LOP10A", "lop10a.local", "Lop10a.LOCAL")))
    assert not any(map(is_own_name, ("lop10a.evil.org", "evil.org", "", "lop10a.local.evil.org")))
