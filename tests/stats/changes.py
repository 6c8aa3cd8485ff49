"""What is different from the specification of the rules, why, and what that was measured to cost and to bring."""

from __future__ import annotations

from tests.stats.tables import prose, table

TEXT = """
Two things, both where fewer than five targets rest on their sessions. *Sessions repeat each other*: the scatter of a
few days understates how far a machine is off, because a machine that is slow today is slow tomorrow. The variance of
a level is therefore inflated by when its sessions were made (`bench/analyse/autocorrelation.py`); seven tenths of a
session's variance are taken to wander with a correlation of 0.7 from day to day. And *the targets' own scatter may
widen* what their sessions say: the larger of both counts, where the specification mixes them. Five targets or more
are judged as specified.

Both were chosen on simulated noise, with other parameters than this page's at first, before they met the Azure data.
The table is of one run on this page's six kinds of noise (4,000 replicates each, three sessions, hosts proven to
stay): mean, and in brackets the worst without *drifting*, which no allowance covers (flags name it). They cost power,
which comes back with more machines. The third change is a rival that was judged and not taken: the moderated t,
below.
"""

ROWS = (
    ("1", "1", "5.0 (12.5), 95.0, 66", "2.2 (5.6), 97.8, 52"),
    ("1", "7", "13.7 (25.2), 86.3, 63", "5.3 (8.0), 94.7, 41"),
    ("1", "30", "14.5 (16.6), 85.5, 49", "10.6 (6.7), 89.4, 35"),
    ("2", "1", "4.1 (11.5), 95.5, 73", "2.0 (5.6), 97.9, 64"),
    ("2", "7", "8.4 (16.5), 91.3, 62", "3.6 (6.7), 96.4, 49"),
    ("2", "30", "7.7 (13.6), 92.3, 55", "4.7 (6.0), 95.3, 43"),
    ("3", "1", "2.9 (8.4), 95.8, 81", "1.5 (5.0), 98.0, 74"),
    ("3", "7", "6.4 (12.4), 92.8, 70", "3.1 (6.0), 96.8, 58"),
    ("3", "30", "5.8 (10.0), 94.2, 61", "3.2 (5.6), 96.8, 49"),
)
"""(targets, days apart, as specified, now): false change, coverage and +5 % found, in %. Kept as measured when the
rules were chosen: the specified ones are not in the code any more.
"""


def changes() -> str:
    """The section of the page."""
    head = ("targets", "days apart", "as specified: false change (worst), coverage, +5 % found", "now")
    return f"## What is different from the specification\n\n{prose(TEXT)}\n\n{table(head, [list(row) for row in ROWS])}"
