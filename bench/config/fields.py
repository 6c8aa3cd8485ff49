"""The kinds of values that configuration keys hold, and how a section is validated: pydantic, with our own words.

Every scalar arrives as the text that was written (see `yaml_source`); pydantic's lax mode turns it into the type the
schema wants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bench.config.yaml_source import NO_SECRETS, Data, Document, Keys, describe
from bench.model import Limit, is_safe_name
from bench.units import UNITS

_ADDRESS = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9._:%-]{0,252}\Z")
_USER = re.compile(r"[^\s\-:,\"'`$][^\s:,\"'`$]{0,255}\Z")
_HOP = re.compile(
    r"(?:(?P<user>[^\s@,:]+)@)?(?P<host>\[[0-9A-Fa-f:.%a-z]+\]|[A-Za-z0-9_][A-Za-z0-9._-]*)(?::\d{1,5})?\Z"
)
_SECRET_LABEL = re.compile(r"(?:\w+[_-])?(?:password|passwd|passphrase|secret|token)", re.IGNORECASE)
SAFE_NAME_REMEDY = "Use 1 to 64 of letters, digits, '.', '_' and '-', starting with a letter or digit, no final dot"


class Section(BaseModel):
    """A mapping in a configuration file: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Model = TypeVar("Model", bound=Section)


def check_name(name: str) -> str:
    """`name` when it is a safe file name; ValueError otherwise."""
    if not is_safe_name(name):
        raise ValueError(f"{describe(name)} is not a safe file name. {SAFE_NAME_REMEDY}")
    return name


def check_line(text: str) -> str:
    """`text` when it is one non-empty printable line; ValueError otherwise."""
    if not text.strip() or len(text) > 1000 or not text.isprintable():
        raise ValueError(f"expected one line of text, found {describe(text)}")
    return text


def _check_no_password(text: str) -> None:
    """ValueError, which does not repeat it, for `user:password@host`."""
    if re.match(r"[^\[\]@]*:[^@]*@", text):
        raise ValueError(f"this looks like user:password@host, and a secret does not stand in this file. {NO_SECRETS}")


def _check_labels(labels: dict[str, str]) -> dict[str, str]:
    for key in labels:
        if _SECRET_LABEL.fullmatch(key):
            raise ValueError(f"{key!r}: a secret does not stand in this file. {NO_SECRETS}")
    return labels


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        _check_no_password(text)
        if not pattern.match(text):
            raise ValueError(f"expected {what}, found {describe(text)}")
        return text

    return check


def _check_user(text: str) -> str:
    if ":" in text:
        _check_no_password(f"{text}@")
    return _matching(_USER, "a user name")(text)


def _check_jump(text: str) -> str:
    for hop in text.split(","):
        _check_no_password(hop)
        match = _HOP.match(hop)
        if not match or (match["user"] or "").startswith("-"):
            raise ValueError(f"expected [user@]host[:port], several separated by commas, found {describe(text)}")
    return text


def _bare(text: str) -> str:
    """`[::1]`, as an IPv6 address is written where a port may follow, without its brackets."""
    return text[1:-1] if text.startswith("[") and text.endswith("]") and ":" in text else text


def _check_target_path(text: str) -> str:
    check_line(text)
    if not text.startswith(("/", "~/")) or text.rstrip("/") in ("", "~"):
        raise ValueError(f"expected a path on the target that starts with / or ~/, found {describe(text)}")
    if ".." in text.split("/"):
        raise ValueError(f"expected a path without '..', found {describe(text)}")
    return text


def _check_stable_device(text: str) -> str:
    _check_target_path(text)
    if not text.startswith("/dev/disk/"):
        raise ValueError(
            f"expected a stable device name below /dev/disk/, found {describe(text)}: names such as /dev/sdb may "
            "belong to another disk after a reboot. `ls -l /dev/disk/by-id/` on the target lists them"
        )
    return text


_QUANTITY = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([A-Za-z/]{1,16})\s*\Z")


