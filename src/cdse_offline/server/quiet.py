"""A log that nobody can fill: so many lines a minute, and none of them long."""

import logging
import time

LINES = 30  # a minute
LENGTH = 4000  # characters of one


class QuietHandler(logging.StreamHandler):
    """Writes to standard error; what is more than that is counted, and told with the next line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
        self._minute = 0
        self._written = self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        minute = int(time.monotonic() / 60)
        if minute != self._minute:
            self._minute, self._written = minute, 0
        if self._written >= LINES:
            self._left_out += 1
            return
        self._written += 1
        super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if len(text) > LENGTH:
            text = f"{text[: LENGTH // 2]} ... {text[-LENGTH // 2 :]}"  # the end of a traceback says most
        left_out, self._left_out = self._left_out, 0
        return f"({left_out} lines left out)\n{text}" if left_out else text
