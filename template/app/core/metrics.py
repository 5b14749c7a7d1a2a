"""What the service counts beside its requests; /metrics shows both."""

from prometheus_client import Counter

mails = Counter(
    "mails",
    "Mails by what became of them, `sent` or `failed`, but for those that a 202 does not tell of.",
    ["outcome"],
)

# A series that is there from the start has a rate; one that begins with its first failure has none.
for outcome in ("sent", "failed"):
    mails.labels(outcome)

rate_limit_rejections = Counter(
    "http_rate_limit_rejections",
    "Requests refused because their client asks too often.",
    ["policy", "route"],
)

security_events = Counter(
    "security_events", "What happened to accounts and tenants, by the event's name.", ["event"]
)
