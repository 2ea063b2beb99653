"""What the tests of a recording have in common: an area, a load, the command's arguments."""

from pathlib import Path
from types import SimpleNamespace

from cdse_offline.packs.loads import Box, Load

BBOX: Box = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)
LOAD = Load(BBOX, "2023-09-25/2023-09-28", ("B04_10m", "SCL_20m"), cloud=20)


def arguments(folder: Path, **changes) -> SimpleNamespace:
    given = {
        "folder": folder, "bbox": list(BBOX), "dates": LOAD.dates, "cloud": 20, "bands": list(LOAD.bands),
        "collection": LOAD.collection, "lessons": False, "service": None, "yes": True,
    }  # fmt: skip
    return SimpleNamespace(**(given | changes))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
