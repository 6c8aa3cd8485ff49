"""The pool: bounded, one connection per target at a time, and only connecting is tried again."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bench.errors import AuthError, HostKeyError, TransportError
from bench.measure.connections import Connections
from bench.measure.transport import Connection, Reply
from bench.model import Target


@dataclass(slots=True, eq=False)
class Line:
    """A connection that remembers whether it is open."""

    open: bool = True

    def run(self, script: str, *, timeout_s: float) -> Reply:
        return Reply(0, b"", b"")

    def alive(self) -> bool:
        return self.open

    def close(self) -> None:
        self.open = False


@dataclass(slots=True)
class Office:
    """A transport that counts, and fails as told."""

    errors: list[Exception] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    tries: int = 0

    def connect(self, target: Target) -> Connection:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        self.lines.append(Line())
        return self.lines[-1]


def target(name: str) -> Target:
    return Target(name, name, name)


def use(pool: Connections, name: str, *, keep: bool = True) -> Connection:
    with pool.to(target(name), keep=keep) as connection:
        return connection


def test_a_connection_is_kept_and_used_again() -> None:
    office = Office()
    pool = Connections(office)
    assert use(pool, "a") is use(pool, "a")
    assert len(office.lines) == 1
    pool.close()
    assert not office.lines[0].open


def test_one_that_is_not_to_be_kept_is_hung_up() -> None:
    office = Office()
    use(Connections(office), "a", keep=False)
    assert not office.lines[0].open


def test_the_pool_is_bounded() -> None:
    office = Office()
    pool = Connections(office, capacity=2, linger=1)
    for name in "abcdefgh":
        use(pool, name)
    assert sum(line.open for line in office.lines) == 3
    assert office.lines[0].open
    assert office.lines[1].open


def test_a_pool_without_places_keeps_nothing() -> None:
    office = Office()
    pool = Connections(office, capacity=0, linger=0)
    use(pool, "a")
    assert not office.lines[0].open


def test_one_that_was_hung_up_by_the_other_side_is_replaced() -> None:
    office = Office()
    pool = Connections(office)
    use(pool, "a")
    office.lines[0].open = False
    use(pool, "a")
    assert len(office.lines) == 2


def test_an_error_in_use_closes_the_connection() -> None:
    office = Office()
    pool = Connections(office)
    with pytest.raises(ValueError, match="mine"), pool.to(target("a")):
        raise ValueError("mine")
    assert not office.lines[0].open


def test_connecting_is_tried_three_times_with_pauses() -> None:
    pauses: list[float] = []
    office = Office(errors=[TransportError("down"), TransportError("down")])
    use(Connections(office, sleep=pauses.append), "a")
    assert (office.tries, pauses) == (3, [0.5, 2.0])
    office = Office(errors=[TransportError("down") for _ in range(9)])
    with pytest.raises(TransportError):
        use(Connections(office, sleep=pauses.append), "a")
    assert office.tries == 3


@pytest.mark.parametrize("error", [HostKeyError("changed"), AuthError("refused")])
def test_a_refusal_is_never_tried_again(error: Exception) -> None:
    office = Office(errors=[error])
    with pytest.raises(type(error)):
        use(Connections(office, sleep=lambda _: None), "a")
    assert office.tries == 1


def test_after_aborting_nothing_is_open_and_nothing_opens() -> None:
    office = Office()
    pool = Connections(office)
    use(pool, "idle")
    with pool.to(target("used")):
        pool.abort()
        assert not any(line.open for line in office.lines)
    with pytest.raises(TransportError, match="left"):
        use(pool, "new")
    assert not any(line.open for line in office.lines)
