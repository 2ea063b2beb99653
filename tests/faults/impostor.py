"""A machine that pretends to be the image store: TLS with a certificate that it signed itself, and another image."""

import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OPENSSL = shutil.which("openssl")


def certificate(folder: Path) -> Path:
    """A key and a certificate of its own making, for a name that is not this machine's."""
    path = folder / "impostor.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=impostor.example"]
    command = [OPENSSL or "openssl", *request, "-keyout", str(path), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    path.write_bytes(path.read_bytes() + (folder / "certificate.pem").read_bytes())
    return path


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, image: bytes, *arguments) -> None:
        self.image = image
        super().__init__(*arguments)

    def do_GET(self) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = (int(asked[1]), int(asked[2])) if asked else (0, len(self.image) - 1)
        start, stop = first, min(last + 1, len(self.image))
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(self.image)}")
        self.send_header("Content-Length", str(stop - start))
        self.send_header("ETag", '"impostor"')
        self.end_headers()
        self.wfile.write(self.image[start:stop])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that refuse the certificate hang up: that is what they should do."""


@contextmanager
def impostor(folder: Path, image: bytes) -> Iterator[str]:
    """Its address, host and port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    with _Server(("127.0.0.1", 0), partial(_Answer, image)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
