"""The appendix: which faults are silent with GDAL's defaults, and what its tables say."""

import re

from cdse_offline.practice.rules import KINDS
from tools.notebooks import TEXTS

NAME = "phu-luc-su-co"
TEXT = (TEXTS / f"{NAME}.md").read_text(encoding="utf-8")


def test_the_table_lists_every_kind_of_fault():
    _, table = TEXT.split("## Mọi loại sự cố")
    rows = re.findall(r"^\| .+ \| (`.+`) \|$", table, flags=re.MULTILINE)
    kinds = [kind for row in rows for kind in re.findall(r"`([\w-]+)`", row)]
    assert sorted(kinds) == sorted(KINDS)


def test_three_faults_give_zeros_without_a_word(lesson):
    assert lesson.printed.count("xong, không lỗi, 0% pixel") >= 3
    assert float((lesson.names["truth"] > 0).mean()) > 0.7


def test_load_is_right_or_says_why(lesson):
    told = re.findall(r"^load: (?:dừng lại, lý do ([\w-]+)|(đúng)|.*SAI)", lesson.printed, flags=re.MULTILINE)
    assert [reason or right for reason, right in told] == ["đúng", "đúng", "key-unknown", "not-service", "broken"]


def test_repeated_pages_are_twelve_items_of_which_two_differ(lesson):
    assert len(lesson.names["honest"]) == len(set(lesson.names["honest"])) > 2
    ids = lesson.names["ids"]
    assert len(set(ids)) < len(ids)


def test_gdal_is_told_eight_things(lesson):
    assert len(lesson.names["GDAL"]) == 8
