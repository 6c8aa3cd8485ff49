"""How does a comparison look in Markdown? Tables as GitHub reads them, ready to be pasted into a ticket."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.analyse.result import Comparison
from bench.report.formats import Output
from bench.report.lines import FLAG, Line, flag_lines, heading, lines, remarks, summary
from bench.report.plain import one_line

_ANYWHERE = re.compile(r"([\\`*_\[\]|~$!])")
_AT_START = re.compile(r"^([#+>-]|\d+(?=[.)]))")
_LINKS = (("://", "&#58;//"), ("www.", "www&#46;"), ("@", "&#64;"))
"""What GitHub makes a link or a mention of without any markup."""
_HEAD = ("Metric", "Target", "Before", "After", "Unit", "Ratio", "Interval", "Verdict", "What would settle it")


def render(comparisons: Sequence[Comparison], output: Output = Output()) -> str:  # noqa: B008  # frozen
    """Every comparison as a heading, one sentence, a table and its remarks."""
    parts: list[str] = []
    for comparison in comparisons:
        parts += [f"### {escape(heading(comparison))}", f"{escape(summary(comparison))}."]
        rows = lines(comparison, targets=output.targets)
        if rows:
            parts.append(_table(rows))
        notes = [f"- {escape(words)}" for words in remarks(comparison)]
        notes += [f"- {escape(f'{FLAG} {words}')}" for words in flag_lines(comparison)]
        if notes:
            parts.append("\n".join(notes))
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """`text` with everything that Markdown or HTML would read as markup made literal."""
    shown = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _AT_START.sub(r"\\\1", _ANYWHERE.sub(r"\\\1", shown))
    for plain, harmless in _LINKS:
        shown = shown.replace(plain, harmless)
    return shown


def _table(rows: Sequence[Line]) -> str:
    lines_ = [_row(_HEAD), _row(["---", "---", "--:", "--:", "---", "--:", "---", "---", "---"])]
    suite = ""
    for row in rows:
        if row.suite != suite:
            suite = row.suite
            lines_.append(_row([f"**{escape(suite)}**", *[""] * (len(_HEAD) - 1)]))
        target = " · ".join((row.target, *row.labels)) if row.target else "**all**"
        cells = [row.before, row.after, row.unit, row.share, row.interval, row.words, row.settle]
        name = f"{row.metric} {FLAG}" if row.flagged else row.metric
        lines_.append(_row([escape(name), target if not row.target else escape(target), *map(escape, cells)]))
    return "\n".join(lines_)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
