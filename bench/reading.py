"""What reading costs: plain `odc.stac.load` beside `fetch` and load. Run by hand: `python bench/reading.py [dates]`.

Full-size files of ESA's structure and about its tile lengths lie behind a small S3 server on this machine, which counts
requests and bytes and waits 30 ms before each answer. The items are those of the offline CDSE. Each line is a process
of its own.

Measured on 2 cores, one of them also serving and, at 31 dates, other tests running (so times are rough, counts exact):

     1 date,  fetch cold    7 requests    4.7 MB    1.0 s     warm 0 requests   0.2 s
              odc-stac    220 requests   10.3 MB    8.0 s
    31 dates, fetch cold  210 requests  129.9 MB   14.0 s     warm 0 requests   6.6 s (decoding)
              odc-stac   6786 requests  244.0 MB  130.9 s
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

BANDS, LATENCY, VARIANTS = ["B04_10m", "B08_10m"], 0.03, 6
BBOX = [11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192]
CLIENT = """
import hashlib, json, sys, time
from pathlib import Path
import odc.stac
from pystac import Item
from lessons import cdse, jp2
bands, bbox, mode, s3, items = json.loads(sys.stdin.read())
cdse.set_environment(s3, ("A", "B"), https=False)
items = [Item.from_dict(item) for item in items]
start = time.perf_counter()
area = {"bbox": bbox, "resolution": 10}
patch_url = jp2.fetch(items, bands, progress=False, **area) if mode == "fetch" else None
fetched = time.perf_counter() - start
dn = odc.stac.load(items, bands, groupby="solar_day", chunks={}, patch_url=patch_url, **area).compute()
digest = hashlib.sha256(b"".join(dn[band].values.tobytes() for band in bands)).hexdigest()[:12]
status = Path("/proc/self/status").read_text().splitlines()  # of this process alone (Linux)
peak = int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024
print(json.dumps([time.perf_counter() - start, fetched, peak, digest, int(min(dn[band].min() for band in bands))]))
"""


@cache
def tiles() -> tuple[bytes, list[list[bytes]]]:
    """Header of a full-grid file, and of each kind of tile (inner, right, bottom, corner) some of different lengths."""
    from cdse_offline import codestream, jp2
    from cdse_offline.places import MUNICH

    generator, kinds = np.random.default_rng(1), [[], [], [], []]
    side = 1024 + 10980 % 1024
    y, x = np.mgrid[:side, :side]
    for roughness in np.linspace(10, 110, VARIANTS):
        noise = generator.normal(0, roughness, (side, side))
        pixels = (2000 + 500 * np.sin(x / 60) * np.cos(y / 45) + noise).astype(np.uint16)[np.newaxis]
        header, parts = codestream.split(
            jp2.encode((side, side), pixels, (0, 0), tile=1024, place=replace(MUNICH), resolution=10)
        )
        for kind, number in zip(kinds, range(4), strict=True):
            kind.append(parts[number])
    return codestream.resized(header, 10980), kinds


@cache
def content(variant: int) -> bytes:
    """A whole file: smooth and rough tiles as they come, 10 to 20 of them nearly the same."""
    from cdse_offline import codestream

    header, kinds = tiles()
    chooser = random.Random(variant)
    data, level = [header], chooser.randrange(VARIANTS)
    for number in range(121):
        row, column = divmod(number, 11)
        level = min(max(level + chooser.choice((-1, 0, 0, 0, 1)), 0), VARIANTS - 1)
        data.append(codestream.numbered(kinds[2 * (row == 10) + (column == 10)][level], number))
    return b"".join(data) + codestream.EOC


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    count: list[int]

    def do_GET(self) -> None:
        time.sleep(LATENCY)
        whole = content(sum(self.path.encode()) % VARIANTS) if self.path.endswith("10m.jp2") else b""
        first, last = self.headers.get("Range", f"bytes=0-{len(whole) - 1}").removeprefix("bytes=").split("-")
        first, stop = int(first), min(int(last or len(whole)) + 1, len(whole))
        self.send_response(206 if whole else 404)
        self.send_header("Content-Length", str(stop - first if whole else 0))
        self.send_header("Content-Range", f"bytes {first}-{stop - 1}/{len(whole)}")
        self.send_header("ETag", f'"{len(whole)}"')
        self.end_headers()
        self.wfile.write(memoryview(whole)[first:stop])
        self.count[0] += 1
        self.count[1] += stop - first

    def log_message(self, *_: object) -> None:
        pass


def items(dates: int) -> list[dict]:
    from lessons import cdse

    search = {"collections": ["sentinel-2-l2a"], "bbox": BBOX, "datetime": "2023-05-01/2023-09-30"}
    found = cdse.connect("offline").search(**search).items_as_dicts()
    return [item for item, _ in zip(found, range(dates), strict=False)]


def main() -> None:
    some = items(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    sizes = [len(content(variant)) / 1e6 for variant in range(VARIANTS)]
    print(f"{len(some)} dates, {len(BANDS)} bands; files of {min(sizes):.0f} to {max(sizes):.0f} MB")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server, tempfile.TemporaryDirectory() as folder:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for way, mode in (("fetch, cold", "fetch"), ("fetch, warm", "fetch"), ("odc-stac", "plain")):
            Answer.count = [0, 0]
            job = json.dumps([BANDS, BBOX, mode, f"127.0.0.1:{server.server_port}", some])
            environment = os.environ | {"CDSE_CACHE": folder, "NO_PROXY": "127.0.0.1"}
            run = subprocess.run(
                [sys.executable, "-c", CLIENT],
                input=job,
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            seconds, fetched, peak, digest, least = json.loads(run.stdout)
            print(
                f"{way:12} {Answer.count[0]:5} requests {Answer.count[1] / 1e6:7.1f} MB {seconds:6.2f} s "
                f"(fetch {fetched:.2f} s), peak {peak:.0f} MB, pixels {digest}, least {least}",
                flush=True,
            )
        server.shutdown()


if __name__ == "__main__":
    main()
