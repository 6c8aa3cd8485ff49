"""Records as JSON and back: all of it, or an error that names file and field."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_factory import attempt, run

from bench import model
from bench.errors import StoreError
from bench.store.codec import decode, encode
from bench.store.records import dump

TYPES = (model.Run, model.Attempt, model.Facts, model.Trial, model.Target, model.Phase, model.Suite, model.Campaign)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type of `bench.model`, text with every code point, lone surrogates included."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return st.builds(hint, **{field.name: values(hints[field.name]) for field in dataclasses.fields(hint)})
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and len(args) == 2 and args[1] is ...:
        return st.lists(values(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, args))
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(values, args))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    if hint is float:
        return st.floats(allow_nan=False)
    if hint is str:
        return st.text(st.characters(), max_size=4)
    return {int: st.integers(), bool: st.booleans(), type(None): st.none()}[hint]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_again(kind: type, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    again = decode(kind, json.loads(dump(encode(value))), "x")
    assert again == value
    assert encode(again) == encode(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(field=st.sampled_from([field.name for field in dataclasses.fields(model.Run)]), junk=JSON)
def test_junk_in_a_field_is_refused_or_fits(field: str, junk: Any) -> None:
    data = encode(run()) | {field: junk}
    try:
        kept = getattr(decode(model.Run, data, "run.json"), field)
    except StoreError as error:
        said = str(error)
    else:
        said = ""
        assert encode(kept) == junk or kept == junk or isinstance(junk, dict | list)
    assert not said or said.startswith(f"run.json: not a valid Run ({field}")


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"session": "1"}, "session", "expected int, found '1'"),
        ({"session": True}, "session", "expected int, found True"),
        ({"plan": {}}, "plan", "expected a list, found an object"),
        ({"factors": [["a", "b"], ["only one"]]}, "factors[1]", "expected a list of 2, found a list of 1"),
        ({"margins": [["m", 10**400]]}, "margins[0][1]", "expected float"),
        ({"tag": None}, "tag", "found nothing"),
    ],
)
def test_an_error_names_the_file_and_the_field(change: dict[str, Any], place: str, said: str) -> None:
    with pytest.raises(StoreError) as caught:
        decode(model.Run, encode(run()) | change, "runs/c1/r/run.json")
    assert f"not a valid Run ({place}: " in caught.value.what
    assert said in caught.value.what
    assert caught.value.where == "runs/c1/r/run.json"
    assert "bench verify" in caught.value.remedy


def test_an_error_deep_inside_names_the_way_to_it() -> None:
    data = encode(run())
    data["plan"][2]["params"][1][1] = None
    with pytest.raises(StoreError, match=r"plan\[2\]\.params\[1\]\[1\]: expected str or int or float or bool"):
        decode(model.Run, data, "x")


def test_a_missing_field_is_named_and_never_filled_in() -> None:
    data = encode(attempt())
    del data["status"]
    with pytest.raises(StoreError, match="status: expected a value, found nothing"):
        decode(model.Attempt, data, "x")


def test_a_status_of_the_future_is_refused_by_name() -> None:
    with pytest.raises(StoreError, match=r"status: expected one of ok, failed, .*found 'paused'"):
        decode(model.Attempt, encode(attempt()) | {"status": "paused"}, "x")


def test_unknown_keys_are_ignored_and_defaults_are_left_out() -> None:
    written = encode(run())
    assert "title" not in written
    assert written["schema"] == 1
    assert decode(model.Run, written | {"colour": "blue"}, "x") == run()


def test_an_integer_stands_for_a_float_but_true_does_not_stand_for_one() -> None:
    data = encode(attempt().trial)
    assert decode(model.Trial, data | {"estimate_s": 3}, "x").estimate_s == 3.0
    with pytest.raises(StoreError, match="estimate_s"):
        decode(model.Trial, data | {"estimate_s": True}, "x")
