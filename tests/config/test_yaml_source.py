"""YAML with its line numbers: text stays as written, and what cannot be used is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.config import yaml_source
from bench.config.yaml_source import Document, decode, load_document, parse_document, suggest
from bench.errors import ConfigError


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, "file.yaml")
    return caught.value


def test_scalars_stay_the_text_that_was_written() -> None:
    document = parse_document("{a: on, b: 1.10, c: 0755, d: ~, e: null, f: '~', g: no, h: 2024-01-01, i: }", "f")
    assert document.data == {
        "a": "on",
        "b": "1.10",
        "c": "0755",
        "d": None,
        "e": None,
        "f": "~",
        "g": "no",
        "h": "2024-01-01",
        "i": None,
    }


def test_lines_of_keys_and_items_are_known() -> None:
    document = parse_document("# comment\na:\n  b:\n    - one\n    - c: two\n", "f")
    assert document.line(("a",)) == 2
    assert document.line(("a", "b", 1)) == 5
    assert document.line(("a", "b", 1, "c")) == 5
    assert document.line(("a", "b", 0, "gone", "deeper")) == 4
    assert document.line(("gone",)) == 1


def test_an_error_names_file_line_key_what_and_remedy() -> None:
    document = parse_document("a:\n  b: [1]\n", "dir/f.yaml")
    assert str(document.error(("a", "b", 0), "is wrong", "Do this")) == "dir/f.yaml:2: a.b[0]: is wrong. Do this"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        ("---\n", 1, "is empty"),
        ("- a\n", 1, "found a list"),
        ("word\n", 1, "found 'word'"),
        ("a: 1\nb: 2\na: 3\n", 3, "key 'a' stands here again (first on line 1)"),
        ("a: {b: 1, b: 2}\n", 1, "key 'b' stands here again"),
        ("a: &x 1\n", 1, "anchors"),
        ("a: 1\nb: *x\n", 2, "aliases"),
        ("a: 1\n--- \nb: 2\n", 2, "second document"),
        ("a: !!python/object/apply:os.system [id]\n", 1, "tags"),
        ("a:\n  ? [x]\n  : 1\n", 2, "a key must be a word"),
        ("a: [1\nb: 2\n", 2, "is not valid YAML"),
        ("a:\n\tb: 1\n", 2, "is not valid YAML"),
        ('a: "x\\0y"\n', 1, "control character U+0000"),
        ('a: "x\\x1b[31m"\n', 1, "control character U+001B"),
        ("a: x\x00y\n", 1, "is not valid YAML"),
        ("{" + "a: {" * 40 + "}" * 41, 1, "nested deeper"),
        ("[" * 50_000, 1, "nested deeper"),
        ("a: \ud800\n", None, "Unicode"),
        ("a: " + "x" * (1 << 20), None, "larger than 1 MiB"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(text: str, line: int | None, words: str) -> None:
    error = refusal(text)
    assert words in error.what
    assert error.where == ("file.yaml" if line is None else f"file.yaml:{line}")


@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "a: [1\nb: 2\n", "a: x\x00y\n", "a: 1\na: 2\n", "a: b: c\n"])
def test_the_slow_yaml_reader_says_the_same_kind_of_thing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    fast = refusal(text)
    monkeypatch.setattr(yaml_source, "_LOADER", yaml.SafeLoader)
    slow = refusal(text)
    assert (fast.what[:15], fast.where) == (slow.what[:15], slow.where)


def test_ten_thousand_lines_are_read_quickly_and_not_expanded() -> None:
    document = parse_document("".join(f"k{n}: [a, b, {{c: d}}]\n" for n in range(10_000)), "f")
    assert len(document.data) == 10_000


def test_bytes_that_are_not_utf8_name_the_line() -> None:
    with pytest.raises(ConfigError) as caught:
        decode(b"a: 1\nb: caf\xe9\n", "f.yaml")
    assert caught.value.where == "f.yaml:2"
    assert "0xe9" in caught.value.what
    assert decode(b"\xef\xbb\xbfa: 1", "f") == "a: 1"


def test_a_file_that_is_not_there_suggests_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "azure.yaml").write_text("a: 1")
    with pytest.raises(ConfigError, match=r"Did you mean 'azure\.yaml'") as caught:
        load_document(tmp_path / "azur.yaml")
    assert "no such file" in caught.value.what
    with pytest.raises(ConfigError, match="cannot be read"):
        load_document(tmp_path)
    with pytest.raises(ConfigError):
        load_document(Path("a\0b"))


def test_suggestions_name_the_nearest_or_all() -> None:
    assert suggest("adress", ["address", "user"]) == "Did you mean 'address'?"
    assert suggest("ADDRESS", ["address", "user"]) == "Did you mean 'address'?"
    assert suggest("zzz", ["b", "a"]) == "Known: a, b"
    assert suggest("zzz", [str(n) for n in range(30)]).endswith("and 10 more")
    assert suggest("x", []) == ""


@given(st.text() | st.text(alphabet="ab:-[]{}&*!?#|>'\"%@`\n\t ,~\\0"))
def test_any_text_is_a_document_or_a_config_error(text: str) -> None:
    try:
        found: Document | ConfigError = parse_document(text, "f")
    except ConfigError as error:
        found = error
    assert isinstance(found.data, dict) if isinstance(found, Document) else found.where.startswith("f")
