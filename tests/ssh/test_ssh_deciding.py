"""`bench run --until-decided` over real sshd: looks, what they cost, and what survives a killed controller."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ssh_ground import Workspace, write_workspace

from bench.measure.sandbox import Sandbox, Sshd
from bench.model import Look, LookOutcome
from bench.store import Store, verify
from tests.waiting import LONGEST_S, until


@dataclass(slots=True)
class Campaign(Workspace):
    """A workspace whose target has its rate in a file beside its jobs."""

    def bench(self, *words: str, code: int = 0) -> str:
        process = self.start(*words)
        said, _ = process.communicate(timeout=LONGEST_S)
        assert process.returncode == code, said
        return said

    def rate(self, value: float) -> None:
        (self.folder / "rate").write_text(f"rate {value}\n")

    def looks(self) -> list[Look]:
        found = [run.look() for run in Store(self.folder / "runs").runs(tags=["after"])]
        return [look for look in found if look is not None]

    def sessions(self, tag: str) -> int:
        return len(Store(self.folder / "runs").runs(tags=[tag]))

    def compared(self) -> dict[str, object]:
        (one,) = json.loads(self.bench("compare", "before", "after", "--json"))["comparisons"]
        return dict(one)


@pytest.fixture
def campaign(box: Sandbox, daemons: list[Sshd], tmp_path: Path) -> Iterator[Campaign]:
    write_workspace(tmp_path, box, daemons[0])
    made = Campaign(tmp_path)
    write(made)
    made.rate(42)
    yield made
    made.end()


def write(campaign: Campaign, margin: str = "2 %", primary: str = "primary: [scripted/rate]", script: str = "") -> None:
    script = f"{script}cat {campaign.folder}/rate"
    (campaign.folder / "campaign.yaml").write_text(
        f"name: c\ninventory: inventory.yaml\nrepetitions: 1\nmin_gap: 0 s\n{primary}\n"
        f"suites:\n  - scripted: {{params: {{script: {json.dumps(script)}}}}}\n"
        f"margins: {{scripted/rate: {margin}}}\n"
        "phases: [before: {resize: small}, after: {resize: large}]\n"
    )


def before(campaign: Campaign, sessions: int = 2) -> None:
    for _ in range(sessions):
        campaign.bench("run", "--phase", "before")


def test_it_stops_at_the_first_look_that_decides(campaign: Campaign) -> None:
    before(campaign)
    campaign.rate(84)
    said = campaign.bench("run", "--phase", "after", "--until-decided")
    assert "look 1 of 4 after 2 + 2 sessions, at α = 0.005 (0.005 of 0.05 spent)" in said
    assert "IMPROVED" in said
    (look,) = campaign.looks()
    assert (look.outcome, look.sessions, look.before) == (LookOutcome.DECIDED, (2, 2), "before")
    assert [name for name, _ in look.p] == ["scripted/one/rate"]

    again = campaign.bench("run", "--phase", "after", "--until-decided")
    assert "every primary metric is decided" in again
    assert campaign.sessions("after") == 2  # nothing more was measured

    decided = campaign.compared()
    campaign.rate(10)
    campaign.bench("run", "--phase", "after")  # a session of somebody who did not know that it was over
    later = campaign.compared()
    assert later["metrics"] == decided["metrics"]
    assert later["excluded"] == [
        {"what": "values", "cause": "measured after the look that ended the campaign", "count": 1, "counts": "value"}
    ]
    assert later["looks"] == decided["looks"]


def test_a_killed_controller_carries_on_with_the_same_looks(campaign: Campaign) -> None:
    # No change, and a margin that the first look cannot reach (t(.995, 10) · .5 % = 1.6 %), but the second can (1.4 %).
    write(campaign, margin="1.5 %", script="echo x >>../../ran; sleep 0.5; ")
    before(campaign)
    process = campaign.start("run", "--phase", "after", "--until-decided")
    until(lambda: process.poll() is not None or campaign.looks())
    assert process.poll() is None
    ran = campaign.folder / "base" / "ran"
    until(lambda: len(ran.read_text().split()) == 5)  # the third session of this phase has begun
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert [look.outcome for look in campaign.looks()] == [LookOutcome.UNDECIDED]

    said = campaign.bench("run", "--phase", "after", "--until-decided")
    assert "carrying on with run" in said
    first, second = campaign.looks()
    assert (first.number, first.alpha, second.number, second.outcome) == (1, 0.005, 2, LookOutcome.DECIDED)
    assert second.spent == pytest.approx(0.015)
    assert campaign.sessions("after") == 3
    assert len(ran.read_text().split()) == 5  # no trial was measured twice
    compared = campaign.compared()
    assert isinstance(compared["metrics"], list)
    assert compared["metrics"][0]["verdict"] == "no meaningful change"
    assert compared["metrics"][0]["interval"]["level"] == pytest.approx(0.99)
    for run in Store(campaign.folder / "runs").runs():
        assert verify(run) == []


def test_between_looks_results_are_judged_at_the_next_one(campaign: Campaign) -> None:
    write(campaign, margin="1.5 %")
    before(campaign)
    campaign.bench("run", "--phase", "after")
    assert campaign.compared()["looks"] == []  # these sessions look once, at the end
    process = campaign.start("run", "--phase", "after", "--until-decided")
    process.communicate(timeout=LONGEST_S)
    assert [look.number for look in campaign.looks()] == [1, 2]


def test_before_the_change_it_measures_until_the_margin_would_show(campaign: Campaign) -> None:
    # One target, phases two weeks apart: τ of 1 % alone needs 3.1 % to show, whatever its sessions say.
    write(campaign, margin="5 %")
    said = campaign.bench("run", "--phase", "before", "--until-decided")
    assert "2 sessions: with as many after the change, a change as large as the margin would show" in said
    assert campaign.sessions("before") == 2
    write(campaign, margin="2 %")
    process = campaign.start("run", "--phase", "before", "--until-decided")
    said, _ = process.communicate(timeout=LONGEST_S)
    assert "8 sessions, the most that are measured before a change" in said
    assert campaign.sessions("before") == 8
    assert campaign.looks() == []


def test_a_session_in_which_nothing_could_be_measured_is_none(campaign: Campaign) -> None:
    before(campaign)
    write(campaign, script="echo broken >&2; exit 1; ")
    said = campaign.bench("run", "--phase", "after", "--until-decided", code=3)
    assert "Nothing could be measured in this session" in said
    assert campaign.sessions("after") == 1
    assert campaign.looks() == []  # and no α was spent on it


def test_what_cannot_be_decided_is_refused(campaign: Campaign) -> None:
    said = campaign.bench("run", "--phase", "after", "--until-decided", code=2)
    assert "0 sessions of the phase before it, 'before': at least 2 are needed" in said
    assert campaign.sessions("after") == 0
    write(campaign, primary="")
    assert "no primary metric" in campaign.bench("run", "--phase", "after", "--until-decided", code=2)
    alone = campaign.bench("run", "-i", "inventory.yaml", "-s", "scripted", "--tag", "x", "--until-decided", code=2)
    assert "no primary metric" in alone
