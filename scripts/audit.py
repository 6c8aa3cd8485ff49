"""Are the dependencies what they should be? Pins and hashes, licences, versions that are known to be bad, imports.

    python scripts/audit.py            what `make lint` runs: no network
    python scripts/audit.py --index    `make audit`: also asks the index that pip uses whether a pin was yanked

Everything but --index is read from files and from the metadata of what is installed.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

ALLOWED = frozenset(
    {
        "0BSD", "APACHE-2.0", "BLUEOAK-1.0.0", "BSD", "BSD-2-CLAUSE", "BSD-3-CLAUSE", "CC0-1.0", "ISC", "LGPL-2.1",
        "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF", "PSF-2.0", "ZLIB",
    }
)  # fmt: skip
"""Licences that Apache-2.0 software may depend on; the weak copyleft ones (LGPL, MPL) only as unchanged libraries."""

_FREE_TEXT = {
    "3-clause bsd license": "BSD-3-CLAUSE",
    "apache 2.0": "APACHE-2.0",
    "apache software license": "APACHE-2.0",
    "bsd 3-clause license": "BSD-3-CLAUSE",
    "bsd license": "BSD",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF",
    "python software foundation license": "PSF",
}
"""What older metadata calls them → the SPDX name."""

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*\\?$")


def pins(lock: str) -> Iterator[tuple[Requirement, int]]:
    """Each pinned requirement of a lock file and how many hashes it has."""
    found: list[tuple[Requirement, int]] = []
    for line in lock.splitlines():
        if pin := _PIN.match(line):
            marker = f"; {pin['marker']}" if pin["marker"] else ""
            found.append((Requirement(f"{pin['name']}=={pin['version']}{marker}"), 0))
        elif found and line.strip().startswith("--hash=sha256:"):
            requirement, count = found.pop()
            found.append((requirement, count + 1))
    yield from found


def check_lock(lock: str) -> Iterator[str]:
    """Everything is pinned and has hashes, and no place is named that it comes from."""
    for number, line in enumerate(lock.splitlines(), 1):
        text = line.strip()
        if "://" in text or re.match(r"-(i|f|-index-url|-extra-index-url|-find-links|-trusted-host|e)\b", text):
            yield f"requirements.lock:{number}: names an index, an address or a folder"
        elif text and not text.startswith(("#", "--hash=sha256:")) and not _PIN.match(line):
            yield f"requirements.lock:{number}: not pinned as name==version"
    yield from (f"requirements.lock: {one.name} has no hash" for one, hashes in pins(lock) if not hashes)


def check_declared(lock: str, project: Mapping[str, object]) -> Iterator[str]:
    """What pyproject.toml asks for is in the lock, in a version that it allows."""
    locked: dict[str, list[Requirement]] = {}
    for one, _ in pins(lock):
        locked.setdefault(canonicalize_name(one.name), []).append(one)
    for words in declared(project, dev=True):
        wanted = Requirement(words)
        found = locked.get(canonicalize_name(wanted.name), [])
        if not found:
            yield f"pyproject.toml: {words} is not in requirements.lock: run make lock"
        for one in found:
            version = next(iter(one.specifier)).version
            if not wanted.specifier.contains(version):
                yield f"pyproject.toml: {words} does not allow the locked {version}: run make lock"


def declared(project: Mapping[str, object], *, dev: bool) -> list[str]:
    """The requirements of the project and of the extras for its users, with those of its extra `dev` if wanted.

    That the code for an extra imports it in one place only is tested elsewhere (tests/test_layering.py). Packages that
    hold nothing but types are needed by no user: they count as declared everywhere.
    """
    table: dict[str, object] = project["project"]  # type: ignore[assignment]  # TOML
    extras: dict[str, list[str]] = table.get("optional-dependencies", {})  # type: ignore[assignment]  # TOML
    # An extra may name others of the same project, `vmbench[aws]`: those are listed by themselves.
    development = [one for one in extras.get("dev", []) if Requirement(one).name != table.get("name")]
    types_only = [one for one in development if one.startswith("types-") or "-stubs" in one]
    for_users = [one for name, words in extras.items() if name != "dev" for one in words]
    return [*table["dependencies"], *for_users, *(development if dev else types_only)]  # type: ignore[misc]  # a list


def check_known_bad(lock: str, bad: str) -> Iterator[str]:
    """No pin is in scripts/known_bad.toml."""
    entries = tomllib.loads(bad)["bad"]
    for one, _ in pins(lock):
        version = next(iter(one.specifier)).version
        for entry in entries:
            same = canonicalize_name(entry["name"]) == canonicalize_name(one.name)
            if same and SpecifierSet(entry["affected"], prereleases=True).contains(version):
                yield f"requirements.lock: {one.name} {version} is known to be bad: {entry['why']}"


def check_installed(lock: str) -> Iterator[str]:
    """What is installed is what is locked, under licences that are allowed."""
    for one, _ in pins(lock):
        if one.marker is not None and not one.marker.evaluate():
            continue
        version = next(iter(one.specifier)).version
        try:
            found = metadata.distribution(one.name)
        except metadata.PackageNotFoundError:
            yield f"{one.name} is locked and not installed"
            continue
        if found.version != version:
            yield f"{one.name} {found.version} is installed, {version} is locked"
        names = licences(found.metadata)
        if not names or not names <= ALLOWED:
            told = ", ".join(sorted(names)) or "none that is known"
            yield f"{one.name} {version}: licence {told} is not on the list in scripts/audit.py"


def licences(about: metadata.PackageMetadata) -> set[str]:
    """SPDX names of a package's licences: of every part of an AND, of the best one of an OR.

    The expression comes first, then the classifiers, then the first line of the free text.
    """
    if expression := about.get("License-Expression"):
        return _chosen(expression)
    found = {one.rsplit("::", 1)[-1].strip() for one in about.get_all("Classifier") or () if one.startswith("License")}
    if not found:
        found = {(about.get("License") or "").split("\n", 1)[0].strip()} - {""}
    return {_FREE_TEXT.get(name.lower(), name.upper()) for name in found}


def _chosen(expression: str) -> set[str]:
    found: set[str] = set()
    for part in re.split(r"\s+AND\s+", expression):
        choices = [name.strip("() ").upper() for name in re.split(r"\s+OR\s+", part)]
        found.add(next((name for name in choices if name in ALLOWED), choices[0]))
    return found


def check_node_lock(lock: str, package: str) -> Iterator[str]:
    """What judges the page (tests/browser): pinned and hashed, no place named that it comes from, licences allowed."""
    packages = json.loads(lock)["packages"]
    wanted = json.loads(package)["dependencies"]
    if packages[""]["dependencies"] != wanted:
        yield "package-lock.json: does not fit package.json: run npm install --package-lock-only in tests/browser"
    for name, version in wanted.items():
        if not re.fullmatch(r"\d+\.\d+\.\d+", version):
            yield f"package.json: {name} {version} is not pinned"
    for path, found in packages.items():
        name = path.rpartition("node_modules/")[2]
        if not path:
            continue
        if "resolved" in found or "link" in found:
            yield f"package-lock.json: {name} names where it comes from"
        if not str(found.get("integrity", "")).startswith("sha512-"):
            yield f"package-lock.json: {name} has no hash"
        if not (names := _chosen(str(found.get("license", "none that is known")))) <= ALLOWED:
            told = ", ".join(sorted(names))
            yield f"package-lock.json: {name}: licence {told} is not on the list in scripts/audit.py"


def check_imports(root: Path, project: Mapping[str, object]) -> Iterator[str]:
    """What the code imports is declared: by `dependencies`, or for the tests by `dev` too."""
    owners = metadata.packages_distributions()
    own = {"bench", "suites", "examples", "tests"} | {path.stem for path in (root / "tests").rglob("*.py")}
    for folders, dev in ((("bench", "suites", "examples"), False), (("tests", "scripts"), True)):
        known = {canonicalize_name(Requirement(one).name) for one in declared(project, dev=dev)}
        for path in sorted(file for folder in folders for file in (root / folder).rglob("*.py")):
            first: dict[str, int] = {}
            for line, name in _imports(path):
                first.setdefault(name, line)
            for name, line in first.items():
                if name in sys.stdlib_module_names or name in own:
                    continue
                if not known & {canonicalize_name(one) for one in owners.get(name, [name])}:
                    yield f"{path.relative_to(root)}:{line}: imports {name}, which pyproject.toml does not declare"


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name.partition(".")[0]) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.lineno, node.module.partition(".")[0]


def ask_index() -> Iterator[str]:
    """Pins that their index has withdrawn, as pip reports it; nothing when it cannot be asked."""
    words = ["install", "--dry-run", "--quiet", "--no-deps", "--ignore-installed", "--require-hashes", "--report", "-"]
    done = subprocess.run(  # noqa: S603  # fixed argv
        [sys.executable, "-m", "pip", *words, "-r", str(ROOT / "requirements.lock")],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print("audit: the index could not be asked, so nothing is known of withdrawn versions")
        return
    for item in json.loads(done.stdout)["install"]:
        if item.get("is_yanked"):
            yield f"{item['metadata']['name']} {item['metadata']['version']} was yanked from its index"


def findings(root: Path = ROOT) -> Iterator[str]:
    """Everything that is wrong, without network."""
    lock = (root / "requirements.lock").read_text("utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    yield from check_lock(lock)
    yield from check_declared(lock, project)
    yield from check_known_bad(lock, (root / "scripts" / "known_bad.toml").read_text("utf-8"))
    yield from check_installed(lock)
    judges = root / "tests" / "browser"
    yield from check_node_lock(
        (judges / "package-lock.json").read_text("utf-8"), (judges / "package.json").read_text("utf-8")
    )
    yield from check_imports(root, project)


if __name__ == "__main__":
    found = [*findings(), *(ask_index() if "--index" in sys.argv[1:] else ())]
    print("\n".join(found) or "audit: dependencies are pinned, licensed, not known to be bad, and declared")
    sys.exit(bool(found))
