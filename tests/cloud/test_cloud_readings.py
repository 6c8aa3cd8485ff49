"""What answers of metadata services mean: golden folders of raw answers, and anything at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.cloud.clocks import iso, read_moment, shown
from bench.cloud.clouds import CLOUDS
from bench.cloud.protocol import Answer
from bench.cloud.replies import read_answer, retry_after
from bench.cloud.states import Observation, Reading, Standing
from bench.cloud.tables import as_json, as_row
from bench.cloud.transitions import step
from bench.store.codec import encode

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("folder", sorted(GOLDEN.iterdir()), ids=lambda folder: folder.name)
def test_a_golden_folder(folder: Path) -> None:
    cloud = CLOUDS[folder.name.partition("-")[0]]
    answers = {path.stem: read_answer(path.read_bytes()) for path in folder.glob("*.http")}
    assert set(answers) == {request.name for request in cloud.requests(enable_events=True)}
    assert encode(cloud.read(answers)) == json.loads((folder / "expected.json").read_text())


def test_every_cloud_has_golden_folders() -> None:
    assert {folder.name.partition("-")[0] for folder in GOLDEN.iterdir()} == set(CLOUDS)


# --- anything at all ---

WORDS = st.sampled_from(
    [
        "EventId",
        "EventStatus",
        "Scheduled",
        "Started",
        "Events",
        "NotBefore",
        "State",
        "active",
        "compute",
        "host",
        "id",
        "Resources",
        "NONE",
        "",
        "Mon, 19 Jan 2026 18:29:47 GMT",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
    ]
) | st.text(max_size=8)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "EventId": DATA, "EventStatus": st.sampled_from(["Scheduled", "Started"]) | DATA, "NotBefore": DATA,
            "NotAfter": DATA, "State": st.sampled_from(["active", "completed", "canceled"]) | DATA, "Resources": DATA,
            "DurationInSeconds": DATA, "EventType": DATA, "Description": DATA, "Code": DATA,
        },
    ),
    max_size=4,
)  # fmt: skip
BODIES = (
    DATA.map(lambda data: json.dumps(data).encode())
    | EVENTS.map(lambda events: json.dumps(events).encode())
    | EVENTS.map(lambda events: json.dumps({"Events": events}).encode())
    | st.binary(max_size=40)
)
ANSWERS = st.builds(
    Answer,
    st.sampled_from([200, 200, 200, 404, 429, 503, None]),
    st.dictionaries(st.sampled_from(["retry-after", "date", "x"]), WORDS, max_size=2),
    BODIES,
    st.sampled_from(["", "no answer in time"]),
)


@pytest.mark.parametrize("name", list(CLOUDS))
@settings(max_examples=60)
@given(data=st.data())
def test_any_answers_are_a_reading_that_can_be_stepped_and_shown(name: str, data: st.DataObject) -> None:
    names = [request.name for request in CLOUDS[name].requests(enable_events=True)]
    answers: dict[str, Answer] = data.draw(st.dictionaries(st.sampled_from(names), ANSWERS))
    reading = CLOUDS[name].read(answers)
    assert isinstance(reading, Reading)
    assert reading.retry_after_s is None or 0 <= reading.retry_after_s <= 3600
    standing, _ = step(Standing("t"), Observation("inside", 1e9, reading))
    as_row(standing)
    json.dumps(as_json(standing))


RAW = st.binary(max_size=200) | st.tuples(st.binary(max_size=40), st.binary(max_size=80)).map(
    lambda parts: b"HTTP/1.1 200 OK\r\n" + b"\r\n\r\n".join(parts)
)


@given(RAW)
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nshort")
def test_any_bytes_are_an_answer(raw: bytes) -> None:
    found = read_answer(raw)
    assert found.status is not None or not (found.headers or found.body)
    assert found.status == 200 or found.problem


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05T18:29:47Z", 1767637787.0),
        ("2026-01-05T18:29:47", 1767637787.0),
        ("2026-01-05T19:29:47+01:00", 1767637787.0),
        ("2026-01-05T18:29:47.5000000Z", 1767637787.5),
        ("Mon, 05 Jan 2026 18:29:47 GMT", 1767637787.0),
        ("5 Jan 2026 18:29:47 GMT", 1767637787.0),
        ("", None), ("soon", None), ("2026-13-45T00:00:00Z", None), ("x" * 1000, None), (7, None), (None, None),
    ],
)  # fmt: skip
def test_both_clock_formats(text: Any, moment: float | None) -> None:
    assert read_moment(text) == moment


@given(st.text(max_size=40) | st.datetimes().map(str))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    found = read_moment(text)
    assert found is None or isinstance(found, float)
    assert isinstance(shown(found), str)
    assert (iso(found) is None) <= (found is None or abs(found) > 6e10)


def test_moments_that_no_calendar_has() -> None:
    assert (shown(None), shown(1e20), iso(1e20), shown(float("nan"))) == ("", "", None, "")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "999999"}, 3600.0),
        ({"retry-after": "Mon, 19 Jan 2026 18:30:07 GMT", "date": "Mon, 19 Jan 2026 18:29:47 GMT"}, 20.0),
        ({"retry-after": "Mon, 19 Jan 2026 18:30:07 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
