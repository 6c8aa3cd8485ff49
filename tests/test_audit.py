"""The audit of dependencies finds what it is there for, and nothing in this repository."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
LOCK = "jinja2==3.1.6 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via x\n"
BAD = (ROOT / "scripts" / "known_bad.toml").read_text("utf-8")


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "scripts" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


audit = loaded()


def about(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


def test_this_repository_is_clean() -> None:
    assert list(audit.findings()) == []


def test_every_pin_is_read_with_its_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    found = list(audit.pins(text))
    assert len(found) == text.count("==") - text.count("=='") - text.count("== '")
    assert all(hashes for _, hashes in found)
    assert sum(hashes for _, hashes in found) == text.count("--hash=sha256:")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--index-url https://pypi.example/simple", "names an index"),
        ("-i simple", "names an index"),
        ("--extra-index-url x", "names an index"),
        ("--find-links wheels", "names an index"),
        ("--trusted-host x", "names an index"),
        ("-e .", "names an index"),
        ("thing @ https://example.org/thing.tar.gz", "names an index"),
        ("thing>=1", "not pinned"),
        ("thing==1", "thing has no hash"),
    ],
)
def test_a_lock_that_is_loose(line: str, said: str) -> None:
    assert list(audit.check_lock(LOCK)) == []
    (found,) = audit.check_lock(f"{LOCK}{line}\n")
    assert said in found


@pytest.mark.parametrize(
    ("pin", "said"),
    [
        ("jinja2==3.1.5", "CVE-2025-27516"),
        ("Paramiko==3.3.1", "CVE-2023-48795"),
        ("pillow==11.2.1", "CVE-2025-48379"),
        ("pyarrow==14.0.0", "CVE-2023-47248"),
        ("PyYAML==5.3.1", "CVE-2020-14343"),
        ("pillow==11.3.0", ""),
        ("paramiko==5.1.0", ""),
    ],
)
def test_versions_that_are_known_to_be_bad(pin: str, said: str) -> None:
    found = " ".join(audit.check_known_bad(f"{pin} \\\n    --hash=sha256:aa\n", BAD))
    assert said in found
    assert bool(found) == bool(said)


def test_every_bad_version_has_its_reason() -> None:
    entries = tomllib.loads(BAD)["bad"]
    assert all({"name", "affected", "why"} == set(entry) and "CVE-" in entry["why"] for entry in entries)


def test_a_requirement_that_the_lock_lacks_or_contradicts() -> None:
    project = {"project": {"dependencies": ["jinja2>=3.2", "flask"], "optional-dependencies": {"dev": ["Jinja2"]}}}
    found = list(audit.check_declared(LOCK, project))
    assert found == [
        "pyproject.toml: jinja2>=3.2 does not allow the locked 3.1.6: run make lock",
        "pyproject.toml: flask is not in requirements.lock: run make lock",
    ]


def test_extras_for_users_are_declared_and_an_extra_may_name_others() -> None:
    extras = {"aws": ["boto3"], "dev": ["pytest", "types-boto3", "pandas-stubs", "mine[aws]"]}
    project = {"project": {"name": "mine", "dependencies": ["rich"], "optional-dependencies": extras}}
    assert audit.declared(project, dev=False) == ["rich", "boto3", "types-boto3", "pandas-stubs"]
    assert audit.declared(project, dev=True) == ["rich", "boto3", "pytest", "types-boto3", "pandas-stubs"]


def test_what_is_installed_is_what_is_locked() -> None:
    text = "jinja2==3.1.5\nno-such-package==1\ncolorama==0.4.6 ; sys_platform == 'win32'\n"
    found = list(audit.check_installed(text))
    assert found[0].endswith("is installed, 3.1.5 is locked")
    assert found[1:] == ["no-such-package is locked and not installed"]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"License_Expression": "BSD-3-Clause AND (MIT OR GPL-3.0)"}, {"BSD-3-CLAUSE", "MIT"}),
        ({"License_Expression": "GPL-3.0-only OR Apache-2.0"}, {"APACHE-2.0"}),
        ({"License_Expression": "AGPL-3.0"}, {"AGPL-3.0"}),
        ({"Classifier": "License :: OSI Approved :: MIT License", "License": "see file"}, {"MIT"}),
        ({"License": "Apache 2.0"}, {"APACHE-2.0"}),
        ({"License": "Proprietary\nall rights reserved"}, {"PROPRIETARY"}),
        ({}, set()),
    ],
)
def test_licences_as_packages_tell_them(fields: dict[str, str], names: set[str]) -> None:
    assert audit.licences(about(**fields)) == names
    assert (names <= audit.ALLOWED and bool(names)) == (not names & {"AGPL-3.0", "PROPRIETARY"} and bool(names))


def test_an_import_that_nobody_declares(tmp_path: Path) -> None:
    for folder in ("bench", "suites", "tests", "scripts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "bench" / "a.py").write_text(
        "import json\nimport yaml.nodes\nfrom hypothesis import given\nfrom . import b\n"
    )
    (tmp_path / "tests" / "t.py").write_text("import hypothesis, unheard_of\n")
    project = {"project": {"dependencies": ["PyYAML"], "optional-dependencies": {"dev": ["hypothesis"]}}}
    assert list(audit.check_imports(tmp_path, project)) == [
        "bench/a.py:3: imports hypothesis, which pyproject.toml does not declare",
        "tests/t.py:1: imports unheard_of, which pyproject.toml does not declare",
    ]


def node_lock(**changes: object) -> str:
    one = {"version": "1.0.0", "integrity": "sha512-aa", "license": "MIT"} | changes
    kept = {name: value for name, value in one.items() if value is not None}
    return json.dumps({"packages": {"": {"dependencies": {"a": "1.0.0"}}, "node_modules/a": kept}})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"resolved": "https://registry.example/a.tgz"}, "a names where it comes from"),
        ({"integrity": None}, "a has no hash"),
        ({"integrity": "sha1-aa"}, "a has no hash"),
        ({"license": "GPL-3.0"}, "licence GPL-3.0 is not on the list"),
        ({"license": None}, "is not on the list"),
    ],
)
def test_what_judges_the_page_is_pinned_and_hashed_and_free(changes: dict[str, object], said: str) -> None:
    found = list(audit.check_node_lock(node_lock(**changes), '{"dependencies": {"a": "1.0.0"}}'))
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_what_judges_the_page_is_named_exactly() -> None:
    found = list(audit.check_node_lock(node_lock(), '{"dependencies": {"a": "^1.0.0"}}'))
    assert "does not fit package.json" in found[0]
    assert found[1] == "package.json: a ^1.0.0 is not pinned"
