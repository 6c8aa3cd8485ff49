"""Secrets: who gets which, and that they show themselves to nobody."""

from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest

from bench.errors import ConfigError
from bench.measure.credentials import HIDDEN, Account, Credentials, Kind, Secret
from bench.store.codec import encode

VALUE = "corréct horse"
T0 = Account("web-1", "me@web-1")
HOP = Account("bastion.example.org", "me@bastion.example.org", shared=False)


@pytest.mark.parametrize("shown", [repr, str, format, "{}".format, "{!r:>30}".format, "%s".__mod__, ascii])
def test_a_secret_shows_itself_to_nobody(shown: object) -> None:
    text = shown(Secret(VALUE))  # type: ignore[operator]
    assert VALUE not in text
    assert HIDDEN in text


def test_a_secret_is_not_written_down() -> None:
    secret = Secret(VALUE)
    for written in (pickle.dumps, json.dumps, lambda one: json.dumps(encode(one)), hash):
        with pytest.raises(TypeError):
            written(secret)  # type: ignore[operator]
    assert copy.deepcopy({"a": secret})["a"] == copy.copy(secret) == Secret(VALUE) != Secret("x")
    assert not hasattr(secret, "__dict__")


def test_a_traceback_with_the_locals_of_every_frame_shows_none() -> None:
    known = Credentials({"VMBENCH_SSH_PASSWORD": VALUE})

    def fails() -> None:
        secret = known.get(Kind.SSH_PASSWORD, T0)
        raise AssertionError(f"with {secret} of {known}")

    with pytest.raises(AssertionError) as caught:
        fails()
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "Secret(hidden)" in "".join(shown.format())
    assert VALUE not in "".join(shown.format())


def test_words_of_others_are_scrubbed() -> None:
    assert Secret(VALUE).scrub(f"first\nsh: {VALUE}: not found\nlast") == f"first\n{HIDDEN}\nlast"
    assert Secret("").scrub("ab\n") == "ab\n"
    assert Secret("no").scrub("cannot install, not now") == "cannot install, not now", "a gap would tell what it hides"


def test_who_gets_which_variable() -> None:
    known = Credentials(
        {"VMBENCH_SSH_PASSWORD": "all", "VMBENCH_SSH_PASSWORD_WEB_1": "own", "VMBENCH_SUDO_PASSWORD": ""}
    )
    assert known.get(Kind.SSH_PASSWORD, T0) == Secret("own")
    assert known.get(Kind.SSH_PASSWORD, Account("web-2", "")) == Secret("all")
    assert known.get(Kind.SSH_PASSWORD, HOP) is None, "what is meant for the targets is not shown to a jump host"
    assert known.get(Kind.SUDO_PASSWORD, T0) is None, "an empty variable is none"
    assert known.remedy(Kind.SSH_PASSWORD, HOP).startswith("Set VMBENCH_SSH_PASSWORD_BASTION_EXAMPLE_ORG in")
    assert "VMBENCH_SUDO_PASSWORD or VMBENCH_SUDO_PASSWORD_WEB_1" in known.remedy(Kind.SUDO_PASSWORD, T0)
    hop = Credentials({"VMBENCH_SSH_PASSWORD_BASTION_EXAMPLE_ORG": "hop"})
    assert hop.get(Kind.SSH_PASSWORD, HOP) == Secret("hop")


def test_the_environment_keeps_none() -> None:
    environment = {
        "VMBENCH_SSH_PASSWORD": "a",
        "VMBENCH_SUDO_PASSWORD_X": "b",
        "VMBENCH_SSH_PASSWORDS": "c",
        "HOME": "/",
    }
    known = Credentials.taken(environment)
    assert environment == {"VMBENCH_SSH_PASSWORDS": "c", "HOME": "/"}
    assert known.known(Kind.SUDO_PASSWORD, Account("x", ""))
    assert not known.known(Kind.SUDO_PASSWORD, T0)


def test_a_line_break_in_a_variable_is_refused_without_showing_it() -> None:
    environment = {"VMBENCH_SUDO_PASSWORD": f"{VALUE}\n"}
    with pytest.raises(ConfigError, match="VMBENCH_SUDO_PASSWORD: holds a line break") as caught:
        Credentials.taken(environment)
    assert VALUE not in str(caught.value)
    assert environment == {}


def test_an_account_is_asked_for_once_and_a_wrong_answer_is_kept_back() -> None:
    questions: list[str] = []

    def ask(question: str) -> Secret | None:
        questions.append(question)
        return Secret(VALUE) if "web" in question else None

    known = Credentials({}, ask)
    assert [known.get(Kind.SSH_PASSWORD, T0) for _ in range(3)] == [Secret(VALUE)] * 3
    assert [known.get(Kind.SUDO_PASSWORD, HOP) for _ in range(3)] == [None] * 3
    assert questions == ["password for me@web-1: ", "sudo password for me@bastion.example.org: "]
    known.refuse(Kind.SSH_PASSWORD, T0)
    assert known.get(Kind.SSH_PASSWORD, T0) is None
    assert known.remedy(Kind.SSH_PASSWORD, T0) == "Run it again, and type the right one"
    named = Credentials({"VMBENCH_SSH_PASSWORD": "x"})
    named.refuse(Kind.SSH_PASSWORD, T0)
    assert not named.known(Kind.SSH_PASSWORD, T0)
    assert named.remedy(Kind.SSH_PASSWORD, T0) == "Correct VMBENCH_SSH_PASSWORD"
