"""Nothing that a reader of a report sees is written in code: sentences are in catalogues, to be translated there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("analyse", "report")
    for path in (ROOT / "bench" / folder).rglob("*.py")
    if path.parent.name != "catalogues"
)

ENGLISH_ONLY = {
    "analyse/table_cells.py": "errors of bench import",
    "report/blocks.py": "bench compare as Markdown and Jira",
    "report/junit.py": "JUnit XML, for pipelines",
    "report/lines.py": "bench compare in a terminal",
    "report/terminal.py": "bench compare in a terminal",
    "report/redaction/messages.py": "messages to recognise, not to say",
    "report/redaction/vocabulary.py": "words to recognise, not to say",
}
"""Files that write English whatever the language of a report."""

NOT_SAID = {
    "damaged in the store": "part of an error",
    " and left out: ": "part of an error",
    " and others": "part of an error",
    " varied within the phase": "bench facts in a terminal",
    "main effect": "a value of the CSV",
    "conditional effect": "a value of the CSV",
    "host changed": "bench history in a terminal",
    "not what was kept": "never leaves the cache",
    "could be read": "what probe.sh prints",
    "maintenance started": "a kind of event",
    "maintenance done": "a kind of event",
    "maintenance over": "a kind of event",
    "maintenance withdrawn": "a kind of event",
    "action begins": "a kind of event",
    "action ended": "a kind of event",
    "action failed": "a kind of event",
    "chart forest": "classes of the stylesheet",
    "Published numbers from ": "a title that is stored with what is imported",
    "noopener noreferrer": "an attribute of links",
    "bold blue": "a style of the terminal",
    "bold red": "a style of the terminal",
    "item is": "part of an error",
    "items are": "part of an error",
}
"""Literals that no report shows, with what they are."""

_WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")


def _silent(node: ast.AST) -> bool:
    """Whether literals below this node reach no reader of a report: errors, remedies, patterns, members of enums."""
    if isinstance(node, ast.Raise | ast.ClassDef) and (
        isinstance(node, ast.Raise) or any("Enum" in ast.unparse(base) for base in node.bases)
    ):
        return True
    if isinstance(node, ast.Assign):
        return "remedy" in ast.unparse(node.targets[0]).lower()
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        return name.endswith(("Error", "re.compile", "cast", "filterwarnings", "re.search", "re.sub", "_fail"))
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)  # a docstring


def _literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    for inner in ast.iter_child_nodes(node):
        if _silent(inner):
            continue
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.lineno, inner.value
        yield from _literals(inner)


def prose(source: str) -> list[str]:
    """Literals of two or more words that may reach a reader."""
    return [
        f"{line}: {text!r}"
        for line, text in _literals(ast.parse(source))
        if _WORDS.search(text) and text not in NOT_SAID and "<" not in text
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_sentence_is_written_in_code(path: Path) -> None:
    if path.relative_to(ROOT / "bench").as_posix() not in ENGLISH_ONLY:
        assert prose(path.read_text("utf-8")) == []


def test_no_exception_is_left_over() -> None:
    code = "\n".join(path.read_text("utf-8") for path in FILES)
    assert [text for text in NOT_SAID if text not in code] == []
    assert all((ROOT / "bench" / name).is_file() for name in ENGLISH_ONLY)


@pytest.mark.parametrize(
    "source",
    [
        "warnings.append('no events in either tag')",
        "def f(n):\n    return f'{n} sessions drift away'",
        "Flag(kind, 'values fall apart')",
        "Excluded(what='values of a session', cause='')",
    ],
)
def test_the_check_finds_what_it_looks_for(source: str) -> None:
    assert len(prose(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""What is this for?"""\nx = 1',
        "raise AnalysisError('there are no runs yet', remedy='Measure with `bench run`')",
        "class Verdict(StrEnum):\n    SAME = 'no meaningful change'",
        "text('trust.none')",
        "_PATTERN = re.compile('Data path switched')",
    ],
)
def test_the_check_lets_pass_what_nobody_reads(source: str) -> None:
    assert prose(source) == []
