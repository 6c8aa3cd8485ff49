"""Where do usual messages name a machine or a person? Patterns of ssh, sudo, id, uname, tools and clouds, around an X.

Nothing else gives such a name away: a host that is in no inventory, a user that no target logs in as.
"""

from __future__ import annotations

_STOP = r"\s\"'<>|,;)\]}`"
_HOST = r"(?![0-9A-Fa-f]*:[0-9A-Fa-f:]*:)[A-Za-z0-9](?:[\w.-]*\w)?"
"""A name, or an IPv4 address; not the first digits of one of IPv6, which is a shape of its own."""
_USER = r"[A-Za-z_](?:[\w.+-]*\w)?"

_PLACES = (
    ("home/", "user", r"(?i:/(?:export/|var/)?home/)X", rf"[^{_STOP}/\\:]+"),
    ("users", "user", r"(?i:/Users/|\b[a-z]:\\Users\\)X", rf"[^{_STOP}/\\:]+"),
    ("@", "user", r"(?<![\w.+%-])X@(?=[\w\[])", r"[A-Za-z_][\w.+-]*"),
    ("@", "name", r"(?<=@)X(?=:[~/]|\s+~\])", _HOST),
    ("~", "user", r"(?<![\w~/.-])~X(?=/)", _USER),
    ("id=", "user", r"\b[ug]id=\d+\(X\)", _USER),
    ("name=", "user", r"\b(?:LOG|USER)NAME=X", _USER),
    ("user=", "user", r"\b(?:SUDO_)?USER=X", _USER),
    ("user ", "user", r"(?i:\buser )X(?= from |\(uid=| is not allowed)", _USER),
    ("password for ", "user", r"(?i:\bpassword for (?:invalid user )?)X(?= from |:)", _USER),
    ("sudoers", "user", r"(?<![\w.-])X(?= is not in the sudoers)", _USER),
    ("tty=", "user", r"(?<![\w.-])X(?= : TTY=)", _USER),
    ("to host ", "name", r"(?i:\bconnect(?:ing)? to host )X", _HOST),
    (" port ", "name", r"(?i:\b(?:to|from) )(?!(?i:tcp|udp|the|local|remote|a|any)\b)X(?=,? port \d)", _HOST),
    ("connect", "name", r"(?i:\bconnect(?:ed|ing)? to (?:server )?['\"])X", _HOST),
    ("not responding", "name", r"(?i:\bserver )X(?= not responding)", _HOST),
    ("resolve host", "name", r"(?i:\bresolve host(?:name)?:? ['\"]?)X", _HOST),
    ("name", "name", r"(?<![\w.-])X(?=: (?:Name or service not known|Temporary failure in name|nodename nor))", _HOST),
    ("hostname", "name", r"(?i:\bhostname[:=])X", _HOST),
    ("hostname: ", "name", r"(?i:\bhostname: )X(?=$|[,;])", _HOST),
    ("linux ", "name", r"\bLinux X(?= \d+\.\d+)", _HOST),
    ("gnu/linux", "name", r"\bSystem: X(?=: GNU/Linux)", _HOST),
    (r"\\", "name", r"(?<!\\)\\\\X(?=\\)", _HOST),
    ("group", "resource", r"(?i:\bresource ?groups?(?: named)?(?: ?[:=] ?| )['\"])X", rf"[^{_STOP}/]+"),
    ("group", "resource", r"(?i:\bresource ?group ?[:=] ?)X", rf"[^{_STOP}/]+"),
    ("project", "resource", r"(?i:\bproject_?(?:id)?['\"]? ?[:=] ?['\"]?)X", r"[a-z][a-z0-9-]{4,28}[a-z0-9]\b"),
)
"""(what stands in every such message, in lower case; kind of the alias; pattern with an X where the name is; what a
name may consist of there)."""

INNER = "inner_"
"""What the group of the name alone is called: this before the name of the group of the whole place."""

MESSAGES = tuple(
    (f"told_{number}", pattern.replace("X", f"(?P<{INNER}told_{number}>{name})", 1))
    for number, (_, _, pattern, name) in enumerate(_PLACES)
)
"""(name of the group, pattern) of each."""

KINDS = {f"told_{number}": kind for number, (_, kind, _, _) in enumerate(_PLACES)}
"""Name of the group → kind of the alias."""

_SIGNS = tuple(dict.fromkeys(sign for sign, _, _, _ in _PLACES))


def may_tell(text: str) -> bool:
    """Whether any of the messages can be in `text`: most texts have none, and need not be searched for them."""
    folded = text.casefold()
    return any(sign in folded for sign in _SIGNS)
