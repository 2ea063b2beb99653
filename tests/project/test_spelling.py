"""tools/spelling.py: what of a file is prose, which words are known, and that ours are."""

import pytest

from tools import spelling

PAGE = """---
title: Một bài
numbering: false
---

(nhan-la)=
## Mục *một* (*first heading*)

Đọc `ma_lenh` bằng [Hiệu năng](../book/hieu-nang.md), {kbd}`Ctrl+C`, bbox=[1, 2], B04_10m và $x_y$.

```{code-cell} ipython3
:caption: Trời quang, `dn` và mây

trong_ma = "khôngđọc"
```

:::{figure} anh.png
:name: anh-dep
:alt: Bản đồ ruộng
:::

% đo mot-bang
"""


def test_prose_is_what_people_read(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    words = spelling.list_words(spelling.read_prose(page))
    expected = "bài bản bằng hiệu mây một mục năng quang ruộng title trời và đọc đồ"
    assert " ".join(sorted(words)) == expected


def test_of_a_table_the_texts_are_read(tmp_path):
    table = tmp_path / "messages.py"
    table.write_text('"""Lời."""\nVIETNAMESE = {"ten-ngan": ("Thiếu {item} ở " "đây.")}\n', encoding="utf-8")
    assert spelling.list_words(spelling.read_prose(table)) == {"thiếu", "đây"}


def test_our_own_words_stand_in_order_once():
    lines = spelling.WORDS.read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines), key=lambda word: (word.lower(), word))


@pytest.fixture(scope="module")
def unknown() -> set[str]:
    """Of some words. `.ci/run` installs the dictionaries; a learner's machine may lack them."""
    words = ["khóa", "hoá", "tuỳ", "tùy", "được", "item", "khong", "đuợc", "ngọai", "khòa", "kkhóa"]
    found = spelling.find_unknown(words)
    if found is None:
        pytest.skip("no hunspell with hunspell-vi and hunspell-en-us")
    return found


def test_misspelt_words_are_found_and_both_places_of_a_tone_are_right(unknown):
    assert unknown == {"khong", "đuợc", "ngọai", "khòa", "kkhóa"}


def test_pages_and_messages_are_spelt_right(unknown):
    assert spelling.check(spelling.list_files()) == {}
