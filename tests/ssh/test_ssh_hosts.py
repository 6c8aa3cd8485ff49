"""Where a target is, and which keys it may have: the ssh configuration and known_hosts, without a connection."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import TransportError
from bench.measure import ssh_hosts
from bench.measure.ssh_hosts import MAX_HOPS, resolve, route
from bench.measure.ssh_keys import known_key_types, known_keys, revoked_keys
from bench.model import Target

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
OTHER = "AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder and a system folder of this test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(ssh_hosts, "SYSTEM", tmp_path / "etc")
    (tmp_path / ".ssh").mkdir()
    (tmp_path / "etc").mkdir()
    return tmp_path


def configure(home: Path, text: str) -> Target:
    (home / ".ssh" / "config").write_text(text, "utf-8")
    return Target("t", "t", "t")


def test_several_jump_hosts_are_passed_in_order() -> None:
    chain = route(Target("t", "10.0.0.9", "", user="me", jump="a@one:2201, [fe80::1]:2202,three"))
    assert [(e.host, e.port) for _, e in chain] == [("one", 2201), ("fe80::1", 2202), ("three", 22), ("10.0.0.9", 22)]
    assert chain[0][1].user == "a"
    assert chain[0][0].name == "t (jump host a@one:2201)"


def test_jump_hosts_have_jump_hosts_of_their_own(home: Path) -> None:
    target = configure(home, "Host t\n ProxyJump inner\nHost inner\n ProxyJump outer\n Port 2200\n")
    assert [endpoint.address for _, endpoint in route(target)] == ["outer", "[inner]:2200", "t"]


def test_a_loop_of_jump_hosts_is_said(home: Path) -> None:
    target = configure(home, "Host *\n ProxyJump bastion\n")
    with pytest.raises(TransportError, match=f"more than {MAX_HOPS} jump hosts; they form a loop at bastion"):
        route(target)
    configure(home, "Host bastion\n ProxyJump none\nHost *\n ProxyJump bastion\n")
    assert [endpoint.host for _, endpoint in route(target)] == ["bastion", "t"]


@pytest.mark.parametrize("jump", ["one:x", "", "a b", "one:1:2"])
def test_a_jump_host_that_cannot_be_read(jump: str) -> None:
    with pytest.raises(TransportError, match="cannot be read"):
        route(Target("t", "t", "", jump=f"{jump},"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Port abc", "ValueError.*abc"),
        ("Port 0", "Port 0"),
        (
            "CanonicalizeHostname yes\nCanonicalDomains invalid\nCanonicalizeFallbackLocal no",
            "CouldNotCanonicalize",
        ),
        ("CanonicalizeHostname yes", "KeyError.*canonicaldomains"),
        ("AddressFamily inet5", "AddressFamily inet5"),
        ("BindInterface eth1", "BindInterface is not supported"),
        ("ProxyUseFdpass yes", "ProxyUseFdpass is not supported"),
        ("UserKnownHostsFile %C", "only ~ and %d are expanded"),
        ("Include ${HOME}/x", "only ~ and patterns"),
        ("Include config", "too many nested Include"),
        ("Host t\nInclude blocks", "Host other.*included below 'Host t'"),
        ("Ports", "ConfigParseError"),
    ],
)
def test_what_cannot_be_followed_names_the_file(home: Path, text: str, said: str) -> None:
    (home / ".ssh" / "blocks").write_text("Host other\n Port 1\n", "utf-8")
    with pytest.raises(TransportError, match=said) as caught:
        resolve(configure(home, text + "\n"))
    assert caught.value.where == str(home / ".ssh" / "config")


def test_a_configuration_that_the_inventory_names_must_be_there(home: Path) -> None:
    with pytest.raises(TransportError, match="No such file"):
        resolve(Target("t", "t", "", ssh_config=str(home / "nothing")))


def test_included_files_are_read_in_place(home: Path) -> None:
    (home / ".ssh" / "conf.d").mkdir()
    (home / ".ssh" / "conf.d" / "1").write_text("Host t\n HostName first\n", "utf-8")
    (home / ".ssh" / "conf.d" / "2").write_text("Host t\n HostName second\n Port 2222\n", "utf-8")
    (home / ".ssh" / "conf.d" / ".1.swp").write_text("User hidden\n\0", "utf-8")
    (home / ".ssh" / "mine").write_text("User inner\n", "utf-8")
    target = configure(home, "Include conf.d/* missing\nHost other\n Include mine\n Port 1\nHost t\n User outer\n")
    found = resolve(target)
    assert (found.host, found.port, found.user) == ("first", 2222, "outer")
    other = resolve(replace(target, address="other"))
    assert (other.port, other.user) == (1, "inner")


def test_the_machines_own_configuration_comes_last(home: Path) -> None:
    (home / "etc" / "ssh_config").write_text("User system\nPort 7\n", "utf-8")
    target = configure(home, "Host t\n Port 8\nHost other\n User nobody\n")
    assert (resolve(target).port, resolve(target).user) == (8, "system")
    alone = resolve(replace(target, ssh_config=str(home / ".ssh" / "config"), user="me"))
    assert (alone.port, alone.user) == (8, "me")


def test_the_inventory_is_seen_by_tokens_and_matches(home: Path) -> None:
    target = configure(home, "Match user me\n ProxyCommand relay %r@%h:%p\nHost t\n HostName h\n Port 1\n User you\n")
    assert resolve(target).proxy is None
    assert resolve(replace(target, user="me", port=9)).proxy == "relay me@h:9"
    assert resolve(replace(target, user="me", jump="one")).proxy is None
    assert resolve(replace(target, user="me", jump="none")).proxy is None


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("ProxyCommand relay\nProxyJump one", (None, "relay")),
        ("ProxyJump one\nProxyCommand relay", ("one", None)),
        ("ProxyJump none\nProxyCommand relay", (None, None)),
        ("ProxyCommand none\nProxyJump one", (None, None)),
    ],
)
def test_the_first_way_wins(home: Path, text: str, way: tuple[str | None, str | None]) -> None:
    found = resolve(configure(home, text + "\n"))
    assert (found.jump, found.proxy) == way


def test_names_and_files_of_host_keys(home: Path) -> None:
    target = configure(
        home,
        "HostKeyAlias prod-1\nPort 2222\nUserKnownHostsFile ~/a %d/b\nAddressFamily inet6\nBindAddress ::1\n",
    )
    found = resolve(target)
    assert (found.name, found.address) == ("prod-1", "[t]:2222")
    assert (found.family, found.bind) == (socket.AF_INET6, "::1")
    system = (home / "etc" / "ssh_known_hosts", home / "etc" / "ssh_known_hosts2")
    assert found.known_hosts == (home / "a", home / "b", *system)
    own = resolve(replace(target, known_hosts=str(home / "own")))
    assert own.known_hosts[0] == home / "own"
    nothing = resolve(configure(home, "UserKnownHostsFile /dev/null\nGlobalKnownHostsFile none\n"))
    assert nothing.known_hosts == (home / ".ssh" / "known_hosts", home / ".ssh" / "known_hosts2")


HASHED = "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|"


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (f"@cert-authority * ssh-ed25519 {KEY}", 0),
        (f"t ssh-ed25519 {KEY}", 1),
        (f"u,T\tssh-ed25519   {KEY} a comment", 1),
        (f"* ssh-ed25519 {KEY}", 1),
        (f"*,!t ssh-ed25519 {KEY}", 0),
        (f"[t]:22 ssh-ed25519 {KEY}", 0),
        (f"@revoked * ssh-ed25519 {KEY}\nt ssh-ed25519 {KEY}", 0),
        (f"@revoked other ssh-ed25519 {KEY}\nt ssh-ed25519 {KEY}", 1),
        (f"t ssh-ed25519 {KEY}\n@revoked * ssh-ed25519 {OTHER}", 1),
        (f"|1|bad ssh-ed25519 {KEY}", 0),
        (f"{HASHED}AAAA ssh-ed25519 {KEY}", 0),
        (f"t ssh-dss {KEY}", 0),
    ],
)
def test_known_hosts_line_by_line(home: Path, lines: str, count: int) -> None:
    junk = (
        "t ssh-ed25519 !!!notbase64\nt ssh-ed25519 AAAA\nt ssh-rsa AAAAB3Nz\nt\n@revoked t ssh-rsa A\n\n# t\n\udcff\n"
    )
    (home / ".ssh" / "known_hosts").write_bytes((junk + lines + "\n").encode("utf-8", "surrogateescape"))
    assert len(known_key_types(Target("t", "t", ""))) == count


def test_hashed_names_and_the_machines_own_file(home: Path) -> None:
    import paramiko

    name = paramiko.HostKeys.hash_host("[t]:2222")
    (home / "etc" / "ssh_known_hosts").write_text(f"{name} ssh-ed25519 {KEY}\n@revoked {name} ssh-ed25519 {OTHER}\n")
    target = Target("t", "t", "", port=2222)
    assert list(known_keys(resolve(target))) == ["ssh-ed25519"]
    assert len(revoked_keys(target)) == 1
    assert known_keys(resolve(replace(target, port=22))) == {}
