"""Is resident memory flat? The rule that `make soak` ends by.

    verdict = judge([(1, 20_100), (2, 20_150), ...], warm_up_minutes=10)
    verdict.flat, verdict.worst_percent

Flat is: after the warm-up, every sample lies within 5 % of the mean of all samples after it. What a program fills by then,
and keeps: the history of the simulator (500,000 trades), the windows of cw-candles (a minute of closed ones; of the longer
intervals one or two a symbol), queues and batches at their working size. Longer runs add nothing to these: a window leaves
the state when its minutes do. The drift tells a slow leak from samples that waver.
"""

from dataclasses import asdict, dataclass
from statistics import fmean

LIMIT_PERCENT = 5
LEAST_SAMPLES = 3


@dataclass(frozen=True)
class Verdict:
    mean_kib: float
    least_kib: int
    most_kib: int
    drift_percent: float  # the mean of the last third over that of the first third, after the warm-up
    samples: int

    @property
    def worst_percent(self):
        """The sample that lies farthest from the mean."""
        return 100 * max(self.most_kib - self.mean_kib, self.mean_kib - self.least_kib) / self.mean_kib

    @property
    def flat(self):
        return self.worst_percent <= LIMIT_PERCENT

    def as_dict(self):
        return {**asdict(self), "worst_percent": self.worst_percent, "flat": self.flat}


def judge(samples, warm_up_minutes):
    """samples: (market minute, KiB) in order of time. ValueError if fewer than LEAST_SAMPLES lie after the warm-up."""
    kept = [kib for minute, kib in samples if minute > warm_up_minutes]
    if len(kept) < LEAST_SAMPLES:
        raise ValueError(f"{len(kept)} samples after {warm_up_minutes} minutes: too few to judge")
    third = len(kept) // 3
    return Verdict(fmean(kept), min(kept), max(kept), 100 * (fmean(kept[-third:]) / fmean(kept[:third]) - 1), len(kept))
