"""The page before judges that are not ours: accessibility rules, an HTML validator, and the browser itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser import pages
from tests.browser.devtools import MM_TO_PX, DevTools, Page

OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
RUN = """axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(one =>
  [one.id, one.nodes.map(node => node.target.join(' ')).slice(0, 5)]))"""
PRINT = {"media": "print", "width": round((210 - 28) * MM_TO_PX)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


def violations(page: Page, judges: Path) -> list[Any]:
    page.js(f"{(judges / 'axe-core' / 'axe.min.js').read_text('utf-8')};0")
    found: list[Any] = page.js(RUN)
    return found


@pytest.mark.parametrize("name", pages.NAMES)
@pytest.mark.parametrize("shown", [{}, {"dark": True}, PRINT], ids=["light", "dark", "print"])
def test_no_rule_of_accessibility_is_broken(
    devtools: DevTools, judges: Path, folder: Path, name: str, shown: dict[str, Any]
) -> None:
    page = devtools.open(pages.write(name, folder), **shown)
    page.js(OPEN)
    assert violations(page, judges) == []
    assert page.complaints == []
    assert page.requests == []


def test_closed_folds_and_a_narrow_window_break_none_either(devtools: DevTools, judges: Path, folder: Path) -> None:
    page = devtools.open(pages.write("ladder", folder), width=360)
    assert violations(page, judges) == []


def test_the_rules_find_what_is_wrong(devtools: DevTools, judges: Path, folder: Path) -> None:
    """Else the tests above would prove nothing."""
    text = pages.write("ladder", folder).read_text("utf-8")
    wrong = text.replace(
        "</main>", '<h5>!</h5><img src="https://127.0.0.1:1/x.png"><p style="color:#bbb">pale</p></main>'
    )
    wrong = wrong.replace('<html lang="en">', "<html>").replace("<footer>", "<footer><script>1</script>")
    path = folder / "wrong.html"
    path.write_text(wrong, "utf-8")
    page = devtools.open(path)
    found = {rule for rule, _ in violations(page, judges)}
    assert {"html-has-lang", "image-alt", "color-contrast", "heading-order"} <= found
    assert any("Content Security Policy" in one for one in page.complaints)
    path.write_text(wrong.replace("Content-Security-Policy", "no-policy"), "utf-8")
    assert devtools.open(path).requests == ["https://127.0.0.1:1/x.png"]


@pytest.mark.parametrize("name", pages.NAMES)
def test_a_validator_finds_nothing(judges: Path, folder: Path, name: str) -> None:
    assert validated(judges, pages.write(name, folder)) == []


def test_the_validator_finds_what_is_wrong(judges: Path, folder: Path) -> None:
    text = pages.write("ladder", folder).read_text("utf-8")
    path = folder / "invalid.html"
    path.write_text(text.replace("</main>", "<p><div></p><b id=main></b></main>"), "utf-8")
    assert {"no-implicit-close", "close-order", "no-dup-id"} <= {rule for rule, _ in validated(judges, path)}


def validated(judges: Path, path: Path) -> list[tuple[str, str]]:
    """What html-validate finds, as (rule, message)."""
    program, config = judges / ".bin" / "html-validate", Path(__file__).parent / ".htmlvalidate.json"
    answer = path.with_suffix(".json")  # not a pipe: a long answer would be cut when the program ends
    with answer.open("wb") as out:
        done = subprocess.run(
            [program, "--config", config, "--formatter", "json", path], stdout=out, timeout=120, check=False
        )
    assert done.returncode in (0, 1)
    return [(one["ruleId"], one["message"]) for file in json.loads(answer.read_bytes()) for one in file["messages"]]