def _read_limits(texts: dict[str, str]) -> dict[str, Limit]:
    """Metric → quantity as limits; ValueError names the first that is wrong."""
    found: dict[str, Limit] = {}
    for metric, text in texts.items():
        match = _QUANTITY.match(text)
        if not 1 <= metric.count("/") <= 3:
            raise ValueError(f"{describe(metric)} names no metric. Write suite/metric or suite/case/metric")
        if match is None or float(match[1]) == 0 or match[2] not in UNITS:
            known = "Write a number and a unit, such as 12.5 Gbit/s, 80000 IOPS or 1200 MiB/s"
            raise ValueError(f"expected a quantity for {metric}, found {describe(text)}. {known}")
        found[metric] = Limit(metric, float(match[1]), match[2])
    return found


def nothing_is(empty: Any) -> BeforeValidator:
    """A key without a value (everything below it commented out) counts as empty."""
    return BeforeValidator(lambda value: empty if value is None else value)


SafeName = Annotated[str, AfterValidator(check_name)]
Line = Annotated[str, AfterValidator(check_line)]
Address = Annotated[str, AfterValidator(_bare), AfterValidator(_matching(_ADDRESS, "a host name or IP address"))]
User = Annotated[str, AfterValidator(_check_user)]
Jump = Annotated[str, AfterValidator(_check_jump)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1, le=1000)]
TargetPath = Annotated[str, AfterValidator(_check_target_path)]
StableDevice = Annotated[str, AfterValidator(_check_stable_device)]
Labels = Annotated[dict[SafeName, Line], nothing_is({}), AfterValidator(_check_labels)]
Limits = Annotated[dict[Line, Line], nothing_is({}), AfterValidator(_read_limits)]
Texts = Annotated[dict[Line, Line], nothing_is({})]
Lines = Annotated[tuple[Line, ...], nothing_is(())]
Names = Annotated[tuple[SafeName, ...], nothing_is(())]
Devices = Annotated[tuple[StableDevice, ...], nothing_is(())]


def section(model: type[Model], document: Document, keys: Keys, data: Data, *, also: Iterable[str] = ()) -> Model:
    """The mapping found at `keys` as a `model`; ConfigError for the first thing that is wrong in it.

    also: keys that stand beside the model's own and are read elsewhere; they are left out here.
    """
    beside = tuple(also)
    mapping = document.mapping(keys, data)
    document.only(keys, mapping, (*model.model_fields, *beside))
    try:
        return model.model_validate({key: value for key, value in mapping.items() if key not in beside})
    except ValidationError as error:
        details = error.errors(include_url=False)
        first = min(details, key=lambda detail: document.line((*keys, *_place(detail))))
        what, remedy = _words(first)
        raise document.error((*keys, *_place(first)), what, remedy) from error


def _place(detail: Any) -> Keys:
    """Where the error is; pydantic marks a bad mapping key by a last "[key]", and we name the key itself."""
    return tuple(part for part in detail["loc"] if part != "[key]")


def _words(detail: Any) -> tuple[str, str]:
    """(what, remedy) for one pydantic error."""
    kind, found, context = detail["type"], describe(detail["input"]), detail.get("ctx", {})
    if kind == "value_error":
        what, _, remedy = str(context["error"]).partition(". ")
        return what, remedy
    if kind == "missing":
        return f"the key {detail['loc'][-1]!r} is missing", "Add it"
    expected = {
        "int_parsing": "a whole number",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "int_parsing_size": "a smaller number",
        "float_parsing": "a number",
        "float_type": "a number",
        "bool_parsing": "yes or no",
        "bool_type": "yes or no",
        "string_type": "a text",
        "tuple_type": "a list",
        "dict_type": "keys and values",
        "greater_than_equal": f"at least {context.get('ge')}",
        "greater_than": f"more than {context.get('gt')}",
        "less_than": f"less than {context.get('lt')}",
        "less_than_equal": f"at most {context.get('le')}",
    }.get(kind)
    what = f"expected {expected}, found {found}" if expected else f"{detail['msg']}, found {found}"
    return what, _REMEDIES.get(kind, "")


_REMEDIES = {
    "tuple_type": "Write `[one, two]` or one `- item` per line",
    "string_type": "Write one value after the colon",
    "dict_type": "Write `key: value` lines below it",
}
