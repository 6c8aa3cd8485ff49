"""Which cases of a suite run, and with which parameters: from a campaign's words to a `SuiteChoice`.

Parameters are laid over each other in this order, the last one wins: the suite's defaults, the case, the profile, the
campaign. A case may also carry parameters that the suite does not declare: they are part of what the case is and cannot
be set from outside.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from pydantic import Field

from bench.config.catalogue import LoadedSuite
from bench.config.fields import Count, Lines, Section, Texts, check_line
from bench.config.inventory import select
from bench.config.yaml_source import Keys, describe, suggest
from bench.errors import ConfigError
from bench.model import Case, Inventory, Parameter, Params, Profile, Scalar, Suite, SuiteChoice, pairs

Blame: TypeAlias = Callable[[Keys, str, str], ConfigError]
"""(where inside the choice: (), ("profile",), ("params", "runtime") …; what; remedy) → the error to raise."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}\Z")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
DEFAULT_PROFILE = "standard"


class ChoiceSettings(Section):
    """What may be written below the name of a suite."""

    profile: str | None = None
    params: Texts = Field(default_factory=dict)
    cases: Lines = ()
    repetitions: Count | None = None
    targets: Lines = ()


def make_choice(
    name: str, settings: ChoiceSettings, suites: Mapping[str, LoadedSuite], inventory: Inventory, blame: Blame
) -> SuiteChoice:
    """The choice of suite `name` as `settings` say; ConfigError (made by `blame`) when the suite cannot do that."""
    if name not in suites:
        raise blame((), f"there is no suite {describe(name)}", suggest(name, suites))
    suite = suites[name].suite
    if not suite.cases or not suite.profiles:
        remedy = f"Use `bench import {name} FILE…`"
        raise blame((), f"suite {name!r} cannot run, it only reads results measured elsewhere", remedy)
    profile = _profile(suite, settings.profile, blame)
    for index, case in enumerate(settings.cases):
        if case not in profile.cases:
            what = f"profile {profile.name!r} of suite {name!r} has no case {describe(case)}"
            raise blame(("cases", index), what, suggest(case, profile.cases))
        if case in settings.cases[:index]:
            raise blame(("cases", index), f"case {case!r} stands here twice", "Keep one")
    params = pairs({key: _param(suite, key, text, blame) for key, text in settings.params.items()})
    if suite.pair and not any(target.peer for target in inventory.targets):
        raise blame((), f"suite {name!r} needs two targets, and no target has a peer", _pair_remedy(inventory))
    chosen = _targets(settings.targets, inventory, blame)
    return SuiteChoice(name, profile.name, params, settings.cases, settings.repetitions, chosen)


def _targets(patterns: Sequence[str], inventory: Inventory, blame: Blame) -> tuple[str, ...]:
    """The names that `patterns` select (see `inventory.select`), empty when there are none."""
    if not patterns:
        return ()
    try:
        return tuple(target.name for target in select(inventory, patterns).targets)
    except ConfigError as error:
        raise blame(("targets",), error.what, error.remedy) from error


def cases_of(suite: Suite, choice: SuiteChoice) -> tuple[Case, ...]:
    """The cases that `choice` runs, in the profile's order; KeyError when the profile or a case does not exist."""
    names = _by_name(suite, choice.profile).cases
    cases = {case.name: case for case in suite.cases}
    return tuple(cases[name] for name in names if not choice.cases or name in choice.cases)


def resolve_params(suite: Suite, choice: SuiteChoice, case: Case) -> Params:
    """Every parameter of one case, sorted: defaults < case < profile < campaign. KeyError for an unknown profile."""
    found: dict[str, Scalar] = {parameter.name: parameter.default for parameter in suite.parameters}
    for layer in (case.params, _by_name(suite, choice.profile).params, choice.params):
        found.update(layer)
    return pairs(found)


def read_param(parameter: Parameter, text: str) -> Scalar:
    """`text` as a value of `parameter`, whose default decides the type; ValueError says what was expected."""
    value = _typed(parameter.default, text)
    if parameter.choices and value not in parameter.choices:
        shown = ", ".join(str(choice) for choice in parameter.choices)
        raise ValueError(f"expected one of {shown}, found {describe(text)}")
    return value


def _typed(default: Scalar, text: str) -> Scalar:
    if isinstance(default, bool):
        if text.lower() not in _TRUTH:
            raise ValueError(f"expected yes or no, found {describe(text)}")
        return _TRUTH[text.lower()]
    if isinstance(default, int):
        if not _WHOLE.match(text):
            raise ValueError(f"expected a whole number, found {describe(text)}")
        return int(text)
    if isinstance(default, float):
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"expected a number, found {describe(text)}")
        return number
    return check_line(text)


def _param(suite: Suite, key: str, text: str, blame: Blame) -> Scalar:
    parameters = {parameter.name: parameter for parameter in suite.parameters}
    if key not in parameters:
        remedy = suggest(key, parameters) or f"Suite {suite.name!r} has no parameters"
        raise blame(("params", key), f"suite {suite.name!r} has no parameter {describe(key)}", remedy)
    try:
        return read_param(parameters[key], text)
    except ValueError as error:
        raise blame(("params", key), str(error), f"{key}: {parameters[key].help}") from error


def _profile(suite: Suite, name: str | None, blame: Blame) -> Profile:
    try:
        return _by_name(suite, DEFAULT_PROFILE if name is None else name)
    except KeyError:
        names = [profile.name for profile in suite.profiles]
        if name is None:
            what = f"suite {suite.name!r} has no profile {DEFAULT_PROFILE!r}, so one must be named"
            raise blame((), what, f"Known: {', '.join(names)}") from None
        what = f"suite {suite.name!r} has no profile {describe(name)}"
        raise blame(("profile",), what, suggest(name, names)) from None


def _by_name(suite: Suite, name: str) -> Profile:
    for profile in suite.profiles:
        if profile.name == name:
            return profile
    raise KeyError(name)


def _pair_remedy(inventory: Inventory) -> str:
    names = [target.name for target in inventory.targets]
    if len(names) == 1:
        return f"Add a second target to {inventory.path} and give {names[0]!r} `peer: <its name>`, or leave it out"
    return f"In {inventory.path} give {names[0]!r} `peer: {names[1]}` (it sends, its peer receives), or leave it out"
