"""The chart of the book's page: how long each way takes, how many requests it sends."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

INK, SOFT, OURS, OTHERS, PAPER = "#18221f", "#55635e", "#0c5a4e", "#a9bcb4", "#ffffff"
STYLE: dict[Any, Any] = {
    # The reader's own fonts, as in the book: the text stays text.
    "svg.fonttype": "none",
    "svg.hashsalt": "hieu-nang",  # the same figures give the same bytes
    "font.family": ["Segoe UI", "Noto Sans", "Roboto", "DejaVu Sans"],
    "font.size": 10.5,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "ytick.color": INK,
}
HIGHLIGHTED = ("cold", "again", "warm")


class Bar(NamedTuple):
    title: str
    requests: int
    seconds: float | None  # `None`: it failed
    way: str


def draw(path: Path, what: str, bars: list[Bar]) -> None:
    """Write the chart as SVG, on white paper of its own: it is seen in the dark theme, too."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # not every font is on every machine
    with mpl.rc_context(STYLE):
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
        figure = Figure(figsize=(5, 0.9 + 0.56 * max(len(bars), 2)), facecolor=PAPER, layout=layout)
        time, requests = figure.subplots(2, 1)
        words = ["hỏng" if bar.seconds is None else _short(bar.seconds) for bar in bars]
        _panel(time, f"Giây để đọc {what}", bars, [bar.seconds or 0 for bar in bars], words)
        counts = [bar.requests for bar in bars]
        _panel(requests, "Yêu cầu gửi đến kho ảnh", bars, counts, [str(count) for count in counts])
        figure.savefig(path, format="svg", facecolor=PAPER, metadata={"Date": None, "Creator": None})


def _short(seconds: float) -> str:
    return f"{seconds:.{0 if seconds >= 99.5 else 1}f}".replace(".", ",")


def _panel(axes: Axes, title: str, bars: list[Bar], values: Sequence[float], words: list[str]) -> None:
    colours = [OURS if bar.way in HIGHLIGHTED else OTHERS for bar in bars]
    drawn = axes.barh([bar.title for bar in bars], values, color=colours, height=0.68)
    axes.bar_label(drawn, words, padding=4)
    axes.set_title(title, loc="left", fontsize=11.5, fontweight="bold")
    axes.invert_yaxis()
    axes.set_xlim(0, 1.18 * max([*values, 1e-9]))
    axes.tick_params(length=0, labelbottom=False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
