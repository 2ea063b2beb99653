"""`python -m cdse_offline record`: its arguments, its questions, its errors as one line."""

import argparse
import sys
from pathlib import Path

from cdse_access.problems import BadInput
from cdse_access.telling import tell
from cdse_offline.messages import say
from cdse_offline.packs.loads import LESSONS, SENTINEL, Load
from cdse_offline.packs.record import record

BANDS = ("B02_10m", "B03_10m", "B04_10m", "B08_10m", "B11_20m", "SCL_20m")  # what the lessons read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    bands = " ".join(BANDS)
    parser.add_argument("folder", type=Path, metavar=say("help-folder-name"), help=say("help-folder"))
    parser.add_argument("--bbox", type=float, nargs=4, metavar=("W", "S", "E", "N"), help=say("help-bbox"))
    parser.add_argument("--dates", metavar=say("help-day"), help=say("help-dates"))
    parser.add_argument("--cloud", type=float, default=20, help=say("help-cloud"))
    parser.add_argument("--bands", nargs="+", default=list(BANDS), help=say("help-bands", bands=bands))
    parser.add_argument("--collection", default=SENTINEL, help=say("help-collection", collection=SENTINEL))
    parser.add_argument("--lessons", action="store_true", help=say("help-lessons"))
    parser.add_argument("--service", choices=["live", "offline"], help=say("help-which-service"))
    parser.add_argument("--yes", action="store_true", help=say("help-yes"))


def run(arguments: argparse.Namespace) -> None:
    try:
        record(arguments.folder, read_loads(arguments), service=arguments.service, yes=arguments.yes)
    except KeyboardInterrupt:
        tell(say("record-interrupted", again=say("record-run-again")), stream=sys.stderr)
        sys.exit(130)
    except (OSError, ValueError) as error:
        sys.exit(str(error))


def read_loads(arguments: argparse.Namespace) -> tuple[Load, ...]:
    """What shall be recorded. BadInput says what is missing or cannot be."""
    if arguments.lessons:
        if arguments.bbox or arguments.dates:
            raise BadInput(say("lessons-fixed"))
        return LESSONS
    if not (arguments.bbox and arguments.dates):
        raise BadInput(say("what-to-record"))
    if not 1 <= arguments.cloud <= 100:
        raise BadInput(say("bad-cloud", cloud=arguments.cloud))
    from cdse_access.checks.bbox import check_bbox

    bbox = check_bbox(tuple(arguments.bbox))
    bands = tuple(dict.fromkeys(arguments.bands))
    return (Load(bbox, arguments.dates, bands, arguments.cloud, collection=arguments.collection),)
