"""`--redact`: no name, address, user or id is left in any format, and the words of the report are."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

import pytest
import redact_case as case
import report_factory as factory
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.model import Target
from bench.report.redaction.aliases import AliasBook
from bench.report.redaction.redact import Known, redact, redact_comparison
from bench.report.redaction.text import NOT_NAMES, words_in
from bench.report.redaction.vocabulary import Vocabulary
from bench.report.report_files import REPORT_FILES, render_report
from bench.report.terminal import render as terminal
from bench.report.terminal_phases import render_phases
from bench.report.text import CATALOGUES
from bench.report.view import Report

TEXTS = tuple(name for name in REPORT_FILES if name != "pdf")
"""A PDF is the page, printed."""


def redacted(report: Report | None = None, **known: object) -> Report:
    told = Known(**({"runs": case.runs(), "seen": case.sightings()} | known))  # type: ignore[arg-type]  # its fields
    return redact(report or case.report(), told)[0]


def layers(text: str) -> Iterator[str]:
    """`text` and what is hidden in it: escapes of pages, JSON and URLs, and what is embedded as base64."""
    yield text
    yield html.unescape(text)
    yield unquote(text)
    yield re.sub(r"\\u([0-9a-f]{4})", lambda one: chr(int(one[1], 16)), text)
    yield re.sub(r"\\(?=[^\w\s])|&#\d+;", "", text)  # Markdown and Jira
    yield "".join(re.findall(r"<text[^>]*>([^<]*)", text))
    for blob in re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", text):
        try:
            yield base64.b64decode(blob + "=" * (-len(blob) % 4)).decode("utf-8", "replace")
        except ValueError:
            continue


def leaks(text: str, secrets: tuple[str, ...] = case.SECRETS) -> set[str]:
    found = "\n".join(layers(text)).casefold()
    return {secret for secret in secrets if secret.casefold() in found}


@pytest.mark.parametrize("lang", sorted(CATALOGUES))
@pytest.mark.parametrize("name", TEXTS)
def test_nothing_that_names_a_machine_a_person_or_an_account_is_in_any_format(name: str, lang: str) -> None:
    report = replace(case.report(), lang=lang)
    assert len(leaks(render_report(name, report).decode())) > 5, "the search finds what is there"
    assert leaks(render_report(name, redacted(report)).decode()) == set()


def test_neither_is_it_in_the_terminal() -> None:
    shown = redacted()
    assert leaks(terminal(shown.comparisons) + render_phases(shown)) == set()


def test_a_comparison_can_be_redacted_by_itself() -> None:
    known = Known(runs=case.runs(), seen=case.sightings())
    made, _ = redact_comparison(case.report().comparisons[0], known)
    assert leaks(terminal([made])) == set()


def test_nothing_at_all_is_left_in_the_data_that_formats_are_made_of() -> None:
    assert leaks(repr(redacted())) == set()
    samples = redacted().samples
    assert samples is not None
    assert leaks(samples.to_csv()) == set()


def test_a_page_is_still_told_apart_by_region_size_pairs_and_numbers() -> None:
    page = render_report("json", redacted()).decode()
    said = json.loads(page)
    targets = [one["target"] for one in said["comparisons"][0]["metrics"][0]["targets"]]
    assert targets[0] == "target-1 → target-2"
    assert sorted(targets) == sorted({*targets})
    assert {"japaneast", "Standard_D3_v2"} <= set(said["comparisons"][0]["metrics"][0]["targets"][0]["labels"].values())
    original = json.loads(render_report("json", case.report()).decode())
    numbers = re.compile(r'"(?:ratio|before|after|p|df)": (-?[\d.]+)')
    assert sorted(numbers.findall(json.dumps(said))) == sorted(numbers.findall(json.dumps(original)))


def test_words_that_are_also_names_stay_words_where_they_are_words() -> None:
    shown = redacted()
    judged = shown.comparisons[0].attribution
    assert judged is not None
    assert judged.sentence.endswith("The test host of 12 sessions.")
    assert judged.replaced == ("target-4",)
    assert shown.comparisons[0].warnings[-1] == "target-3: froze"
    assert shown.comparisons[0].after == "target-3-after"
    assert shown.title.startswith("Patch of target-3, target-1 and target-2")
    assert shown.reproduce == ("bench report before target-3-after --runs /home/user-3/target-1/runs",)


def test_versions_that_look_like_addresses_stay() -> None:
    changes = redacted().comparisons[0].attribution.changes  # type: ignore[union-attr]  # it has one
    assert ("10.0.0.230", "10.0.0.299") in [(one.before, one.after) for one in changes]


MESSAGES = (
    ("ssh: Could not resolve hostname fs77: Name or service not known", "fs77", "name"),
    ("ssh: connect to host 2001:db8:99::7 port 22: Connection refused", "db8", "address"),
    ("ssh: connect to host fs77.prod port 22: Connection timed out", "fs77", "name"),
    ("iperf3: error - unable to connect to server 'fs77': Connection refused", "fs77", "name"),
    ("Connecting to host fs77, port 5201", "fs77", "name"),
    ("ping: fs77: Temporary failure in name resolution", "fs77", "name"),
    ("nfs: server fs77 not responding, still trying", "fs77", "name"),
    ("Linux fs77 5.15.0-91-generic #101-Ubuntu SMP x86_64 GNU/Linux", "fs77", "name"),
    ("System: fs77: GNU/Linux", "fs77", "name"),
    (r"cannot mount \\fs77\share", "fs77", "name"),
    ("[root@fs77 ~]$ ls", "fs77", "name"),
    ("addr:2001:db8:99::7", "db8", "address"),
    ("mac:00:0d:3a:99:22:33 and 000d.3a99.2233", "3a", "mac"),
    ("uid=1001(suzuki) gid=1001(suzuki)", "suzuki", "user"),
    ("[sudo] password for suzuki: ", "suzuki", "user"),
    ("suzuki is not in the sudoers file", "suzuki", "user"),
    ("sudo: suzuki : TTY=pts/0 ; USER=root", "suzuki", "user"),
    ("Sorry, user suzuki is not allowed to execute 'x' as root", "suzuki", "user"),
    ("LOGNAME=suzuki", "suzuki", "user"),
    ("~suzuki/bench", "suzuki", "user"),
    ("Resource group 'rg-prod-7' could not be found.", "rg-prod", "resource"),
    ("'Microsoft.Compute/virtualMachines/vm-prod' under resource group 'rg-prod-7'", "prod", "resource"),
    ("project_id=acme-prod", "acme", "resource"),
)


@pytest.mark.parametrize(("message", "secret", "kind"), MESSAGES)
def test_a_usual_message_names_nobody_that_nothing_else_names(message: str, secret: str, kind: str) -> None:
    step = replace(factory.story(), warnings=(message,))
    said = redact(factory.report((step,)))[0].comparisons[0].warnings[0]
    assert secret not in said
    assert f"{kind}-1" in said


@pytest.mark.parametrize(
    "message",
    ["listening on TCP port 5201", "connect to TCP port 80 failed", "hostname: the job", "std::vector and 12:30:45",
     "connect to host 127.0.0.1 port 1",
     "a user of the server port", "version 10.0.0.17", "Linux 5.15 on a project: 5 ports"],
)  # fmt: skip
def test_what_names_nobody_stays(message: str) -> None:
    assert (
        redact(factory.report((replace(factory.story(), warnings=(message,)),)))[0].comparisons[0].warnings[0]
        == message
    )


def test_a_name_with_a_digit_is_found_inside_of_longer_words_too() -> None:
    one = factory.metric(factory.key(), "IOPS", 1.0, targets=(factory.target("web01", 1.0, 1.0),))
    talk = ("NIC vmWEB01nic of web01x down, web012 is another",)
    shown = redact(factory.report((replace(factory.story(), metrics=(one,), warnings=talk),)))[0]
    assert shown.comparisons[0].warnings == ("NIC vmtarget-1nic of target-1x down, web012 is another",)


def test_one_address_has_one_alias_however_it_is_written() -> None:
    shown = redacted(
        replace(case.report(), title="2001:db8:17::5 [2001:0DB8:17:0:0:0:0:5]:22 2001-db8-17--5.ipv6-literal.net")
    )
    first, second, third = shown.title.replace("]:22", "").replace("[", "").split()
    assert first == second == third
    assert first.startswith("address-")


def test_aliases_do_not_move_when_a_target_is_added() -> None:
    before, given = redact(case.report(), Known(runs=case.runs(), seen=case.sightings()))
    more = tuple(replace(run, targets=(Target("aaa-new", "10.0.0.1", "10.0.0.1"), *run.targets)) for run in case.runs())
    after, later = redact(case.report(), Known(given, more, case.sightings()))
    assert later[: len(given)] == given
    assert ("target-7", "aaa-new") in later
    assert render_report("csv", before) == render_report("csv", after)


def test_aliases_are_those_of_the_campaign_not_of_what_is_shown() -> None:
    whole = redacted(case.report())
    part = redacted(case.report(stays=(), happenings=(), runs=case.runs()[:1]))
    assert whole.comparisons[0].metrics[0].targets == part.comparisons[0].metrics[0].targets


def test_no_alias_is_the_name_of_another_machine() -> None:
    names = ("target-2", "target-1", "web-9")
    one = factory.metric(factory.key(), "IOPS", 1.0, targets=tuple(factory.target(name, 1.0, 1.0) for name in names))
    shown = redact(factory.report((replace(factory.story(), metrics=(one,)),)))[0]
    assert [one.target for one in shown.comparisons[0].metrics[0].targets] == ["target-3", "target-4", "target-5"]


def test_names_that_differ_in_case_are_two_targets() -> None:
    book = AliasBook()
    assert [book.give("target", name) for name in ("Web", "web", "Web")] == ["target-1", "target-2", "target-1"]
    assert book.find("WEB") == "target-1"


def test_an_alias_says_nothing_about_its_name() -> None:
    assert redacted().targets == redact(case.report(), Known(runs=case.runs(), seen=case.sightings()))[0].targets
    renamed = AliasBook([("target-1", "other")])
    assert renamed.give("target", "acme-db-7") == "target-2", "it is a number, not a digest"


def test_a_redacted_report_keeps_its_file_names_in_order_and_its_digest_over_them() -> None:
    known = redacted().provenance
    assert [file.path for file in known.files] == sorted(file.path for file in known.files)
    assert known.digest != case.report().provenance.digest, "the digest over true paths would confirm a guess"


SAFE = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{3,20}[A-Za-z0-9_-])?\Z").filter(lambda name: len(name) > 3)
ANY = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf")), min_size=4, max_size=20).filter(
    lambda name: "→" not in name and name.strip() == name
)


def ordinary() -> frozenset[str]:
    return frozenset(Vocabulary().words)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(SAFE, ANY), min_size=2, max_size=4, unique_by=str.casefold), st.data())
def test_whatever_a_target_is_called_no_form_of_it_is_left(names: list[str], data: st.DataObject) -> None:
    name = names[0]
    forms = [name, name.upper(), name.lower(), name.casefold(), f"{name}.corp.example", f"root@{name}:/x", f"({name})"]
    said = tuple(data.draw(st.permutations([f"ssh {form} failed" for form in forms])))

    def page(called: list[str], talk: tuple[str, ...]) -> str:
        targets = tuple(factory.target(one, 1.0, 1.1) for one in called)
        one = factory.metric(factory.key(), "IOPS", 1.0, targets=targets)
        made = replace(factory.story(), metrics=(one,), warnings=talk)
        return repr(redact(replace(factory.report((made,)), samples=None))[0])

    plain = page([f"zz-{number}-zz" for number in range(len(names))], ("ssh target-1 failed",)).casefold()
    shown = page(names, said).casefold()
    if name.casefold() not in plain and not name.isdecimal() and not {*NOT_NAMES, *ordinary()} & set(words_in(name)):
        assert name.casefold() not in shown
