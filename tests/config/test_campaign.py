"""Campaign files: everything arrives as written, short forms mean the same, mistakes name line, key and remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.campaign import load_campaign, parse_campaign, restrict
from bench.config.catalogue import LoadedSuite, load_suites, suite_folders
from bench.config.choices import cases_of, resolve_params
from bench.config.inventory import load_inventory, parse_inventory
from bench.config.phases import default_phases
from bench.errors import ConfigError
from bench.model import Campaign, Inventory, Phase, SuiteChoice, is_safe_name

Suites = Mapping[str, LoadedSuite]

INVENTORY = parse_inventory(
    "targets: {a: {address: h, peer: b}, b: i, c: {address: j, labels: {role: control}}}", "inv"
)
LONELY = parse_inventory("targets: {a: h}", "inv.yaml")

TEXT = """\
name: maintenance
title: Host maintenance
inventory: inv.yaml
suites:
  - net
  - disk:
      profile: smoke
      cases: [seq]
      params: {runtime: 5, direct: off, ratio: 1, engine: io_uring, size: 2G}
      repetitions: 7
repetitions: 4
sessions: 2
phases:
  - before: {resize: 1.10, sriov: off}
  - tag: after
    factors: {resize: 'yes', sriov: on}
primary: [disk/seq/iops, net/throughput]
controls: [c]
margins: {disk/iops: 3 %, net/tcp/throughput: .1}
"""
HEAD = "name: x\ninventory: inv.yaml\n"


def refusal(text: str, suites: Suites, inventory: Inventory = INVENTORY) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_campaign(text, "c.yaml", inventory, suites)
    return caught.value


def test_everything_that_can_be_said_arrives_as_written(suites: Suites) -> None:
    assert parse_campaign(TEXT, "c.yaml", INVENTORY, suites) == Campaign(
        name="maintenance",
        title="Host maintenance",
        inventory=INVENTORY,
        suites=(
            SuiteChoice("net"),
            SuiteChoice(
                "disk",
                "smoke",
                (("direct", False), ("engine", "io_uring"), ("ratio", 1.0), ("runtime", 5), ("size", "2G")),
                ("seq",),
                7,
            ),
        ),
        repetitions=4,
        sessions=2,
        phases=(
            Phase("before", (("resize", "1.10"), ("sriov", "off"))),
            Phase("after", (("resize", "yes"), ("sriov", "on"))),
        ),
        primary=("disk/seq/iops", "net/throughput"),
        controls=("c",),
        margins=(("disk/iops", 0.03), ("net/tcp/throughput", 0.1)),
        path="c.yaml",
    )


@pytest.mark.parametrize("suites_text", ["suites: disk", "suites: [disk]", "suites: {disk: }", "suites:\n  - disk:\n"])
def test_every_short_form_of_suites_means_the_same(suites: Suites, suites_text: str) -> None:
    campaign = parse_campaign(HEAD + suites_text, "c", INVENTORY, suites)
    assert campaign.suites == (SuiteChoice("disk"),)
    assert (campaign.repetitions, campaign.sessions, campaign.title) == (3, 3, "")


def test_the_default_ladder_switches_one_factor_on_per_step(suites: Suites) -> None:
    off = {"host_patch": "off", "guest_patch": "off", "sriov": "off"}
    expected = (
        Phase("pre-maintenance", tuple(sorted(off.items()))),
        Phase("post-host-patch", tuple(sorted((off | {"host_patch": "on"}).items()))),
        Phase("post-guest-patch", tuple(sorted((off | {"host_patch": "on", "guest_patch": "on"}).items()))),
        Phase("sriov-on", tuple(sorted(dict.fromkeys(off, "on").items()))),
    )
    assert default_phases() == expected
    assert parse_campaign(HEAD + "suites: [disk]", "c", INVENTORY, suites).phases == expected
    listed = HEAD + "suites: [disk]\nphases: [sriov-on, {post-host-patch: }, {tag: pre-maintenance}]"
    assert parse_campaign(listed, "c", INVENTORY, suites).phases == (expected[3], expected[1], expected[0])


def test_phases_of_ones_own_need_no_factors(suites: Suites) -> None:
    text = HEAD + "suites: [disk]\nphases: [before, after]"
    assert parse_campaign(text, "c", INVENTORY, suites).phases == (Phase("before"), Phase("after"))


@pytest.mark.parametrize(
    ("text", "where", "what", "remedy"),
    [
        ("suites: [dsk]", "3: suites[0]", "no suite 'dsk'", "Did you mean 'disk'?"),
        ("suites:\n  - disk: {profil: x}", "4: suites[0].disk.profil", "unknown key", "'profile'"),
        ("suites:\n  - disk: {profile: smok}", "4: suites[0].disk.profile", "no profile 'smok'", "'smoke'"),
        ("suites:\n  - disk: {cases: [sequ]}", "4: suites[0].disk.cases[0]", "no case 'sequ'", "'seq'"),
        ("suites:\n  disk: {profile: smoke, cases: [randwrite]}", "4: suites.disk.cases[0]", "no case", "randread"),
        ("suites:\n  - disk: {cases: [seq, seq]}", "4: suites[0].disk.cases[1]", "twice", ""),
        ("suites:\n  disk:\n    params:\n      runtim: 5", "6: suites.disk.params.runtim", "no parameter", "'runtime'"),
        ("suites:\n  disk: {params: {runtime: 5s}}", "4: suites.disk.params.runtime", "a whole number", "Seconds"),
        ("suites:\n  disk: {params: {ratio: nan}}", "4: suites.disk.params.ratio", "expected a number", ""),
        ("suites:\n  disk: {params: {direct: 2}}", "4: suites.disk.params.direct", "yes or no", ""),
        ("suites:\n  disk: {params: {engine: sync}}", "4: suites.disk.params.engine", "one of libaio, io_uring", ""),
        ("suites:\n  disk: {params: {size: [1]}}", "4: suites.disk.params.size", "expected a text", ""),
        ('suites:\n  disk: {params: {size: "1\\n2"}}', "4: suites.disk.params.size", "one line", ""),
        ("suites:\n  net: {params: {x: 1}}", "4: suites.net.params.x", "no parameter", "has no parameters"),
        ("suites:\n  disk: {repetitions: 0}", "4: suites.disk.repetitions", "at least 1", ""),
        ("suites: [windows]", "3: suites[0]", "only reads results", "bench import windows"),
        ("suites: [odd]", "3: suites[0]", "no profile 'standard'", "Known: fast"),
        ("suites: [disk, disk]", "3: suites[1]", "asked for twice", "Keep one"),
        ("suites:\n  - disk: {}\n    profile: x", "4: suites[0]", "expected one suite", "indent"),
        ("suites:\n  - [disk]", "4: suites[0]", "found a list", ""),
        ("suites: []", "3: suites", "no suite is named", ""),
        ("suits: [disk]", "3: suits", "unknown key", "'suites'"),
        ("suites: [disk]\nphases: [a, A]", "4: phases[1]", "stands here again (first on line 4)", ""),
        ("suites: [disk]\nphases: ['../a']", "4: phases[0].tag", "safe file name", ""),
        ("suites: [disk]\nphases: []", "4: phases", "expected a list of phases", ""),
        ("suites: [disk]\nphases:\n - a: {x: on}\n - b: {y: on}", "5: phases[0]", "factor 'y'", "Add `y: <level>`"),
        ("suites: [disk]\nphases:\n - a: {sriov: on}\n - b: {sirov: on}", "5: phases[0]", "'sirov'", "'sriov'"),
        ("suites: [disk]\nphases:\n - a: {x: [on]}", "5: phases[0].a.factors.x", "expected a text", ""),
        ("suites: [disk]\nphases:\n - a: {'x y': on}", "5: phases[0].a.factors.x y", "safe file name", ""),
        ("suites: [disk]\nphases:\n - a: on", "5: phases[0].a", "keys and values", ""),
        ("suites: [disk]\nphases:\n - a:\n   x: on", "5: phases[0]", "expected one phase", "indent"),
        ("suites: [disk]\nphases:\n - {tag: a, factor: {}}", "5: phases[0].factor", "unknown key", "'factors'"),
        ("suites: [disk]\nprimary: [disk/iop]", "4: primary[0]", "no chosen suite measures", "'disk/iops'"),
        ("suites: [disk]\nprimary: [disk/iops, disk/iops]", "4: primary[1]", "twice", ""),
        ("suites: [disk]\nprimary: [a, b, c, d, e, f]", "4: primary[5]", "at most 5", ""),
        ("suites: [disk]\nmargins: {net/throughput: .1}", "4: margins.net/throughput", "no chosen suite", ""),
        ("suites: [disk]\nmargins: {disk/iops: 5}", "4: margins.disk/iops", "expected less than 1", ""),
        ("suites: [disk]\nmargins: {disk/iops: 1.2.3 %}", "4: margins.disk/iops", "expected a number", ""),
        ("suites: [disk]\ncontrols: [d]", "4: controls[0]", "no target 'd' in inv", ""),
        ("suites: [disk]\ncontrols: [a, b, c]", "4: controls", "every target is a control", ""),
        ("suites: [disk]\nsessions: many", "4: sessions", "a whole number", ""),
    ],
)
def test_mistakes_name_line_key_and_remedy(suites: Suites, text: str, where: str, what: str, remedy: str) -> None:
    error = refusal(HEAD + text, suites)
    assert error.where == f"c.yaml:{where}"
    assert what in error.what
    assert remedy in error.remedy


def test_a_missing_key_is_named(suites: Suites) -> None:
    assert "'name' is missing" in refusal("inventory: i\nsuites: [disk]", suites).what
    assert "'inventory' is missing" in refusal("name: x\nsuites: [disk]", suites).what
    assert "no suite is named" in refusal("name: x\ninventory: i", suites).what


@pytest.mark.parametrize("name", ["a'b", "../a", "a/b", "a b", "ä", ".a"])
def test_unsafe_campaign_names_are_refused(suites: Suites, name: str) -> None:
    error = refusal(f'name: "{name}"\ninventory: i\nsuites: [disk]', suites)
    assert "safe file name" in error.what
    assert error.where == "c.yaml:1: name"


def test_a_pair_suite_needs_a_pair(suites: Suites) -> None:
    error = refusal(HEAD + "suites: [disk, net]", suites, LONELY)
    assert "needs two targets" in error.what
    assert "Add a second target to inv.yaml" in error.remedy
    assert error.where == "c.yaml:3: suites[1]"
    two = parse_inventory("targets: {a: h, b: i}", "inv.yaml")
    assert "give 'a' `peer: b`" in refusal(HEAD + "suites: [net]", suites, two).remedy


def test_parameters_are_laid_over_each_other(suites: Suites) -> None:
    suite = suites["disk"].suite
    choice = SuiteChoice("disk", "standard")
    randread, _, seq = cases_of(suite, choice)
    assert dict(resolve_params(suite, choice, seq))["runtime"] == 30
    assert dict(resolve_params(suite, choice, randread))["runtime"] == 20
    assert dict(resolve_params(suite, SuiteChoice("disk", "smoke"), randread))["runtime"] == 2
    mine = SuiteChoice("disk", "smoke", (("runtime", 9),))
    assert resolve_params(suite, mine, randread) == (
        ("direct", True),
        ("engine", "libaio"),
        ("ratio", 0.5),
        ("runtime", 9),
        ("rw", "randread"),
        ("size", "1G"),
    )


def test_cases_stand_in_the_order_of_the_profile(suites: Suites) -> None:
    suite = suites["disk"].suite
    assert [case.name for case in cases_of(suite, SuiteChoice("disk", "smoke"))] == ["seq", "randread"]
    picked = SuiteChoice("disk", "standard", cases=("seq", "randread"))
    assert [case.name for case in cases_of(suite, picked)] == ["randread", "seq"]


def test_one_suite_may_be_named_twice_for_other_cases(suites: Suites) -> None:
    text = HEAD + "suites:\n  - disk: {profile: smoke, cases: [seq]}\n  - disk: {cases: [randwrite]}"
    assert [choice.cases for choice in parse_campaign(text, "c", INVENTORY, suites).suites] == [
        ("seq",),
        ("randwrite",),
    ]


def test_restricting_keeps_the_controls_that_are_left_and_wants_whole_pairs(suites: Suites) -> None:
    campaign = parse_campaign(TEXT, "c", INVENTORY, suites)
    smaller = restrict(campaign, ["a", "b"], suites)
    assert [target.name for target in smaller.inventory.targets] == ["a", "b"]
    assert smaller.controls == ()
    assert restrict(campaign, [], suites) == campaign
    with pytest.raises(ConfigError, match="Select both ends of a pair"):
        restrict(campaign, ["a", "c"], suites)
    assert restrict(replace(campaign, suites=campaign.suites[1:]), ["role=control"], suites).controls == ("c",)


def test_the_inventory_is_found_beside_the_campaign(tmp_path: Path, suites: Suites) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "inv.yaml").write_text("targets: {a: h}")
    path = tmp_path / "c.yaml"
    path.write_text("name: x\ninventory: sub/inv.yaml\nsuites: [disk]\n")
    assert load_campaign(path, suites).inventory.targets[0].name == "a"
    path.write_text("name: x\ninventory: sub/none.yaml\nsuites: [disk]\n")
    with pytest.raises(ConfigError, match=r"c\.yaml:2: inventory: there is no file '.*none\.yaml'"):
        load_campaign(path, suites)


@pytest.mark.parametrize("name", ["~nobody-of-that-name/x.yaml", "x" * 300])
def test_an_inventory_that_cannot_be_a_file_is_refused(tmp_path: Path, suites: Suites, name: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"name: x\ninventory: {name}\nsuites: [disk]\n")
    with pytest.raises(ConfigError, match=r"c\.yaml:2: inventory: .* cannot be a file"):
        load_campaign(path, suites)


def test_the_shipped_campaign_is_valid_for_the_built_in_suites() -> None:
    path = Path(__file__).parents[2] / "inventories" / "example-campaign.yaml"
    campaign = load_campaign(path, load_suites(suite_folders()))
    assert campaign.phases == default_phases()
    assert campaign.controls == ("control-1",)


def test_what_the_shipped_campaign_shows_in_comments_is_valid_too() -> None:
    path = Path(__file__).parents[2] / "inventories" / "example-campaign.yaml"
    text = re.sub(
        r"^( *)# (?=[-] fio:|    \w+: |margins:|  \S+/\S+: )", r"\1", path.read_text("utf-8"), flags=re.MULTILINE
    )
    inventory = load_inventory(path.parent / "example-azure.yaml")
    campaign = parse_campaign(text, str(path), inventory, load_suites(suite_folders()))
    assert campaign.margins == (("unixbench/index", 0.03),)
    latency = campaign.suites[-1]
    assert (latency.suite, latency.profile, latency.params, latency.repetitions) == (
        "fio",
        "latency",
        (("runtime_s", 60),),
        5,
    )


KEYWORDS = st.sampled_from(
    [
        *("name: x\n", "inventory: i\n", "suites:", " disk", " net", "phases:", "primary:", "margins:", "controls:"),
        *("\n", "  ", "- ", "[", "]", "{", "}", ", ", "a: b", "tag:", "params:", "runtime: ", "5", "on", "~", "\\0"),
    ]
)


@given(st.text() | st.lists(KEYWORDS, max_size=30).map("".join) | st.lists(KEYWORDS).map(lambda k: HEAD + "".join(k)))
def test_any_text_is_a_campaign_or_a_config_error(suites: Suites, text: str) -> None:
    try:
        found: Campaign | ConfigError = parse_campaign(text, "f", INVENTORY, suites)
    except ConfigError as error:
        found = error
    if isinstance(found, Campaign):
        assert is_safe_name(found.name)
        assert found.suites
    else:
        assert found.where.startswith("f")
        assert str(found).isprintable()
