"""Whatever a file holds, a parser gives `Parsed` with sound values or `ParseError`; in time that grows with its size.

The short form: `make chaos` tries fifty times as many inputs.
"""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.config.catalogue import LoadedSuite, load_suite
from bench.config.guarded import MAX_NAME, MAX_RESULT, MAX_VALUES, MAX_WARNINGS, guarded
from bench.errors import ParseError
from bench.model import Measurement, Parsed, Series
from tests.chaos.growth import PIECES, shapes, too_slow
from tests.chaos.mutator import Mutator
from tests.chaos.parsers import LONGEST_S, ROOT, SUITES, attack, problem, samples

LOADED = {name: load_suite(ROOT / "suites" / name) for name in SUITES}


@pytest.mark.parametrize("suite", SUITES)
def test_damaged_outputs_are_read_or_refused(suite: str) -> None:
    tried = attack(suite, 2000, seed=1)
    assert (tried.inputs, tried.crashes) == (2000, 0), tried.failures
    assert tried.parsed > 50  # inputs that nothing is left of would find nothing


def test_the_long_form_finds_its_samples_by_itself() -> None:
    """`make chaos` is no pytest, which puts the folders of tests where modules are looked for."""
    program = "from tests.chaos.parsers import SUITES, samples\nprint([len(samples(suite)) > 0 for suite in SUITES])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[0] == str([True] * len(SUITES)), done.stderr


@pytest.mark.parametrize("suite", SUITES)
@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=400))
@example(b"")
@example(b"\xff\xfe\x00")
def test_any_bytes_are_read_or_refused(suite: str, data: bytes) -> None:
    assert problem(LOADED[suite], data) == ""


@pytest.mark.parametrize("suite", SUITES)
def test_time_grows_with_size_and_no_faster(suite: str) -> None:
    assert list(too_slow(suite, 25, small=20_000)) == []


@pytest.mark.parametrize("suite", SUITES)
def test_memory_grows_with_size(suite: str) -> None:
    for piece in (b"\n", b"[", b'{"a":[', b"9", b"<a>"):
        data = piece * (100_000 // len(piece))
        tracemalloc.start()
        problem(LOADED[suite], data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 200 * len(data), piece


def test_an_input_depends_on_its_seed_and_number_alone() -> None:
    one, other = Mutator(samples("fio"), 5), Mutator(samples("fio"), 5)
    assert [one.make(number) for number in range(40)] == [other.make(number) for number in reversed(range(40))][::-1]
    assert len({one.make(number) for number in range(200)}) > 150


def test_the_checks_find_what_they_look_for() -> None:
    def crashing(data: bytes, source: str) -> Parsed:
        raise IndexError(source)

    class Broken(LoadedSuite):
        parse = staticmethod(crashing)  # type: ignore[assignment]  # a parser that is broken

    fio = LOADED["fio"]
    assert "IndexError" in problem(Broken(fio.suite, fio.folder, fio.digest, fio.package), b"x")
    assert LONGEST_S > 0
    assert {shape.name for shape in shapes("fio", 10**6)} >= {repr(piece) for piece in PIECES}


# --- what bench.config.guarded refuses, whatever the parser ---

VALUE = Measurement("m", 1.0, "s", "part")


def said(parsed: Parsed) -> Parsed:
    return guarded(lambda data, source: parsed)(b"", "file")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e31, 10**400, True, "5", None])
def test_a_value_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ParseError, match=r"^file: expected a finite number as m of 'part'"):
        said(Parsed((VALUE, replace(VALUE, value=value))))
    with pytest.raises(ParseError, match="at every point of m"):
        said(Parsed((VALUE,), (Series("m", "s", ((1.0, value),)),)))


def test_what_is_too_much_is_refused_or_cut() -> None:
    with pytest.raises(ParseError, match="at most 32 MiB, found '32 MiB'"):
        guarded(lambda data, source: Parsed((VALUE,)))(bytes(MAX_RESULT + 1), "file")
    with pytest.raises(ParseError, match=f"at most {MAX_VALUES} values"):
        said(Parsed((VALUE,) * (MAX_VALUES + 1)))
    with pytest.raises(ParseError, match=f"at most {MAX_NAME} characters"):
        said(Parsed((replace(VALUE, part="x" * (MAX_NAME + 1)),)))
    cut = said(Parsed((VALUE,), tool_version="9" * 5000, warnings=("w" * 5000,) * 80))
    assert (len(cut.warnings), cut.warnings[-1]) == (MAX_WARNINGS + 1, "and 30 more warnings about this file")
    assert max(map(len, (*cut.warnings, cut.tool_version))) == 1000


def test_half_a_character_is_replaced() -> None:
    parsed = said(Parsed((replace(VALUE, part="a\ud800"),), warnings=("\udfff",)))
    assert (parsed.measurements[0].part, parsed.warnings) == (
        "a\N{REPLACEMENT CHARACTER}",
        ("\N{REPLACEMENT CHARACTER}",),
    )
