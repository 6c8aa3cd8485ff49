"""Inventories: how settings are merged, which mistakes are named where, and that any text is one or a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.inventory import load_inventory, parse_inventory, select
from bench.errors import ConfigError
from bench.model import Inventory, Limit, Target, is_safe_name

TEXT = """\
ssh_config: ~/.ssh/config
known_hosts: known_hosts
defaults:
  user: azureuser
  port: 2222
  labels: {cloud: azure, tier: test}
groups:
  europe:
    jump: ops@bastion:22
    labels: {region: westeurope, tier: prod}
    groups:
      big:
        labels: {size: D8}
        exclusive: link
        targets:
          vm2: {address: 10.0.0.5, data_address: 10.1.0.5, peer: vm1, port: 22, sudo: no, labels: {tier: 7}}
    targets:
      vm1: 10.0.0.4
targets:
  bare:
  other: {user: ~, labels: , identity_file: keys/id, base: /srv/bench, disk: ~/x.dat}
"""


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_inventory(text, "inv.yaml")
    return caught.value


def test_settings_come_from_target_group_outer_group_and_defaults() -> None:
    inventory = parse_inventory(TEXT, "inventories/azure.yaml")
    shared = {"ssh_config": "~/.ssh/config", "known_hosts": "inventories/known_hosts"}
    assert inventory.targets == (
        Target(
            "vm2",
            "10.0.0.5",
            "10.1.0.5",
            port=22,
            user="azureuser",
            jump="ops@bastion:22",
            labels=(("cloud", "azure"), ("region", "westeurope"), ("size", "D8"), ("tier", "7")),
            peer="vm1",
            exclusive="link",
            sudo=False,
            **shared,
        ),
        Target(
            "vm1",
            "10.0.0.4",
            "10.0.0.4",
            port=2222,
            user="azureuser",
            jump="ops@bastion:22",
            labels=(("cloud", "azure"), ("region", "westeurope"), ("tier", "prod")),
            **shared,
        ),
        Target(
            "bare", "bare", "bare", port=2222, user="azureuser", labels=(("cloud", "azure"), ("tier", "test")), **shared
        ),
        Target(
            "other",
            "other",
            "other",
            port=2222,
            identity_file="inventories/keys/id",
            labels=(("cloud", "azure"), ("tier", "test")),
            base="/srv/bench",
            disk="~/x.dat",
            **shared,
        ),
    )


@pytest.mark.parametrize("name", ["example-azure", "local"])
def test_the_shipped_examples_are_valid(name: str) -> None:
    path = Path(__file__).parents[2] / "inventories" / f"{name}.yaml"
    inventory = load_inventory(path)
    assert inventory.targets
    assert inventory.path == str(path)


def test_a_block_device_may_be_named_when_its_stable_name_is_destroyable() -> None:
    text = "groups: {g: {disk: /dev/nvme1n1, destroyable: [/dev/disk/by-id/nvme-x], targets: {a: h}}}"
    target = parse_inventory(text, "f").target("a")
    assert (target.disk, target.destroyable) == ("/dev/nvme1n1", ("/dev/disk/by-id/nvme-x",))
    assert parse_inventory("targets: {a: {disk: /dev/shm/x}}", "f").target("a").destroyable == ()


@pytest.mark.parametrize(
    ("text", "where", "what", "remedy"),
    [
        ("targets:\n  a: {adress: h}", "2: targets.a.adress", "unknown key 'adress'", "Did you mean 'address'?"),
        ("target:\n  a: h", "1: target", "unknown key", "Did you mean 'targets'?"),
        ("groups:\n  g:\n    target: {a: h}", "3: groups.g.target", "unknown key", "'targets'"),
        ("defaults: {peer: h}\ntargets: {a: h}", "1: defaults.peer", "unknown key 'peer'", ""),
        ("defaults: {destroyable: []}\ntargets: {a: h}", "1: defaults.destroyable", "unknown key", ""),
        ("targets:\n  a: {port: many}", "2: targets.a.port", "expected a whole number, found 'many'", ""),
        ("targets:\n  a: {port: 70000}", "2: targets.a.port", "at most 65535", ""),
        ("targets:\n  a: {port: 0}", "2: targets.a.port", "at least 1", ""),
        ("targets:\n  a: {sudo: perhaps}", "2: targets.a.sudo", "expected yes or no", ""),
        ("targets:\n  a: {user: [x]}", "2: targets.a.user", "expected a text, found a list", "one value"),
        ("targets:\n  a: {labels: x}", "2: targets.a.labels", "keys and values", "key: value"),
        ("targets:\n  a: {labels: {region: }}", "2: targets.a.labels.region", "expected a text, found nothing", ""),
        ("targets:\n  a: {labels: {'a/b': x}}", "2: targets.a.labels.a/b", "safe file name", ""),
        ("targets:\n  a: {destroyable: /dev/disk/x}", "2: targets.a.destroyable", "expected a list", "- item"),
        ("targets:\n  a: {destroyable: [/dev/sdb]}", "2: targets.a.destroyable[0]", "stable device name", "by-id"),
        ("targets:\n  a: {disk: /dev/sdb}", "2: targets.a.disk", "block device", "destroyable"),
        ("targets:\n  a: {disk: data}", "2: targets.a.disk", "starts with / or ~/", ""),
        ("targets:\n  a: {disk: /data/../etc/passwd}", "2: targets.a.disk", "without '..'", ""),
        ("targets:\n  a: {base: /}", "2: targets.a.base", "path on the target", ""),
        ("targets:\n  a: {address: -oProxyCommand=id}", "2: targets.a.address", "host name or IP address", ""),
        ("targets:\n  a: {address: 'h; id'}", "2: targets.a.address", "host name or IP address", ""),
        ("targets:\n  a: {user: -x}", "2: targets.a.user", "user name", ""),
        ("targets:\n  a: {jump: 'a b'}", "2: targets.a.jump", "[user@]host[:port]", ""),
        ("targets:\n  a: {jump: -x@h}", "2: targets.a.jump", "[user@]host[:port]", ""),
        ('targets:\n  a: {identity_file: "x\\ny"}', "2: targets.a.identity_file", "one line of text", ""),
        ("targets:\n  a: h\n  b: {peer: c}", "3: targets.b.peer", "no target 'c'", "Known: a"),
        ("targets:\n  web1: h\n  b: {peer: wbe1}", "3: targets.b.peer", "no target 'wbe1'", "Did you mean 'web1'?"),
        ("targets:\n  a: {peer: a}", "2: targets.a.peer", "its own peer", ""),
        ("targets: {a: h}\ngroups:\n  g: {targets: {a: i}}", "3: groups.g.targets.a", "again (first on line 1)", ""),
        ("targets:\n  vm: h\n  VM: i", "3: targets.VM", "again (first on line 2)", ""),
        ("targets:\n  a: h\n  b: {address: H, port: 22}", "3: targets.b", "same address and port as 'a' (line 2)", ""),
        ("targets:\n  '../x': h", "2: targets.../x", "not a safe file name", "starting with a letter"),
        ("targets:\n  - a", "1: targets", "expected keys and values, found a list", ""),
        ("targets: {}", "1", "has no targets", "vm1"),
        ("defaults: {user: x}", "1", "has no targets", ""),
    ],
)
def test_mistakes_name_line_key_and_remedy(text: str, where: str, what: str, remedy: str) -> None:
    error = refusal(text)
    assert error.where == f"inv.yaml:{where}"
    assert what in error.what
    assert remedy in error.remedy
    assert error.exit_code == 2


def test_ipv6_addresses_with_and_without_brackets() -> None:
    inventory = parse_inventory("targets: {a: '[2001:db8::1]', b: {address: '2001:db8::2'}, c: 'fe80::1%eth0'}", "f")
    assert [target.address for target in inventory.targets] == ["2001:db8::1", "2001:db8::2", "fe80::1%eth0"]
    with pytest.raises(ConfigError, match="same address and port"):
        parse_inventory("targets: {a: '[2001:db8::1]', b: '2001:db8::1'}", "f")


def test_one_address_may_be_shared_by_ports() -> None:
    inventory = parse_inventory("defaults: {address: h}\ntargets: {a: {port: 1}, b: {port: 2}}", "f")
    assert [(target.address, target.data_address, target.port) for target in inventory.targets] == [
        ("h", "h", 1),
        ("h", "h", 2),
    ]


def test_the_same_address_behind_another_jump_host_is_another_machine() -> None:
    inventory = parse_inventory("targets: {a: {address: h, jump: j1}, b: {address: h, jump: j2}, c: h}", "f")
    assert len(inventory.targets) == 3


@pytest.mark.parametrize(
    "name", ["a'b", 'a"b', "../a", "a/b", "..", ".a", "-a", "a b", "a\nb", "", "x" * 65, "ä", "a."]
)
def test_unsafe_target_and_group_names_are_refused(name: str) -> None:
    quoted = '"' + name.replace('"', '\\"').replace("\n", "\\n") + '"'
    assert "name" in refusal(f"targets: {{{quoted}: h}}").what or name == ""
    assert refusal(f"groups: {{{quoted}: {{targets: {{a: h}}}}}}").what


@pytest.mark.parametrize("address", ["fe80::1%eth0", "::1", "10.0.0.4", "vm-1.example.com", "my_alias"])
def test_addresses_of_every_form_are_accepted(address: str) -> None:
    assert parse_inventory(f"targets: {{a: {{address: '{address}'}}}}", "f").target("a").address == address


def names(inventory: Inventory) -> list[str]:
    return [target.name for target in inventory.targets]


def test_select_by_name_and_label_keeps_order_and_drops_lost_peers() -> None:
    inventory = parse_inventory(TEXT, "inventories/azure.yaml")
    assert select(inventory, []) is inventory
    assert names(select(inventory, ["bare", "vm*"])) == ["vm2", "vm1", "bare"]
    assert names(select(inventory, ["region=west*"])) == ["vm2", "vm1"]
    assert names(select(inventory, ["region=westeurope,tier=prod"])) == ["vm1"]
    assert select(inventory, ["vm*"]).target("vm2").peer == "vm1"
    assert select(inventory, ["vm2"]).target("vm2").peer is None
    with pytest.raises(ConfigError, match="Did you mean 'region=westeurope'"):
        select(inventory, ["bare", "region=westeurop"])


KEYWORDS = st.sampled_from(
    [
        *("targets", "groups", "defaults", "address", "port", "peer", "labels", "disk", "a", "b", ":", "\n", "  "),
        *("[", "]", "{", "}", ", ", "/dev/sda", "~", "22", "'", '"', "\\0", "&x", "*x", "- "),
    ]
)


def outcome(path: Path, text: str | None = None) -> Inventory | ConfigError:
    try:
        return load_inventory(path) if text is None else parse_inventory(text, str(path))
    except ConfigError as error:
        return error


@given(st.text() | st.lists(KEYWORDS, max_size=40).map("".join))
def test_any_text_is_an_inventory_or_a_config_error(text: str) -> None:
    result = outcome(Path("f"), text)
    if isinstance(result, Inventory):
        assert result.targets
        assert all(is_safe_name(target.name) for target in result.targets)
    else:
        assert result.where.startswith("f")
        assert str(result).isprintable()


@given(st.binary(max_size=200))
def test_any_file_is_an_inventory_or_a_config_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    result = outcome(path)
    assert str(path) in (result.path if isinstance(result, Inventory) else result.where)


@given(st.text(min_size=1))
def test_any_target_name_is_safe_or_refused(name: str) -> None:
    escaped = "".join(f"\\U{ord(character):08x}" for character in name)
    result = outcome(Path("f"), f'targets: {{"{escaped}": host}}')
    assert isinstance(result, Inventory) == is_safe_name(name)
    assert isinstance(result, ConfigError) or result.targets[0].name == name


def test_limits_are_merged_metric_by_metric() -> None:
    text = """\
