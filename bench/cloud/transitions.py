"""How does what a source says change where a target stands? Pure: (old standing, observation) → (new, happenings).

A target behind whose name another machine answers begins anew: what was done to the old one says nothing of it.

A maintenance ends in four ways: its source says so; it had started and is not listed any more (Azure knows no
"completed"); it is not listed any more and the machine's facts moved; or it is not listed any more, its time has come,
and it is of a kind that leaves no trace. One that vanishes before its time without a trace was withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bench.cloud.hosts import merged, moved, older
from bench.cloud.states import Done, Happening, Host, Notice, Observation, Pending, Progress, Standing, Stay, Word
from bench.model import Pairs

SAME_S = 3600.0
"""Two sources that report an end within this time speak of one maintenance."""
_KEPT_STAYS, _KEPT_CLOSED, _KEPT_PENDING = 50, 200, 50
_LEAVES_A_TRACE = ("reboot", "redeploy", "stop", "terminat", "retire", "restart")
_NO_PROOF = ("freeze", "migrate", "user ")
"""Kinds of which a new boot id proves nothing: the machine runs on, or it was booted by whoever asked for it."""
EARLY_S = 600.0
"""Between two looks that lie no farther apart, a reboot and the end of its notice are one thing."""
IDENTITY = ("vm_id", "cloud_id")
"""What tells one machine from another, by its cloud."""


def step(old: Standing, seen: Observation) -> tuple[Standing, tuple[Happening, ...]]:
    """Where a target stands after an observation, and what happened. An observation that repeats changes nothing."""
    maker = _Step(old, seen)
    return maker.run()


class _Step:
    """One step: `now` grows from the old standing, `happened` collects."""

    def __init__(self, old: Standing, seen: Observation) -> None:
        self.old, self.now = old, old
        self.seen, self.reading = seen, seen.reading
        self.happened: list[Happening] = []

    def run(self) -> tuple[Standing, tuple[Happening, ...]]:
        source = self.seen.source
        if another(dict(self.now.machine), dict(self.reading.machine)):
            for pending in self.now.pending:  # it ends for whoever was told that it began
                self._say("withdrawn", pending.notice.kind)
            self._say("another machine", dict(self.reading.machine).get("name", ""))
            self.old = self.now = Standing(self.old.target)
        self.now = replace(
            self.now,
            troubles=_with(self.now.troubles, source, self.reading.problem),
            notes=_with(self.now.notes, source, self.reading.note),
            machine=tuple(sorted((dict(self.now.machine) | dict(self.reading.machine)).items())),
        )
        self._look_at_host()
        if self.reading.notices is not None:
            times = dict(self.now.answered) | {source: self.seen.at}
            self.now = replace(self.now, answered=tuple(sorted(times.items())))
            self._look_at_notices(self.reading.notices[:_KEPT_PENDING])
        self._confirm()
        self._look_back()
        word = _word(self.now)
        if word is not self.old.word:
            self.now = replace(self.now, word=word, since=self.seen.at)
        return self.now, tuple(self.happened)

    def _say(self, kind: str, text: str) -> None:
        self.happened.append(Happening(self.seen.at, self.old.target, kind, self.seen.source, text))

    def _tell(self, kind: str, notice: Notice) -> None:
        """What happened to a maintenance, and between which looks."""
        looked = dict(self.old.answered).get(self.seen.source)
        window = (notice.not_before, notice.not_after) if notice.progress is Progress.COMPLETED else (None, None)
        words = (kind, self.seen.source, notice.kind, notice.notice_id)
        self.happened.append(Happening(self.seen.at, self.old.target, *words, looked, *window))

    # --- the host ---

    def _look_at_host(self) -> None:
        """Remember the host; say what moved."""
        before, host = self.now.host, merged(self.now.host, self.reading.host)
        words = {
            "boot id": "the machine was booted",
            "host": f"{before.name} → {host.name}",
            "host build": f"{before.build} → {host.build}",
            "virtual clock": "its clock was interrupted, as by a live migration",
        }
        for what in moved(before, host):
            self._say(what, words[what])
        self.now = replace(self.now, host=host)
        if self.reading.host == Host():
            return
        *others, last = self.now.stays or (Stay(host, self.seen.at, self.seen.at),)
        if (last.host.name, last.host.build) == (host.name, host.build) or not moved(last.host, host):
            kept = (*others, Stay(merged(last.host, host), last.first_at, max(last.last_at, self.seen.at)))
        else:
            kept = (*others, last, Stay(host, self.seen.at, self.seen.at))
        self.now = replace(self.now, stays=kept[-_KEPT_STAYS:])

    # --- notices ---

    def _look_at_notices(self, notices: tuple[Notice, ...]) -> None:
        source = self.seen.source
        for notice in notices:
            if (source, notice.notice_id) in self.now.closed:
                continue
            if notice.progress is Progress.CANCELED:
                self._drop(notice, "withdrawn")
            elif notice.progress is Progress.COMPLETED:
                self._end(self._pending(notice.notice_id), notice)
                self._close(notice)
            else:
                self._keep(notice)
        listed = {notice.notice_id for notice in notices}
        for pending in self.now.pending:
            if pending.source == source and pending.notice.notice_id not in listed:
                self._vanished(pending)

    def _pending(self, notice_id: str) -> Pending | None:
        for pending in self.now.pending:
            if (pending.source, pending.notice.notice_id) == (self.seen.source, notice_id):
                return pending
        return None

    def _keep(self, notice: Notice) -> None:
        """A maintenance that is announced or runs: new, moved, or begun."""
        known = self._pending(notice.notice_id)
        if known is None:
            self._tell(notice.progress.value, notice)
            # What this very observation says of the host is what the maintenance was announced on; one that has
            # started already may have moved the machine: then what was known before it, as far as it was.
            started = notice.progress is Progress.STARTED
            origin = merged(self.now.host, self.old.host) if started else self.now.host
            made = Pending(self.seen.source, notice, self.seen.at, origin)
            self.now = replace(self.now, pending=(*self.now.pending, made)[-_KEPT_PENDING:])
            return
        if notice.progress is not known.notice.progress:
            self._tell(notice.progress.value, notice)
        elif notice.not_before != known.notice.not_before:
            self._tell("moved", notice)
        changed = replace(known, notice=notice, origin=self._origin(known, notice))
        self.now = replace(self.now, pending=tuple(changed if one is known else one for one in self.now.pending))

    def _origin(self, known: Pending, notice: Notice) -> Host:
        """Somebody's own reboot before the time of the maintenance is no trace of it."""
        early = notice.not_before is not None and self.seen.at < notice.not_before
        if early and notice.progress is Progress.SCHEDULED and moved(known.origin, self.now.host) == ("boot id",):
            return merged(self.now.host, replace(known.origin, boot_id=self.now.host.boot_id))
        return merged(self.now.host, known.origin)

    def _vanished(self, pending: Pending) -> None:
        """Not listed any more: over, or withdrawn? See the top of this file."""
        notice = pending.notice
        trace = moved(pending.origin, self.now.host)
        if (pending.origin.name or pending.origin.build) and not self._early(notice):
            trace = tuple(what for what in trace if what != "boot id")
        due = notice.not_before is not None and self.seen.at >= notice.not_before
        silent = not leaves_a_trace(notice.kind) or not self.now.host.boot_id
        booted = pending.origin.boot_id not in ("", self.now.host.boot_id)
        if notice.progress is Progress.STARTED or trace or (due and (silent or booted)):
            self._end(pending, notice)
        else:
            self._tell("withdrawn", notice)
        self.now = replace(self.now, pending=tuple(one for one in self.now.pending if one is not pending))

    def _early(self, notice: Notice) -> bool:
        """Whether it was booted just when it was listed no more: an approval starts maintenance before its time."""
        listed_at = dict(self.old.answered).get(self.seen.source)
        booted = "boot id" in moved(self.old.host, self.now.host)
        return booted and boots(notice.kind) and listed_at is not None and self.seen.at - listed_at <= EARLY_S

    def _drop(self, notice: Notice, kind: str) -> None:
        known = self._pending(notice.notice_id)
        if known is not None:
            self._tell(kind, notice)
        self._close(notice)

    def _close(self, notice: Notice) -> None:
        key = (self.seen.source, notice.notice_id)
        kept = tuple(one for one in self.now.pending if (one.source, one.notice.notice_id) != key)
        self.now = replace(self.now, pending=kept, closed=(*self.now.closed, key)[-_KEPT_CLOSED:])

    def _end(self, pending: Pending | None, notice: Notice) -> None:
        """A maintenance is over; the same one, told by another source, counts once."""
        at = self.seen.at
        if notice.progress is Progress.COMPLETED and notice.not_after is not None:
            at = min(at, notice.not_after)
        if self.now.done is not None and self._same(self.now.done, pending, at):
            if pending is not None and pending.notice.progress is Progress.STARTED:
                self._tell("over", notice)
            return
        before = pending.origin if pending is not None else self.now.host
        done = Done(at, self.seen.source, notice.kind, before, self.now.host)
        self.now = replace(self.now, done=done, unpatched=False)
        self._tell("done", notice)

    def _same(self, last: Done, pending: Pending | None, at: float) -> bool:
        """Whether an end is that of the last maintenance once more. One source does not tell of one twice."""
        if at <= last.at or (pending is not None and pending.first_at <= last.at):
            return True
        return at - last.at < SAME_S and self.seen.source != last.source

    # --- after it ---

    def _confirm(self) -> None:
        """Facts that moved since before the maintenance confirm it; see `_belongs` for how long."""
        done = self.now.done
        if done is None or done.confirmed or not self._belongs(done):
            return
        trace = moved(done.before, self.now.host)
        alone = {"boot id": boots(done.kind), "virtual clock": not leaves_a_trace(done.kind)}
        if len(trace) > 1 or any(alone.get(what, True) for what in trace):
            self.now = replace(self.now, done=replace(done, after=self.now.host, confirmed=trace))
            self._say("confirmed", ", ".join(trace))

    def _belongs(self, done: Done) -> bool:
        """Whether what moves now may still come of it: just ended, within the hour, or not looked at since.

        Who reboots or moves a machine days later confirms nothing.
        """
        before = self.old.stays[-1].last_at if self.old.stays else done.at
        return self.old.done != done or self.seen.at - done.at < SAME_S or before <= done.at

    def _look_back(self) -> None:
        """A machine that came back to what was there before its maintenance has lost it again."""
        done = self.now.done
        if done is None or not done.confirmed or self.now.unpatched:
            return
        again = [
            what
            for what, before, after, here in (
                ("host build", done.before.build, done.after.build, self.now.host.build),
                ("host", done.before.name, done.after.name, self.now.host.name),
            )
            if before and after and before != after and here == before
        ]
        if done.after.build and self.now.host.build == done.after.build:
            again = []  # the old machine, patched meanwhile
        elif older(self.now.host.build, done.after.build):
            again.append("host build")
        left = bool(done.after.name) and bool(self.now.host.name) and done.after.name != self.now.host.name
        announced = left and any(one.first_at > done.at for one in self.now.pending)
        if again or announced:
            self.now = replace(self.now, unpatched=True)
            self._say("unpatched", f"the {again[0]} is one from before" if again else "announced once more")


