"""Inventories from clouds, Ansible and ssh_config: they load, names are safe, nothing hostile gets through."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.cli import main
from bench.cloud import clouds
from bench.cloud.ansible import read_ansible
from bench.cloud.inventories import Entry, Made, from_machines, inventory_text, safe_name
from bench.cloud.protocol import Machine
from bench.cloud.ssh_file import read_ssh_config
from bench.config.inventory import load_inventory, parse_inventory, select
from bench.errors import ConfigError
from bench.measure.ssh_hosts import resolve
from bench.model import Target, is_safe_name


def machine(name: str = "web-1", address: str = "10.0.0.4", **fields: Any) -> Machine:
    return Machine(**{"cloud": "azure", "cloud_id": f"/id/{name}", "name": name, "address": address, **fields})


def loaded(made: Made, path: str = "x.yaml") -> dict[str, Target]:
    text, _ = inventory_text(made, ["said"], path)
    return {target.name: target for target in parse_inventory(text, path).targets}


def test_vms_become_targets_with_labels() -> None:
    one = machine(region="japaneast", zone="1", size="Standard_B2ms", tags=(("Owner Team", "a: b #c"), ("region", "x")))
    target = loaded(from_machines([one], user="azureuser"))["web-1"]
    assert (target.address, target.user) == ("10.0.0.4", "azureuser")
    assert dict(target.labels) == {
        "cloud": "azure", "cloud_id": "/id/web-1", "region": "japaneast", "zone": "1", "size": "Standard_B2ms",
        "Owner-Team": "a: b #c", "tag-region": "x",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["web-1", "/a/B_c.d", "10.0.0.4", "no", "Y", "null", "1e5", "0x1f", "2026-01-05", "a: b", "#x", "é", "1", "-a"],
)
def test_a_word_reads_as_itself_for_every_reader_of_yaml(text: str) -> None:
    made = Made((Entry("web-1", (("address", "10.0.0.4"),), (("tag", text),)),))
    written, _ = inventory_text(made, [], "x.yaml")
    assert yaml.safe_load(written)["targets"]["web-1"] == {"address": "10.0.0.4", "labels": {"tag": text}}
    assert "  web-1:\n    address: 10.0.0.4\n" in written


def test_what_cannot_be_measured_is_left_out_and_said() -> None:
    vms = [
        machine("off", running=False), machine("win", windows=True), machine("bare", ""), machine("on", running=True),
        machine("twin", "10.0.0.4"), machine("odd", "not an address"),
    ]  # fmt: skip
    _, made = inventory_text(from_machines(vms), [], "x.yaml")
    assert [entry.name for entry in made.entries] == ["on"]
    assert dict(made.left_out).keys() == {"off", "win", "bare", "twin", "odd"}
    assert dict(made.left_out)["twin"] == "has the same address as on"
    with pytest.raises(ConfigError, match="no machine can be a target"):
        inventory_text(from_machines(vms[:3]), [], "x.yaml")


def test_public_addresses_are_for_ssh_only() -> None:
    vms = [machine(public_address="203.0.113.7"), machine("inner")]
    made = from_machines(vms, public=True)
    target = loaded(made)["web-1"]
    assert (target.address, target.data_address) == ("203.0.113.7", "10.0.0.4")
    assert made.left_out == (("inner", "has no public address"),)


def test_names_are_safe_and_unique_whatever_the_case() -> None:
    names = ["Web", "web", "web!", "../../etc", "a" * 90, "a" * 91, "", "日本"]
    vms = [machine(name, f"10.0.0.{number}") for number, name in enumerate(names, 1)]
    found = loaded(from_machines(vms))
    assert len({name.lower() for name in found}) == len(names)
    assert {"etc", "x", "x-2", "a" * 64, "a" * 62 + "-2"} <= set(found)


@given(st.text(max_size=30))
def test_any_text_gives_a_safe_name(text: str) -> None:
    assert is_safe_name(safe_name(text))


HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        "\n  evil: {address: 6.6.6.6}",
        '"',
        "\\",
        "'; rm -rf /",
        "*a &b !c",
        "\u2028x",
        "\ud800",
        "\x00",
        "~",
        "null",
        "{{",
        "\x85",
    ]
)


@given(
    st.lists(
        st.tuples(HOSTILE, HOSTILE, st.dictionaries(HOSTILE, HOSTILE, max_size=3), HOSTILE), min_size=1, max_size=4
    )
)
def test_hostile_names_tags_and_sizes_cannot_break_the_yaml(rows: list[tuple[str, str, dict[str, str], str]]) -> None:
    vms = [
        machine(name, f"10.0.0.{number}", tags=tuple(tags.items()), size=size, cloud_id=number_of)
        for number, (name, size, tags, number_of) in enumerate(rows, 1)
    ]
    found = loaded(from_machines(vms))
    assert sorted(target.address for target in found.values()) == sorted(one.address for one in vms)
    for target in found.values():
        assert {key for key, _ in target.labels} <= {"cloud", "cloud_id", "size"} | {
            prefix + safe_name(key) for one in vms for key, _ in one.tags for prefix in ("", "tag-")
        }


# --- ansible ---

LISTING = {
    "_meta": {
        "hostvars": {
            "web-1": {
                "ansible_host": "10.0.0.4",
                "ansible_user": "deploy",
                "ansible_port": 2222,
                "region": "japaneast",
            },
            "db-1": {"ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o ProxyJump=ops@bastion:2200"},
            "win-1": {"ansible_connection": "winrm"},
            "dark-1": {"ansible_host": "{{ lookup('x') }}"},
        }
    },
    "all": {"children": ["ungrouped", "prod"]},
    "prod": {"children": ["web", "db", "prod"]},
    "web": {"hosts": ["web-1", "win-1"]},
    "db": {"hosts": ["db-1", "extra-1", "dark-1"]},
}


def test_ansible_hosts_ports_users_jumps_and_groups() -> None:
    made = read_ansible(json.dumps(LISTING).encode(), "x.json")
    found = loaded(made)
    web, db = found["web-1"], found["db-1"]
    assert (web.address, web.port, web.user) == ("10.0.0.4", 2222, "deploy")
    assert "    port: 2222\n" in inventory_text(made, (), "x.yaml")[0]
    assert dict(web.labels) == {"web": "yes", "prod": "yes", "region": "japaneast"}
    assert (db.address, db.jump) == ("db-1", "ops@bastion:2200")
    assert set(found) == {"web-1", "db-1", "extra-1"}
    assert dict(made.left_out) == {
        "win-1": "is reached by winrm, not by SSH",
        "dark-1": "has a template for its address",
    }
    inventory = parse_inventory(inventory_text(made, [], "x.yaml")[0], "x.yaml")
    assert [target.name for target in select(inventory, ["db=yes"]).targets] == ["db-1", "extra-1"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"_meta": 5, "all": {"hosts": "x"}}', b"[" * 100000])
def test_what_is_no_ansible_listing_is_said(data: bytes) -> None:
    with pytest.raises(ConfigError, match="ansible-inventory --list"):
        read_ansible(data, "x.json")


KEYS = st.sampled_from(["_meta", "hostvars", "all", "hosts", "children", "ansible_host", "ansible_port", "web"])
ANY = st.recursive(
    st.none() | st.integers() | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


NAMES = HOSTILE | st.sampled_from(["web-1", "db-1"])
SHAPED = st.fixed_dictionaries(
    {
        "_meta": st.fixed_dictionaries({"hostvars": st.dictionaries(NAMES, ANY, max_size=3)}),
        "all": st.fixed_dictionaries({"hosts": st.lists(NAMES, min_size=1, max_size=3)}, optional={"children": ANY}),
    }
)


@given(ANY | SHAPED)
def test_any_json_is_an_inventory_that_accounts_for_all_hosts_or_an_error(data: Any) -> None:
    try:
        made = read_ansible(json.dumps(data).encode(), "x.json")
        text, written = inventory_text(made, ["said"], "x.yaml")
    except ConfigError as error:
        said = str(error)
    else:
        found = [target.name for target in parse_inventory(text, "x.yaml").targets]
        assert found == [entry.name for entry in written.entries]
        assert all(map(is_safe_name, found))
        assert len(found) + len(written.left_out) == len(made.entries) + len(made.left_out)
        return
    assert "ansible-inventory --list" in said or "no machine can be a target" in said


# --- ssh_config ---

SSH = """
# Host commented
Host web-1 "web-2"  # and a word
    HostName 10.0.0.4
    User = deploy
