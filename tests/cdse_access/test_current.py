"""cdse_access.current: which session is meant."""

from types import SimpleNamespace

import pytest

from cdse_access.current import choose_session, find_current, replace_current
from cdse_access.problems import BadInput


@pytest.fixture
def last():
    before, session = find_current(), SimpleNamespace(store="store")
    replace_current(session)
    yield session
    replace_current(before)


def test_a_session_or_its_catalogue_else_the_last(last):
    other = SimpleNamespace(store="another")
    assert choose_session() is last and choose_session(other) is other
    assert choose_session(SimpleNamespace(session=other)) is other


@pytest.mark.parametrize("given", ["offline", 5, SimpleNamespace(session=None)])
def test_what_is_no_session_is_refused(last, given):
    with pytest.raises(BadInput, match=r"cần phiên nối mà connect\(\) trả về"):
        choose_session(given)
