"""The campaign: the whole question, read from its file.

    name, title, inventory (relative to this file), suites, repetitions, sessions, min_gap, phases, primary, controls,
    margins

`suites` lists names, or `name: {profile, params, cases, repetitions}`. See `inventories/example-campaign.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from bench.config.catalogue import LoadedSuite
from bench.config.choices import Blame, ChoiceSettings, cases_of, make_choice, resolve_params
from bench.config.fields import Count, Line, Lines, SafeName, Section, nothing_is, section
from bench.config.inventory import load_inventory, select
from bench.config.phases import read_phases
from bench.config.yaml_source import Data, Document, Keys, describe, load_document, parse_document, suggest
from bench.errors import ConfigError
from bench.model import MIN_GAP_S, Campaign, Inventory, SuiteChoice, pairs

__all__ = ["cases_of", "check_overlap", "load_campaign", "parse_campaign", "resolve_params", "restrict"]

MAX_PRIMARY = 5
"""More primary metrics than this, and correcting for their number leaves none of them any power."""

_KEYS = (
    *("name", "title", "inventory", "suites", "repetitions", "sessions", "min_gap", "phases", "primary", "controls"),
    "margins",
)


def _fraction(value: object) -> object:
    """`3 %` and `.03` are the same margin."""
    match = re.fullmatch(r"\s*([0-9.]{1,20})\s*%\s*", value) if isinstance(value, str) else None
    try:
        return float(match[1]) / 100 if match else value
    except ValueError:
        return value  # pydantic says what was expected


Margin = Annotated[float, BeforeValidator(_fraction), Field(gt=0, lt=1)]


def _seconds(value: object) -> object:
    """`6 h`, `90 min` or `30 s` as seconds."""
    match = re.fullmatch(r"\s*([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(h|min|s)\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a time, found {describe(value)}. Write a number and h, min or s, such as 6 h")
    return float(match[1]) * {"h": 3600.0, "min": 60.0, "s": 1.0}[match[2]]


Duration = Annotated[float, BeforeValidator(_seconds), Field(le=90 * 86400)]


class _CampaignSettings(Section):
    name: SafeName
    title: Line | None = None
    inventory: Line
    repetitions: Count = 3
    sessions: Count = 3
    min_gap: Duration = MIN_GAP_S
    primary: Lines = ()
    controls: Lines = ()
    margins: Annotated[dict[str, Margin], nothing_is({})] = Field(default_factory=dict)


def load_campaign(path: Path, suites: Mapping[str, LoadedSuite]) -> Campaign:
    """The campaign in the file `path` with its inventory; ConfigError names file, line, key and remedy."""
    document = load_document(path)
    settings = _settings(document)
    try:
        place = path.parent / Path(settings.inventory).expanduser()
        found = place.is_file()
    except (OSError, RuntimeError) as error:  # a name that is too long, or the home of nobody
        what = f"{settings.inventory!r} cannot be a file ({error})"
        raise document.error(("inventory",), what, "Write a path relative to this file") from error
    if not found:
        raise document.error(("inventory",), f"there is no file {str(place)!r}", "It is looked for beside this file")
    return _campaign(document, settings, load_inventory(place), suites)


def parse_campaign(text: str, path: str, inventory: Inventory, suites: Mapping[str, LoadedSuite]) -> Campaign:
    """The campaign in `text`, on an inventory that is already read. Pure; ConfigError as in `load_campaign`."""
    document = parse_document(text, path)
    return _campaign(document, _settings(document), inventory, suites)


def restrict(campaign: Campaign, patterns: Sequence[str], suites: Mapping[str, LoadedSuite]) -> Campaign:
    """`campaign` on the targets that match `patterns` (see `inventory.select`).

    ConfigError when a pair suite loses all its pairs or a pattern matches nothing.
    """
    inventory = select(campaign.inventory, patterns)
    names = {target.name for target in inventory.targets}
    for choice in campaign.suites:
        if suites[choice.suite].suite.pair and not any(target.peer for target in inventory.targets):
            raise ConfigError(
                f"suite {choice.suite!r} needs two targets, and none of those selected has its peer selected too",
                where=" ".join(patterns),
                remedy="Select both ends of a pair",
            )
    return replace(campaign, inventory=inventory, controls=tuple(name for name in campaign.controls if name in names))


def _settings(document: Document) -> _CampaignSettings:
    document.only((), document.data, _KEYS)
    return section(_CampaignSettings, document, (), document.data, also=("suites", "phases"))


def _campaign(
    document: Document, settings: _CampaignSettings, inventory: Inventory, suites: Mapping[str, LoadedSuite]
) -> Campaign:
    choices = _choices(document, inventory, suites)
    _check_controls(document, settings, inventory)
    _check_metrics(document, settings, choices, suites)
    return Campaign(
        name=settings.name,
        inventory=inventory,
        suites=choices,
        phases=read_phases(document, ("phases",), document.data.get("phases")),
        repetitions=settings.repetitions,
        sessions=settings.sessions,
        min_gap_s=settings.min_gap,
        primary=settings.primary,
        controls=settings.controls,
        margins=pairs(settings.margins),
        title=settings.title or "",
        path=document.path,
    )


def _choices(document: Document, inventory: Inventory, suites: Mapping[str, LoadedSuite]) -> tuple[SuiteChoice, ...]:
    data = document.data.get("suites")
    if not data:
        raise document.error(("suites",), "no suite is named", f"Add `suites: [{', '.join(list(suites)[:2])}]`")
    found = list(_named(document, data))
    places: list[Keys] = []
    choices: list[SuiteChoice] = []
    for keys, name, body in found:
        settings = section(ChoiceSettings, document, keys, body)
        choices.append(make_choice(name, settings, suites, inventory, _blame(document, keys)))
        places.append(keys)
    check_overlap(choices, suites, lambda index: _blame(document, places[index]))
    return tuple(choices)


def _blame(document: Document, keys: Keys) -> Blame:
    return lambda inner, what, remedy: document.error((*keys, *inner), what, remedy)


def _named(document: Document, data: Data) -> list[tuple[Keys, str, Data]]:
    """(where, suite name, what is written below it) of every entry of `suites:`."""
    top: Keys = ("suites",)
    if isinstance(data, dict):
        return [((*top, name), name, body) for name, body in data.items()]
    if not isinstance(data, list):
        return [(top, name, None) for name in (data,)]
    found: list[tuple[Keys, str, Data]] = []
    for index, item in enumerate(data):
        keys = (*top, index)
        if isinstance(item, str):
            found.append((keys, item, None))
        elif isinstance(item, dict) and len(item) == 1:
            found.extend(((*keys, name), name, body) for name, body in item.items())
        else:
            remedy = "Write `- fio` or `- fio: {profile: smoke}`; indent what belongs to a suite further than its name"
            raise document.error(keys, f"expected one suite, found {describe(item)}", remedy)
    return found


def check_overlap(
    choices: Sequence[SuiteChoice], suites: Mapping[str, LoadedSuite], blame: Callable[[int], Blame]
) -> None:
    """Raise ConfigError (made by `blame(index)`) when a case is asked for twice: its trials could not be told apart."""
    seen: set[tuple[str, str]] = set()
    for index, choice in enumerate(choices):
        for case in cases_of(suites[choice.suite].suite, choice):
            if (choice.suite, case.name) in seen:
                what = f"case {case.name!r} of suite {choice.suite!r} is asked for twice"
                raise blame(index)((), what, "Keep one, or name other `cases:`")
            seen.add((choice.suite, case.name))


def _check_controls(document: Document, settings: _CampaignSettings, inventory: Inventory) -> None:
    names = [target.name for target in inventory.targets]
    for index, name in enumerate(settings.controls):
        if name not in names:
            what = f"there is no target {describe(name)} in {inventory.path}"
            raise document.error(("controls", index), what, suggest(name, names))
    if set(names) <= set(settings.controls):
        remedy = "Leave at least one target that is changed and measured"
        raise document.error(("controls",), "every target is a control", remedy)


def _check_metrics(
    document: Document,
    settings: _CampaignSettings,
    choices: Sequence[SuiteChoice],
    suites: Mapping[str, LoadedSuite],
) -> None:
    """Primary metrics and margins name metrics that the chosen suites measure."""
    known = metric_keys(choices, suites)
    if len(settings.primary) > MAX_PRIMARY:
        what = f"{len(settings.primary)} primary metrics are named, at most {MAX_PRIMARY} can be"
        raise document.error(("primary", MAX_PRIMARY), what, "Keep those that decide; all others are reported as well")
    places: list[tuple[Keys, str]] = [(("primary", index), key) for index, key in enumerate(settings.primary)]
    places += [(("margins", key), key) for key in settings.margins]
    for index, (keys, key) in enumerate(places):
        if key not in known:
            what = f"no chosen suite measures {describe(key)}"
            raise document.error(keys, what, f"{suggest(key, known)} (suite/metric or suite/case/metric)")
        if keys[0] == "primary" and key in settings.primary[:index]:
            raise document.error(keys, f"{key!r} stands here twice", "Keep one")


def metric_keys(choices: Sequence[SuiteChoice], suites: Mapping[str, LoadedSuite]) -> tuple[str, ...]:
    """Every key that `primary` and `margins` may use: suite/metric and suite/case/metric."""
    found: dict[str, None] = {}
    for choice in choices:
        suite = suites[choice.suite].suite
        for metric in suite.metrics:
            found[f"{suite.name}/{metric.name}"] = None
            for case in cases_of(suite, choice):
                found[f"{suite.name}/{case.name}/{metric.name}"] = None
    return tuple(found)
