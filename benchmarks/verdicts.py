"""Hold what a full run has measured against the goals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

from benchmarks import goals
from benchmarks.endpoints import DATABASE, ENDPOINTS, TRACED
from benchmarks.judging import paired
from benchmarks.measuring import Series
from benchmarks.report import cpu_us
from benchmarks.soaking import Soak
from benchmarks.starts import Starts, idle_mib

SERVICES = ("memory", "redis")
IMPORTS = "bare with the same imports"


@dataclass(frozen=True)
class Measured:
    """All of a full run. `tails` are p50 and p99 of longer slices, by target and endpoint."""

    series: Series
    starts: Starts
    soak: Soak
    calls: int
    tails: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """One goal, of one service, what was measured, and whether that reaches it."""

    what: str
    service: str
    goal: str
    measured: str
    met: bool


def judge(measured: Measured) -> list[Verdict]:
    return [
        verdict
        for service in SERVICES
        for judge_some in (_ratios, _lists, _refusals, _tails, _starts)
        for verdict in judge_some(measured, service)
    ] + [*_traced(measured), *_soak(measured)]


def _ratios(measured: Measured, service: str) -> Iterator[Verdict]:
    for goal in goals.RATIOS:
        endpoint, least = ENDPOINTS[goal.endpoint], getattr(goal, service)
        if not least:
            continue
        ratio = measured.series.ratio(service, "bare", endpoint)
        wanted, found, met = f"{least:.2f}", str(ratio), ratio.median >= least
        spent = [cpu_us(measured.series, name, endpoint) for name in (service, "bare")]
        if goal.or_extra_us and spent[0] and spent[1]:
            extra = spent[0] - spent[1]
            wanted += f", or {goal.or_extra_us:.0f} us of CPU over bare"
            found += f", {extra:.0f} us"
            met = met or extra <= goal.or_extra_us
        yield Verdict(f"{endpoint.title}, to bare", service, wanted, found, met)


def _lists(measured: Measured, service: str) -> Iterator[Verdict]:
    rates = [measured.series.rates(service, key) for key in ("list", "deep_list")]
    yield _at_most(
        "list deep in 1,000,000 rows, to the first page",
        service,
        goals.DEEP_TO_FIRST,
        paired(*rates).median,
    )


def _refusals(measured: Measured, service: str) -> Iterator[Verdict]:
    if service == "redis":
        title = "Redis calls for a client known to be denied"
        yield _at_most(title, service, goals.CALLS_WHILE_DENIED, measured.calls, "{:.0f}")
        return
    ratio = paired(*(measured.series.rates(service, key) for key in ("denied", "health")))
    least = goals.DENIED_TO_HEALTH
    yield Verdict(
        "a 429, to its own `/health/live`",
        service,
        f"{least:.2f}",
        str(ratio),
        ratio.median >= least,
    )


def _tails(measured: Measured, service: str) -> Iterator[Verdict]:
    for key in DATABASE:
        p50, p99 = measured.tails[service, key]
        title = f"{ENDPOINTS[key].title}, p99 to p50"
        yield _at_most(title, service, goals.P99_TO_P50, p99 / p50)
    slices = measured.series.of(service, "health_beside_sign_ins")
    yield _at_most(
        f"{ENDPOINTS['health_beside_sign_ins'].title}, p99",
        service,
        goals.HEALTH_BESIDE_SIGN_INS_P99_MS,
        median(each.outcome.p99 for each in slices),
        "{:.1f} ms",
    )


def _starts(measured: Measured, service: str) -> Iterator[Verdict]:
    times = [[start.seconds for start in measured.starts[name]] for name in (service, IMPORTS)]
    title = "first 200, to bare with the same imports"
    yield _at_most(title, service, goals.START_TO_BARE, paired(*times).median)
    if mib := idle_mib(measured.starts[service]):
        yield _at_most("idle RSS", service, goals.IDLE_MIB, mib, "{:.0f} MiB")


def _traced(measured: Measured) -> Iterator[Verdict]:
    least = goals.TRACED_TO_UNTRACED
    for endpoint in map(ENDPOINTS.__getitem__, TRACED):
        ratio = measured.series.ratio("traced", "redis", endpoint)
        title = f"{endpoint.title} with traces, to without"
        yield Verdict(title, "redis", f"{least:.2f}", str(ratio), ratio.median >= least)


def _soak(measured: Measured) -> Iterator[Verdict]:
    done, service = measured.soak, "redis"
    enough = done.requests >= goals.SOAK_REQUESTS
    title = f"{done.requests:,} requests in a row"
    if done.growth is not None:
        growth = Verdict(
            f"{title}, growth of RSS",
            service,
            f"{goals.SOAK_GROWTH:.0%} after {goals.SOAK_REQUESTS:,}",
            f"{done.growth:+.1%}",
            enough and done.growth <= goals.SOAK_GROWTH,
        )
        yield growth
    keys = f"keys left in Redis of at most {done.most_keys:,}"
    yield _at_most(f"{title}, {keys}", service, goals.SOAK_REDIS_KEYS, done.keys_left, "{:.0f}")


def _at_most(what: str, service: str, goal: float, found: float, shape: str = "{:.2f}") -> Verdict:
    return Verdict(
        what, service, f"at most {shape.format(goal)}", shape.format(found), found <= goal
    )
