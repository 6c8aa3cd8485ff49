"""A campaign whose machines, people and accounts have names of every kind, and text that repeats them in every way."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import quote

import report_factory as factory

from bench.analyse.coverage import Coverage, CoverageRow
from bench.analyse.findings import Revision, Turn
from bench.analyse.happened import Event, Happening, Stay
from bench.analyse.result import Comparison, Excluded, FactChange, Flag, FlagKind, GroupResult, TargetResult
from bench.analyse.sightings import Sighting
from bench.model import Facts, Finding, Run, Target, Told, Trial
from bench.report.provenance import FileDigest, Provenance, ToolUse
from bench.report.view import Report

MACHINE_ID, BOOT_ID = "9f8e7d6c5b4a39281706f5e4d3c2b1a0", "5e1f0c1a-77aa-4c3b-9d2e-1234567890ab"
VM_ID = "B7C6D5E4-1111-2222-3333-445566778899"
HOST, OTHER_HOST = "TYO21PrdApp17", "OSA04PrdApp02.prd.fabric.zone"
TARGETS = (
    Target(
        "acme-db-7", "acme-db-7.corp.acme-inc.zz", "10.17.4.9", 2222, "svc_bench", "/home/hiroko/.ssh/acme_key",
        "hop@bastion9.acme-inc.zz:22",
        (("owner", "Hiroko Tanaka"), ("region", "japaneast"), ("size", "Standard_D3_v2")),
    ),
    Target(
        "Payroll.Frontend", "2001:db8:17::5", "2001:db8:17::5", user="hiroko",
        labels=(("region", "japaneast"), ("resource_group", "rg-payroll-prod"), ("size", "Standard_D3_v2")),
    ),
    Target("web", "192.0.2.80", "192.0.2.80", labels=(("region", "westus2"), ("size", "Standard_B2ms"))),
    Target("test", "fileserver77", "198.51.100.23", labels=(("region", "westus2"),)),
    Target("12", "203.0.113.12", "203.0.113.12"),
)  # fmt: skip
SECRETS = (
    "acme-db-7", "ACME-DB-7", "acme%2Ddb%2D7", "acme-inc", "corp.acme", "10.17.4.9", "10-17-4-9", "svc_bench", "hiroko",
    "bastion9", "Payroll.Frontend", "payroll.frontend", "2001:db8", "2001:0db8", "2001:DB8", "2001%3A", "fileserver77",
    "192.0.2.80", "198.51.100.23", "203.0.113.12", "Tanaka", "rg-payroll-prod", MACHINE_ID, MACHINE_ID[:12], BOOT_ID,
    BOOT_ID[:12], VM_ID, VM_ID.lower(), VM_ID.replace("-", "").lower(), HOST, HOST.upper(), "OSA04PrdApp02",
    "prd.fabric", "11112222-aaaa", "rg-secret", "vm-secret", "i-0abcdef1234567890", "vol-0123456789abcdef0",
    "123456789012", "my-gcp-project", "gce-secret-1", "00:0d:3a:11:22:33", "00-0D-3A-11-22-33", "000d3a112233",
    "S3cretF1ngerprint", "AAAAC3NzaC1lZDI1", "unknown-gw", "10.99.0.1", "fe80::20d", "mallory", "ops.example.com",
    "nvme-eui.0025385b71b0f00d", "/mnt/customer-x", "4242424242424242424", "別サーバー", "SomeFormerHost9",
    "zentrale",
)  # fmt: skip
"""What must be nowhere in any output, in no case and not encoded."""
TALK = (
    "ssh: connect to host acme-db-7 port 22: Connection refused (10.17.4.9:22)",
    "ACME-DB-7.corp.acme-inc.zz said no; acme-db-7.json was not there; see https://x.invalid/?host=acme%2Ddb%2D7",
    "svc_bench@acme-db-7:/home/hiroko/bench$ sudo: unable to resolve host fileserver77",
    "payroll.frontend [2001:0db8:0017:0000:0000:0000:0000:0005]:22 and 2001:DB8:17::5%eth0, 2001%3Adb8%3A17%3A%3A5",
    "2001-db8-17--5.ipv6-literal.net, ::ffff:10.17.4.9, ip-10-17-4-9.ec2.internal, fe80::20d:3aff:fe11:2233",
    "mallory@unknown-gw.ops.example.com via 10.99.0.1, card 00:0d:3a:11:22:33 = 00-0D-3A-11-22-33 = enx000d3a112233",
    "/subscriptions/11112222-aaaa-4bbb-8ccc-ddddeeeeffff/resourceGroups/rg-secret/providers/X/virtualMachines/vm-secret",
    "arn:aws:ec2:eu-west-1:123456789012:instance/i-0abcdef1234567890 has vol-0123456789abcdef0 in account 123456789012",
    "projects/my-gcp-project/zones/us-central1-a/instances/gce-secret-1 (4242424242424242424)",
    "SHA256:S3cretF1ngerprint0000000000000000000000000a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFoo= hiroko@laptop",
    f"machine {MACHINE_ID} was {VM_ID.lower()} on {HOST.upper()}",
    f"token {base64.b64encode(b'host=acme-db-7 user=hiroko').decode()} and {quote('別サーバー')} 別サーバーが停止",
    "別サーバー.zentrale.zz is down",
)  # fmt: skip
PAIR = "acme-db-7 → Payroll.Frontend"
NAMES = (PAIR, "web", "test", "12", "別サーバー")


def results() -> tuple[TargetResult, ...]:
    labels = {target.name: dict(target.labels) for target in TARGETS} | {PAIR: dict(TARGETS[0].labels)}
    return tuple(factory.target(name, 100.0, 101.0, 1, **labels.get(name, {"region": "r"})) for name in NAMES)


def facts(machine: str) -> Facts:
    return Facts(
        (
            ("disk", "/mnt/customer-x.filesystem", "ext4 rw"), ("disk", "nvme-eui.0025385b71b0f00d.scheduler", "none"),
            ("host", "build", "10.0.0.230"), ("host", "physical_host", HOST), ("identity", "boot_id", BOOT_ID),
            ("identity", "machine_id", machine), ("identity", "vm_id", VM_ID),
        )
    )  # fmt: skip


def sightings() -> tuple[Sighting, ...]:
    at = "2018-01-02T01:00:00Z"
    return tuple(Sighting(one.name, "r", "before", at, at, True, facts(MACHINE_ID)) for one in TARGETS[:1])


def runs() -> tuple[Run, ...]:
    trials = tuple(
        Trial(f"fio.randread.{'+'.join(names)}.r01", names, "fio", "randread", 1, ())
        for names in (("acme-db-7", "Payroll.Frontend"), ("web",), ("test",), ("12",))
    )
    return tuple(
        factory.run(tag, session, f"2018-01-{day:02d}T01:10:00Z", targets=TARGETS, plan=trials,
                    title="Patching ACME-DB-7 and web", primary=("fio/iops",))
        for tag, day in (("before", 2), ("web-after", 7)) for session in (1, 2)
    )  # fmt: skip


def report(**changes: object) -> Report:
    talk = "; ".join(TALK)
    one = factory.metric(
        factory.key(dir="/mnt/customer-x/fio", host="acme-db-7"), "IOPS", 1.2, 0.01, targets=results(), primary=True,
        warnings=TALK, settle="2 more sessions per tag on acme-db-7",
    )  # fmt: skip
    one = replace(one, flags=(Flag(FlagKind.OUTLIER, f"an outlier on {PAIR}: {TALK[0]}", "before", (PAIR, "web")),))
    moved = (
        FactChange("host", "physical_host", HOST, OTHER_HOST, ("acme-db-7",), 5),
        FactChange("host", "build", "10.0.0.230", "10.0.0.299", ("web",), 5, "host_patch"),
        FactChange("identity", "machine_id", MACHINE_ID, f"{MACHINE_ID} | {VM_ID}", ("acme-db-7", "test"), 5),
        FactChange("disk", "nvme-eui.0025385b71b0f00d.scheduler", "none", "mq-deadline", ("12",), 5),
        FactChange("guest-config", "cmdline", "root=UUID=" + BOOT_ID, "ip=10.17.4.9::10.99.0.1", ("web",), 5),
    )
    judged = replace(
        factory.CONFOUNDED, changes=moved, relocated=("acme-db-7", "web"), replaced=("test",),
        sentence=f"Identity changed: acme-db-7 (machine_id {MACHINE_ID[:12]}… → {VM_ID[:12]}…). Undeclared: host "
        f"physical_host {HOST} → {OTHER_HOST}. The test host of 12 sessions.",
    )  # fmt: skip
    group = GroupResult((("region", "japaneast"), ("size", "Standard_D3_v2")), ("acme-db-7", "web"), one)
    step = Comparison(
        "before", "web-after", (one,), judged, (Excluded("acme-db-7 fio", TALK[1], 3),), (*TALK, "web: froze"), (group,)
    )
    told = Told("fio/iops", "IOPS", "improved")
    seen = (f"host physical_host {HOST} → SomeFormerHost9", "guest-os kernel 4.1 → 4.2")
    finding = Finding("2018-01-03", "0.1", "before", "web-after", ("before-s1",), (), "attributed", seen, (told,))
    causes = ("attributed", "confounded")
    revision = Revision(finding, finding, (Turn(told, told),), causes, (), (), seen, False, None)
    folder = "january/web-after-s1/trials"
    paths = (
        f"{folder}/fio.randread.{n}.r01/1/raw/{n}.json" for n in ("acme-db-7+Payroll.Frontend", "web", "test", "12")
    )
    evidence = (("host", "physical_host", HOST, OTHER_HOST), ("identity", "boot_id", BOOT_ID, "x" + VM_ID))
    times = ("2018-01-03T00:00:00Z", "2018-01-04T00:00:00Z")
    settings: dict[str, object] = {
        "runs": runs(),
        "title": "Patch of web, acme-db-7 and payroll.frontend (mallory@acme-inc.com)",
        "coverage": Coverage(
            tuple(CoverageRow("before", name, "fio", 3, 1, 4, tuple((talk, 2) for talk in TALK)) for name in NAMES),
            (("unixbench on acme-db-7", talk),),
        ),
        "provenance": Provenance(
            (ToolUse("fio", NAMES, (("built_on", "acme-db-7"), ("version", "fio-3.33")), 9),),
            tuple(FileDigest(path, f"{n:064x}", 9) for n, path in enumerate(paths)),
            (("fio", "randread", "filename=/mnt/customer-x/fio host=acme-db-7"),),
        ),
        "reproduce": ("bench report before web-after --runs /home/hiroko/acme-db-7/runs",),
        "happenings": (Happening("acme-db-7", Event.MIGRATED, *times, ("before", "web-after"), evidence, talk),),
        "stays": (Stay("acme-db-7", HOST, "10.0.0.230", "2018-01-02", "2018-01-03", ("before",)),
                  Stay("web", OTHER_HOST, "10.0.0.299", "2018-01-02", "2018-01-03", ("before",))),
        "revisions": (revision,),
        "samples": factory.samples((step,)).assign(labels='{"owner": "Hiroko Tanaka", "region": "japaneast"}'),
    }  # fmt: skip
    return factory.report((step,), **(settings | changes))
