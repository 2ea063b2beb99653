"""Why a plain read failed, asked afterwards: GDAL's own words do not tell."""

import os

from cdse_access import probe
from cdse_access.current import choose_session
from cdse_access.deadline import forgetting
from cdse_access.env_file import PAIR
from cdse_access.jp2.answers import file_name
from cdse_access.keys import AWS_PAIR
from cdse_access.messages import say
from cdse_access.problems import BadInput, Problem, Unavailable
from cdse_access.secrets import Keys
from cdse_access.session import Session
from cdse_access.settings import forget_answers

LONGEST = 120  # characters of a library's words


@forgetting
def explain(error: Exception, href: str, *, session: Session | None = None) -> Problem:
    """Reason and cure of a read of `href` that failed, for `raise explain(error, href) from error`.

    What GDAL remembers of it is dropped, so that the next read asks again.
    """
    if isinstance(error, Problem):
        return error
    store = choose_session(session).store
    words = _hide_keys(str(error), store.keys)
    if isinstance(error, ValueError | TypeError):
        return BadInput(words)
    forget_answers()
    try:
        if href.startswith("s3://"):
            probe.read_beginning(store, href)
    except Problem as found:
        return found
    return Unavailable(say("read-failed-once", why=words[:LONGEST], file=file_name(href)))


def _hide_keys(text: str, keys: Keys) -> str:
    """A library's words without the session's keys and those in the environment."""
    own = [Keys.from_texts(os.environ.get(a, ""), os.environ.get(b, "")) for a, b in (PAIR, AWS_PAIR)]
    for pair in (keys, *own):
        text = pair.hide_in(text)
    return text
