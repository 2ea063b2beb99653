"""The command line: what it prints, how it ends, what it refuses."""

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import nullcontext
from pathlib import Path

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cdse_access.service import running
from cdse_offline import __main__, practice
from cdse_offline.simulation.version import source_version
from tests.service import Service

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cdse_offline", *arguments]


def environment(folder: Path, **more: str) -> dict[str, str]:
    names = ("CDSE_OFFLINE_ACCESS_KEY", "CDSE_OFFLINE_SECRET_KEY")
    return {k: v for k, v in os.environ.items() if k not in names} | {"CDSE_OFFLINE_CACHE": str(folder)} | more


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment(folder, **more), cwd=ROOT, capture_output=True, text=True, timeout=30
    )


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_one_line_of_json_then_service_until_stdin_closes(tmp_path: Path):
    with subprocess.Popen(
        command("--port", "0", "--until-stdin-closes"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=environment(tmp_path),
    ) as process:  # fmt: skip
        ready = json.loads(read_line(process))
        assert set(ready) == {"stac", "s3", "access_key", "secret_key", "version", "notes"} and ready["notes"] == []
        assert ready["stac"] == f"http://{ready['s3']}/stac/v1/"
        with urllib.request.urlopen(ready["stac"]) as answer:
            landing = json.load(answer)
        assert landing["id"] == "cdse-offline"
        assert landing["cdse_offline:version"] == ready["version"] == source_version()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{ready['stac']}collections/no")
        try:
            rest, noise = process.communicate(timeout=10)
        finally:
            process.kill()  # if it has not ended by itself
    assert (process.returncode, rest, noise) == (0, "", "")


def test_for_a_class_it_prints_the_variables_to_set(tmp_path: Path):
    keys = {"CDSE_OFFLINE_ACCESS_KEY": "lop10a", "CDSE_OFFLINE_SECRET_KEY": "bimat"}
    with subprocess.Popen(
        command("--port", "0", "--host", "0.0.0.0"),
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(tmp_path, **keys),
    ) as process:  # fmt: skip
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Bộ nhớ đệm"):
            lines.append(read_line(process).strip())
        process.terminate()
    assert "mô phỏng" in lines[0]
    assert lines[2].startswith("export CDSE_STAC_URL=http://") and lines[2].endswith("/stac/v1/")
    assert lines[3].startswith("export CDSE_S3_ENDPOINT=") and "http" not in lines[3]
    assert lines[4:6] == ["export CDSE_S3_ACCESS_KEY=lop10a", "export CDSE_S3_SECRET_KEY=bimat"]
    assert "máy khác" in lines[6] and str(tmp_path) in lines[7] and "nhiều nhất 4 GB" in lines[7]


@pytest.mark.parametrize("option", [[], ["--practice"]])
def test_faults_may_be_switched_on_only_where_it_was_asked_for(tmp_path: Path, option: list[str]):
    with subprocess.Popen(
        command("--port", "0", *option), stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(tmp_path)
    ) as process:
        text = ""
        while "Bộ nhớ đệm" not in text:
            text += read_line(process)
        address = text.partition("CDSE_S3_ENDPOINT=")[2].split()[0]
        try:
            with nullcontext() if option else pytest.raises(ValueError, match="--practice"):
                practice.switch_on(practice.fault("status", path="*.jp2", which="first"), service=address)
        finally:
            process.terminate()
    assert ("Phòng tập sự cố" in text) == bool(option)


def test_a_missing_driver_is_named_with_its_package(tmp_path: Path):
    """As on conda, whose `libgdal-core` has none: the store's answer says it, and so does the service's own log."""
    without = {"GDAL_SKIP": "JP2OpenJPEG", "CDSE_OFFLINE_CACHE": str(tmp_path)}
    with running(environment=without) as cdse:
        service = Service(cdse.s3, None)
        [item] = service.ask("/stac/v1/collections/sentinel-2-l2a/items?limit=1").json()["features"]
        path = item["assets"]["B04_10m"]["href"].replace("s3://", "/")
        request = AWSRequest("GET", f"http://{cdse.s3}{path}")
        keys = Credentials(cdse.keys.access.reveal(), cdse.keys.secret.reveal())
        S3SigV4Auth(keys, "s3", "default").add_auth(request)
        answer = service.ask(path, **dict(request.headers))
    text = answer.body.decode()
    assert answer.status == 500 and "<Code>OfflineDriver</Code>" in text
    assert "driver JP2OpenJPEG" in text and "libgdal-jp2openjpeg" in text


@pytest.mark.parametrize(
    ("arguments", "more", "message"),
    [
        (["--data", "no-such-folder"], {}, "không có thư mục no-such-folder"),
        ([], {"CDSE_OFFLINE_ACCESS_KEY": "only"}, "CDSE_OFFLINE_SECRET_KEY"),
        (["--host", "no.such.host.invalid"], {}, "Không chạy được dịch vụ: không nhận được kết nối ở no.such"),
        (["--port", "70000"], {}, "cổng 70000"),
        ([], {"CDSE_OFFLINE_CACHE": "/dev/null/x"}, "CDSE_OFFLINE_CACHE là /dev/null/x"),
        ([], {"CDSE_OFFLINE_CACHE_MAX_GB": "4GB"}, "CDSE_OFFLINE_CACHE_MAX_GB là '4GB': cần một số gigabyte"),
        (["--data", "/dev/null"], {}, "/dev/null"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(tmp_path: Path, arguments: list, more: dict, message: str):
    result = run(tmp_path, "--port", "0", *arguments, **more)
    assert result.returncode == 1 and message in result.stderr and len(result.stderr.splitlines()) == 1


def test_the_cache_can_be_cleared(tmp_path: Path):
    kept = tmp_path / "cache" / source_version()
    kept.mkdir(parents=True)
    (kept / "file").write_bytes(bytes(3_000_000))
    (tmp_path / "cache" / "mine").write_bytes(b"not of the cache")
    assert "3 MB" in run(tmp_path / "cache", "clear-cache").stdout
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["mine"]
    assert "trống" in run(tmp_path / "cache", "clear-cache").stdout


@pytest.mark.parametrize(
    ("given", "port", "data"),
    [
        ([], 8123, None),
        (["--port", "0"], 0, None),
        (["serve", "--port", "0"], 0, None),
        (["--port", "0", "serve", "--data", "x"], 0, Path("x")),
    ],
)
def test_serving_is_what_it_does_unless_told_otherwise(monkeypatch, given: list[str], port: int, data: Path | None):
    monkeypatch.setattr(sys, "argv", ["cdse_offline", *given])
    arguments = __main__.parse_arguments()
    assert (arguments.run, arguments.port, arguments.data) == (__main__.serve, port, data)
    assert (arguments.host, arguments.until_stdin_closes) == ("127.0.0.1", False)


def test_the_service_imports_neither_numpy_nor_gdal():
    code = (
        "import sys, cdse_offline.server.application, cdse_offline.product.archive, cdse_offline.packs.pack\n"
        "cdse_offline.product.archive.simulate_holdings()\n"
        "print([m for m in ('numpy', 'rasterio', 'scipy', 'pyproj', 'pystac') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_where_faults_may_be_played_the_version_is_of_this_run_alone():
    """Else what a class read under a fault would stay in everyone's cache."""
    quiet = {"CDSE_OFFLINE_PRACTICE": '{"rules": []}'}
    versions = []
    for _ in range(2):
        with running(environment=quiet) as cdse:
            versions.append(cdse.version)
    assert len(set(versions)) == 2
    assert all(version.startswith(f"{source_version()}-") for version in versions)
