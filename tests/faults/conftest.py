"""A learner for the cases, and waits short enough to try many."""

from collections.abc import Iterator

import pytest

from tests.faults.course import Course, short_waits
from tests.faults.world import Service


@pytest.fixture(scope="module")
def course(offline_service: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Course:
    return Course(Service(**offline_service), tmp_path_factory.mktemp("learner"))


@pytest.fixture(name="short_waits")
def _short_waits() -> Iterator[None]:
    with short_waits():
        yield
