"""What the service counts; /metrics shows it."""

from prometheus_client import Counter, Histogram, Summary

# The names and labels of prometheus-fastapi-instrumentator, which many dashboards know.
requests = Counter("http_requests", "Requests.", ["method", "status", "handler"])
request_sizes = Summary("http_request_size_bytes", "Bytes of a request's body.", ["handler"])
response_sizes = Summary("http_response_size_bytes", "Bytes of a response's body.", ["handler"])
request_durations = Histogram(
    "http_request_duration_seconds",
    "Seconds to respond, by handler.",
    ["method", "handler"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

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
    "Requests refused because their client sends too many.",
    ["policy", "route"],
)

security_events = Counter(
    "security_events", "What happened to accounts and tenants, by the event's name.", ["event"]
)
