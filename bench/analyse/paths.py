"""Did the bytes of a network trial go through the VF? Read from the counters that the probe printed around it.

That accelerated networking is enabled proves nothing: the counters do. Azure's synthetic card (hv_netvsc) counts in
`vf_*` what went through the VF below it, in `rx_queue_N` and `tx_queue_N` what it carried itself, and in its statistics
both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.analyse import cache
from bench.analyse.contradictions import WrongPath
from bench.analyse.result import Attribution
from bench.errors import StoreError
from bench.model import Status
from bench.store import StoredAttempt, StoredRun
from bench.words import Said, joined, say

FACTOR = "sriov"
"""The factor whose levels say which way the bytes are to go."""
ON, OFF = frozenset({"on", "true", "yes", "1", "enabled"}), frozenset({"off", "false", "no", "0", "disabled"})
AGREES = 0.9
"""Share of the bytes of a trial that must have gone the declared way."""
ENOUGH_BYTES = 10_000_000
"""Fewer say nothing: the controller's own connection goes over the same card."""

_SYNTHETIC = "hv_netvsc"
_MAX_PROBE = 4 << 20
_STATISTICS = re.compile(r"/sys/class/net/([^/\s]+)/statistics/[rt]x_bytes:([0-9]{1,20})")
_LINK = re.compile(r".*?/sys/class/net/([^/\s]+)/(device/driver|master) -> (?:.*/)?([^/\s]+)")
_ETHTOOL = re.compile(r"\s*(vf_[rt]x_bytes|[rt]x_queue_[0-9]{1,5}_bytes): ([0-9]{1,20})")
_BOOT_ID = "/proc/sys/kernel/random/boot_id:"
_SWITCH = re.compile(r"Data path switched|VF slot \d+ removed")
_MOST_SWITCHES = 100
_SAID = 2


@dataclass(frozen=True, slots=True)
class Card:
    """Bytes that a synthetic card has counted, received and sent: what went through the VF, and what it carried itself.

    vf: None when the VF is gone, with its counters. vf_name: "" where the card itself counted.
    """

    total: int
    vf: int | None
    carried: int | None
    vf_name: str = ""


@dataclass(frozen=True, slots=True)
class Counters:
    """What one output of the probe says of paths. switches: lines of the kernel's log; None: it could not be read."""

    boot_id: str
    cards: Mapping[str, Card]
    switches: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Way:
    """Which way the bytes of one trial went on one target."""

    trial_id: str
    target: str
    vf_bytes: int
    synthetic_bytes: int

    @property
    def share(self) -> float:
        """The share of the bytes that went through the VF."""
        return self.vf_bytes / (self.vf_bytes + self.synthetic_bytes)


def parse_counters(text: bytes) -> Counters:
    """The counters in the output of the probe; what is no counter of ours is passed over. Never raises."""
    lines = text[:_MAX_PROBE].decode("utf-8", "replace").split("\n")
    drivers: dict[str, str] = {}
    below: dict[str, str] = {}
    totals: dict[str, int] = {}
    own: dict[str, dict[str, int]] = {}
    log: list[str] = []
    section, card, boot_id, readable = "", "", "", False
    for line in lines:
        if line.startswith("@@ "):
            section = line[3:].strip()
        elif section == "files" and line.startswith(_BOOT_ID):
            boot_id = line.removeprefix(_BOOT_ID).strip()
        elif section == "links" and (link := _LINK.fullmatch(line)):
            (drivers if link[2] == "device/driver" else below)[link[1]] = link[3]
        elif section == "counters" and (count := _STATISTICS.fullmatch(line)):
            totals[count[1]] = totals.get(count[1], 0) + int(count[2])
        elif section == "counters" and line.startswith("# "):
            card = line[2:].removesuffix(" S")
        elif section == "counters" and card and (count := _ETHTOOL.fullmatch(line)):
            own.setdefault(card, {})[count[1]] = int(count[2])
        elif section == "kernel-log" and line == "could be read":
            readable = True
        elif section == "kernel-log" and _SWITCH.search(line):
            log.append(line)
    cards = {
        name: _card(name, totals, below, own.get(name, {}))
        for name, driver in drivers.items()
        if driver == _SYNTHETIC and name in totals
    }
    return Counters(boot_id, cards, tuple(log) if readable else None)


def _card(name: str, totals: Mapping[str, int], below: Mapping[str, str], own: Mapping[str, int]) -> Card:
    queues = [count for field, count in own.items() if "_queue_" in field]
    carried = sum(queues) if queues else None
    if "vf_rx_bytes" in own and "vf_tx_bytes" in own:
        return Card(totals[name], own["vf_rx_bytes"] + own["vf_tx_bytes"], carried)
    vf = next((one for one, above in below.items() if above == name and one in totals), "")
    return Card(totals[name], totals[vf] if vf else None, carried, vf)


