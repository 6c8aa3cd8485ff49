"""What do terminals, stores and configuration make of hostile strings? Counted for `make chaos`, asserted in tests."""

from __future__ import annotations

import csv
import io
import json
import os
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import yaml

from bench.cli import main
from bench.cli.console import clean, print_json, print_table
from bench.config.inventory import parse_inventory
from bench.errors import BenchError, ConfigError, StoreError
from bench.measure.unpack import is_safe
from bench.model import is_safe_name
from bench.report.plain import one_line
from bench.store import Store, publish, verify
from tests.chaos.hostile_store import commands, hostile_store, wrong_words
from tests.chaos.strings import CANARY, UNSEEN, encodable
from tests.store import store_factory

KEYS = (
    "address",
    "data_address",
    "port",
    "user",
    "identity_file",
    "jump",
    "exclusive",
    "disk",
    "base",
    "sudo",
    "peer",
    "limits",
    "labels",
    "destroyable",
)
FORMS = ("targets: {%s: h}", *(f"targets: {{vm: {{{key}: %s}}}}" for key in KEYS), "groups: {%s: {}}", "%s: 1")


def said(argv: tuple[str, ...]) -> tuple[int, str]:
    """What one command prints on both streams, and its exit code; any other exception passes."""
    written = io.BytesIO()  # files for other programs are written as bytes
    stream = io.TextIOWrapper(written, "utf-8", write_through=True)
    with redirect_stdout(stream), redirect_stderr(stream):
        try:
            main(list(argv))
        except SystemExit as ended:
            return int(ended.code or 0), written.getvalue().decode()
    raise AssertionError("main() always exits")


def terminal(strings: list[str], folder: Path) -> list[str]:
    """Commands on a store in which everything is hostile, and the files that they write."""
    wrong = []
    with chdir(folder):
        hostile_store(folder / "runs", strings)
        for argv in commands(folder):
            try:
                code, text = said(argv)
            except Exception as error:  # noqa: BLE001  # exactly this is what is looked for
                wrong.append(f"{argv}: {type(error).__name__}: {error}"[:300])
                continue
            wrong += [f"{argv}: exit {code}: {text[-200:]!r}"] if code else []
            wrong += [f"{argv}: U+{ord(found[0]):04X} reaches the terminal"] if (found := UNSEEN.search(text)) else []
        for page in ("r.html", "redacted.html", "r.md", "r.jira"):
            if found := UNSEEN.search((folder / page).read_text("utf-8")):
                wrong.append(f"{page} holds U+{ord(found[0]):04X}")
        wrong += _samples(folder)
    return wrong


