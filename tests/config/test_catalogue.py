"""Which suites there are: a folder is one, its digest follows its content, a broken one is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.config.catalogue import load_suite, load_suites, suite_folders
from bench.errors import SuiteError
from bench.model import Case, Context, Parsed, Role

HEAD = """\
from bench.model import Better, Case, JobSpec, Kind, Metric, Parameter, Profile, Step, Suite

METRIC = Metric("m", "M", "s", Better.LOWER, Kind.CPU)
"""
GOOD = (
    HEAD
    + """\
from .parse import ANSWER

SUITE = Suite("mine", "Mine", (METRIC,), cases=(Case("a", "A"),), profiles=(Profile("standard", "", ("a",)),))


def steps(case, params, context):
    return JobSpec((Step((case.name, str(ANSWER)), 1, 1),), ())
"""
)
PARSE = "from bench.model import Parsed\nANSWER = 42\n\n\ndef parse(data, source):\n    return Parsed(())\n"
CONTEXT = Context(Role.SINGLE, "/t", "/j", "/d", False, 2)


def write(place: Path, name: str, suite: str, parse: str | None = PARSE) -> Path:
    folder = place / name
    folder.mkdir(parents=True)
    (folder / "suite.py").write_text(suite)
    if parse is not None:
        (folder / "parse.py").write_text(parse)
    return folder


def test_a_folder_is_a_suite(tmp_path: Path) -> None:
    loaded = load_suite(write(tmp_path, "mine", GOOD))
    assert loaded.suite.title == "Mine"
    assert loaded.steps(Case("a", "A"), {}, CONTEXT).steps[0].argv == ("a", "42")
    assert loaded.parse(b"", "f") == Parsed(())


def test_the_digest_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    folder = write(tmp_path, "mine", GOOD)
    first = load_suite(folder).digest
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert load_suite(folder).digest == first
    copy = write(tmp_path / "elsewhere", "mine", GOOD)
    assert load_suite(copy).digest == first
    (folder / "job.fio").write_text("[a]")
    assert load_suite(folder).digest != first


def test_a_changed_suite_is_loaded_anew(tmp_path: Path) -> None:
    folder = write(tmp_path, "mine", GOOD)
    load_suite(folder)
    (folder / "suite.py").write_text(GOOD.replace('"Mine"', '"Changed title"'))
    assert load_suite(folder).suite.title == "Changed title"


def test_a_later_place_replaces_a_suite_of_the_same_name(tmp_path: Path) -> None:
    write(tmp_path / "one", "mine", GOOD)
    write(tmp_path / "one", "other", GOOD.replace('"mine"', '"other"'))
    write(tmp_path / "two", "mine", GOOD.replace('"Mine"', '"Second"'))
    (tmp_path / "one" / "notes").mkdir()
    (tmp_path / "one" / "README.md").write_text("not a suite")
    found = load_suites([tmp_path / "one", tmp_path / "two"])
    assert {name: loaded.suite.title for name, loaded in found.items()} == {"mine": "Second", "other": "Mine"}


def test_a_linked_folder_goes_by_the_name_of_the_link(tmp_path: Path) -> None:
    write(tmp_path / "store", "v2", GOOD)
    (tmp_path / "mine").symlink_to(tmp_path / "store" / "v2")
    assert load_suite(tmp_path / "mine").suite.name == "mine"


@pytest.mark.parametrize(
    ("suite", "words"),
    [
        ("x = (", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "SystemExit"),
        ("import no_such_module\n", "ModuleNotFoundError"),
        ("SUITE = 1\n", "no SUITE of type"),
        (GOOD.replace('"mine"', '"yours"'), "SUITE is called 'yours'"),
        (GOOD.replace("(METRIC,)", "()"), "cases but no metrics"),
        (HEAD + 'SUITE = Suite("mine", "", (METRIC, METRIC))', "two metrics called 'm'"),
        (GOOD.replace('("a",)', '("b",)'), "names a case 'b' that does not exist"),
        (GOOD.replace('("a",)', "()"), "has no cases"),
        (GOOD.replace('("a",)', '("a",), (("x", 1),)'), "sets a parameter 'x' that does not exist"),
        (GOOD.replace('Case("a", "A")', 'Case("a", "A"), Case("../b", "B")'), "'../b' is not a safe file name"),
        (GOOD.replace('profiles=(Profile("standard", "", ("a",)),)', ""), "cases but no profile"),
        (
            HEAD + 'SUITE = Suite("mine", "", (METRIC,), (Parameter("p", 1, "", (2, 3)),))',
            "the default of parameter 'p' is not one of its choices",
        ),
    ],
)
def test_a_suite_that_cannot_be_used_is_named(tmp_path: Path, suite: str, words: str) -> None:
    folder = write(tmp_path, "mine", suite)
    with pytest.raises(SuiteError) as caught:
        load_suite(folder)
    assert words in caught.value.what
    assert caught.value.where == str(folder / "suite.py")


def test_a_suite_without_steps_or_parse_says_so(tmp_path: Path) -> None:
    folder = write(tmp_path, "mine", HEAD + 'SUITE = Suite("mine", "", (METRIC,))', "nothing = 1\n")
    loaded = load_suite(folder)
    with pytest.raises(SuiteError, match="bench import mine"):
        _ = loaded.steps
    with pytest.raises(SuiteError, match="no function parse"):
        _ = loaded.parse
    broken = load_suite(write(tmp_path / "b", "mine", HEAD + 'SUITE = Suite("mine", "", (METRIC,))', None))
    with pytest.raises(SuiteError, match=r"parse\.py: cannot be loaded"):
        _ = broken.parse


def test_unsafe_names_and_missing_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="safe suite name"):
        load_suite(write(tmp_path, "a b", GOOD))
    with pytest.raises(SuiteError, match="cannot be read"):
        load_suites([tmp_path / "none"])


def test_built_in_suites_come_before_those_of_the_workspace(tmp_path: Path) -> None:
    assert suite_folders(tmp_path) == suite_folders()
    (tmp_path / "suites").mkdir()
    assert suite_folders(tmp_path) == [*suite_folders(), tmp_path / "suites"]


def test_every_built_in_suite_loads_and_leaves_no_name_behind() -> None:
    found = load_suites(suite_folders())
    assert {"fio", "iperf2", "iperf3", "ntttcp", "unixbench", "diskspd", "crystaldiskmark"} <= set(found)
    assert not set(found) & set(sys.modules)
    for loaded in found.values():
        assert callable(loaded.parse)
        assert bool(loaded.suite.cases) == bool(loaded.suite.tool)
        assert not loaded.suite.cases or callable(loaded.steps)
