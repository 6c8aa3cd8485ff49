"""The page that `make stats` writes: the same rows give the same bytes, and the one that is kept is whole."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from tests.stats import charts, page, studies
from tests.stats.experiments import LOOKS, OURS, SHAPES, Row, Task, _hosts, run, tasks
from tests.stats.models import QUIET
from tests.stats.page import Run
from tests.stats.rates import Rates
from tests.stats.rivals import RIVALS
from tests.stats.specified import DESIGNS, NOW, SPECIFIED, ChangeRow
from tests.stats.studies import MODERATED, PLAIN, STEPS, Family, PriorRow
from tests.stats.tables import Results, breaks, percent, prose

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECTIONS = re.compile(r"^##+ (.+)$", re.MULTILINE)


def made_up(false: int = 20) -> Rates:
    four = np.full(4, 1000)
    return Rates(1000, false, 400, np.array([500, 800, 900]), 3, four, four - 30, four * 9.0)


def rows_of(task: Task, rates: Rates) -> list[Row]:
    """A row for all that a task measures."""
    sessions, _ = SHAPES[task.study]
    designs = ["1"] if sessions == 1 else ["1", "3", "5", LOOKS]
    methods = [name for name, _ in _hosts(task)] + list(RIVALS)
    return [Row(task, design, method, rates, 5) for design, method in product(designs, methods)]


def everything(*, with_azure: bool) -> tuple[Results, list[Family], list[PriorRow], list[ChangeRow]]:
    rows = [row for task in tasks(with_azure=with_azure) for row in rows_of(task, made_up())]
    families = [Family(v, s, m, 100, 3) for v, s in studies.FAMILIES for m in (OURS, "Mann-Whitney")]
    priors = [
        PriorRow("synthetic", v, s, 1.0, rule, made_up(), made_up())
        for v, s in studies.PRIOR_DESIGNS
        for rule in (PLAIN, MODERATED, STEPS)
    ]
    changed = [ChangeRow(v, d, rule, made_up(), 0.03) for v, d in DESIGNS for rule in (SPECIFIED, NOW)]
    return Results(rows), families, priors, changed


@pytest.mark.parametrize("with_azure", [True, False])
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, *, with_azure: bool) -> None:
    results, families, priors, changed = everything(with_azure=with_azure)
    text = page.write(results, families, priors, changed, Run(1000, 1))
    assert text == page.write(results, families, priors, changed, Run(1000, 1))
    assert ("TUNA" in text) == with_azure
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        charts.draw(tmp_path / folder, results)
    written = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert written == re.findall(r"statistics-\w+\.svg", text) if not with_azure else len(written) == 3
    for name in written:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_same_seed_gives_the_same_rates() -> None:
    task = Task("noise", 3, 1.0, QUIET)
    (one, *_), (other, *_), (third, *_) = run(task, 200, 1), run(task, 200, 1), run(task, 200, 2)
    assert one.rates.covered.tolist() == other.rates.covered.tolist()
    assert one.rates.covered.tolist() != third.rates.covered.tolist()


def test_broken_promises_are_listed() -> None:
    task = Task("noise", 6, 1.0, QUIET)
    assert not breaks(Row(task, "1", OURS, made_up(50), 1000))
    assert breaks(Row(task, "1", OURS, made_up(90), 1000))
    results, families, priors, changed = everything(with_azure=False)
    assert "None." in page.write(results, families, priors, changed, Run(1000, 1))
    worse = Results([*results.rows, Row(task, "1", OURS, made_up(90), 1000)])
    assert "| quiet | 6 × 1 session | 1 | 9.0 | 97.0 |" in page.write(worse, families, priors, changed, Run(1000, 1))


def test_azure_windows_that_overlap_count_once() -> None:
    few = Row(Task("azure", 3, 1.0), "1", OURS, made_up(90), 2)
    many = Row(Task("azure", 3, 1.0), "1", OURS, made_up(90), 100)
    assert (breaks(few), breaks(many)) == (False, True)


def test_the_page_that_is_kept_is_whole_and_its_charts_are_small() -> None:
    results, families, priors, changed = everything(with_azure=True)
    kept = (DOCS / "statistics.md").read_text("utf-8")
    assert SECTIONS.findall(kept) == SECTIONS.findall(page.write(results, families, priors, changed, Run(1000, 1)))
    assert "nan" not in kept.lower()
    for picture in re.findall(r"\((statistics-\w+\.svg)\)", kept):
        content = (DOCS / picture).read_bytes()
        assert content.startswith(b"<?xml")
        assert len(content) < 100_000


def test_numbers_and_prose_are_written_plainly() -> None:
    assert [percent(0.0123), percent(0.875, 0), percent(float("nan"))] == ["1.2", "88", "–"]
    assert prose("one\ntwo\n\nthree") == "one two\n\nthree"
