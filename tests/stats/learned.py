"""What τ learned from a workspace's own history does to intervals of one and two targets."""

from __future__ import annotations

from tests.stats.tables import prose, table

TEXT = """
With one or two targets the interval allows for τ, a shift that the sessions of one machine cannot see. Its default is a
guess at a typical machine, and a metric may have three times as much, or a third. From six A/A pairs on the workspace's
own history replaces it (`bench history`): a larger τ is believed at once, a smaller one gradually. Coverage of 95 %
intervals and their half width, simulated with three sessions per phase, where the true τ is a multiple of the default.
This section was measured once, when the rule was chosen, and is not measured again by `make stats`; a seeded part of it
is a test (`tests/analyse/test_analyse_history_coverage.py`):
"""

ROWS = (
    ("3 ×", "1", "62.2 (±2.6)", "94.4 (±6.9)", "96.7 (±7.1)"),
    ("3 ×", "2", "83 (±4.1)", "96.3 (±5.2)", "96.6 (±5.0)"),
    ("1 ×", "1", "98 (±2.6)", "97.1 (±2.6)", "96.0 (±2.5)"),
    ("1 ×", "2", "97.5 (±1.75)", "96.8 (±1.8)", "95.7 (±1.7)"),
    ("1/3 ×", "1", "100 (±2.6)", "99.9 (±2.1)", "99.6 (±2.0)"),
    ("1/3 ×", "2", "100 (±1.6)", "99.9 (±1.3)", "99.5 (±1.2)"),
)
"""(true τ, targets, with the default, learned from 6 pairs, from 20)."""

AZURE = """
On the Azure data, with the history of its first half and one VM judged in its second: at 10 days false changes went
from 1.1 to 1.5 %, *no meaningful change* from 23 to 34 % of the unchanged; at 40 days from 1.1 to 3.2 %, and from 0
to 25 %.
"""


def learned() -> str:
    """The section of the page."""
    head = ("true τ", "targets", "default", "learned, 6 pairs", "learned, 20 pairs")
    return f"## What a history teaches\n\n{prose(TEXT)}\n\n{table(head, [list(row) for row in ROWS])}\n\n{prose(AZURE)}"
