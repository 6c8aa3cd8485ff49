"""Which VM of a control plane is which target, and which cloud a machine is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cloud import clouds
from bench.cloud.matching import matches
from bench.cloud.probing import Asking, script
from bench.cloud.protocol import Machine
from bench.model import Target

WEB = Machine("azure", "/id/web", "web", "10.0.0.4", "203.0.113.4", vm_id="vm-1")
DB = Machine("azure", "/id/db", "db", "10.0.0.5", vm_id="vm-2")
TWIN = Machine("azure", "/id/twin", "web", "10.0.0.4", vm_id="vm-3")
OTHER = Machine("azure", "/id/other", "other", "10.0.0.4", vm_id="vm-9")


@pytest.mark.parametrize(
    ("target", "machines", "known", "found"),
    [
        (Target("t", "x", "x", labels=(("cloud_id", "/ID/web"),)), [WEB, DB, TWIN], {}, WEB),
        (Target("t", "x", "x"), [WEB, DB, TWIN], {"vm_id": "VM-2"}, DB),
        (Target("t", "x", "x"), [WEB, DB, TWIN], {"cloud_id": "/id/twin"}, TWIN),
        (Target("t", "203.0.113.4", "10.0.0.4"), [WEB, DB], {}, WEB),
        (Target("t", "10.0.0.4", "10.0.0.4"), [WEB, DB, TWIN], {}, None),
        (Target("DB", "db.example.com", "x"), [WEB, DB], {}, DB),
        (Target("web", "x", "x"), [WEB, TWIN], {}, None),
        (Target("web", "10.0.0.4", "x"), [WEB, OTHER], {}, WEB),
        (Target("web", "10.0.0.4", "x", labels=(("cloud_id", "/id/gone"),)), [WEB], {"vm_id": "vm-1"}, None),
        (Target("t", "10.0.0.4", "x"), [WEB, OTHER], {"vm_id": "vm-9"}, OTHER),
        (Target("t", "x", "x"), [WEB, DB], {}, None),
        (Target("t", "x", "x"), [Machine("azure", "/id/bare", "")], {}, None),
    ],
)
def test_a_target_is_the_one_vm_that_fits(
    target: Target, machines: list[Machine], known: dict[str, str], found: Machine | None
) -> None:
    assert matches([target], machines, {target.name: known}).get(target.name) == found


@pytest.mark.parametrize(
    ("file", "content", "cloud"),
    [
        ("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n", "azure"),
        ("sys_vendor", "Amazon EC2\n", "aws"),
        ("bios_version", "4.11.amazon\n", "aws"),
        ("product_name", "Google Compute Engine\n", "gcp"),
        ("sys_vendor", "QEMU\n", ""),
        ("sys_vendor", "$(touch hacked)\n", ""),
    ],
)
def test_firmware_says_which_cloud_it_is(file: str, content: str, cloud: str, tmp_path: Path) -> None:
    import subprocess

    (tmp_path / file).write_text(content)
    ((_, head), *_) = script(tuple(clouds.CLOUDS.values()), Target("t", "t", "t"), Asking())
    text = head.replace("/sys/class/dmi/id", str(tmp_path))
    done = subprocess.run(["/bin/sh", "-s"], input=text, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == cloud
    assert not (tmp_path / "hacked").exists()
