"""A guest patch on a real machine: is what it costs found, and is a machine that reboots in mid-job survived?

`make test-vm` runs this; `make test` does not. Everything happens on one virtual machine that boots without
mitigations, is patched (its boot menu then says pti=on), rebooted by vmbench, and later reset while a job runs.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from vm_campaign import AFTER, BEFORE, Campaign
from vm_image import ImageError, image
from vm_machine import machine

from bench.analyse.freezes import Interruption, frozen
from bench.config.catalogue import load_suites, suite_folders
from bench.model import Status
from bench.report.campaign import read
from bench.store import StoredRun, verify

pytestmark = pytest.mark.vm

FROZEN_S = 3.0
LIMIT_S = 1500
"""After which the test gives up, whatever hangs: much more than it takes on two slow cores."""


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise TimeoutError(f"the test took more than {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    try:
        made = image()
    except ImageError as error:
        pytest.fail(f"there is no virtual machine: {error}", pytrace=False)
    (tmp_path / "vm").mkdir()
    (tmp_path / "work").mkdir()
    with machine(made, tmp_path / "vm") as started:
        campaign = Campaign(tmp_path / "work", started)
        campaign.tell(f"image built in {made.built_in_s:.0f} s" if made.built_in_s else "image from the cache")
        campaign.tell(f"booted in {started.await_ssh():.0f} s")
        try:
            yield campaign
        finally:
            campaign.end()
            campaign.tell(f"console: {started.folder / 'console.log'}")


def test_a_guest_patch_is_found_and_reboots_are_survived(campaign: Campaign) -> None:
    prepare(campaign)
    measure_before(campaign)
    patch_and_reboot(campaign)
    measure_after(campaign)
    check_the_verdict(campaign)
    survive_a_reset(campaign)
    notice_a_freeze(campaign)
    assert campaign.jobs_left() == []
    campaign.bench("verify")


def prepare(campaign: Campaign) -> None:
    """Trust the machine, and install the tool before the first phase."""
    assert "bench trust" in campaign.bench("doctor", "-i", "inventory.yaml", "-s", "perfbench", code=1)
    fingerprint = campaign.machine.fingerprint()
    assert fingerprint in campaign.bench("trust", "-i", "inventory.yaml", "--yes")
    assert "perf version" in campaign.bench("doctor", "-i", "inventory.yaml", "-s", "perfbench", "--fix")
    assert "Vulnerable" in campaign.machine.ssh("cat /sys/devices/system/cpu/vulnerabilities/meltdown")


def measure_before(campaign: Campaign) -> None:
    """Three sessions, a reboot before the second."""
    campaign.bench("run", "--phase", BEFORE, "--reboot-between-sessions")
    campaign.bench("run", "--phase", BEFORE, "--reboot-between-sessions")
    campaign.bench("run", "--phase", BEFORE)
    first, second, third = campaign.runs(BEFORE)
    assert [run.info.rebooted_first for run in (first, second, third)] == [False, True, False]
    (event,) = [event for event in second.events() if event["kind"] == "rebooted"]
    campaign.tell(f"rebooted between sessions: back {event['back_s']} s, at rest {event['settled_s']} s")
    assert boots(first) == {event["before"]}
    assert boots(second) == boots(third) == {event["after"]}


def boots(run: StoredRun) -> set[str]:
    """The boot ids under which a run's attempts ran."""
    return {boot for stored in run.attempts() for _, boot in stored.record.boot_ids}


def patch_and_reboot(campaign: Campaign) -> None:
    """The guest patch, and the reboot that brings it into force, by an account that needs sudo."""
    campaign.machine.ssh("sed -i 's/^DEFAULT .*/DEFAULT patched/' /boot/syslinux.cfg && sync")
    campaign.bench("reboot", "-i", "sudo.yaml", code=1)  # nobody is there to say yes
    assert "mitigations=off" in campaign.machine.ssh("cat /proc/cmdline")
    assert "1 of 1 target rebooted" in campaign.bench("reboot", "-i", "sudo.yaml", "vm", "--yes")
    assert "pti=on" in campaign.machine.ssh("cat /proc/cmdline")


def measure_after(campaign: Campaign) -> None:
    for _ in range(3):
        campaign.bench("run", "--phase", AFTER)


