"""cdse_access.diagnosis: what GDAL's words hide is asked afterwards, and GDAL reads anew."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import odc.stac
import pytest
import rasterio
from pystac import Item

from cdse_access import gdal, probe
from cdse_access.diagnosis import explain
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable
from cdse_access.secrets import Keys, Secret
from cdse_access.session import Session, use_store
from cdse_access.settings import PREFIX, forget_answers
from cdse_offline.practice import fault, switch_off, switch_on

ID = "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"


@pytest.fixture(scope="module")
def item(connected) -> Item:
    return next(connected.catalog.search(collections=["sentinel-2-l2a"], ids=[ID]).items())


@pytest.fixture
def image(item) -> str:
    return item.assets["B04_60m"].href


@pytest.fixture(autouse=True)
def no_faults_afterwards(offline_service, monkeypatch):
    monkeypatch.setattr(probe, "WAITS", (0, 0.01, 0.01))
    yield
    switch_off(offline_service["s3"])


def load(item: Item, band: str, chunks: dict | None = None) -> int:
    """A plain load of a few pixels in threads of its own; their sum."""
    area = {"bbox": item.properties["cdse_offline:window"], "resolution": 600}
    with ThreadPoolExecutor(2) as pool:
        return int(odc.stac.load([item], [band], chunks=chunks, pool=pool, **area).compute()[band].sum())


@pytest.fixture
def wrong(connected) -> Iterator[Session]:
    """Another session for a while: the same store with a wrong secret."""
    keys = Keys(connected.store.keys.access, Secret("BI-MAT-SAI"))
    yield use_store(replace(connected.store, keys=keys))
    use_store(connected.store)


def test_gdals_words_become_a_reason(item, image, wrong):
    with pytest.raises(rasterio.errors.RasterioIOError) as caught:
        load(item, "B04_60m")
    found = explain(caught.value, image)
    assert isinstance(found, Rejected) and found.reason is Reason.SECRET_WRONG


def test_a_key_that_expires_amid_a_load_is_told(item, image):
    switch_on(fault("key-expires", path="*.jp2", which="after 1"))
    forget_answers()
    with pytest.raises((OSError, rasterio.errors.RasterioError)) as caught:  # whatever GDAL says
        load(item, "B04_60m")
    assert explain(caught.value, image).reason is Reason.KEY_UNKNOWN


@pytest.mark.parametrize("chunks", [None, {}])
def test_after_an_explanation_gdal_reads_anew(item, image, connected, chunks):
    """Without it, an answer that was wrong for a moment stays until the kernel is restarted."""
    forget_answers()
    gdal.set_path_option(PREFIX, "AWS_SECRET_ACCESS_KEY", "BI-MAT-SAI")
    with pytest.raises(rasterio.errors.RasterioIOError):
        load(item, "B04_60m", chunks)
    gdal.set_path_option(PREFIX, "AWS_SECRET_ACCESS_KEY", connected.store.keys.secret.reveal())
    with pytest.raises(rasterio.errors.RasterioIOError, match="403") as caught:
        load(item, "B04_60m", chunks)
    found = explain(caught.value, image)
    assert isinstance(found, Unavailable) and "hãy chạy lại" in str(found)
    assert load(item, "B04_60m", chunks) > 0


def test_a_known_problem_stays_what_it_is(image):
    known = BadData("?", Reason.CHANGED)
    assert explain(known, image) is known


@pytest.mark.parametrize("error", [ValueError("no such band"), TypeError("?")])
def test_a_wrong_question_is_no_fault_of_the_archive(error, image):
    found = explain(error, image)
    assert (type(found), str(found)) == (BadInput, str(error))


def test_a_file_of_this_machine_is_not_asked_for(tmp_path):
    assert isinstance(explain(OSError("?"), str(tmp_path / "x.jp2")), Unavailable)


def test_words_that_hold_a_key_are_scrubbed(image, connected, monkeypatch):
    secret = connected.store.keys.secret.reveal()
    monkeypatch.setenv("CDSE_S3_SECRET_KEY", "own-secret")
    assert "own-secret" not in str(explain(OSError("bad own-secret"), image))
    found = explain(OSError(f"bad {secret}"), image)
    assert isinstance(found, Problem) and secret not in str(found) and "đã che" in str(found)
