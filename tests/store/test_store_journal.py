"""The journal of findings: only added to, private, and left alone where it is damaged."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from bench.errors import StoreError
from bench.model import Finding, Told
from bench.store import add_to_journal, read_journal


def finding(day: int) -> Finding:
    told = (Told("tiny/c/speed", "Speed", "regressed", "", 0.9, 0.85, 0.95), Told("x", "X", "inconclusive", "drift"))
    factors = (("host_patch", "off", "on"),)
    return Finding(f"2026-01-{day:02}", "1", "pre", "post", ("a", "b"), factors, "attributed", ("disk x 1 → 2",), told)


def test_findings_come_back_in_the_order_they_were_told(tmp_path: Path) -> None:
    assert read_journal(tmp_path) == ()
    add_to_journal(tmp_path, [finding(1)])
    add_to_journal(tmp_path, [finding(2), finding(3)])
    add_to_journal(tmp_path, [])
    assert read_journal(tmp_path) == (finding(1), finding(2), finding(3))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".findings.lock", "findings.json"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"[]", b'{"schema": 99}', b'{"findings": [{}]}', b'{"findings": 7}'])
def test_a_damaged_journal_is_named_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "findings.json"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"findings\.json"):
        read_journal(tmp_path)
    with pytest.raises(StoreError, match=r"findings\.json"):
        add_to_journal(tmp_path, [finding(1)])
    assert path.read_bytes() == content


def test_a_campaign_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        add_to_journal(tmp_path / "gone", [finding(1)])


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(tmp_path, start)) for start in (1, 11)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert sorted(one.told_at for one in read_journal(tmp_path)) == sorted(
        finding(day).told_at for start in (1, 11) for day in range(start, start + 8)
    )


def _write(folder: Path, start: int) -> None:
    for day in range(start, start + 8):
        add_to_journal(folder, [finding(day)])