def boots(kind: str) -> bool:
    """Whether a maintenance of this kind boots the machine by itself, so that a new boot id is a trace of it."""
    return not any(word in kind.lower() for word in _NO_PROOF)


def leaves_a_trace(kind: str) -> bool:
    """Whether a maintenance of this kind cannot pass without another boot id."""
    return any(word in kind.lower() for word in _LEAVES_A_TRACE)


def another(known: Mapping[str, str], said: Mapping[str, str]) -> bool:
    """Whether a machine says that it is not the one that is known, by what both name."""
    pairs = [(known[name].lower(), said[name].lower()) for name in IDENTITY if known.get(name) and said.get(name)]
    return known.get("cloud") == said.get("cloud") and any(old != new for old, new in pairs)


def _word(now: Standing) -> Word:
    if any(one.notice.progress is Progress.STARTED for one in now.pending):
        return Word.IN_PROGRESS
    if now.unpatched:
        return Word.UNPATCHED
    if now.pending:
        return Word.SCHEDULED
    if now.done is not None:
        return Word.DONE
    return Word.NONE if now.answered else Word.UNKNOWN


def _with(pairs: Pairs, key: str, value: str) -> Pairs:
    """`pairs` with the text of one source; "" takes it out."""
    found = dict(pairs)
    found.pop(key, None)
    return tuple(sorted((found | ({key: value} if value else {})).items()))
