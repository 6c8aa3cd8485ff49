"""The campaign of `bench run -i INV -s SUITE… --tag TAG`: the same question, asked in words instead of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from bench.config.campaign import check_overlap
from bench.config.catalogue import LoadedSuite
from bench.config.choices import ChoiceSettings, make_choice
from bench.config.fields import SAFE_NAME_REMEDY, check_line
from bench.config.phases import default_factors, default_phases
from bench.config.yaml_source import Keys, describe, suggest
from bench.errors import ConfigError
from bench.model import DEFAULT_PHASES, Campaign, Inventory, Pairs, Phase, SuiteChoice, is_safe_name


def adhoc_campaign(
    inventory: Inventory,
    suites: Mapping[str, LoadedSuite],
    words: Sequence[str],
    tag: str,
    *,
    params: Sequence[str] = (),
    factors: Pairs = (),
    repetitions: int = 3,
    sessions: int = 3,
    name: str | None = None,
) -> Campaign:
    """The campaign of `bench run -i INV -s WORD… --tag TAG`, without a file; ConfigError names the word.

    words: `suite`, `suite:profile` or `suite:profile/case,case`. params: `suite.parameter=value`. factors: levels of
    this phase; a default tag has its default ones. name: default the inventory's file name, so that every phase of the
    same machines lands in one campaign.
    """
    if not is_safe_name(tag):
        raise ConfigError(f"{describe(tag)} is not a safe file name", where="--tag", remedy=SAFE_NAME_REMEDY)
    _check_factors(factors)
    stem = PurePath(inventory.path).stem
    name = name if name is not None else stem if is_safe_name(stem) else "adhoc"
    if not is_safe_name(name):
        raise ConfigError(f"{describe(name)} is not a safe file name", where="campaign name", remedy=SAFE_NAME_REMEDY)
    if not words:
        raise ConfigError("no suite was named", where="-s", remedy=suggest("", suites))
    given = _params_by_suite(params, [_split(word)[0] for word in words])
    choices = tuple(_spoken(word, given, suites, inventory) for word in words)
    check_overlap(choices, suites, lambda index: lambda _, what, remedy: _word_error(words[index], what, remedy))
    ladder = tag in DEFAULT_PHASES and not factors
    phases = default_phases() if ladder else (Phase(tag, factors or default_factors(tag)),)
    return Campaign(name, inventory, choices, phases, repetitions=repetitions, sessions=sessions, path=inventory.path)


def _spoken(
    word: str, params: Mapping[str, Mapping[str, str]], suites: Mapping[str, LoadedSuite], inventory: Inventory
) -> SuiteChoice:
    name, profile, cases = _split(word)
    for part in cases:
        if not _is_line(part):
            raise _word_error(word, "expected suite:profile/case,case", "For example -s fio:latency")
    settings = ChoiceSettings(profile=profile, params=dict(params.get(name, {})), cases=cases)
    suite_params = settings.params

    def blame(inner: Keys, what: str, remedy: str) -> ConfigError:
        if inner[:1] == ("params",):
            key = str(inner[1])
            return ConfigError(what, where=f"-p {name}.{key}={suite_params[key]}", remedy=remedy)
        return _word_error(word, what, remedy)

    return make_choice(name, settings, suites, inventory, blame)


def _check_factors(factors: Pairs) -> None:
    for factor, level in factors:
        where = f"--factor {describe(f'{factor}={level}')}"
        if not is_safe_name(factor):
            raise ConfigError(f"{describe(factor)} is not a safe file name", where=where, remedy=SAFE_NAME_REMEDY)
        if not _is_line(level):
            raise ConfigError("expected one line of text after the =", where=where, remedy="Name the factor's level")


def _split(word: str) -> tuple[str, str | None, tuple[str, ...]]:
    """`suite:profile/case,case` as (suite, profile or None, cases)."""
    name, colon, rest = word.partition(":")
    profile, slash, cases = rest.partition("/")
    return name, profile if colon else None, tuple(cases.split(",")) if slash else ()


def _params_by_suite(words: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for word in words:
        left, equals, value = word.partition("=")
        suite, dot, key = left.partition(".")
        where = f"-p {describe(word)}"
        if not equals or not dot:
            raise ConfigError("expected suite.parameter=value", where=where, remedy="For example -p fio.runtime=5")
        if suite not in names:
            remedy = suggest(suite, names)
            raise ConfigError(f"suite {describe(suite)} is not among those to run", where=where, remedy=remedy)
        if not _is_line(key) or not _is_line(value):
            raise ConfigError("expected one line of text after the =", where=where, remedy="Give the parameter a value")
        if key in found.setdefault(suite, {}):
            raise ConfigError(f"{suite}.{key} is set twice", where=where, remedy="Keep one")
        found[suite][key] = value
    return found


def _is_line(text: str) -> bool:
    try:
        return bool(check_line(text))
    except ValueError:
        return False


def _word_error(word: str, what: str, remedy: str = "") -> ConfigError:
    return ConfigError(what, where=f"-s {describe(word)}", remedy=remedy)
