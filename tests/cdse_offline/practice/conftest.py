"""A service whose practice is open, with no fault on but those of the test."""

from collections.abc import Iterator

import pytest

from cdse_offline import practice
from cdse_offline.practice.middleware import Practice
from tests.service import Service, running


@pytest.fixture(scope="module")
def open_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("service"), practice=Practice()) as it:
        yield it


@pytest.fixture
def service(open_service: Service) -> Iterator[Service]:
    practice.usage(reset=True, service=open_service.address)
    yield open_service
    practice.switch_off(service=open_service.address)
