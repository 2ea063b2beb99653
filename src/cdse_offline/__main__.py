"""`python -m cdse_offline`: run the offline CDSE, clear its cache, or record a data pack for it."""

import argparse
import ipaddress
import json
import logging
import os
import secrets
import shutil
import sys
import threading
from pathlib import Path

PRACTICE = "CDSE_OFFLINE_PRACTICE"  # JSON as the door of the practice room takes it: {"rules": [...], "limits": {...}}

# The heavy imports stand in `serve`: a worker process imports this module as well and needs none of them.


def main() -> None:
    arguments = _arguments()
    try:
        arguments.run(arguments)
    except (OSError, ValueError) as error:
        sys.exit(f"Không chạy được dịch vụ: {error}")


def _arguments() -> argparse.Namespace:
    from cdse_offline.packs import record

    parser = argparse.ArgumentParser("python -m cdse_offline", description="CDSE ngoại tuyến: STAC API và kho S3.")
    _add_serving(parser)
    parser.set_defaults(run=serve, host="127.0.0.1", port=8123)
    commands = parser.add_subparsers(metavar="LỆNH", help="không ghi lệnh nào thì như serve")
    # It sets only what is given after it, so that options may stand before it, too.
    _add_serving(commands.add_parser("serve", help="chạy dịch vụ", argument_default=argparse.SUPPRESS))
    clearing = commands.add_parser("clear-cache", help="xóa bộ nhớ đệm ảnh")
    clearing.set_defaults(run=lambda _: clear_cache())
    recording = commands.add_parser("record", help="ghi một gói dữ liệu cho lớp học, để phục vụ bằng --data")
    record.add_arguments(recording)
    recording.set_defaults(run=record.run)
    return parser.parse_args()


def _add_serving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="địa chỉ lắng nghe (mặc định: chỉ máy này)")
    parser.add_argument("--port", type=int, help="cổng, 0: cổng trống bất kỳ (mặc định: 8123)")
    parser.add_argument("--data", type=Path, help="thư mục có item STAC và tệp ảnh, thay cho ảnh mô phỏng")
    parser.add_argument("--until-stdin-closes", action="store_true", help="kết thúc cùng chương trình đã gọi")
    parser.add_argument("--practice", action="store_true", help="mở phòng tập: cho bật sự cố, chỉ từ máy này")


def serve(arguments: argparse.Namespace) -> None:
    """Serve until interrupted, or until standard input closes."""
    # It logs each "not found" as an error, and warns at import of settings that are made later.
    logging.getLogger("stac_fastapi").setLevel(logging.CRITICAL)
    from cdse_offline.server.application import Server, listen
    from cdse_offline.server.store import Store

    keys, room = _keys(), _room(arguments)
    catalog = _catalog(arguments.data)
    store = Store(catalog.objects)
    store.tidy()
    public = not _is_loopback(arguments.host)
    listener = listen(arguments.host, arguments.port)
    server = _uvicorn(Server(catalog, store, keys, public=public, room=room))
    if arguments.until_stdin_closes:
        threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
    _announce(arguments, listener.getsockname()[1], keys, catalog.title, store)
    try:
        server.run(sockets=[listener])
    finally:
        store.close()


def _uvicorn(application):
    import uvicorn

    from cdse_offline.server.application import Connection

    practising = application.room is not None  # then faults may set the clock
    return uvicorn.Server(
        uvicorn.Config(
            application,
            http=Connection,
            ws="none",
            date_header=not practising,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
    )


def _keys():
    """A fixed pair from the environment, for a classroom, or one that is thrown away with this service."""
    from cdse_offline.server.s3 import Keys

    access, secret = os.environ.get("CDSE_OFFLINE_ACCESS_KEY"), os.environ.get("CDSE_OFFLINE_SECRET_KEY")
    if bool(access) != bool(secret):
        raise ValueError("hãy đặt cả CDSE_OFFLINE_ACCESS_KEY lẫn CDSE_OFFLINE_SECRET_KEY, hoặc bỏ cả hai.")
    if access and secret:
        return Keys(access, secret)
    return Keys(f"OFFLINE{secrets.token_hex(7).upper()}", secrets.token_urlsafe(30))


def _room(arguments: argparse.Namespace):
    """A practice room where one was asked for, with the faults that `CDSE_OFFLINE_PRACTICE` wants from the start."""
    given = os.environ.get(PRACTICE, "")
    if not (arguments.practice or arguments.until_stdin_closes):
        if given:
            raise ValueError(f"{PRACTICE} chỉ có tác dụng cùng --practice: hãy thêm nó, hoặc bỏ biến này.")
        return None
    from cdse_offline.practice.room import Room

    room = Room()
    if given:
        try:
            room.put(given.encode())
        except ValueError as error:
            raise ValueError(f"{PRACTICE}: {error}") from error
    return room


def _catalog(folder: Path | None):
    if folder is not None:
        from cdse_offline.packs.pack import read

        return read(folder)
    from cdse_offline.product.items import simulated

    return simulated()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def _end_with_stdin(server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


def _announce(arguments: argparse.Namespace, port: int, keys, title: str, store) -> None:
    if arguments.until_stdin_closes:
        address = f"{arguments.host}:{port}"
        ready = {"stac": f"http://{address}/stac/v1/", "s3": address}
        print(json.dumps(ready | {"access_key": keys.access, "secret_key": keys.secret}), flush=True)
        return
    from cdse_offline.server.store import size

    address = f"{_reachable(arguments.host)}:{port}"
    print(f"{title}\nĐang chạy; dừng bằng Ctrl+C. Trong môi trường của người học, hãy đặt:")
    print(f"  export CDSE_STAC_URL=http://{address}/stac/v1/")
    print(f"  export CDSE_S3_ENDPOINT={address}")
    print(f"  export CDSE_S3_ACCESS_KEY={keys.access}")
    print(f"  export CDSE_S3_SECRET_KEY={keys.secret}")
    if not _is_loopback(arguments.host):
        print("Chú ý: máy khác trong mạng cũng đọc được dịch vụ này, không mã hóa. Chỉ dùng trong mạng của lớp học.")
    if arguments.practice:
        print("Phòng tập sự cố đang mở: chỉ từ máy này, bằng cdse_offline.practice.switch_on(...).")
        if os.environ.get(PRACTICE):
            print(f"Chú ý: biến {PRACTICE} đã bật sẵn sự cố.")
    print(
        f"Bộ nhớ đệm: {store.cache} ({size(store.cache) / 1e6:.0f} MB; xóa: python -m cdse_offline clear-cache)",
        flush=True,
    )


def _reachable(host: str) -> str:
    """An address that others can use: this machine's name where it listens on all of them."""
    import socket

    return socket.gethostname() if host in ("0.0.0.0", "::") else host


def clear_cache() -> None:
    from cdse_offline.server.store import cache_folder, size

    folder = cache_folder()
    if not folder.exists():
        print(f"Bộ nhớ đệm trống: {folder}")
        return
    megabytes = size(folder) / 1e6
    shutil.rmtree(folder)
    print(f"Đã xóa {megabytes:.0f} MB trong {folder}")


if __name__ == "__main__":
    main()
