"""What a plan could show, worked out by hand from noise that is known, and from earlier sessions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.analyse.asked import Asked, nothing_known
from bench.analyse.autocorrelation import inflation
from bench.analyse.forecast import forecast
from bench.analyse.past.history import History, MetricName, PairSum
from bench.analyse.planning import DAYS_APART, Design, Noise, best_repetitions, noise_of, of_median, prospect
from bench.analyse.result import MetricKey
from bench.model import Trial

NAME = MetricName(MetricKey("pace", "walk", "rate", "", (("depth", 4),)), "ops/s")


def noise(repetition: float = 0.01, session: float = 0.02, repetitions: float = 1) -> Noise:
    """Noise with these standard deviations; sessions as medians of so many repetitions."""
    return Noise(NAME, "Rate", repetition**2, session**2, repetitions, 6, 2)


def design(
    targets: int = 6, sessions: int = 2, repetitions: int = 1, alpha: float = 0.05, eta_s: float = 60.0
) -> Design:
    return Design(targets, sessions, repetitions, alpha, eta_s)


def within(per_session: float, sessions: int) -> float:
    """W of one target, its sessions a day apart in phases two weeks apart."""
    tag = np.repeat([0, 1], sessions)
    time = (np.tile(np.arange(sessions), 2) + tag * DAYS_APART) * 86400.0
    return float(2 * per_session / sessions * inflation(np.zeros(2 * sessions, dtype=int), tag, time, 1)[0])


# --- one metric ---


def test_the_variance_of_a_median() -> None:
    assert of_median(1) == pytest.approx(1)
    random = np.random.default_rng(3)
    for repetitions in (3, 5, 7):
        seen = np.median(random.normal(size=(200_000, repetitions)), axis=1).var()
        assert of_median(repetitions) == pytest.approx(seen, rel=0.04)


def test_many_targets_are_the_sample() -> None:
    found = prospect(noise(), 0.02, design(targets=6, sessions=2), History(), [])
    variance = within(0.02**2, 2) + 0.01**2  # of one target's difference: its sessions, and τ for two weeks
    width = stats.t.ppf(0.975, 5) + stats.t.ppf(0.8, 5)
    assert found.detectable == pytest.approx(math.expm1(width * math.sqrt(variance / 6)))
    assert (found.tau, found.tau_pairs) == (pytest.approx(0.01), 0)
    targets = found.targets
    assert targets is not None
    reach = [
        (stats.t.ppf(0.975, one - 1) + stats.t.ppf(0.8, one - 1)) * math.sqrt(variance / one)
        for one in (targets, targets - 1)
    ]
    assert reach[0] <= math.log1p(0.02) < reach[1]


def test_one_target_rests_on_its_sessions() -> None:
    found = prospect(noise(), 0.02, design(targets=1, sessions=3), History(), [])
    w = within(0.02**2, 3)
    variance = w + 0.01**2
    df = variance**2 / (w**2 / 4 + 0.01**4 / 10)  # two tags of two degrees of freedom; d_τ 10
    width = stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)
    assert found.detectable == pytest.approx(math.expm1(width * math.sqrt(variance)))
    assert found.sessions is None, "τ alone is more than the margin allows"


def test_one_session_on_one_target_shows_nothing() -> None:
    found = prospect(noise(), 0.02, design(targets=1, sessions=1), History(), [])
    assert found.detectable is None
    assert prospect(noise(), 0.02, design(targets=5, sessions=1), History(), []).detectable is not None


def test_more_sessions_targets_and_history_show_more() -> None:
    def shown(**changes: int) -> float:
        found = prospect(noise(), 0.02, design(**changes), History(), []).detectable
        assert found is not None
        return found

    assert shown(sessions=8) < shown(sessions=3) < shown(sessions=2)
    assert shown(targets=12) < shown(targets=6) < shown(targets=5)
    assert shown(repetitions=5) < shown(repetitions=1)
    quiet = History((PairSum(NAME, "", False, "D4", 1, "c", ("a", "a"), 40, 40e-4, 40e-4),))
    steady = noise(0.001, 0.003)
    learned, default = (prospect(steady, 0.02, design(1, 3), one, ["D4", "D8"]) for one in (quiet, History()))
    assert (learned.tau_pairs, default.tau_pairs) == (40, 0)
    assert learned.detectable is not None
    assert default.detectable is not None
    assert learned.detectable < 0.7 * default.detectable


def test_sessions_for_the_margin_are_the_fewest_that_reach_it() -> None:
    found = prospect(noise(session=0.01), 0.02, design(targets=8, sessions=1), History(), [])
    assert found.sessions is not None
    assert 1 < found.sessions < 20
    for sessions, enough in ((found.sessions, True), (found.sessions - 1, False)):
        there = prospect(noise(session=0.01), 0.02, design(targets=8, sessions=sessions), History(), [])
        assert there.detectable is not None
        assert (there.detectable <= 0.02) is enough


@pytest.mark.parametrize(
    ("repetition", "session", "repetition_s", "best"),
    [
        (0.02, 0.02, 600.0, None),  # sessions scatter as their single repetitions do: nothing of their own
        (0.02, math.hypot(0.02, 0.01), 600.0, 2),  # √(600/600 · 4)
        (0.02, math.hypot(0.02, 0.01), 60.0, 7),  # √(10 · 4) = 6.3
        (0.001, math.hypot(0.001, 0.01), 60.0, 1),
        (math.nan, 0.02, 60.0, None),
        (0.02, math.nan, 60.0, None),
    ],
)
def test_the_cheapest_number_of_repetitions(
    repetition: float, session: float, repetition_s: float, best: int | None
) -> None:
    assert best_repetitions(noise(repetition, session), repetition_s, 600.0) == best


# --- earlier sessions ---


def visits(
    levels: dict[str, list[float]], *, campaign: str = "c1", tag: str = "pre", **columns: object
) -> pd.DataFrame:
    """Target → level of each daily session, whose three repetitions have a variance of .01²."""
    return pd.DataFrame(
        [
            {
                "campaign": campaign, "tag": tag, "run": f"{campaign}/{tag}-{day}", "suite": "pace", "case": "walk",
                "metric": "rate", "part": "", "params": '{"depth": 4}', "base": "ops/s", "target": target,
                "size": "D4", "tool_digest": "", "title": "Rate", "kind": "cpu", "margin": math.nan,
                "headline": True, "detail": False, "level": level, "variance": 0.01**2, "count": 3,
                "time": day * 86400.0, **columns,
            }
            for target, series in levels.items()
            for day, level in enumerate(series)
        ]
    )  # fmt: skip


def test_noise_is_pooled_over_targets_and_windows() -> None:
    seen = pd.concat([visits({"x": [1.00, 1.02], "y": [2.00, 2.04]}), visits({"x": [5.0, 5.0]}, tag="post")])
    found = noise_of(seen, NAME)
    assert found.repetition == pytest.approx(0.01**2)
    assert found.session == pytest.approx((0.02**2 / 2 + 0.04**2 / 2 + 0) / 3)  # one degree of freedom each
    assert (found.sessions, found.targets, found.repetitions) == (4, 2, pytest.approx(3))


def test_what_drifts_between_windows_is_no_noise_of_sessions() -> None:
    seen = visits({"x": [1.00, 1.01, 1.00, 1.10, 1.11, 1.10]})
    seen["time"] = [86400.0 * day for day in (0, 1, 2, 10, 11, 12)]
    assert noise_of(seen, NAME).session == pytest.approx(np.var([1.00, 1.01, 1.00], ddof=1))


def asked(**changes: object) -> Asked:
    plan = tuple(
        Trial(f"{target}-{number}", (target,), "pace", "walk", number, (("depth", 4),))
        for target in ("x", "y") for number in (1, 2, 3)
    )  # fmt: skip
    values: dict[str, object] = {
        "campaign": "c1", "trials": plan, "sizes": frozenset({"D4"}), "controls": frozenset(), "primary": (),
        "margins": (), "sessions": 3, "phases": 2, "eta_s": 180.0, "min_gap_s": 6 * 3600.0, **changes,
    }  # fmt: skip
    return Asked(**values)  # type: ignore[arg-type]  # by name


LEVELS = {"x": [1.00, 1.02, 1.01], "y": [2.00, 2.04, 2.02]}


def test_this_campaign_speaks_first() -> None:
    mine, other = visits(LEVELS), visits({"x": [1.0, 1.5, 1.2]}, campaign="c0")
    found = forecast(pd.concat([other, mine], ignore_index=True), asked(), History())
    (one,) = found.metrics
    assert one.noise == noise_of(mine, NAME)
    assert found.own == {NAME}
    assert found.unknown == ()
    assert (one.margin, found.alpha) == (0.02, 0.05)


@pytest.mark.parametrize(
    ("columns", "known"),
    [
        ({}, True),
        ({"target": "elsewhere"}, True),  # of the same size
        ({"target": "elsewhere", "size": "D8"}, False),
        ({"size": "D8"}, True),  # the same machine
        ({"params": '{"depth": 8}'}, False),
        ({"case": "run"}, False),
        ({"headline": False}, False),
    ],
)
def test_other_campaigns_speak_of_the_same_metric_on_the_same_size(columns: dict[str, object], known: bool) -> None:
    found = forecast(visits(LEVELS, campaign="c0", **columns), asked(), History())
    assert [one.noise.name for one in found.metrics] == ([NAME] if known else [])
    assert found.own == frozenset()
    assert found.unknown == (() if known else ("pace",))


def test_primary_metrics_share_alpha_and_the_unknown_are_named() -> None:
    found = forecast(visits(LEVELS, headline=False), asked(primary=("pace/rate", "pace/other")), History())
    assert [one.noise.name for one in found.metrics] == [NAME]
    assert found.unknown == ("pace/other",)
    assert found.alpha == 0.025


def test_the_campaign_has_the_last_word_on_margins() -> None:
    own = visits(LEVELS, margin=0.03)
    assert forecast(own, asked(), History()).metrics[0].margin == 0.03
    assert forecast(own, asked(margins=(("pace/*", 0.07),)), History()).metrics[0].margin == 0.07


def test_one_session_says_how_repetitions_scatter_and_no_more() -> None:
    (one,) = forecast(visits({"x": [1.0], "y": [2.0]}), asked(), History()).metrics
    assert one.noise.repetition == pytest.approx(0.01**2)
    assert math.isnan(one.noise.session)
    assert (one.detectable, one.sessions, one.targets, one.repetitions) == (None, None, None, None)


def test_targets_are_those_that_change_and_share_no_machine() -> None:
    pairs = tuple(
        Trial(f"t{place}", ends, "net", "tcp", 1, ()) for place, ends in enumerate([("a", "b"), ("b", "a"), ("c", "d")])
    )
    assert asked(trials=pairs).targets("net") == 2
    assert asked(trials=pairs, controls=frozenset({"d"})).targets("net") == 1
    assert asked().targets("pace") == 2
    assert asked().repetitions("pace") == 3


def test_the_time_of_the_whole_campaign() -> None:
    assert asked().measuring_s == 6 * 180
    assert asked().shortest_s == 5 * 6 * 3600 + 180
    assert asked(eta_s=8 * 3600.0).shortest_s == 6 * 8 * 3600  # a session that is longer than the gap
    assert asked(sessions=1, phases=1).shortest_s == 180


def test_nothing_is_known_before_anything_was_measured() -> None:
    assert nothing_known(asked()).unknown == ("pace",)
    assert nothing_known(asked(primary=("pace/rate",))).unknown == ("pace/rate",)
    assert forecast(None, asked(), History()).unknown == ("pace",)
