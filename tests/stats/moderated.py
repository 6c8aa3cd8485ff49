"""What does a campaign's other metrics say about the noise of this one? The moderated t of Smyth (2004).

The variance s² of a metric over its targets is shrunk towards s0², what its campaign's metrics have in common:
s̃² = (d0 s0² + d s²)/(d0 + d), and t has d + d0 degrees of freedom. d0 and s0² come from the moments of ln s²:
E ln s² = ln s0² + ψ(d/2) − ψ(d0/2) + ln(d0/d), Var ln s² = ψ'(d/2) + ψ'(d0/2)
(Smyth, Stat. Appl. Genet. Mol. Biol. 3(1), 2004, §6.2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

Floats = NDArray[np.float64]

VARIANCE_FLOOR = 1e-8


def trigamma_inverse(value: Floats) -> Floats:
    """Solve ψ'(x) = value by Newton's method on 1/ψ' (Smyth 2004, appendix), for value > 0."""
    x = 0.5 + 1.0 / value
    for _ in range(50):
        now = polygamma(1, x)
        step = now * (1.0 - now / value) / polygamma(2, x)
        x = x + step
        if np.all(-step < 1e-8 * x):
            break
    return x


def prior(variance: Floats, df: float) -> tuple[Floats, Floats]:
    """(d0, s0²) of each campaign from `variance` (campaigns, metrics), each with `df`; d0 infinite: all alike."""
    z = np.log(np.maximum(variance, VARIANCE_FLOOR)) - digamma(df / 2) + np.log(df / 2)
    mean = z.mean(axis=1)
    extra = z.var(axis=1, ddof=1) - polygamma(1, df / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        d0 = np.where(extra > 0, 2.0 * trigamma_inverse(np.maximum(extra, 1e-9)), np.inf)
        s0 = np.where(extra > 0, np.exp(mean + digamma(d0 / 2) - np.log(d0 / 2)), np.exp(mean))
    return d0, s0


def squeeze(variance: Floats, df: float) -> tuple[Floats, Floats]:
    """(s̃², its degrees of freedom), shape (campaigns, metrics); no more degrees than all metrics have together."""
    d0, s0 = prior(variance, df)
    s2 = np.maximum(variance, VARIANCE_FLOOR)
    finite = np.isfinite(d0)[:, None]
    weight = np.where(finite, d0[:, None], 0.0)
    posterior = np.where(finite, (weight * s0[:, None] + df * s2) / (weight + df), s0[:, None])
    total = np.minimum(df + d0, df * variance.shape[1])
    return posterior, np.broadcast_to(total[:, None], variance.shape)
