"""`python -m cdse_access clear-cache`"""

import os
import subprocess
import sys

from cdse_access.jp2.cache import Cache


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cdse_access", *arguments]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)


def test_the_cache_is_cleared_and_it_says_what_was_freed(tmp_path):
    kept = Cache(tmp_path, "cdse").open_folder("s3://a", "1").keep("tile", ".tif", bytes(3_000_000))
    done = run("clear-cache", CDSE_CACHE=str(tmp_path))
    assert done.returncode == 0 and done.stdout == f"Đã xóa 1 tệp ảnh đã cất, 3 MB, trong {tmp_path}.\n"
    assert not kept.exists()


def test_another_command_is_refused(tmp_path):
    assert run("clear", CDSE_CACHE=str(tmp_path)).returncode == 2
