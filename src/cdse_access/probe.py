"""Trying the keys by reading 12 bytes.

GDAL says "Read failed" for everything, and remembers an old refusal; these 12 bytes ask the store itself: key,
signature, clock, address, load, and whether an image answers or somebody's login page.
"""

import time
from collections.abc import Sequence

from pystac import Item
from pystac_client import Client

from cdse_access.deadline import within
from cdse_access.jp2.answers import file_name, refusal
from cdse_access.jp2.ranges import Remote, open_pool
from cdse_access.messages import say
from cdse_access.problems import BadData, BadInput, Reason, Rejected, Unavailable
from cdse_access.store import Store

WAITS = (0, 1, 3)  # seconds before each try
PATIENCE = 40  # seconds for all of them
COLLECTION = "sentinel-2-l2a"
IMAGE, DOCUMENT = "B04", "product_metadata"
# First bytes of each kind of file: the JPEG 2000 signature box (ISO/IEC 15444-1, I.5.1), an XML declaration.
BEGINNINGS = {".jp2": bytes.fromhex("0000000C6A5020200D0A870A"), ".xml": b"<?xml"}
LENGTH = 12  # bytes


def find_sample(catalog: Client) -> str | None:
    """The address of a file to try keys on: the red band of the newest item; None in a catalogue without items.

    An offline CDSE has to make an image when it is first read, which takes seconds: there it is the item's XML file.
    """
    newest = _newest_item(catalog)
    if newest is None:
        return None
    wanted = [IMAGE, DOCUMENT]  # items of a pack may have no images
    if newest.properties.get("cdse_offline:simulated"):
        wanted.reverse()
    for start in wanted:
        for name in sorted(newest.assets):
            href = newest.assets[name].href
            if name.startswith(start) and href.startswith("s3://"):
                return href
    return None


def _newest_item(catalog: Client) -> Item | None:
    try:
        return next(catalog.search(collections=[COLLECTION], limit=1, max_items=1).items(), None)
    except BadInput:  # a class's catalogue does not have this collection
        return None


def try_keys(store: Store, href: str, source: str) -> None:
    """Read the beginning of a file with the store's keys, and say where they are from if it refuses them.

    A file that is missing or broken says nothing of the keys: they were accepted.
    """
    try:
        read_beginning(store, href)
    except Rejected as problem:
        if problem.reason not in (Reason.KEY_UNKNOWN, Reason.SECRET_WRONG):
            raise
        raise Rejected(say("source-note", problem=problem, source=source), problem.reason) from None
    except BadData as problem:
        if problem.reason not in (Reason.MISSING, Reason.BROKEN):
            raise


def read_beginning(store: Store, href: str) -> None:
    """Read the first 12 bytes of `href`, not through GDAL, and check that they are of its kind of file.

    Rejected where key, signature or clock are wrong; Unavailable where the service is busy or out of reach;
    BadData where there is no such file, or its content is something else.
    """
    found = _read_patiently(store, href, WAITS)
    ending = href[-4:]
    expected = BEGINNINGS.get(ending.lower(), b"")
    if found.startswith(expected):
        return
    if found.lstrip()[:1] in (b"<", b"{"):
        raise refusal(200, {"Content-Type": "text/html"}, found, href, store.endpoint)
    raise BadData(say("not-this-kind", file=file_name(href), ending=ending))


def _read_patiently(store: Store, href: str, waits: Sequence[float]) -> bytes:
    with within(PATIENCE) as deadline:
        for wait in waits[:-1]:
            time.sleep(min(wait, deadline.left))
            try:
                return _read_once(store, href)
            except Unavailable:
                if not deadline.left:
                    raise
        time.sleep(min(waits[-1], deadline.left))
        return _read_once(store, href)


def _read_once(store: Store, href: str) -> bytes:
    pool = open_pool(store, 1)
    pool.stop.set()  # to try again as long as a reader does would be too long here
    try:
        return Remote(href, store, pool).read(0, LENGTH)
    finally:
        pool.close()
