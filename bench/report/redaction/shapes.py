"""What looks like an address or an identifier, whoever's it is? One expression with a named group for each kind.

What is found in text is replaced even if nothing in the store names it: an address in an error message of ssh, a
subscription in one of a cloud.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

from bench.report.redaction.messages import MESSAGES, may_tell

_TOP = (
    "com|net|org|edu|gov|mil|int|info|biz|io|dev|cloud|app|tech|local|localdomain|localhost|lan|internal|intranet|corp|"
    "private|home|arpa|example|invalid|test|jp|de|uk|fr|cn|eu|us|nl|ch|kr|au|ca|br|sg|tw|hk"
)
"""Ends of names that are looked for although nobody named them; `local` and `internal` are those of clouds."""
_HEX = r"[0-9A-Fa-f]"
_FREE = r"(?:(?<![0-9A-Za-z:.])|(?i:(?<=\baddr:)|(?<=\bmac:)|(?<=\bether:)))"
"""Where an address with colons may begin: also behind the word for it, as ifconfig writes it."""
_SIX = (
    rf"{_FREE}(?=[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:)[0-9A-Fa-f:]{{2,}}(?:(?<=:)(?:\d{{1,3}}\.){{3}}\d{{1,3}})?(?:%[\w.-]+)?"
)
_AWS = (
    r"\b(?:i|h|r|vol|eni|vpc|subnet|sg|ami|snap|rtb|acl|igw|nat|eipalloc|eipassoc)-"
    r"(?:[0-9A-Fa-f]{17}|[0-9A-Fa-f]{8})\b"
)
_STOP = r"\s\"'<>|,;)\]}`"

_SHAPES = (
    ("resource_arn", rf"arn:aws[\w-]*:[^{_STOP}]+"),
    ("resource_azure", rf"(?i:/?\bsubscriptions/[^{_STOP}]+|/?\bresourceGroups/[^{_STOP}]+)"),
    ("resource_type", rf"(?i:\bMicrosoft\.\w+/\w+/[^{_STOP}]+)"),
    ("resource_gcp", rf"\bprojects/[^{_STOP}/]+(?:/[^{_STOP}]*)?"),
    ("key_public", r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-[\w-]+@openssh\.com)\s+AAAA[\w+/=]+"),
    ("key_sha", r"SHA256:[A-Za-z0-9+/]{43}=?"),
    ("key_md5", rf"(?:MD5:)?\b(?:{_HEX}{{2}}:){{15}}{_HEX}{{2}}\b"),
    ("mac", rf"(?<!-){_FREE}{_HEX}{{2}}(?::{_HEX}{{2}}){{5}}(?![0-9A-Fa-f:])"),
    ("mac_dashes", rf"(?<![0-9A-Za-z-]){_HEX}{{2}}(?:-{_HEX}{{2}}){{5}}(?![0-9A-Za-z-])"),
    ("mac_dots", rf"(?<![\w.])(?=[\d.]*[A-Fa-f]){_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}(?![\w.])"),
    ("mac_card", rf"\benx{_HEX}{{12}}\b"),
    ("id_guid", rf"(?<!{_HEX}){_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}(?!{_HEX})"),
    ("id_plain", rf"(?<![0-9A-Za-z]){_HEX}{{32}}(?![0-9A-Za-z])"),
    ("address_six", _SIX),
    ("address_literal", r"(?i:\b[0-9a-f-]+(?:s[\w-]+)?\.ipv6-literal\.net\b)"),
    ("address_four", r"(?<![0-9A-Za-z.])(?<!ersion )(?:\d{1,3}\.){3}\d{1,3}(?![0-9A-Za-z_]|\.\d)"),
    ("address_name", r"(?i:\bip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[a-z0-9.-]*[a-z0-9])?)"),
    ("id_aws", _AWS),
    ("id_number", r"(?<![0-9A-Za-z.])\d{18,20}(?![0-9A-Za-z]|\.\d)"),
    ("account", r"(?i:(?<=account )|(?<=account: )|(?<=account=)|(?<=owner ))\d{12}\b"),
)
"""(name of the group, pattern); longer shapes stand before those that they contain."""
_NAMES = ("name", rf"(?i:(?<![\w.-])(?:[a-z0-9_](?:[\w-]*[a-z0-9])?\.)+(?:{_TOP})(?![\w-]|\.[a-z]))")


def _any_of(*patterns: tuple[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns), re.ASCII)


_QUIET = _any_of(*_SHAPES, _NAMES)
_TELLING = _any_of(*_SHAPES, *MESSAGES, _NAMES)


def shapes_in(text: str) -> Iterator[re.Match[str]]:
    """Every place in `text` that looks like a name; the group that matched says of what."""
    return (_TELLING if may_tell(text) else _QUIET).finditer(text)


_NOBODYS = frozenset({"::", "::1", "0.0.0.0", "169.254.169.254"})  # noqa: S104  # nothing is bound
"""Addresses that every machine has."""


def address(text: str) -> str | None:
    """`text` as an address in its one canonical form; "" for one that is nobody's, None when it is none.

    The same machine in another notation is the same address: zone, brackets, zeros, IPv4 within IPv6.
    """
    try:
        found = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    shown = str(found)
    nobodys = found.is_loopback or shown in _NOBODYS or shown.startswith("255.")
    return "" if nobodys else shown


def literal(text: str) -> str | None:
    """The address in a name below ipv6-literal.net, as Windows writes them."""
    return address(text.lower().removesuffix(".ipv6-literal.net").partition("s")[0].replace("-", ":"))


def dashed(text: str) -> str | None:
    """The address in a name such as ip-10-0-0-4.ec2.internal."""
    return address(".".join(text.split("-", 1)[1].partition(".")[0].split("-")[:4]))


def compact(text: str) -> str:
    """A GUID or MAC without its punctuation, in lower case: one form of all that are written."""
    return re.sub(r"[^0-9a-z]", "", text.lower().removeprefix("enx"))


CANONICAL: dict[str, Callable[[str], str | None]] = {
    "address_six": address,
    "address_four": address,
    "address_literal": literal,
    "address_name": dashed,
    "id_guid": compact,
    "id_plain": compact,
    "mac": compact,
    "mac_dashes": compact,
    "mac_dots": compact,
    "mac_card": compact,
}
"""Group → the one form of what it found; the alias is that of this form."""
