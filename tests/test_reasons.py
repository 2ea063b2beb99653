"""`cdse_guard.reasons`."""

import pickle

import pytest

from cdse_guard import reasons
from cdse_guard.reasons import Problem, Reason

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
