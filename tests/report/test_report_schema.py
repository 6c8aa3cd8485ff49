"""The JSON documents are what their schema says: every key is described, and none is missing."""

from __future__ import annotations

import copy
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import report_factory as factory
from jsonschema import Draft202012Validator

from bench.analyse.findings import Revision, Turn
from bench.analyse.happened import Event, Happening, Stay
from bench.analyse.result import (
    Comparison,
    ControlEffect,
    Flag,
    FlagKind,
    Interval,
    Reason,
    TauUsed,
    Verdict,
)
from bench.model import Finding, Look, LookOutcome, Told
from bench.report.formats import FORMATS, render
from bench.report.json_report import json_schema
from bench.report.report_files import render_report
from bench.report.view import Report
from tests.analyse.phase_tables import IN_A_ROUND, LADDER, ON_A_LADDER
from tests.chaos import sinks_report
from tests.report import stored_phases


def strict(schema: Any) -> Any:
    """The schema with nothing allowed that it does not name: within a version readers must ignore more, we may not."""
    if isinstance(schema, dict):
        found = {name: strict(value) for name, value in schema.items()}
        if schema.get("type") == "object" and "properties" in schema and "required" in schema and len(schema) > 3:
            found.setdefault("additionalProperties", False)
        return found
    return [strict(one) for one in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    made = strict({name: value for name, value in json_schema().items() if name != "properties"})
    for name in ("comparison_document", "report_document", "metric", "run"):
        assert made["$defs"][name]["additionalProperties"] is False
    return Draft202012Validator(made)


def checked(validator: Draft202012Validator, text: str | bytes) -> Any:
    document = json.loads(text)
    faults = [f"{fault.json_path}: {fault.message[:200]}" for fault in validator.iter_errors(document)]
    assert faults == []
    return document


def everything() -> Comparison:
    """A comparison that has every part there is."""
    comparison = factory.ladder().comparisons[2]
    interval = Interval(0.98, 1.02, 0.95)
    first = replace(
        comparison.metrics[0],
        p=math.nan,
        detectable=math.inf,
        tau=TauUsed(0.01, 3),
        flags=(Flag(FlagKind.DRIFT, "it falls", "after", ("vm-1",)), Flag(FlagKind.OUTLIER, "far off")),
        controls=ControlEffect(2, 1.0, interval, 0.99, None),
    )
    look = Look(
        1, "before", (3, 3), 0.01, 0.01, "2018-01-02T00:00:00Z", ("r1",), (("a/b", 0.2),), LookOutcome.UNDECIDED
    )
    return replace(comparison, metrics=(first, *comparison.metrics[1:]), looks=(look,), details=3)


def told_otherwise() -> Report:
    """A report that has every part that only reports have."""
    old = Told("fio/iops", "IOPS", Verdict.REGRESSED.value, "", 0.9, 0.88, 0.92)
    new = replace(old, verdict=Verdict.INCONCLUSIVE.value, reason=Reason.CONFOUNDED.value)
    then = Finding("2018-01-03T00:00:00Z", "0.0.9", "a", "b", ("r1",), (), "attributed", (), (old,))
    now = replace(then, version="0.1.0", metrics=(new,))
    return replace(
        factory.report((everything(),)),
        happenings=(
            Happening(
                "vm-1",
                Event.MIGRATED,
                "2018-01-02T00:00:00Z",
                "2018-01-03T00:00:00Z",
                ("a", "b"),
                (("host", "name", "h1", "h2"),),
            ),
        ),
        stays=(Stay("vm-1", "h1", "", "2018-01-02T00:00:00Z", "2018-01-03T00:00:00Z", ("a",)),),
        revisions=(
            Revision(then, now, (Turn(old, new),), ("attributed", "confounded"), ("r2",), (), ("x",), False, None),
        ),
    )


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_every_comparison_is_described(validator: Draft202012Validator) -> None:
    document = checked(validator, render("json", [everything(), factory.story(), Comparison("a", "b", ())]))
    first = document["comparisons"][0]["metrics"][0]
    assert (first["p"], first["detectable"]) == (None, None)
    assert first["controls"]["net"] == 0.99


@pytest.mark.parametrize("made", [factory.ladder, factory.demo, told_otherwise], ids=lambda one: one.__name__)
def test_every_report_is_described(validator: Draft202012Validator, made: Any) -> None:
    report = made()
    document = checked(validator, render_report("json", report))
    assert document["schema"] == "vmbench/report/1"
    assert document["provenance"]["digest"] == report.provenance.digest
    assert document["coverage"]["planned"] == report.coverage.planned
    assert len(document["comparisons"]) == len(report.comparisons)


def test_what_phases_say_together_is_described(validator: Draft202012Validator, tmp_path: Path) -> None:
    factors = dict(zip(IN_A_ROUND, (0.0, 0.1, 0.0, 0.1), strict=True))
    report = stored_phases.report(tmp_path / "round", factors, stored_phases.of(IN_A_ROUND))
    found = checked(validator, render_report("json", report))["together"]
    assert report.factorial is not None
    assert [one["tags"] for one in found["squares"]] == [list(one.tags) for one in report.factorial.squares]
    assert found["squares"][0]["metrics"][0]["effects"]
    ladder = stored_phases.report(
        tmp_path / "ladder", dict(zip(LADDER, (0.0, 0.0, -0.3, 0.0), strict=True)), stored_phases.of(ON_A_LADDER)
    )
    path = checked(validator, render_report("json", ladder))["together"]["path"]
    for metric in path["metrics"]:
        ratios = [step["ratio"] for step in metric["steps"]]
        if None not in ratios and metric["total"]["ratio"]:
            assert math.prod(ratios) == pytest.approx(metric["total"]["ratio"])


def test_hostile_values_are_values(validator: Draft202012Validator) -> None:
    name = f"x{factory.HOSTILE}"
    document = checked(validator, render_report("json", sinks_report.report(itertools.cycle([name]))))
    assert document["title"] == name
    assert document["comparisons"][0]["metrics"][0]["title"] == name


def paths(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every key of every object is; of a list the first item."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*place, name)
            yield from paths(value, (*place, name))
    elif isinstance(document, list) and document:
        yield from paths(document[0], (*place, 0))


def test_the_schema_notices_a_key_that_is_missing_or_new(validator: Draft202012Validator) -> None:
    """So that the tests above can fail: the keys of free-form maps apart, each one counts."""
    document = json.loads(render_report("json", told_otherwise()))
    free = {"labels", "params", "factors", "versions", "suites", "details", "held", "p"}
    tried = 0
    for *place, name in paths(document):
        if place and place[-1] in free:
            continue
        damaged = copy.deepcopy(document)
        parent = damaged
        for step in place:
            parent = parent[step]
        parent[f"{name}_"] = parent.pop(name)
        assert not validator.is_valid(damaged), (*place, name)
        tried += 1
    assert tried > 120


def test_both_documents_are_offered_by_the_commands() -> None:
    names = json_schema()["properties"]["schema"]["enum"]
    assert names == [
        json.loads(render("json", []))["schema"],
        json.loads(render_report("json", factory.demo()))["schema"],
    ]
    assert "json" in FORMATS
