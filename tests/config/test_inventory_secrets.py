"""A secret in an inventory is refused, and the message does not repeat it; what only looks like one is not."""

from __future__ import annotations

import pytest

from bench.config.inventory import parse_inventory
from bench.errors import ConfigError


@pytest.mark.parametrize(
    "text",
    [
        "password: hunter2\ntargets: {a: b}",
        "defaults: {ssh_password: hunter2}\ntargets: {a: b}",
        "targets: {a: {address: b, sudo_password: hunter2}}",
        "targets: {a: {address: b, passphrase: hunter2}}",
        "groups: {g: {ansible_become_pass: hunter2, targets: {a: b}}}",
        "targets: {a: {address: b, labels: {password: hunter2}}}",
        "targets: {a: {address: b, labels: {api_token: hunter2}}}",
        "targets: {a: {address: 'me:hunter2@b'}}",
        "targets: {a: 'me:hunter2@b'}",
        "targets: {a: {address: b, user: 'me:hunter2'}}",
        "targets: {a: {address: b, jump: 'me:hunter2@bastion'}}",
        "targets: {a: {address: b, jump: 'one,me:hunter2@bastion:22'}}",
    ],
)
def test_a_secret_in_an_inventory_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_inventory(text, "inv.yaml")
    said = str(caught.value)
    assert "a secret does not stand in this file" in said
    assert "VMBENCH_SSH_PASSWORD" in said
    assert "inv.yaml:" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("jump", ["me@[fe80::1]:22", "[::1]", "a@b:1,c@d:2", "[fe80::1]:22,me@x"])
def test_addresses_with_colons_are_no_passwords(jump: str) -> None:
    found = parse_inventory(f"targets: {{a: {{address: 'fe80::1', jump: '{jump}', labels: {{pass: x}}}}}}", "i")
    assert found.targets[0].jump == jump