def moved(before: Counters, after: Counters) -> tuple[int, int] | None:
    """Bytes (through VFs, over the synthetic path) between two probes; None where the counters cannot say it."""
    if before.boot_id != after.boot_id or not before.cards.keys() & after.cards.keys():
        return None
    through = over = 0
    for name in before.cards.keys() & after.cards.keys():
        one, other = before.cards[name], after.cards[name]
        # A VF that came meanwhile started at 0; the counters of one that went are gone, unless the card has its own.
        if one.vf is not None and (other.vf is None or one.vf_name != other.vf_name):
            return None
        vf, total = (other.vf or 0) - (one.vf or 0), other.total - one.total
        carried = total - vf
        if one.carried is not None and other.carried is not None:
            carried = other.carried - one.carried
        if vf < 0 or total < 0:
            return None
        # Without counters of its own: a VF counts the headers of every packet, so that its bytes may be more than all.
        through, over = through + vf, over + max(0, carried)
    return through, over


def switched(before: Counters, after: Counters) -> tuple[str, ...]:
    """What the kernel's log tells of the data path between two probes; nothing where it could not be read."""
    if before.switches is None or after.switches is None or before.boot_id != after.boot_id:
        return ()
    known = set(before.switches)
    return tuple(line for line in after.switches if line not in known)[:_MOST_SWITCHES]


def ways_of(run: StoredRun) -> tuple[Way, ...]:
    """Which way the bytes of every network trial (one between two targets) went, from the cache where it is known."""
    key = cache.run_key(run)
    cached = _cached(cache.read_json(run, "ways", key))
    if cached is not None:
        return cached
    found: list[Way] = []
    survey = run.survey()
    sound = not survey.damage
    for stored in survey.attempts:
        if stored.record.status is not Status.OK or len(stored.record.trial.targets) < 2:
            continue
        try:
            found += _ways(stored)
        except StoreError:  # the problems of the samples name it
            sound = False
    if sound:
        rows = [[one.trial_id, one.target, one.vf_bytes, one.synthetic_bytes] for one in found]
        cache.write_json(run, "ways", key, rows)
    return tuple(found)


def wrong_paths(runs: Iterable[StoredRun]) -> tuple[WrongPath, ...]:
    """Where the bytes of network trials went another way than their phase declares, by tag and target."""
    seen: dict[tuple[str, str, str], list[Way]] = {}
    for run in runs:
        level = dict(run.info.factors).get(FACTOR, "")
        if level.lower() in ON | OFF:
            for way in ways_of(run):
                seen.setdefault((run.info.tag, level, way.target), []).append(way)
    found: list[WrongPath] = []
    for (tag, level, target), ways in sorted(seen.items()):
        on = level.lower() in ON
        wrong = [one for one in ways if (one.share if on else 1 - one.share) < AGREES]
        if wrong:
            through = sum(one.vf_bytes for one in wrong)
            share = through / (through + sum(one.synthetic_bytes for one in wrong))
            found.append(WrongPath(tag, FACTOR, level, target, len(wrong), len(ways), share))
    return tuple(found)


def with_paths(judged: Attribution, runs: Iterable[StoredRun]) -> Attribution:
    """The judgement of factors and facts, with what the counters of network trials say against it."""
    wrong = wrong_paths(runs)
    said = [in_words(one) for one in wrong[:_SAID]]
    if len(wrong) > _SAID:
        said.append(say("attribution.path.more", n=len(wrong) - _SAID))
    whole = joined(filter(None, (judged.sentence, *said)), "sentence")
    return replace(judged, wrong_path=wrong, sentence=whole) if wrong else judged


def in_words(wrong: WrongPath) -> Said:
    """One sentence, as in "But 'sriov-on' declares sriov on, and 2 % of the bytes of web-1 went through the VF …"."""
    return say(
        "attribution.path",
        tag=wrong.tag,
        factor=wrong.factor,
        level=wrong.declared,
        share=say("percent", number=f"{wrong.share * 100:.0f}"),
        target=wrong.target,
        trials=wrong.trials,
        total=wrong.total,
    )


def _ways(stored: StoredAttempt) -> Iterator[Way]:
    for target, before, after in probes(stored):
        bytes_of = moved(before, after)
        if bytes_of is not None and sum(bytes_of) >= ENOUGH_BYTES:
            yield Way(stored.record.trial.trial_id, target, *bytes_of)


def probes(stored: StoredAttempt) -> Iterator[tuple[str, Counters, Counters]]:
    """Each target of an attempt with the counters before and after it, where both were taken; StoreError for damage."""
    roles = {role: target for target, role in stored.record.roles}
    known = {file.path for file in stored.record.files}
    for path in sorted(known):
        place, _, name = path.rpartition("/")
        later = f"{place}/facts-after.txt"
        if name == "facts-before.txt" and place.startswith("raw/") and later in known:
            target = roles.get(place.removeprefix("raw/"), stored.record.trial.targets[0])
            yield target, parse_counters(stored.read(path)), parse_counters(stored.read(later))


def _cached(data: Any) -> tuple[Way, ...] | None:
    """Cached paths, or None when they are not what is kept there."""
    if not isinstance(data, list):
        return None
    try:
        return tuple(Way(str(trial), str(target), int(vf), int(synthetic)) for trial, target, vf, synthetic in data)
    except (TypeError, ValueError, OverflowError):
        return None
