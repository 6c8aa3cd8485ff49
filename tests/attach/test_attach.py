"""Sending a report to its ticket, against a server on loopback that speaks the real requests."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_attach import run_attach
from ticket_server import KEY, NUMBER, SYS_ID, TOKEN, Tickets, self_signed, serving

from bench.attach.addresses import place_of
from bench.attach.files import Upload
from bench.attach.wire import Call, Login, Wire
from bench.errors import AttachError, ConfigError
from bench.measure.credentials import Secret

NAME = 'january "2018"\r\n レポート.html'
FILE = Upload(NAME, b"<!DOCTYPE html>\r\n--not a boundary--\x00\xff" * 50)
RING = """
from keyring.backend import KeyringBackend


class Ring(KeyringBackend):
    priority = 1
    set_password = delete_password = None

    def get_password(self, service, name):
        return {known!r}.get((service, name))
"""
SHORT = Upload("report.html", b"<p>x")


@pytest.fixture
def tickets() -> Iterator[Tickets]:
    with serving() as one:
        yield one


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text("<p>the report")
    return path


class Sleeper:
    """Waits for nothing, and remembers for how long."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def wire(sleeper: Sleeper | None = None, user: str = "", token: str = TOKEN) -> Wire:
    return Wire(Login(Secret(token), user), remedy="Correct VMBENCH_ATTACH_TOKEN", sleep=sleeper or Sleeper())


# --- the requests ---


@pytest.mark.parametrize("user", ["", "me@example.org"])
def test_jira_gets_a_form_with_the_file(tickets: Tickets, user: str) -> None:
    tickets.user = user
    link = place_of(f"jira:{KEY.lower()}", f"{tickets.url}/").attach(wire(user=user), FILE)
    assert link == f"{tickets.url}/browse/{KEY}"
    ((_, name, content),) = tickets.attachments
    assert content == FILE.content
    assert name == NAME.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    (sent,) = tickets.uploads
    assert sent.headers["x-atlassian-token"] == "no-check"
    assert int(sent.headers["content-length"]) == len(sent.body)


@pytest.mark.parametrize("user", ["", "admin"])
def test_servicenow_gets_the_bytes_at_the_record_of_that_number(tickets: Tickets, user: str) -> None:
    tickets.user = user
    link = place_of(f"servicenow:{NUMBER}", tickets.url).attach(wire(user=user), FILE)
    assert link == f"{tickets.url}/nav_to.do?uri=change_request.do%3Fsys_id%3D{SYS_ID}"
    assert [one[1:] for one in tickets.attachments] == [(NAME, FILE.content)]
    (sent,) = tickets.uploads
    assert sent.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path", "name"), [("put", "store/january.html", "january.html"), ("post", "store/", "")]
)
def test_an_address_gets_the_bytes(tickets: Tickets, method: str, path: str, name: str) -> None:
    link = place_of(f"{tickets.url}/{path}?sig=abc", "", method).attach(wire(), SHORT)
    ((_, kept, content),) = tickets.attachments
    assert (kept, content) == (name or SHORT.name, SHORT.content)
    (sent,) = tickets.seen
    assert (sent.method, sent.query) == (method.upper(), {"sig": ["abc"]})
    assert link == f"{tickets.url}/store/{kept}", "the signature is not shown"


def test_an_address_that_is_open_needs_no_token(tickets: Tickets) -> None:
    place_of(f"{tickets.url}/open/x", "").attach(Wire(Login()), SHORT)
    assert "authorization" not in tickets.seen[0].headers


# --- trying again ---


@pytest.mark.parametrize("trouble", [429, 500, 502, 503, "drop"])
@pytest.mark.parametrize("to", [f"jira:{KEY}", f"servicenow:{NUMBER}"])
def test_what_may_pass_is_tried_again_later_and_later(tickets: Tickets, trouble: int | str, to: str) -> None:
    tickets.troubles = [trouble, trouble]
    sleeper = Sleeper()
    place_of(to, tickets.url).attach(wire(sleeper), SHORT)
    assert len(tickets.attachments) == 1
    assert sleeper.waits == [1.0, 2.0]


