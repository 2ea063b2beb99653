"""A pytest fixture for other projects: `cdse_offline`, an offline CDSE that runs while the tests do.

    def test_a_search(cdse_offline):
        catalog = connect(stac=cdse_offline.stac, s3=cdse_offline.s3, keys=cdse_offline.keys)

pytest loads this module in every run of an environment in which the project is installed, so that it imports nothing
until a test asks for the fixture. It stands here and not in cdse_offline, which does not know who starts it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cdse_access.service import OfflineCdse


@pytest.fixture(scope="session")
def cdse_offline() -> Iterator["OfflineCdse"]:
    """An offline CDSE of its own, on this machine: `stac`, `s3`, `keys`, `version`."""
    from cdse_access.service import running

    with running() as service:
        yield service
