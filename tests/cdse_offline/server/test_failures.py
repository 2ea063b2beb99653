"""cdse_offline.server.failures: each failure has a code, and the client a cure for each code."""

import errno
from pathlib import Path

import pytest
from rasterio.errors import DriverRegistrationError, RasterioIOError

from cdse_access.files import unwritable
from cdse_access.jp2 import answers
from cdse_access.problems import BadData, Reason
from cdse_offline.s3_answers import S3Error
from cdse_offline.server import failures
from cdse_offline.server.failures import Failure, describe_failure

FOLDER = Path("/srv/Ảnh <của> lớp")


def unwritten() -> BadData:
    """As `write_whole` raises it in the worker, where the drawn land is kept."""
    problem = unwritable(FOLDER, OSError(errno.EDQUOT, "quota"))
    problem.__cause__ = OSError(errno.EDQUOT, "quota")
    return problem


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (OSError(errno.ENOSPC, "no space"), "OfflineDiskFull", Reason.DISK),
        (unwritten(), "OfflineDiskFull", Reason.DISK),
        (PermissionError(errno.EACCES, "no"), "OfflineFolder", Reason.DISK),
        (OSError(errno.EROFS, "no"), "OfflineFolder", Reason.DISK),
        (OSError(errno.EMFILE, "too many"), "OfflineOpenFiles", Reason.OFFLINE),
        (OSError(errno.ENOMEM, "no memory"), "OfflineMemory", Reason.OFFLINE),
        (MemoryError("too little"), "OfflineMemory", Reason.OFFLINE),
        (type("_ArrayMemoryError", (MemoryError,), {})("numpy's"), "OfflineMemory", Reason.OFFLINE),
        (DriverRegistrationError("no driver"), "OfflineDriver", Reason.OFFLINE),
        (OSError(errno.EIO, "Input/output error"), "OfflineFailed", Reason.OFFLINE),
        (RasterioIOError("damaged"), "OfflineFailed", Reason.OFFLINE),
        (ModuleNotFoundError("No module named 'numpy'"), "OfflineFailed", Reason.OFFLINE),
        (ValueError("a bug"), "OfflineFailed", Reason.OFFLINE),
    ],
)
def test_what_fails_in_the_service_reaches_the_learner_with_its_reason(error, code, reason):
    failure = describe_failure(error, FOLDER)
    assert failure.code == code
    body = S3Error(500, failure.code, "failed", failure.detail).build_response("/eodata/B04.jp2").body
    problem = answers.refusal(500, {}, body, "s3://eodata/B04.jp2")
    assert (type(problem), problem.reason) == (BadData, reason)
    assert "hãy" in str(problem) and "quá tải" not in str(problem)
    if reason is Reason.DISK:
        assert str(FOLDER) in str(problem)


def test_every_code_has_a_cure():
    codes = {*failures._OF_SYSTEM.values(), *failures._OF_LIBRARIES.values()} - {""}
    codes |= {failures._FOLDER, failures.KILLED, failures.UNKNOWN}
    assert codes == answers._OWN.keys()


@pytest.mark.parametrize("detail", ["", "x" * 5000, "a\nb\x1b[31m", "<Code>NoSuchKey</Code>", "\udcff"])
def test_whatever_the_detail_the_message_is_one_line(detail):
    failure = Failure(failures.UNKNOWN, detail)
    body = S3Error(500, failure.code, "failed", failure.detail).build_response("/eodata/B04.jp2").body
    message = str(answers.refusal(500, {}, body, "s3://eodata/B04.jp2"))
    assert message.isprintable() and len(message) < 1000