@pytest.mark.parametrize("file", [SHORT, FILE], ids=["plain", "odd name"])
@pytest.mark.parametrize("to", [f"jira:{KEY}", f"servicenow:{NUMBER}"])
def test_an_answer_that_was_lost_attaches_nothing_twice(tickets: Tickets, to: str, file: Upload) -> None:
    place_of(to, tickets.url).attach(wire(), file)
    tickets.troubles = ["lose"]
    link = place_of(to, tickets.url).attach(wire(), file)
    assert link.startswith(tickets.url)
    assert len(tickets.attachments) == 2, "one for each command, though both have this name and size"
    assert len(tickets.uploads) == 2


def test_it_ends_after_some_tries(tickets: Tickets) -> None:
    tickets.troubles = [503] * 9
    sleeper = Sleeper()
    with pytest.raises(AttachError, match="answered 503, 5 times"):
        place_of(f"{tickets.url}/store/x", "").attach(wire(sleeper), SHORT)
    assert sleeper.waits == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(("said", "waits"), [("30", [30.0]), ("86400", [60.0]), ("soon", [1.0]), ("0", [1.0])])
def test_a_server_may_ask_for_time(tickets: Tickets, said: str, waits: list[float]) -> None:
    tickets.troubles, tickets.retry_after = [429], said
    sleeper = Sleeper()
    place_of(f"{tickets.url}/store/x", "").attach(wire(sleeper), SHORT)
    assert sleeper.waits == waits


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
def test_what_was_refused_is_not_tried_again(tickets: Tickets, status: int) -> None:
    tickets.troubles = [status]
    sleeper = Sleeper()
    with pytest.raises(AttachError, match=rf"\({status}") as failed:
        place_of(f"jira:{KEY}", tickets.url).attach(wire(sleeper), SHORT)
    assert sleeper.waits == []
    assert len(tickets.uploads) == 1
    assert TOKEN not in str(failed.value), "the server repeats the header; the message does not"
    assert ("Correct VMBENCH_ATTACH_TOKEN" in str(failed.value)) is (status in (401, 403))


def test_a_server_that_is_not_there_is_tried_again(tickets: Tickets) -> None:
    with serving() as gone:
        url = gone.url
    sleeper = Sleeper()
    with pytest.raises(AttachError, match="Connection refused, 5 times"):
        place_of(f"jira:{KEY}", url).attach(wire(sleeper), SHORT)
    assert len(sleeper.waits) == 4


def test_a_ticket_that_does_not_exist(tickets: Tickets) -> None:
    with pytest.raises(AttachError, match=r"does not know that \(404: Issue Does Not Exist\)"):
        place_of("jira:OPS-99", tickets.url).attach(wire(), SHORT)
    with pytest.raises(AttachError, match="knows no record with the number CHG0039999"):
        place_of("servicenow:CHG0039999", tickets.url).attach(wire(), SHORT)
    assert tickets.uploads == []


# --- where the token goes ---


@pytest.mark.parametrize("user", ["", "me"])
def test_no_redirect_is_followed(tickets: Tickets, user: str) -> None:
    with serving() as other:
        tickets.redirect_to = f"{other.url}/store/x"
        with pytest.raises(AttachError, match=r"redirects to 127\.0\.0\.1:"):
            place_of(f"jira:{KEY}", tickets.url).attach(wire(user=user), SHORT)
        with pytest.raises(AttachError, match="not followed"):
            place_of(f"{tickets.url}/store/x", "").attach(wire(user=user), SHORT)
        assert other.seen == []


def test_a_certificate_of_nobody_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(tmp_path / "own.pem")
    sleeper = Sleeper()
    with serving(certificate) as tickets:
        with pytest.raises(AttachError, match=r"certificate is not trusted \(self.signed certificate\)"):
            place_of(f"jira:{KEY}", tickets.url).attach(wire(sleeper), SHORT)
        assert (tickets.seen, sleeper.waits) == ([], [])
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        place_of(f"jira:{KEY}", tickets.url).attach(wire(), SHORT)
        assert len(tickets.attachments) == 1


