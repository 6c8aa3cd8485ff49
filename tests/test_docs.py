"""What the documentation names exists: commands, options, suites, keys, words, variables, links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
from docs_pages import LINKED, PAGES, ROOT, Block, blocks, commands, inline, slug, spans, table

from bench.analyse.result import AttributionKind, FlagKind, Reason, Verdict
from bench.cli.app import app
from bench.config import campaign as campaigns
from bench.config.adhoc import adhoc_campaign
from bench.config.catalogue import LoadedSuite, load_suites, suite_folders
from bench.config.choices import ChoiceSettings
from bench.config.inventory import DefaultSettings, GroupSettings, TargetSettings, parse_inventory
from bench.model import Kind, SuiteChoice

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group has them
INVENTORY = """
targets:
  je-1: {address: 10.0.0.1, peer: control-1, labels: {region: japaneast}}
  control-1: {address: 10.0.0.2}
"""
WRITTEN_AT_RUN_TIME = {"job.sh", "done.json"}
README, DOCS = ROOT / "README.md", ROOT / "docs"


@pytest.fixture(scope="module")
def suites() -> dict[str, LoadedSuite]:
    return load_suites(suite_folders())


def test_what_the_architecture_names_is_there() -> None:
    """Files and folders, by the end of their path; `*` stands for anything."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = {one.removesuffix("/") for one in re.findall(r"`([\w/*]+(?:\.(?:py|sh|json)|/))`", text)}
    assert len(named) > 40
    here = [path for part in ("bench", "suites", "tests", "docs") for path in (ROOT / part).rglob("*")]
    for one in named - WRITTEN_AT_RUN_TIME:
        assert any(path.match(one) for path in [*here, *ROOT.iterdir()]), one


# --- commands ---


@pytest.mark.parametrize(("where", "words"), list(commands()), ids=lambda one: one if isinstance(one, str) else "")
def test_a_command_line_is_understood(where: str, words: list[str]) -> None:
    assert words, where
    assert words[0] in COMMANDS, f"{where}: there is no command {words[0]}"
    COMMANDS[words[0]].make_context(words[0], words[1:])  # raises on an unknown option, a missing or a wrong word


def test_command_lines_are_found() -> None:
    found = {words[0] for _, words in commands()}
    assert found >= {"init", "trust", "doctor", "plan", "run", "resume", "import", "compare", "report", "suites"}


def test_commands_named_in_passing_exist_with_their_options() -> None:
    named = [(page, text) for page, text in inline() if text.startswith("bench ")]
    assert len(named) > 20
    for page, text in named:
        command, *words = re.sub(r"[\[\]…]", " ", text).split()[1:]
        if command == "COMMAND":
            continue
        assert command in COMMANDS, f"{page}: `{text}`"
        known = {option for parameter in COMMANDS[command].params for option in parameter.opts} | {"--help"}
        assert {word for word in words if word.startswith("-")} <= known, f"{page}: `{text}`"


def test_options_named_alone_exist() -> None:
    known = {option for one in COMMANDS.values() for parameter in one.params for option in parameter.opts} | {"--help"}
    for page, text in inline():
        if re.match(r"--?[a-z]", text):
            assert text.split()[0] in known, f"{page}: `{text}`"


def test_every_command_and_exit_code_is_in_the_readme() -> None:
    named = {text.split()[1] for row in table(README, "command") for text in spans(row[0])}
    assert named == set(COMMANDS)
    assert [int(row[0]) for row in table(README, "exit code")] == [0, 1, 2, 3, 4, 130]


def test_the_readme_says_which_commands_know_json() -> None:
    sentence = next(line for line in README.read_text("utf-8").splitlines() if "know `--json`" in line)
    named = set(re.findall(r"`([a-z]+)`", sentence))
    assert named == {
        name for name, one in COMMANDS.items() if any("--json" in parameter.opts for parameter in one.params)
    }


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in LINKED:
        assert set(re.findall(r"\bmake ([a-z-]+)`|^make ([a-z-]+)$", page.read_text("utf-8"), re.MULTILINE)) <= {
            (target, "") for target in targets
        } | {("", target) for target in targets}


# --- suites, parameters, metrics ---


def test_suites_and_profiles_are_those_there_are(suites: dict[str, LoadedSuite]) -> None:
    rows = table(DOCS / "suites.md", "suite")
    told = {name: spans(row[2]) for row in rows for name in spans(row[0])}
    assert told == {name: [one.name for one in loaded.suite.profiles] for name, loaded in suites.items()}
    reading = {name for row in table(DOCS / "importing.md", "suite") for name in spans(row[0])}
    assert reading == set(suites) - {"table"}