defaults: {limits: {iperf3/throughput: 10 Gbit/s, fio/rand/iops: 80000 IOPS}}
targets:
  a: {limits: {iperf3/throughput: 12.5 Gbit/s}}
  b: {limits: }
  c:
"""
    a, b, c = parse_inventory(text, "inv.yaml").targets
    assert a.limits == (Limit("fio/rand/iops", 80000, "IOPS"), Limit("iperf3/throughput", 12.5, "Gbit/s"))
    assert b.limits == c.limits == (Limit("fio/rand/iops", 80000, "IOPS"), Limit("iperf3/throughput", 10, "Gbit/s"))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{throughput: 10 Gbit/s}", "'throughput' names no metric"),
        ("{iperf3/throughput: fast}", "expected a quantity for iperf3/throughput, found 'fast'"),
        ("{iperf3/throughput: 10}", "expected a quantity"),
        ("{iperf3/throughput: 10 Gbps}", "found '10 Gbps'"),
        ("{iperf3/throughput: 0 Gbit/s}", "expected a quantity"),
        ("{iperf3/throughput: -1 Gbit/s}", "expected a quantity"),
        ("[10 Gbit/s]", "keys and values"),
    ],
)
def test_a_wrong_limit_is_refused_with_its_line(written: str, words: str) -> None:
    error = refusal(f"targets:\n  a:\n    limits: {written}\n")
    assert words in error.what
    assert error.where.startswith("inv.yaml:3")
