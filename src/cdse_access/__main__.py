"""`python -m cdse_access clear-cache`: remove all images that were kept on this machine."""

import argparse

from cdse_access.folders import locate_folder
from cdse_access.jp2.cache import FOLDER, VARIABLE, clear
from cdse_access.messages import say
from cdse_access.telling import prepare_streams, tell


def main() -> None:
    prepare_streams()
    parser = argparse.ArgumentParser("python -m cdse_access", description="Kho ảnh đã cất trên máy này.")
    parser.add_argument("command", choices=["clear-cache"], help="xóa mọi ảnh đã cất (lần sau tải lại từ đầu)")
    parser.parse_args()
    root = locate_folder(VARIABLE, FOLDER)
    files, size = clear(root)
    tell(say("cache-cleared", files=files, megabytes=size / 1e6, path=root))


if __name__ == "__main__":
    main()