def test_suite_words_on_command_lines_can_be_planned(suites: dict[str, LoadedSuite]) -> None:
    inventory = parse_inventory(INVENTORY, "mine.yaml")
    seen = 0
    for where, words in commands():
        given = COMMANDS[words[0]].make_context(words[0], words[1:]).params if words[0] in ("run", "plan") else {}
        chosen = [word for word in given.get("suite") or () if word.partition(":")[0] in suites]
        if chosen:
            seen += 1
            made = adhoc_campaign(inventory, suites, chosen, given["phase"], params=given["param"])
            assert made.suites, where
    assert seen >= 2


def test_metrics_and_profiles_named_in_passing_exist(suites: dict[str, LoadedSuite]) -> None:
    choices = [SuiteChoice(name, profile.name) for name, loaded in suites.items() for profile in loaded.suite.profiles]
    known = {*campaigns.metric_keys(choices, suites), "table/index"}
    keys = [(page, text) for page, text in inline() if re.fullmatch(rf"({'|'.join(suites)})(/[\w.*-]+)+", text)]
    assert keys
    for page, text in keys:
        assert text in known, f"{page}: `{text}`"


# --- files ---


def _document(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: f"{block.page}:{block.line}")
def test_a_yaml_block_loads(block: Block, suites: dict[str, LoadedSuite]) -> None:
    kind = _document(block.text)
    if kind == "inventory":
        assert parse_inventory(block.text, block.page).targets
        return
    text = block.text
    if kind == "part of a campaign":
        text += "name: x\ninventory: y.yaml\nsuites: [unixbench, {fio: {profile: latency}}]\n"
    else:
        assert kind == "campaign"
    made = campaigns.parse_campaign(text, block.page, parse_inventory(INVENTORY, "mine.yaml"), suites)
    assert made.suites


def test_every_key_of_inventory_and_campaign_is_described() -> None:
    rows = table(DOCS / "inventory.md", "key")
    places = {"all": DefaultSettings, "groups, targets": GroupSettings, "targets": TargetSettings}
    told = {key: row[1] for row in rows for key in spans(row[0])}
    assert set(told) == set(TargetSettings.model_fields)
    for key, place in told.items():
        first = next(model for model in places.values() if key in model.model_fields)
        assert places[place] is first, key
    assert [key for row in table(DOCS / "campaign.md", "key") for key in spans(row[0])] == list(campaigns._KEYS)
    below = next(line for line in (DOCS / "campaign.md").read_text("utf-8").split("\n\n") if line.startswith("Below"))
    assert set(ChoiceSettings.model_fields) <= set(re.findall(r"`(\w+)`", below))


# --- words ---


def test_verdicts_reasons_judgements_and_margins_are_those_there_are() -> None:
    page = DOCS / "comparing.md"
    assert {row[1].lower() for row in table(page, "symbol")} == {one.value for one in Verdict}
    assert {row[1].split(" (")[0].lower() for row in table(README, "symbol")} == {one.value for one in Verdict}
    assert {row[0].lower() for row in table(page, "reason")} == {one.value for one in Reason}
    assert [row[0] for row in table(page, "flag")] == [one.value for one in FlagKind]
    assert {row[0].lower() for row in table(page, "judgement")} == {one.value for one in AttributionKind}
    words = " ".join((DOCS / "importing.md").read_text("utf-8").split())
    assert all(f"`{kind.value}`" in words for kind in Kind)


def test_states_and_clouds_of_maintenance_are_those_there_are() -> None:
    from bench.cloud.clouds import CLOUDS
    from bench.cloud.states import Word

    page = DOCS / "maintenance.md"
    assert [row[0].split(" for ")[0].split(" since ")[0].split(" at ")[0] for row in table(page, "state")] == list(Word)
    assert len(table(page, "cloud")) == len(CLOUDS)
    assert set(CLOUDS) <= {text for name, text in inline() if name == page.name}


def test_variables_are_those_that_are_read() -> None:
    code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "bench").rglob("*.py")))
    read = set(re.findall(r"\"(BENCH_[A-Z]+|VMBENCH_[A-Z_]+|SOURCE_DATE_EPOCH)\"", code))
    by_rich = {"NO_COLOR"}  # tests/cli/test_cli_console.py
    assert {name for row in table(README, "variable") for name in spans(row[0])} == read | by_rich


# --- links ---


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert file.is_relative_to(ROOT), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


def test_every_page_is_linked_from_the_readme() -> None:
    text = README.read_text("utf-8")
    for page in PAGES[1:]:
        assert f"(docs/{page.name})" in text


def test_the_picture_is_a_small_png() -> None:
    picture = (DOCS / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) < 200_000


def test_files_named_in_passing_exist() -> None:
    for page, text in inline():
        if re.fullmatch(r"(suites|bench|inventories|tests)/[\w./-]+\.\w+", text) and "sysbench" not in text:
            assert (ROOT / text).exists() or text in _examples(), f"{page}: `{text}`"


def _examples() -> set[str]:
    return {"inventories/mine.yaml"}
