"""`cdse_access.problems`."""

import pickle
import re

import pytest
from nbclient import NotebookClient
from nbformat import v4

from cdse_access import problems as reasons
from cdse_access.problems import BadInput, Messages, Problem, Reason

KINDS = {
    reasons.BadInput: ValueError,
    reasons.Rejected: PermissionError,
    reasons.Unavailable: ConnectionError,
    reasons.BadData: OSError,
}


@pytest.mark.parametrize(("kind", "known"), KINDS.items())
def test_a_problem_is_a_known_error_with_its_text_and_reason_also_from_another_process(kind, known):
    problem = pickle.loads(pickle.dumps(kind("bbox trống", Reason.EMPTY)))
    assert isinstance(problem, known) and isinstance(problem, Problem)
    assert (str(problem), problem.reason) == ("bbox trống", "empty")


def test_a_reason_is_one_of_those_listed():
    with pytest.raises(ValueError, match="no-such"):
        Problem("?", "no-such")


CELLS = (
    """from cdse_access import transport
from cdse_access.session import open_catalog
transport.WAITS = (0,)
def mine(address):
    return open_catalog(address)""",
    "one = 1\nmine('http://127.0.0.1:9/stac/v1/')\ntwo = 2",
    "%xmode Verbose",
    "mine('http://127.0.0.1:9/stac/v1/')",
    "%xmode Context",
    "import json\njson.loads('?')",
)


def test_a_notebook_shows_the_learners_line_and_the_message_only():
    """Else what to do stands below two hundred lines of urllib3 and requests."""
    book = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(book, kernel_name="python3", timeout=60, allow_errors=True).execute()
    errors = [output for cell in book.cells for output in cell.outputs if output.output_type == "error"]
    assert [error.ename for error in errors] == ["Unavailable", "Unavailable", "JSONDecodeError"]
    short, whole, other = (re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback)) for error in errors)
    assert re.search(r"-> 2 mine\('http", short) and "return open_catalog(address)" in short
    assert short.splitlines()[-1].startswith("Unavailable: Không hỏi được catalog http://127.0.0.1:9/stac/v1/")
    assert len(short.splitlines()) < 20 and not re.search("urllib3|requests|transport.py|During handling", short)
    assert len(whole.splitlines()) > 100 and "urllib3" in whole and "transport.py" in whole
    assert "decoder.py" in other


def test_a_message_brings_the_reason_of_its_table():
    say = Messages({None: {"done": "xong"}, Reason.KEYS: {"half": "thiếu {name}"}})
    problem = BadInput(say("half", name="X"))
    assert (str(problem), problem.reason) == ("thiếu X", Reason.KEYS)
    assert str(pickle.loads(pickle.dumps(problem))) == "thiếu X"
    assert (say("done"), say("done").reason) == ("xong", None)
    assert BadInput("?").reason is Reason.INPUT
    with pytest.raises(ValueError, match="None"):
        Problem(say("done"))


def test_a_slot_stands_once_in_a_table():
    with pytest.raises(ValueError, match="twice"):
        Messages({None: {"half": "a"}, Reason.KEYS: {"half": "b"}})
