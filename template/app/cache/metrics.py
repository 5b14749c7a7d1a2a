"""What is counted of the cache and of Redis; /metrics shows it."""

from prometheus_client import Counter, Gauge

reads = Counter(
    "cache_reads",
    "Reads of the cache: `hit`, `miss`, or `error` when Redis was unavailable or its reply invalid.",
    ["outcome"],
)

breaker_open = Gauge(
    "redis_breaker_open",
    "Processes that go on without Redis, having found it away.",
    multiprocess_mode="livesum",
)

commands_lost = Counter(
    "redis_commands_lost",
    "Commands without a reply: `failed`, or `skipped` while the breaker was open.",
    ["reason"],
)

for reason in ("failed", "skipped"):
    commands_lost.labels(reason)

for outcome in ("hit", "miss", "error"):
    reads.labels(outcome)