def test_no_token_is_sent_in_clear_text() -> None:
    for url in ("http://example.org/x", "http://10.0.0.1/x", "http://127.0.0.1.example.org/x"):
        with pytest.raises(AttachError, match="not sent over http"):
            wire().send(Call("PUT", url))


def test_a_proxy_sees_no_token(tickets: Tickets, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        place_of(f"{tickets.url}/store/x", "").attach(wire(), SHORT)
        assert proxy.seen == []


@pytest.mark.parametrize("token", ["a\nb", "ü-token", "a\x1bb"])
def test_a_token_that_is_none_is_not_repeated(token: str) -> None:
    with pytest.raises(AttachError) as failed:
        wire(token=token).send(Call("GET", "https://127.0.0.1:1/"))
    assert token not in str(failed.value)


# --- what is asked for ---


@pytest.mark.parametrize(
    ("to", "base", "said"),
    [
        ("jira:OPS", "https://j", "no key of an issue"),
        ("jira:OPS-1/../x", "https://j", "no key of an issue"),
        ("jira:OPS-1", "", "Set VMBENCH_JIRA_URL"),
        ("jira:OPS-1", "ftp://j", "no address of a server"),
        ("jira:OPS-1", "https://me:secret@j", "seen by everybody"),
        ("jira:OPS-1", "https://j?x=1", "no query"),
        ("servicenow:CHG1^ORnumber=CHG2", "https://s", "no number of a record"),
        ("servicenow:XYZ1", "https://s", "no number of a record"),
        ("https://me:secret@x/y", "", "seen by everybody"),
        ("https://x/y", "https://j", "whole already"),
        ("https://x y/", "", "no address of a server"),
        ("https://", "", "no address of a server"),
        ("mail:me", "", "is no place"),
        ("nowhere", "", "is no place"),
    ],
)
def test_a_place_is_looked_at_before_anything_is_sent(to: str, base: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("^", r"\^")) as failed:
        place_of(to, base)
    assert "secret" not in str(failed.value)


def test_a_way_to_send_is_known() -> None:
    with pytest.raises(ConfigError, match="Use put or post"):
        place_of("https://x/y", "", "patch")


# --- the command ---


def test_the_command_says_where_it_sends_and_shows_the_link(tickets: Tickets, report: Path) -> None:
    done = run_attach(report, "--to", f"jira:{KEY}", VMBENCH_JIRA_URL=tickets.url, VMBENCH_ATTACH_TOKEN=TOKEN)
    assert (done.code, done.out) == (0, f"Attached: {tickets.url}/browse/{KEY}\n")
    assert f"report.html (1 kB) to issue {KEY} of {tickets.url}" in done.err
    assert tickets.attachments[0][2] == report.read_bytes()
    assert TOKEN not in done.out + done.err


def with_tables(report: Path) -> dict[str, bytes]:
    """A report that names two tables beside it, one of which was written again since; and a file of somebody else."""
    beside = {"report.csv": b"verdicts", "report.samples.csv": b"samples"}
    named = [f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in beside.items()]
    report.write_text("\n".join(named))
    for name, content in beside.items():
        report.with_name(name).write_bytes(content)
    report.with_name("report.samples.csv").write_bytes(b"of another report")
    report.with_name("report.old.csv").write_bytes(b"whatever")
    return {"report.csv": b"verdicts", "report.html": report.read_bytes()}


@pytest.mark.parametrize("to", [f"jira:{KEY}", f"servicenow:{NUMBER}", "store/"])
def test_tables_that_the_report_names_by_their_digest_go_with_it(tickets: Tickets, report: Path, to: str) -> None:
    sent = with_tables(report)
    words = (f"{tickets.url}/{to}",) if to == "store/" else (to, "--url", tickets.url)
    done = run_attach(report, "--to", *words, VMBENCH_ATTACH_TOKEN=TOKEN)
    assert (done.code, len(done.out.splitlines())) == (0, 1), done.err
    assert [one[1:] for one in tickets.attachments] == list(sent.items())
    assert "report.samples.csv beside it is not sent: the report does not name its SHA-256" in " ".join(
        done.err.split()
    )
    assert "report.old.csv" not in done.err


def test_the_address_of_one_file_gets_one_and_says_so(tickets: Tickets, report: Path) -> None:
    with_tables(report)
    done = run_attach(report, "--to", f"{tickets.url}/store/x", VMBENCH_ATTACH_TOKEN=TOKEN)
    assert [one[1] for one in tickets.attachments] == ["x"]
    assert "report.csv, which the report names, is not sent" in " ".join(done.err.split())


def test_beside_a_report_that_names_no_tables_they_are_told_and_not_sent(tickets: Tickets, report: Path) -> None:
    with_tables(report)
    pdf = report.rename(report.with_suffix(".pdf"))
    done = run_attach(pdf, "--to", f"jira:{KEY}", "--url", tickets.url, VMBENCH_ATTACH_TOKEN=TOKEN)
    assert [one[1] for one in tickets.attachments] == ["report.csv", "report.pdf"], "its digest stands there in clear"
    assert "report.old.csv beside it is not sent" in " ".join(done.err.split())


def test_a_token_of_its_own_comes_first(tickets: Tickets, report: Path) -> None:
    tickets.user = "me"
    done = run_attach(
        report,
        *("--to", f"servicenow:{NUMBER}", "--url", tickets.url, "--user", "me"),
        VMBENCH_ATTACH_TOKEN="for others",  # noqa: S106  # of nobody
        VMBENCH_ATTACH_TOKEN_SERVICENOW=TOKEN,
    )
    assert done.code == 0, done.err
    assert len(tickets.attachments) == 1
    assert "as me" in done.err


def test_without_a_token_it_says_where_to_put_one(tickets: Tickets, report: Path) -> None:
    done = run_attach(report, "--to", f"jira:{KEY}", "--url", tickets.url)
    assert done.code == 1
    assert "no token is known. Set VMBENCH_ATTACH_TOKEN or VMBENCH_ATTACH_TOKEN_JIRA" in done.err
    assert tickets.seen == []


def test_a_token_that_is_refused_is_named_and_not_shown(tickets: Tickets, report: Path) -> None:
    wrong = "another-token-5e1"
    done = run_attach(report, "--to", f"jira:{KEY}", "--url", tickets.url, VMBENCH_ATTACH_TOKEN=wrong)
    assert done.code == 1
    assert "refused the login (401" in done.err
    assert wrong not in done.out + done.err


def test_a_file_that_is_none(tickets: Tickets, tmp_path: Path) -> None:
    (tmp_path / "empty.html").touch()
    for path, said in ((tmp_path / "missing.html", "No such file"), (tmp_path / "empty.html", "is empty")):
        done = run_attach(path, "--to", f"{tickets.url}/store/x", VMBENCH_ATTACH_TOKEN=TOKEN)
        assert done.code == 1
        assert said in done.err
    assert tickets.seen == []


def test_the_keyring_is_asked_where_the_environment_has_none(tickets: Tickets, report: Path, tmp_path: Path) -> None:
    """With the real library, and a backend that reads a file."""
    pytest.importorskip("keyring")
    host = tickets.url.partition("://")[2]
    (tmp_path / "ring_of_tests.py").write_text(RING.format(known={("vmbench", host): TOKEN}))
    ring = {"PYTHON_KEYRING_BACKEND": "ring_of_tests.Ring", "PYTHONPATH": str(tmp_path)}
    done = run_attach(report, "--to", f"jira:{KEY}", "--url", tickets.url, **ring)
    assert done.code == 0, done.err
    assert len(tickets.attachments) == 1


@pytest.mark.parametrize("backend", ["keyring.backends.fail.Keyring", "there.is.None"])
def test_a_keyring_that_fails_is_none(tickets: Tickets, report: Path, backend: str) -> None:
    pytest.importorskip("keyring")
    done = run_attach(report, "--to", f"jira:{KEY}", "--url", tickets.url, PYTHON_KEYRING_BACKEND=backend)
    assert done.code == 1
    assert "no token is known" in done.err


def test_without_the_library_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.attach.tokens import from_keyring

    monkeypatch.setitem(sys.modules, "keyring", None)
    assert from_keyring("example.org") is None
