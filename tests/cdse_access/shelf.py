"""A learner's own server, in a process of its own: GDAL holds Python's lock while it waits for an answer.

`python -m tests.cdse_access.shelf FILE` prints its port. It gives `…/own.tif` to whoever signs as `OWNKEY`, and below
/open to everybody; `/strangers` counts those who have asked with another signature.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Shelf(ThreadingHTTPServer):
    content = b""
    strangers = 0


class Answer(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        if self.path == "/strangers":
            self._send(200, str(self.server.strangers).encode())
            return
        is_own = "Credential=OWNKEY/" in (self.headers["Authorization"] or "") or self.path.startswith("/open/")
        self.server.strangers += not is_own
        if not is_own or not self.path.endswith("own.tif"):
            self._send(404, b"")
            return
        whole = self.server.content
        first, _, last = (self.headers["Range"] or "bytes=0-").removeprefix("bytes=").partition("-")
        piece = whole[int(first) : int(last or len(whole)) + 1]
        self._send(206, piece, {"Content-Range": f"bytes {first}-{int(first) + len(piece) - 1}/{len(whole)}"})

    def do_HEAD(self) -> None:
        self._send(200 if self.path.endswith("own.tif") else 404, self.server.content, with_body=False)

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None, with_body: bool = True) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    with Shelf(("127.0.0.1", 0), Answer) as server:
        server.content = Path(sys.argv[1]).read_bytes()
        print(server.server_port, flush=True)
        server.serve_forever()
