"""From a report to one HTML file: the only module that knows jinja2.

The page needs no script and no network, and forbids both to whatever a hostile name might smuggle in: autoescape is
on, a Content-Security-Policy allows inline style alone, and control characters are made visible.
"""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, TemplateError
from markupsafe import Markup, escape

from bench.errors import ReportError
from bench.report.layout import page
from bench.report.plain import one_line
from bench.report.text import Text
from bench.report.view import Report
from bench.resources import data_folder

_WORD = re.compile("[^\\s\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]+")
"""Signs without a space between them; those of Japanese are none, for its lines may end between any two."""
_KEPT = 24
"""Characters of a name that is not broken: more would make a column of names too wide for a phone."""


def render_html(report: Report, *, templates: Path | None = None) -> str:
    """The page as one string.

    templates: a workspace's `reports/templates/`. A file there replaces the built-in one of the same name; to change
    single blocks it says `{% extends "builtin/report.html" %}`. ReportError names the template that does not work.
    """
    environment = _environment(templates)
    text = Text(report.lang)
    try:
        return environment.get_template("report.html").render(page=page(report), t=text)
    except TemplateError as error:
        name = getattr(error, "name", None) or "report.html"
        line = getattr(error, "lineno", None)
        raise ReportError(
            f"the template does not work ({error.message})",
            where=f"{name}:{line}" if line else str(name),
            remedy="Correct it, or remove it from the workspace's reports/templates/ to use the built-in one",
        ) from error


def _environment(templates: Path | None) -> Environment:
    builtin = FileSystemLoader(data_folder("templates"))
    places = [FileSystemLoader(templates)] if templates is not None and templates.is_dir() else []
    environment = Environment(
        loader=ChoiceLoader([*places, builtin, PrefixLoader({"builtin": builtin})]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"unbroken": unbroken, "whole": whole}
    return environment


def unbroken(words: str) -> str:
    """Running text in which no line ends within a number, its sign of per cent, or between the ends of an interval."""
    return words.replace(" %", "\u00a0%").replace(" … ", "\u00a0…\u00a0")


def whole(words: str) -> Markup:
    """Running text in which a short name stays on one line, hyphens and all, and a long one breaks anywhere.

    Else "web-" stands at the end of a line and "1" in the next, and a digest makes its column as wide as itself.
    """
    return Markup(_WORD.sub(lambda found: _kept(found[0]), one_line(words)))  # noqa: S704  # what is no word is harmless


def _kept(word: str) -> str:
    css = "any" if len(word) > _KEPT else "whole" if "-" in word[1:-1] else ""
    return f'<span class="{css}">{escape(word)}</span>' if css else str(escape(word))


def _shown(value: object) -> object:
    """Foreign text as it may be shown; what a template or a chart has made stays as it is."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value
