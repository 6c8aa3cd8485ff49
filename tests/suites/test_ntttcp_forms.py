"""ntttcp: odd, damaged and alien files, and the commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config.catalogue import load_suite
from bench.errors import ConfigError, ParseError
from bench.model import Context, JobSpec, Role, Scalar

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/ntttcp"
SUITE = load_suite(ROOT / "suites/ntttcp")
PARSE = SUITE.parse
KNOWN = {metric.name for metric in SUITE.suite.metrics}

RUN = GOLDEN / "tcp-4-ports-verbose"
XML, JSON, TEXT = ((RUN / f"sender.{end}").read_text("utf-8") for end in ("xml", "json", "txt"))
WINDOWS_XML = (
    '<?xml version="1.0" encoding="utf-16"?>\n<ntttcpr computername="W" version="5.40">\n<parameters>'
    "<run_time>60000</run_time></parameters>\n"
    '<thread index="0"><realtime metric="s">60.0</realtime><throughput metric="mbps">8.4</throughput></thread>\n'
    '<total_bytes metric="MB">60.0</total_bytes><realtime metric="s">60.0</realtime>\n'
    '<throughput metric="MB/s">1.000</throughput><throughput metric="mbps">8.389</throughput>\n'
    '<cycles metric="cycles/byte">3.5</cycles><errors>2</errors><cpu metric="%">12.5</cpu>\n</ntttcpr>\n'
)
WINDOWS_WIDE = (
    "C:\\>ntttcp.exe -r -m 1,*,10.0.0.4 -t 60\r\nCopyright Version 5.33\r\nNetwork activity progressing...\r\n\r\n"
    "Thread  Time(s) Throughput(KB/s) Avg B / Compl\r\n======  ======= ================ =============\r\n"
    "     0   60.000         1024.000     65536.000\r\n\r\n#####  Totals:  #####\r\n\r\n"
    "Bytes(MEG) realtime(s) Avg Frame Size Throughput(MB/s) Throughput(Buffers/s) Cycles/Byte Buffers DPCs(count/s) "
    "Pkts(num/DPC) Intr(count/s) Pkts(num/intr) Packets Sent Packets Received Retransmits Errors Avg. CPU %\r\n"
    "========== =========== ============== ================ ===================== =========== ======= ============= "
    "============= ============= ============== ============ ================ =========== ====== ==========\r\n"
    " 60.000000 60.000 1400.000 1.000 16.000 7.500 960.000 100.000 1.500 200.000 0.750 4000 9000 3 0 5.250\r\n"
)
SAMPLES = {"XML": XML, "JSON": JSON, "text": TEXT, "Windows XML": WINDOWS_XML, "Windows text": WINDOWS_WIDE}
NINES = "9" * 450


def values(data: bytes | str) -> dict[str, float]:
    parsed = PARSE(data.encode() if isinstance(data, str) else data, "file")
    return {one.metric: one.value for one in parsed.measurements if one.metric != "thread-throughput"}


# --- forms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_encodings_and_line_ends_do_not_matter(name: str) -> None:
    text = SAMPLES[name]
    plain = PARSE(text.encode(), "plain").measurements
    assert plain
    for data in (
        text.replace("\r", "").replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
        text.encode("utf-16-be"),
        ("root@vm:~# ./run\n" + text + "\nroot@vm:~# \n").encode(),
        text.replace("\r", "").replace("\n", "\n\n").encode(),
    ):
        assert PARSE(data, "odd").measurements == plain


@pytest.mark.parametrize("name", ["XML", "JSON", "text", "Windows XML", "Windows text"])
def test_two_runs_in_one_file(name: str) -> None:
    text = SAMPLES[name]
    once = PARSE(text.encode(), "once").measurements
    assert PARSE((text + "\n" + text).encode(), "twice").measurements == once + once


def test_text_with_collapsed_blanks_or_without_time_stamps() -> None:
    expected = values(TEXT)
    assert values("\n".join(" ".join(line.split()) for line in TEXT.split("\n"))) == expected
    assert values("\n".join(line[9:] if line[2:3] == ":" else line for line in TEXT.split("\n"))) == expected
    assert values(TEXT.replace("INFO: ", "").replace("DBG : ", "")) == expected


def test_real_time_values_may_be_glued_to_the_next_line() -> None:
    glued = TEXT.replace("Gbps\nReal", "GbpsReal").replace("41.97Gbps\n", "41.97Gbps")
    assert glued.count("\n") < TEXT.count("\n") - 3
    assert PARSE(glued.encode(), "terminal") == PARSE(TEXT.encode(), "file")


def test_windows_units_are_powers_of_1024() -> None:
    parsed = PARSE(WINDOWS_XML.encode(), "xml")
    units = {one.metric: (one.value, one.unit) for one in parsed.measurements}
    assert units["throughput"] == (8.389, "Mbit/s")
    assert units["total-bytes"] == (60.0, "MiB")
    assert units["errors"] == (2.0, "count")
    assert not parsed.warnings
    wide = {one.metric: (one.value, one.unit, one.part) for one in PARSE(WINDOWS_WIDE.encode(), "text").measurements}
    assert wide["throughput"] == (1.0, "MiB/s", "receiver")
    assert wide["retransmits"] == (3.0, "count", "receiver")
    assert wide["cpu-busy"] == (5.25, "%", "receiver")
    assert wide["thread-throughput"] == (1024.0, "KiB/s", "receiver thread 0")
    assert wide["packets-per-interrupt"] == (0.75, "packets", "receiver")


def test_thread_values_are_never_taken_for_totals() -> None:
    assert values(WINDOWS_XML)["throughput"] == 8.389
    text = WINDOWS_XML.replace('<throughput metric="MB/s">1.000</throughput><throughput metric="mbps">8.389', "<x><x>")
    with pytest.raises(ParseError):
        values(text.replace("<x><x></throughput>", ""))


def test_what_could_not_be_measured_is_absent() -> None:
    text = XML.replace('<cycles_per_byte metric="cycles/byte">0.89', '<cycles_per_byte metric="cycles/byte">0.00')
    text = text.replace("<packets_retransmitted>114", "<packets_retransmitted>18446744073709551615")
    text = text.replace('<user metric="%">1.19', '<user metric="%">-nan')
    found = PARSE(text.encode(), "xml")
    metrics = {one.metric for one in found.measurements}
    assert {"cycles-per-byte", "retransmits", "cpu-user", "packets-sent", "frame-size"}.isdisjoint(metrics)
    assert "errors" in metrics
    assert len(found.warnings) == 3


def test_newer_names_in_json() -> None:
    document = json.loads(JSON)
    body = document["ntttcps"]
    body["cyclesPerByte"] = body.pop("cycles")
    body["cpuBusyAll"] = body.pop("cpu")
    assert values(json.dumps(document)) == values(JSON)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        '{"error": "unable to connect"}',
        "iperf 3.12\n",
        "NTTTCP for Linux 1.4.3\n----\n10:00:00 INFO: receiver is not ready to run test with this sender\n",
        "NTTTCP for Linux 1.4.3\n",
        "Copyright Version 5.40\nERROR: main failed: error in connect(): 10060\n",
        "<ntttcps version='5.33'></ntttcpr>",
        "<ntttcps version='5.33'><a></ntttcps>",
        "<ntttcps version='5.33'></ntttcps>",
        '{"ntttcps": []}',
        '{"ntttcps": {"throughputs": [{"metric": "mbps", "value": "nan"}]}}',
        XML.replace("46426.771", "0.000").replace("5803.346", "0.000"),
        TEXT.replace("46.43Gbps", "0.00bps"),
        XML[:-5],
        JSON[:-3],
        TEXT[: TEXT.index("cpu busy") + 20],
        TEXT[: TEXT.index("cycles/byte")],
        WINDOWS_WIDE[: WINDOWS_WIDE.index("Totals:") + 16],
        WINDOWS_WIDE[: WINDOWS_WIDE.index("5.250") + 4],
        WINDOWS_XML.replace("<cycles", "<!ENTITY x SYSTEM 'file:///etc/passwd'><cycles"),
    ],
)
def test_what_is_not_a_result_is_an_error(text: str) -> None:
    with pytest.raises(ParseError, match=r"^bad\.txt.*expected"):
        PARSE(text.encode(), "bad.txt")


# --- cut off ---------------------------------------------------------------------------------------------------


@given(st.sampled_from(sorted(SAMPLES)), st.floats(0, 1))
def test_a_cut_file_invents_nothing(name: str, share: float) -> None:
    text = SAMPLES[name]
    try:
        cut = PARSE(text[: int(share * len(text))].encode(), "cut")
    except ParseError:
        return
    assert set(cut.measurements) <= set(PARSE(text.encode(), "whole").measurements)


# --- commands ----------------------------------------------------------------------------------------------------


def run(role: Role, over: Mapping[str, Scalar] = MappingProxyType({}), peer: str = "10.0.0.5") -> JobSpec:
    suite = SUITE.suite
    case = next(one for one in suite.cases if one.name == "p16")
    params = {parameter.name: parameter.default for parameter in suite.parameters} | dict(case.params) | dict(over)
    return SUITE.steps(case, params, Context(role, "/t", "/j", "", False, 4, "10.0.0.4", peer))


def test_the_receiver_is_ready_when_its_synchronising_port_listens() -> None:
    spec = run(Role.RECEIVER)
    expected = "/t/ntttcp -r -P 16 -p 5001 -t 300 -W 10 -C 10 --show-tcp-retrans -x/j/out/receiver.xml"
    assert " ".join(spec.steps[-1].argv) == expected
    assert spec.ready_port == 5000
    assert not spec.serves
    assert spec.results == ("out/receiver.xml",)


def test_the_sender_goes_to_the_data_address() -> None:
    spec = run(Role.SENDER, {"duration": 2, "warmup": 1, "cooldown": 1, "buffer": "64K"})
    expected = "-s10.0.0.5 -n 4 -l 1 -P 16 -p 5001 -t 2 -W 1 -C 1 -b 64K --show-tcp-retrans -x/j/out/sender.xml"
    assert " ".join(spec.steps[-1].argv[1:]) == expected
    assert spec.ready_port is None
    assert 4 <= spec.steps[-1].expected_s < 10
    assert "-6" in run(Role.SENDER, peer="fd00::5").steps[-1].argv


@pytest.mark.parametrize(
    "over",
    [{"ports": 0}, {"ports": 513}, {"duration": 0}, {"port": 80}, {"port": 65530}, {"threads": -1}, {"warmup": -1}],
)
def test_numbers_that_ntttcp_would_replace_are_refused(over: dict[str, Scalar]) -> None:
    with pytest.raises(ConfigError):
        run(Role.SENDER, over)


def test_it_needs_a_pair() -> None:
    with pytest.raises(ConfigError, match="sender and a receiver"):
        run(Role.SINGLE)


def test_profiles_name_cases_and_metrics_are_unique() -> None:
    suite = SUITE.suite
    assert {case for profile in suite.profiles for case in profile.cases} <= {case.name for case in suite.cases}
    assert len(KNOWN) == len(suite.metrics)
    assert suite.pair
