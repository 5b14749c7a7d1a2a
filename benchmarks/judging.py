"""Judge by ratios of what was measured side by side: a machine's own moods cancel out in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

# Differences below it are noise even on an idle machine (docs/performance.md).
NOISE = 0.05
# Of fewer rounds nothing can be said.
FEWEST_ROUNDS = 3


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios, and the quartiles around it."""

    median: float
    low: float
    high: float
    rounds: int

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"

    @property
    def verdict(self) -> str:
        """Faster or slower only where most rounds agree, and by more than noise."""
        if self.rounds < FEWEST_ROUNDS:
            return "unknown"
        if self.low > 1 and self.median > 1 + NOISE:
            return "faster"
        if self.high < 1 and self.median < 1 - NOISE:
            return "slower"
        return "same"


def paired(values: Sequence[float], references: Sequence[float]) -> Ratio:
    """Compare each value with the reference of its own round.

    Raises:
        ValueError: a round lacks one of the two, or there is no round.
    """
    ratios = [value / reference for value, reference in zip(values, references, strict=True)]
    if not ratios:
        raise ValueError("nothing was measured")
    low, _, high = quantiles(ratios, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Ratio(median(ratios), low, high, len(ratios))


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the least value that so many percent of them do not exceed; 0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
