"""Options of the command line as a campaign: the same as a file says, and mistakes that name the word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.adhoc import adhoc_campaign
from bench.config.catalogue import LoadedSuite
from bench.config.inventory import parse_inventory
from bench.config.phases import default_phases
from bench.errors import ConfigError
from bench.model import Campaign, Phase, SuiteChoice

Suites = Mapping[str, LoadedSuite]
INVENTORY = parse_inventory("targets: {a: {address: h, peer: b}, b: i}", "inventories/azure.yaml")


def test_words_make_the_same_campaign_as_a_file(suites: Suites) -> None:
    campaign = adhoc_campaign(
        INVENTORY,
        suites,
        ["disk:smoke/seq", "net"],
        "pre-maintenance",
        params=["disk.runtime=5", "disk.size=a=b"],
        repetitions=2,
        sessions=1,
    )
    assert campaign == Campaign(
        "azure",
        INVENTORY,
        (SuiteChoice("disk", "smoke", (("runtime", 5), ("size", "a=b")), ("seq",)), SuiteChoice("net")),
        default_phases(),
        repetitions=2,
        sessions=1,
        path="inventories/azure.yaml",
    )


def test_another_tag_is_a_phase_of_its_own(suites: Suites) -> None:
    assert adhoc_campaign(INVENTORY, suites, ["disk"], "mine", name="n").phases == (Phase("mine"),)
    factors = (("resize", "on"),)
    assert adhoc_campaign(INVENTORY, suites, ["disk"], "sriov-on", factors=factors).phases == (
        Phase("sriov-on", factors),
    )


def test_an_inventory_with_an_unsafe_file_name_gets_a_plain_campaign_name(suites: Suites) -> None:
    inventory = parse_inventory("targets: {a: h}", "my vms.yaml")
    assert adhoc_campaign(inventory, suites, ["disk"], "t").name == "adhoc"


@pytest.mark.parametrize(
    ("words", "params", "tag", "where", "message"),
    [
        ([], [], "t", "-s", "no suite was named"),
        (["dsk"], [], "t", "-s 'dsk'", "Did you mean 'disk'?"),
        (["disk:smok"], [], "t", "-s 'disk:smok'", "Did you mean 'smoke'?"),
        (["disk:"], [], "t", "-s 'disk:'", "no profile ''"),
        (["disk:smoke/sek"], [], "t", "-s 'disk:smoke/sek'", "Did you mean 'seq'?"),
        (["disk:smoke/"], [], "t", "-s 'disk:smoke/'", "suite:profile/case"),
        (["disk", "disk"], [], "t", "-s 'disk'", "asked for twice"),
        (["windows"], [], "t", "-s 'windows'", "bench import windows"),
        (["disk"], ["disk.runtim=5"], "t", "-p disk.runtim=5", "Did you mean 'runtime'?"),
        (["disk"], ["disk.runtime=x"], "t", "-p disk.runtime=x", "a whole number"),
        (["disk"], ["disk.runtime=1", "disk.runtime=2"], "t", "-p 'disk.runtime=2'", "set twice"),
        (["disk"], ["runtime=5"], "t", "-p 'runtime=5'", "suite.parameter=value"),
        (["disk"], ["disk.runtime"], "t", "-p 'disk.runtime'", "suite.parameter=value"),
        (["disk"], ["net.x=5"], "t", "-p 'net.x=5'", "not among those to run"),
        (["disk"], ["disk.size="], "t", "-p 'disk.size='", "Give the parameter a value"),
        (["disk"], [], "../t", "--tag", "safe file name"),
    ],
)
def test_mistakes_name_the_word(
    suites: Suites, words: Sequence[str], params: Sequence[str], tag: str, where: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        adhoc_campaign(INVENTORY, suites, words, tag, params=params)
    assert caught.value.where == where
    assert message in str(caught.value)


@pytest.mark.parametrize(("factor", "level"), [("a b", "on"), ("../x", "on"), ("x", ""), ("x", "o\nn")])
def test_factors_have_safe_names_and_a_level(suites: Suites, factor: str, level: str) -> None:
    with pytest.raises(ConfigError) as caught:
        adhoc_campaign(INVENTORY, suites, ["disk"], "t", factors=((factor, level),))
    assert caught.value.where.startswith("--factor")


def test_an_unsafe_campaign_name_is_refused(suites: Suites) -> None:
    with pytest.raises(ConfigError, match="safe file name"):
        adhoc_campaign(INVENTORY, suites, ["disk"], "t", name="a/b")


@given(st.text(), st.text(), st.text())
def test_any_words_are_a_campaign_or_a_config_error(suites: Suites, word: str, param: str, tag: str) -> None:
    try:
        found: Campaign | ConfigError = adhoc_campaign(INVENTORY, suites, ["disk", word], tag, params=[param])
    except ConfigError as error:
        found = error
    assert isinstance(found, Campaign) or found.exit_code == 2