Host=db-1
  HostName 10.0.0.5
Host *.example.com !bad ?
Match host web-1
Include other
"""


def read_file(path: str) -> bytes:
    return Path(path).read_bytes()


def test_aliases_of_an_ssh_config_keep_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "ssh").mkdir()
    config = tmp_path / "ssh" / "config"
    config.write_text("Include conf.d/* nowhere\nMatch all\n" + SSH.replace("Include other\n", ""))
    (tmp_path / "home" / ".ssh" / "conf.d").mkdir(parents=True)
    (tmp_path / "home" / ".ssh" / "conf.d" / "a").write_text("Host inner-1\n  HostName 10.9.0.1\n  ProxyJump web-1\n")
    made = read_ssh_config(config, "config", "../ssh/config", read_file)
    assert made.notes == ()
    text, _ = inventory_text(made, [], str(tmp_path / "inventories" / "x.yaml"))
    (tmp_path / "inventories").mkdir()
    (tmp_path / "inventories" / "x.yaml").write_text(text)
    targets = load_inventory(tmp_path / "inventories" / "x.yaml").targets
    assert [target.name for target in targets] == ["inner-1", "web-1", "web-2", "db-1"]
    assert [resolve(target).address for target in targets] == ["10.9.0.1", "10.0.0.4", "10.0.0.4", "10.0.0.5"]
    assert resolve(targets[0]).jump == "web-1"
    assert resolve(targets[1]).user == "deploy"


def test_an_include_that_is_not_there_or_goes_round_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    config = tmp_path / "config"
    config.write_text("Host a\nInclude gone\nInclude %h\n")
    made = read_ssh_config(config, "config", "config", read_file)
    assert [one.name for one in made.entries] == ["a"]
    assert "Include gone: there is no such file" in made.notes[0]
    assert "%h" in made.notes[1]
    config.write_text(f"Host a\nInclude {config}\n")
    with pytest.raises(ConfigError, match="too many nested Include"):
        read_ssh_config(config, "config", "config", read_file)


def test_an_ssh_config_without_machines_is_said(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("Host *\n  User x\n")
    with pytest.raises(ConfigError, match="names no machine"):
        read_ssh_config(tmp_path / "config", "config", "config", read_file)


# --- the command ---


class Plane:
    def __init__(self, *machines: Machine) -> None:
        self._machines = machines

    def machines(self) -> list[Machine]:
        return list(self._machines)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Azure with one VM, and an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        type(clouds.CLOUDS["azure"]), "control_plane", lambda self, scope=(): Plane(machine(size="Standard_B2s"))
    )


def bench(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.usefixtures("cloud")
def test_the_command_writes_once_and_overwrites_only_when_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = bench(capsys, "inventory", "azure")
    path = Path("inventories/azure.yaml")
    assert (code, out) == (0, f"wrote {path.absolute()}: 1 target\n")
    path.write_text("mine")
    code, _, err = bench(capsys, "inventory", "azure")
    assert (code, path.read_text()) == (2, "mine")
    assert "--force" in err
    assert bench(capsys, "inventory", "azure", "--force")[0] == 0
    assert load_inventory(path).targets[0].label("size") == "Standard_B2s"
    assert sorted(one.name for one in path.parent.iterdir()) == ["azure.yaml"]


@pytest.mark.usefixtures("cloud")
def test_ansible_may_come_from_a_pipe(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(LISTING).encode())))
    code, _, err = bench(capsys, "inventory", "ansible", "-", "-o", "mine.yaml")
    assert code == 0
    assert "win-1 is left out: it is reached by winrm" in err
    assert len(load_inventory(Path("mine.yaml")).targets) == 3


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("azur",), "Did you mean 'azure'?"),
        (("azure", "x.yaml"), "-o x.yaml"),
        (("ssh",), "which file?"),
        (("ssh", "-"), "cannot come from a pipe"),
        (("ansible", "-", "--public"), "go with a cloud"),
        (("ssh", "/nonexistent/x"), "No such file"),
    ],
)
def test_wrong_words_are_said(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = bench(capsys, "inventory", *words)
    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("name", "module"), [("azure", "azure.mgmt.compute"), ("aws", "boto3"), ("gcp", "google.cloud.compute_v1")]
)
def test_without_its_sdk_a_cloud_says_which_extra_to_install(
    name: str, module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = bench(capsys, "inventory", name)
    assert code == 2
    assert f"pip install 'vmbench[{name}]'" in err


def test_entries_without_anything_are_targets() -> None:
    assert loaded(Made((Entry("a"), Entry("b"))))["a"].address == "a"
