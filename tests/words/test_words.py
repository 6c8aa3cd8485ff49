"""Every sentence is in every language, with the same places; and what travels as a value is told in each of them."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
from pathlib import Path

import pytest

from bench.report.text import CATALOGUES, Text
from bench.words import Said, counted, first_names, from_plain, joined, places, quoted, say, to_plain
from bench.words.english import ENGLISH

ROOT = Path(__file__).parents[2]
OTHERS = sorted(set(CATALOGUES) - {"en"})
NAMES = ("one", "two", "three")

ALLOWED = re.compile(r"`[^`]+`|「bench [a-z]+」|SHA-256|vmbench|SR-IOV|A B、B A|UTC")
"""Latin words that stand in Japanese sentences: names, commands and abbreviations."""


@pytest.mark.parametrize("lang", OTHERS)
def test_no_translation_is_missing_and_none_is_left_over(lang: str) -> None:
    assert set(CATALOGUES[lang]) == set(CATALOGUES["en"])


@pytest.mark.parametrize("lang", OTHERS)
def test_a_translation_has_the_places_of_the_original(lang: str) -> None:
    """Dates are written in parts of their own: a language needs the month's name, another its number."""
    assert {
        key: (places(words), places(CATALOGUES[lang][key]))
        for key, words in CATALOGUES["en"].items()
        if places(words) != places(CATALOGUES[lang][key]) and not key.startswith("date.")
    } == {}


@pytest.mark.parametrize("key", sorted(CATALOGUES["ja"]))
def test_the_japanese_is_japanese(key: str) -> None:
    """No two Latin words in a row, no blank before a percent sign, full width punctuation after Japanese."""
    literal = ALLOWED.sub("", re.sub(r"\{[^}]*\}", "｜", CATALOGUES["ja"][key]))
    assert re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", literal) is None
    assert " %" not in literal
    assert re.search(r"[ぁ-んァ-ヶ一-龠][,.:;?!()]|[,.:;?!()][ぁ-んァ-ヶ一-龠]", literal) is None


def test_a_sentence_reads_as_english_and_is_told_in_another_language() -> None:
    said = say("left.absent", tags=("pre", "post"))
    assert said == "not measured in pre and post"
    assert isinstance(said, str)
    assert Text("ja").line(said) == "preとpostで測定されていない"
    assert Text("en").line(said) == said


def test_sentences_stand_in_sentences() -> None:
    said = say("settle.or", ways=(say("settle.again.one"), say("more.target.many", n=3)))
    assert said == "at least one more session per tag, or 3 more targets"
    assert Text("ja").line(said) == "タグごとにセッションをあと1回以上、または対象あと3台"
    assert Text("ja")("sentence", said=said) == "タグごとにセッションをあと1回以上、または対象あと3台。"


def test_lists_names_and_numbers() -> None:
    assert joined(NAMES) == "one, two, three"
    assert Text("ja").line(joined(NAMES)) == "one、two、three"
    assert first_names(NAMES, 2) == "one, two …"
    assert Text("ja").line(first_names(NAMES, 2)) == "one、twoなど"
    assert [counted("session", number) for number in (1, 12, 1200)] == ["1 session", "12 sessions", "1,200 sessions"]
    assert Text("ja").line(counted("session", 1200)) == "セッション1,200回"
    assert say("warning.no_metric", name="it's") == 'no metric is called "it\'s"'


def test_what_comes_from_outside_stays_as_it_is() -> None:
    said = quoted("fio: {weird} %s at 9.5 %")
    assert Text("ja").line(said) == said == "fio: {weird} %s at 9.5 %"
    assert quoted(said) is said
    assert Text("ja").line("plain text") == "plain text"
    assert Text("ja").line(say("problem.file", path="{x}", attempt=1, problem="{y}\x1b[2J")) == (
        "1回目の{x}：{y}\N{REPLACEMENT CHARACTER}[2J"
    )


def test_a_sentence_survives_copies_and_json() -> None:
    said = say("problem", trial="t", message=say("taint.froze", seconds="4.2"))
    kept = json.dumps(to_plain(said))
    unpickled = pickle.loads(pickle.dumps(said))  # noqa: S301  # bytes of this test
    for again in (copy.deepcopy(said), unpickled, from_plain(json.loads(kept))):
        assert isinstance(again, Said)
        assert (again, again.key, again.values["message"].key) == (said, "problem", "taint.froze")
    assert json.loads(json.dumps({"said": said})) == {"said": "t: stood still for 4.2 s"}
    listed = say("left.absent", tags=("pre", "post"))
    assert from_plain(to_plain(listed)).values == {"tags": ("pre", "post")}
    assert from_plain("a name") == "a name"


def test_words_that_are_not_there_are_an_error() -> None:
    with pytest.raises(KeyError):
        say("no.such.key")
    with pytest.raises(KeyError):
        say("problem", trial="t")
    with pytest.raises(ValueError, match="no such words"):
        from_plain({"no.such.key": {}})


def keys_of(tree: ast.AST) -> set[str]:
    """Patterns of the keys that code says: whole ones, and those of which it says the beginning."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(re.escape(node.value))
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            parts = (re.escape(one.value) if isinstance(one, ast.Constant) else r"[\w.]+" for one in node.values)
            found.add("".join(map(str, parts)))
    return found


def test_every_sentence_of_analysing_is_said_somewhere() -> None:
    files = [path for folder in ("analyse", "report", "words") for path in (ROOT / "bench" / folder).rglob("*.py")]
    trees = [
        ast.parse(path.read_text("utf-8")) for path in files if not re.match(r"(english|japanese|text_)", path.name)
    ]
    said = re.compile("|".join(sorted(set().union(*map(keys_of, trees)) - {""})))
    ends = re.compile(r"\.(one|many|both|times)$")
    assert [key for key in ENGLISH if not said.fullmatch(key) and not said.fullmatch(ends.sub("", key))] == []


def test_japanese_has_one_form_of_a_counted_noun() -> None:
    words = CATALOGUES["ja"]
    pairs = [(key, f"{key[:-4]}.many") for key in words if key.endswith(".one") and f"{key[:-4]}.many" in words]
    assert len(pairs) > 10
    assert [one for one, many in pairs if words[one] != words[many] and one != "change.one"] == []  # "different" ones
