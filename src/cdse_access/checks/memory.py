"""Does a load fit into this machine's memory?"""

import math
from collections.abc import Sequence
from typing import Any

from odc.geo.geobox import GeoBox
from odc.stac import ParsedItem

from cdse_access.messages import say
from cdse_access.problems import BadInput

EAGER_BYTES = 4e9  # more than that is too much for a machine of 8 GB


def check_memory(parsed: Sequence[ParsedItem], bands: Sequence[str], geobox: GeoBox, area: dict[str, Any]) -> None:
    size = math.prod(geobox.shape) * len(parsed) * len(bands) * 2
    if size > EAGER_BYTES:
        raise BadInput(say("memory", size=size / 1e9))
