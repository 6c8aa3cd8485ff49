"""Sources that are fetched: once, over https only, refused when not the pinned tree; no message repeats a secret."""

from __future__ import annotations

import dataclasses
import io
import traceback
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path

import pytest
from source_trees import file, make_tree, pinned, tar_of, tool_tar

from bench.errors import SuiteError
from bench.measure import sources
from bench.measure.sources import fetch, tree_digest
from bench.model import Source


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return pinned(make_tree(tmp_path / "tree"))


class FakeNetwork:
    """Answers every https request with `data`, or fails with `error`; counts."""

    def __init__(self) -> None:
        self.data = b""
        self.error: OSError | None = None
        self.calls = 0

    def open(self, url: str, timeout: float) -> io.BytesIO:
        assert url.startswith("https://")
        assert timeout > 0
        self.calls += 1
        if self.error:
            raise self.error
        return io.BytesIO(self.data)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNetwork]:
    fake = FakeNetwork()
    monkeypatch.setattr(urllib.request, "build_opener", lambda *_handlers: fake)
    return fake  # type: ignore[return-value]  # pytest accepts a returned fixture


def test_a_source_is_fetched_once(source: Source, tmp_path: Path, network: FakeNetwork) -> None:
    network.data = tool_tar("tool-0123456/")
    folder = fetch(source, tmp_path / "cache")
    assert tree_digest(folder) == source.tree_sha256
    assert fetch(source, tmp_path / "cache") == folder
    assert network.calls == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.name]


def test_without_network_the_error_says_what_to_do(source: Source, tmp_path: Path, network: FakeNetwork) -> None:
    network.error = urllib.error.URLError("Name or service not known")
    with pytest.raises(SuiteError, match="Name or service not known") as caught:
        fetch(source, tmp_path / "cache")
    assert "--source tool=PATH" in caught.value.remedy
    assert not list((tmp_path / "cache").iterdir())


def test_a_tree_that_is_not_the_pinned_one_is_refused(source: Source, tmp_path: Path, network: FakeNetwork) -> None:
    network.data = tar_of(file("top/README", b"another"))
    with pytest.raises(SuiteError, match="another tree"):
        fetch(source, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_damaged_cache_is_noticed(source: Source, tmp_path: Path, network: FakeNetwork) -> None:
    network.data = tool_tar()
    (fetch(source, tmp_path / "cache") / "README").write_text("changed")
    with pytest.raises(SuiteError, match="cached"):
        fetch(source, tmp_path / "cache")


def test_a_huge_answer_is_refused(
    source: Source, tmp_path: Path, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_MAX_BYTES", 100)
    network.data = tool_tar()
    with pytest.raises(SuiteError, match="larger"):
        fetch(source, tmp_path / "cache")


def test_only_https(source: Source, tmp_path: Path) -> None:
    for url in ("http://example.invalid/x", "file:///etc/passwd"):
        with pytest.raises(SuiteError, match="https only"):
            fetch(dataclasses.replace(source, url=url), tmp_path / "cache")


def test_a_redirection_away_from_https_is_not_followed() -> None:
    request = urllib.request.Request("https://example.invalid/")
    handler = sources._HttpsOnly()
    with pytest.raises(urllib.error.URLError, match="only https"):
        handler.redirect_request(request, io.BytesIO(), 302, "Found", HTTPMessage(), "http://example.invalid/")
    followed = handler.redirect_request(request, io.BytesIO(), 302, "Found", HTTPMessage(), "https://example.invalid/x")
    assert followed is not None
    assert followed.full_url == "https://example.invalid/x"


TOKEN = "t0ken"  # noqa: S105  # of nobody


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        (f"https://me:{TOKEN}@127.0.0.1:1/x", ""),
        (f"https://{TOKEN}@127.0.0.1:1/x", ""),
        (f"https://127.0.0.1:1/x?sig={TOKEN}#{TOKEN}", ""),
        ("https://localhost:1/x", f"http://me:{TOKEN}@127.0.0.1:1"),
        ("https://localhost:1/x", f"me:{TOKEN}@:not a port/"),
        ("https://localhost:1/x", f"http://127.0.0.1:{TOKEN}"),
        ("https://localhost:1/x", f"/{TOKEN}"),
    ],
)
def test_no_message_repeats_a_secret_of_a_url_or_a_proxy(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, proxy: str
) -> None:
    """Over the real urllib: nothing listens on port 1."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(SuiteError) as caught:
        fetch(dataclasses.replace(source, url=url), tmp_path / "cache")
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in str(caught.value)
    assert TOKEN not in "\n".join(line for line in told.splitlines() if not line.startswith("    "))
    assert "--source tool=PATH" in caught.value.remedy
