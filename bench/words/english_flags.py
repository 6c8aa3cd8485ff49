"""The English of flags, a part of `bench.words.english`."""

from __future__ import annotations

FLAGS: dict[str, str] = {
    "change.lower": "{size} lower",
    "change.higher": "{size} higher",
    "change.falls": "falls by {size}",
    "change.rises": "rises by {size}",
    "flag.target": "{target} {change}",
    "flag.targets.more.one": "{names} and {n} more target",
    "flag.targets.more.many": "{names} and {n} more targets",
    "flag.within": "within {tag!r} it {pace} ({sessions})",
    "flag.within.both": "within both tags it {pace} ({sessions})",
    "flag.single": "within {tag!r} single targets drift: {targets}",
    "flag.single.both": "within both tags single targets drift: {targets}",
    "flag.pace.day": "{change} a day",
    "flag.pace.in": "{change} in {time}",
    "flag.outlier.one": "{n} session lies far off the level of its target: {targets}",
    "flag.outlier.many": "{n} sessions lie far off their target's level: {targets}",
    "flag.outlier.in.one": "{n} session lies far off the level of its target in {tag!r}: {targets}",
    "flag.outlier.in.many": "{n} sessions lie far off their target's level in {tag!r}: {targets}",
    "flag.modes.values": "single values fall into two groups about {apart} apart ({number})",
    "flag.modes.sessions": "sessions fall into two groups about {apart} apart ({number})",
    "flag.scatter.repetitions": (
        "two repetitions of a session differ by {size_after} in {after!r}, by {size_before} in {before!r}"
    ),
    "flag.scatter.sessions": (
        "two sessions of a target differ by {size_after} in {after!r}, by {size_before} in {before!r}"
    ),
    "flag.heterogeneous": (
        "the change differs between targets by more than their sessions explain (scatter {scatter}, explained "
        "{explained})"
    ),
    "flag.heterogeneous.targets": (
        "the change differs between targets by more than their sessions explain (scatter {scatter}, explained "
        "{explained}): {targets}"
    ),
    "flag.warm_up": "the first repetition of a session is {change} than the others ({sessions})",
    "flag.warm_up.targets": "the first repetition of a session differs from the others: {targets}",
    "flag.throttling": "it {change} from the first to the last repetition of a session ({sessions})",
    "flag.throttling.targets": "it gets worse from the first to the last repetition of a session: {targets}",
}
