"""`python -m cdse_offline`: run the offline CDSE, clear its cache, or record a data pack for it."""

import argparse
import json
import logging
import os
import secrets
import shutil
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdse_access.files import explain_refusal
from cdse_access.folders import locate_folder
from cdse_access.hosts import is_loopback
from cdse_access.problems import Problem
from cdse_access.telling import prepare_streams, tell
from cdse_offline.messages import say

if TYPE_CHECKING:
    import uvicorn

    from cdse_offline.holdings import Holdings
    from cdse_offline.practice.middleware import Practice
    from cdse_offline.server.cache import Cache
    from cdse_offline.server.s3 import KeyPair

PRACTICE = "CDSE_OFFLINE_PRACTICE"  # JSON as the practice takes it: {"rules": [...], "limits": {...}}
ACCESS_KEY, SECRET_KEY = "CDSE_OFFLINE_ACCESS_KEY", "CDSE_OFFLINE_SECRET_KEY"

# The heavy imports stand in the functions: a worker process imports this module as well and needs none of them.


def main() -> None:
    prepare_streams()
    if hasattr(os, "umask"):
        os.umask(os.umask(0o077) & 0o077)  # what this program writes it can read, too
    arguments = parse_arguments()
    try:
        arguments.run(arguments)
    except (OSError, ValueError, ImportError, MemoryError) as error:
        why = _explain(error)
        if getattr(arguments, "until_stdin_closes", False):  # a program waits for a line
            _announce({"failed": why, "reason": getattr(error, "reason", None)})
        sys.exit(say("cannot-run", why=why))


def _explain(error: Exception) -> str:
    """Reason and cure, where the system or a library has stopped us."""
    if isinstance(error, Problem | ValueError):
        return str(error)
    if isinstance(error, OSError) and error.errno and error.filename:
        _, why, cure = explain_refusal(error)
        return say("refused-by-system", path=error.filename, why=why, cure=cure)
    return str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"


def _announce(document: dict[str, Any]) -> None:
    """One line for the program that has started this one."""
    print(json.dumps(document), flush=True)  # noqa: T201 - not `tell`: a failure must be known


def parse_arguments() -> argparse.Namespace:
    from cdse_offline.packs import command

    parser = argparse.ArgumentParser("python -m cdse_offline", description=say("help-service"))
    _add_serving(parser)
    parser.set_defaults(run=serve, host="127.0.0.1", port=8123)
    commands = parser.add_subparsers(metavar=say("help-command"), help=say("help-commands"))
    # It sets only what is given after it, so that options may stand before it, too.
    _add_serving(commands.add_parser("serve", help=say("help-serve"), argument_default=argparse.SUPPRESS))
    clearing = commands.add_parser("clear-cache", help=say("help-clear-cache"))
    clearing.set_defaults(run=clear_cache)
    recording = commands.add_parser("record", help=say("help-record"))
    command.add_arguments(recording)
    recording.set_defaults(run=command.run)
    return parser.parse_args()


def _add_serving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help=say("help-host"))
    parser.add_argument("--port", type=int, help=say("help-port"))
    parser.add_argument("--data", type=Path, help=say("help-data"))
    parser.add_argument("--until-stdin-closes", action="store_true", help=say("help-until-stdin-closes"))
    parser.add_argument("--practice", action="store_true", help=say("help-practice"))


def serve(arguments: argparse.Namespace) -> None:
    """Serve until interrupted, or until standard input closes."""
    # It logs each "not found" as an error, and warns at import of settings that are made later.
    logging.getLogger("stac_fastapi").setLevel(logging.CRITICAL)
    from cdse_offline.server.application import Server
    from cdse_offline.server.cache import Cache, find_cache, read_limit
    from cdse_offline.server.protocol import build_http_server
    from cdse_offline.server.quiet import QuietHandler
    from cdse_offline.server.store import FileStore

    logging.getLogger().addHandler(QuietHandler())
    keys = read_keys()
    practice = open_practice(arguments)
    holdings = read_holdings(arguments.data)
    if arguments.practice or os.environ.get(PRACTICE):
        # Whatever fails on purpose must not last in the caches of those who read here.
        holdings = replace(holdings, version=f"{holdings.version}-{secrets.token_hex(4)}")
    limit, place = read_limit(), find_cache()
    cache = Cache(place.folder, limit)
    cache.clean()
    store = FileStore(holdings.objects, cache)
    listener = _listen(arguments.host, arguments.port)
    public = not is_loopback(arguments.host)
    server = build_http_server(Server(holdings, store, keys, public=public, practice=practice))
    port = listener.getsockname()[1]
    if arguments.until_stdin_closes:
        threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
        notes = [place.note] if place.note else []
        _announce(announce(f"{arguments.host}:{port}", keys, holdings) | {"notes": notes})
    else:
        _print_welcome(arguments, port, keys, holdings, cache)
        if place.note:
            tell(say("note", note=place.note))
    try:
        server.run(sockets=[listener])
    finally:
        store.close()


