"""Where the data that travels with vmbench lies: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_NAMES = {"suites": "suites", "templates": "reports/templates", "inventories": "inventories"}


def data_folder(name: str) -> Path:
    """The folder `name` ("suites", "templates" or "inventories")."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / _NAMES[name]


def package_file(name: str) -> Path:
    """A file that is part of the package itself, by its path below `bench/`."""
    return _PACKAGE / name