def _samples(folder: Path) -> list[str]:
    """The exported samples: as many in each form, the same numbers, no formula."""
    with (folder / "s.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    others = [json.loads(line) for line in (folder / "s.jsonl").read_text("utf-8").split("\n") if line]
    wrong = [
        f"s.csv: {row}"
        for row in rows
        for cell in row.values()
        if cell is None or cell.startswith(("=", "+", "@", "＝", "-"))
    ]
    if [float(row["value"]) for row in rows] != [row["value"] for row in others] or not rows:
        wrong.append(f"s.csv has other numbers than s.jsonl ({len(rows)}, {len(others)})")
    return wrong


def words(strings: list[str], folder: Path) -> list[str]:
    """Commands with a hostile word where a name, a path or an option stands."""
    wrong = []
    inventory = folder / "inv.yaml"
    inventory.write_text("targets: {vm: 127.0.0.1}\n")
    with chdir(folder):
        for text in strings:
            try:
                word = os.fsdecode(text.replace("\0", "").encode("utf-8", "surrogateescape"))
            except UnicodeEncodeError:
                continue  # no argument can hold it
            for argv in wrong_words(word, str(inventory)) if word else ():
                try:
                    _, shown = said(argv)
                except Exception as error:  # noqa: BLE001  # exactly this is what is looked for
                    wrong.append(f"{argv}: {type(error).__name__}: {error}"[:300])
                    continue
                if found := UNSEEN.search(shown):
                    wrong.append(f"{argv}: U+{ord(found[0]):04X} reaches the terminal")
        wrong += [f"something was run that made {CANARY}"] if (folder / CANARY).exists() else []
    return wrong


def lines(strings: list[str]) -> list[str]:
    """The functions that everything printed goes through."""
    wrong = []
    for made in strings:
        text = made.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # two halves are one in JSON
        shown = io.StringIO()
        with redirect_stdout(shown):
            print_json({text: [text]})
            print_table(("a", "b"), [(text, text)])
        if json.JSONDecoder().raw_decode(shown.getvalue())[0] != {text: [text]}:
            wrong.append(f"{text!r} became other JSON")
        for said_ in (shown.getvalue(), one_line(text), clean(text)):
            wrong += [f"{text!r}: U+{ord(found[0]):04X} is shown"] if (found := UNSEEN.search(said_)) else []
            said_.encode()  # a terminal can show it
    return wrong


def store(strings: list[str], folder: Path) -> list[str]:
    """Names of campaigns, runs, tags, trials and files: refused, or inside the store and apart from each other."""
    root = folder / "store"
    wrong = []
    run = store_factory.new_run(root)
    files: dict[str, bytes] = {}
    trials: set[str] = set()
    for text in strings:
        for field in ("campaign", "run_id", "tag"):
            try:
                Store(root).create(store_factory.run(**{"run_id": "r-1", field: text}))
            except StoreError:
                continue
            wrong += [] if is_safe_name(text) else [f"{text!r} was taken as {field}"]
            for made in root.glob("*/r-1"):
                made.rename(folder / f"moved-{len(os.listdir(folder))}")  # noqa: PTH208  # a number that is new
        if is_safe(text) and not any(one.startswith(f"{text}/") or text.startswith(f"{one}/") for one in files):
            files[text] = text.encode()
        trials |= {text} if text and encodable(text) else set()
    publish(run, store_factory.attempt(), {f"single/{name}": content for name, content in files.items()}, {})
    (stored, *_) = run.attempts()
    wrong += [f"{name!r} holds something else" for name in files if stored.read(f"raw/single/{name}") != name.encode()]
    for name in trials:
        try:
            publish(run, store_factory.attempt(of=store_factory.trial(1, name)), {"a": b"x"}, {})
        except StoreError:
            continue
        if not (run.folder / "trials" / name / "1" / "trial.json").is_file():
            wrong.append(f"trial {name!r} lies elsewhere")
    wrong += [f"{item.path}: {item.problem}" for item in verify(run) if "not a trial of this run" not in item.problem]
    outside = {path.name for path in folder.iterdir() if not path.name.startswith("moved-")}
    return wrong + [f"outside the store: {sorted(outside)}"] * (outside != {"store"})


def configuration(strings: list[str]) -> list[str]:
    """Names and values of an inventory: read as they were written, or one line that names file, line and what to do."""
    wrong = []
    for text in strings:
        quoted = yaml.safe_dump(text, default_style='"', width=10**7, allow_unicode=False).strip()
        for form in (
            "targets: {%s: h}",
            *(f"targets: {{vm: {{{key}: %s}}}}" for key in KEYS),
            "groups: {%s: {}}",
            "%s: 1",
        ):
            try:
                found = parse_inventory(form % quoted, "f.yaml")
            except ConfigError as error:
                shown = str(error)
                if not error.where.startswith("f.yaml") or UNSEEN.search(shown) or "\n" in shown or len(shown) > 1500:
                    wrong.append(f"{form} with {text!r}: {shown!r}"[:400])
                continue
            except BenchError as error:
                wrong.append(f"{form} with {text!r}: {error!r}")
                continue
            values = [found.targets[0].name, found.targets[0].address, found.targets[0].base, found.targets[0].disk]
            if not all(value.isprintable() for value in values) or not is_safe_name(values[0]):
                wrong.append(f"{form} took {values!r}")
    return wrong
