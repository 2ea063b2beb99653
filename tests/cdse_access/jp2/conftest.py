"""An encoded file, whole and in its parts."""

import pytest

from cdse_access.jp2.codestream import read_header, walk_parts
from cdse_access.jp2.sources import InMemory
from tests.cdse_access.jp2.example import encoded


@pytest.fixture(scope="session")
def whole() -> bytes:
    return encoded()


@pytest.fixture(scope="session")
def parts(whole: bytes) -> list[bytes]:
    file = InMemory("x", whole)
    index = walk_parts(file, read_header(file))
    return [whole[at : at + length] for _, [(at, length)] in sorted(index.items())]


@pytest.fixture(scope="session")
def header(whole: bytes) -> bytes:
    return read_header(InMemory("x", whole)).data
