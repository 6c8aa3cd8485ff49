"""The command line. Nothing else in vmbench prints or exits."""

from bench.cli.app import main

__all__ = ["main"]
