"""cdse_access.children: a service of ours that has ended by itself is known by its address."""

import multiprocessing
import sys
import time

import pytest

from cdse_access import children
from cdse_access.catalog import open_catalog
from cdse_access.exchange import LostError
from cdse_access.jp2.answers import lost_problem, refusal
from cdse_access.messages import VIETNAMESE
from cdse_access.probe import read_beginning
from cdse_access.problems import BadInput, Reason
from cdse_access.service import running
from cdse_access.store import Store
from cdse_access.transport import explain_no_catalog


def test_one_that_was_killed_is_told_with_what_to_do():
    with running() as cdse:
        children.refuse_ended(cdse.s3)  # it is alive
        cdse.process.kill()
        cdse.process.wait()
        with pytest.raises(
            BadInput, match=r"đã tắt giữa chừng \(bị dừng bằng tín hiệu 9\): hãy gọi lại connect"
        ) as caught:
            children.refuse_ended(cdse.s3)
    assert caught.value.reason is Reason.OFFLINE


def test_one_that_was_stopped_on_purpose_or_is_not_ours_is_another_matter():
    with running() as cdse:
        pass
    for address in (cdse.s3, "127.0.0.1:1", "eodata.dataspace.copernicus.eu"):
        children.refuse_ended(address)


ELSEWHERE = 'connect("offline")'


def test_whoever_is_offline_already_is_not_sent_there():
    """Each message that sends there asks first; the others are of who has no keys, or says what connect() takes."""
    told = {slot for texts in VIETNAMESE.values() for slot, text in texts.items() if ELSEWHERE in text}
    assert told == {"keys-missing", "keys-missing-beside", "or-offline", "service-unknown"}
    with running() as cdse:
        here, there = (cdse.stac, cdse.s3), ("https://stac.dataspace.copernicus.eu/v1/", "eodata.cloudferro.com")
        for (stac, s3), is_told in [(here, False), (there, True)]:
            lost = LostError("why-slow")
            problems = [refusal(status, {}, b"?", "s3://eodata/a.jp2", s3) for status in (200, 206, 503)]
            problems += [lost_problem(lost, "s3://eodata/a.jp2", s3), explain_no_catalog(stac, ValueError())]
            assert all((ELSEWHERE in str(problem)) == is_told for problem in problems)


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_a_process_that_was_forked_does_not_take_it_for_ended():
    with running() as cdse:
        forked = multiprocessing.get_context("fork").Process(target=children.refuse_ended, args=(cdse.s3,))
        forked.start()
        forked.join()
    assert forked.exitcode == 0


@pytest.mark.parametrize(("code", "told"), [(-9, "bị dừng bằng tín hiệu 9"), (3, "mã 3"), (0, "mã 0")])
def test_how_a_process_ended(code, told):
    assert children.tell_end(code) == told


def test_whoever_asks_one_that_was_killed_is_told_at_once():
    """K3: neither the store nor the catalogue is asked again and again, as if the network were gone."""
    with running() as cdse:
        catalog = open_catalog(cdse.stac)
        store = Store(cdse.s3, https=False, keys=cdse.keys, identity="")
        cdse.process.kill()
        cdse.process.wait()
        began = time.monotonic()
        for ask in (lambda: list(catalog.search().items()), lambda: read_beginning(store, "s3://eodata/a.jp2")):
            with pytest.raises(BadInput, match="hãy gọi lại connect"):
                ask()
    assert time.monotonic() - began < 10
