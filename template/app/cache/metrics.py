"""What the cache counts; /metrics shows it."""

from prometheus_client import Counter

reads = Counter(
    "cache_reads",
    "Reads of the cache: `hit`, `miss`, or `error` when Redis was unavailable or its reply invalid.",
    ["outcome"],
)

for outcome in ("hit", "miss", "error"):
    reads.labels(outcome)