def check_the_verdict(campaign: Campaign) -> None:
    compared = campaign.compared()
    for metric in compared["metrics"]:
        key = metric["key"]
        campaign.tell(
            f"{key['case']}: {metric['before']:.0f} → {metric['after']:.0f} {metric['unit']}, × {metric['ratio']:.3f}, "
            f"p {metric['p']:.2g}: {metric['verdict']}"
        )
    found = {(m["key"]["suite"], m["key"]["case"]): (m["verdict"], m["reason"]) for m in compared["metrics"]}
    assert found == {("perfbench", "syscall"): ("regressed", None), ("perfbench", "pipe"): ("regressed", None)}
    assert compared["overall"] == "regressed"
    changes = {(change["layer"], change["name"]): change for change in compared["attribution"]["changes"]}
    cmdline = changes["guest-config", "cmdline"]
    assert "mitigations=off" in cmdline["before"]
    assert "pti=on" in cmdline["after"]
    meltdown = changes["guest-config", "vulnerability.meltdown"]
    assert (meltdown["before"], meltdown["after"]) == ("Vulnerable", "Mitigation: PTI")
    assert {change["declared_by"] for change in changes.values()} == {"guest_patch"}
    campaign.bench("report", "--campaign", "meltdown", "-o", "page.html")
    page = (campaign.folder / "page.html").read_text("utf-8")
    for words in ("regressed · by 2 % or more", "pti=on", "Mitigation: PTI"):
        assert words in page


def survive_a_reset(campaign: Campaign) -> None:
    """While a job runs bench does not reboot; the reset button does. That attempt is kept, another is the result."""
    process = campaign.start("run", "-i", "inventory.yaml", "-s", "perfbench:long", "--tag", "reset", "-n", "1")
    job = campaign.await_job()
    said = campaign.bench("reboot", "-i", "sudo.yaml", "--yes", code=1)
    assert f"nothing was rebooted: vm: a vmbench job is running on it ({job})" in said
    before = campaign.machine.ssh("cat /proc/sys/kernel/random/boot_id").strip()
    began = time.monotonic()
    campaign.machine.qmp("system_reset")
    campaign.finish(process)
    campaign.tell(f"reset in mid-job: measured again {time.monotonic() - began:.0f} s later")
    (run,) = campaign.runs("reset")
    first, second = [stored.record for stored in run.attempts()]
    after = campaign.machine.ssh("cat /proc/sys/kernel/random/boot_id").strip()
    assert before != after
    assert (first.status, second.status) == (Status.INTERRUPTED, Status.OK)
    assert f"vm rebooted while the job ran (boot id {before} → {after})" in first.cause
    assert {boot for _, boot in first.boot_ids} <= {before}
    assert {boot for _, boot in second.boot_ids} == {after}
    assert run.missing() == ()
    assert verify(run) == []
    campaign.bench("export", "--campaign", "inventory", "-o", "reset.csv")
    rows = (campaign.folder / "reset.csv").read_text("utf-8").splitlines()
    assert len(rows) == 2, "a heading, and one value, of the second attempt"


def notice_a_freeze(campaign: Campaign) -> None:
    """The whole machine stands still for a known time while a job runs; the freeze probe says for how long."""
    process = campaign.start(
        "run", "-i", "inventory.yaml", "-s", "perfbench:long", "--tag", "frozen", "-n", "1", "--freeze-probe"
    )
    campaign.await_job()
    campaign.await_ticker()
    began = time.monotonic()
    campaign.machine.process.send_signal(signal.SIGSTOP)
    time.sleep(FROZEN_S)
    campaign.machine.process.send_signal(signal.SIGCONT)
    stopped_s = time.monotonic() - began
    campaign.finish(process)
    (run,) = campaign.runs("frozen")
    events = frozen(run)
    campaign.tell(f"stopped for {stopped_s:.2f} s, noticed: {[(one.what.value, one.seconds) for _, one in events]}")
    longest = max((one for _, one in events if one.what is Interruption.FREEZE), key=lambda one: one.seconds)
    assert abs(longest.seconds - stopped_s) < 0.3
    evidence = read([run], load_suites(suite_folders(campaign.folder)))
    assert set(evidence.loaded.frame["flags"]) == {"tainted"}
    (problem,) = evidence.loaded.problems
    assert f"stood still for {longest.seconds:.1f} s" in problem.message
