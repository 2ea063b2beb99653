"""cdse_access.secrets: keys that do not show themselves and are not written anywhere."""

import copy
import pickle

import pytest

from cdse_access.secrets import Keys, Secret

ACCESS, SECRET = "ABCDE12345" * 2, "abcde12345" * 4


def test_a_secret_is_seen_only_where_it_is_revealed():
    held = Keys(Secret(ACCESS), Secret(SECRET))
    shown = [repr(held), str(held), f"{held.secret}", "%s" % held.secret, repr([held.secret]), str({"k": held})]  # noqa: UP031
    assert [text for text in shown if ACCESS in text or SECRET in text] == []
    assert "40 ký tự" in repr(held)
    assert (held.access.reveal(), held.secret.reveal()) == (ACCESS, SECRET)
    assert held == Keys.from_texts(ACCESS, SECRET) and held.secret != SECRET and len({held, held}) == 1


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy])
def test_a_secret_is_not_written_anywhere(write):
    with pytest.raises(TypeError, match="Khóa không được ghi"):
        write({"graph": [Keys.from_texts(ACCESS, SECRET)]})


def test_what_libraries_say_is_shown_without_keys():
    held = Keys.from_texts(SECRET[:20], SECRET)  # one is a piece of the other
    assert held.hide_in(f"{SECRET[:20]}: {SECRET}!") == "<20 ký tự, đã che>: <40 ký tự, đã che>!"
    assert Keys.from_texts("", "").hide_in("abc") == "abc"