def _listen(host: str, port: int) -> socket.socket:
    from cdse_offline.server.protocol import listen

    try:
        return listen(host, port)
    except (OSError, OverflowError) as error:  # the second: a number that is no port
        why = getattr(error, "strerror", None) or error
        raise ValueError(say("cannot-listen", host=host, port=port, why=why)) from error


def read_keys() -> "KeyPair":
    """A fixed pair from the environment, for a classroom, or one that is thrown away with this service."""
    from cdse_offline.server.s3 import KeyPair

    access, secret = os.environ.get(ACCESS_KEY), os.environ.get(SECRET_KEY)
    if access and secret:
        return KeyPair(access, secret)
    if access or secret:
        raise ValueError(say("half-pair"))
    return KeyPair(f"OFFLINE{secrets.token_hex(7).upper()}", secrets.token_urlsafe(30))


def open_practice(arguments: argparse.Namespace) -> "Practice | None":
    """A practice where one was asked for, with the faults that `CDSE_OFFLINE_PRACTICE` wants from the start."""
    from cdse_offline.practice.middleware import Practice

    settings = os.environ.get(PRACTICE, "")
    if not (arguments.practice or arguments.until_stdin_closes):
        if settings:
            raise ValueError(say("practice-needs-option", name=PRACTICE))
        return None
    practice = Practice()
    if settings:
        try:
            practice.configure(settings.encode())
        except ValueError as error:
            raise ValueError(f"{PRACTICE}: {error}") from error
    return practice


def read_holdings(folder: Path | None) -> "Holdings":
    if folder is not None:
        from cdse_offline.packs.pack import read_pack

        holdings = read_pack(folder)
        if holdings.notes:
            tell(*holdings.notes, stream=sys.stderr)
        return holdings
    from cdse_offline.product.archive import simulate_holdings

    return simulate_holdings()


def _end_with_stdin(server: "uvicorn.Server") -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


def announce(address: str, keys: "KeyPair", holdings: "Holdings") -> dict[str, Any]:
    """What the program that has started the service reads, as one line of JSON."""
    return {
        "stac": f"http://{address}/stac/v1/",
        "s3": address,
        "access_key": keys.access,
        "secret_key": keys.secret,
        "version": holdings.version,
    }


def _print_welcome(
    arguments: argparse.Namespace, port: int, keys: "KeyPair", holdings: "Holdings", cache: "Cache"
) -> None:
    """What a teacher reads: what to set on the learners' machines."""
    from cdse_offline.server.cache import measure_size

    address = f"{_find_reachable_name(arguments.host)}:{port}"
    lines = [
        holdings.title,
        say("serve-running"),
        f"  export CDSE_STAC_URL=http://{address}/stac/v1/",
        f"  export CDSE_S3_ENDPOINT={address}",
        f"  export CDSE_S3_ACCESS_KEY={keys.access}",
        f"  export CDSE_S3_SECRET_KEY={keys.secret}",
    ]
    if not is_loopback(arguments.host):
        lines.append(say("serve-public"))
    if arguments.practice:
        lines.append(say("serve-practice"))
        if os.environ.get(PRACTICE):
            lines.append(say("serve-practice-on", name=PRACTICE))
    megabytes = measure_size(cache.root) / 1e6
    lines.append(say("serve-cache", folder=cache.root, megabytes=megabytes, most=cache.limit / 1e9))
    tell(*lines)


def _find_reachable_name(host: str) -> str:
    """An address that others can use: this machine's name where it listens on all of them."""
    return socket.gethostname() if host in ("0.0.0.0", "::") else host


def clear_cache(_: argparse.Namespace) -> None:
    """Remove all images; what else lies in the folder stays."""
    from cdse_offline.server.cache import FOLDER, VARIABLE, list_versions, measure_size

    folder = locate_folder(VARIABLE, FOLDER)
    versions = list_versions(folder)
    if not versions:
        tell(say("cache-empty", folder=folder))
        return
    megabytes = sum(map(measure_size, versions)) / 1e6
    for version in versions:
        shutil.rmtree(version)
    tell(say("cache-cleared", megabytes=megabytes, folder=folder))


if __name__ == "__main__":
    main()
