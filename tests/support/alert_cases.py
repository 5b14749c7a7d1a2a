"""What makes each alert fire, and what nearly does: series for promtool, by the real numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

JOB = "my-service"
# In each step: a share of a ten-thousandth is a whole number.
REQUESTS = 10_000

Series = dict[str, str]
Labels = dict[str, str]


@dataclass(frozen=True)
class Case:
    alert: str
    name: str
    series: Series
    at: str
    # Of the alerts that fire, those of the rule and the job aside.
    fires: tuple[Labels, ...] = ()
    step: str = "1m"
    has_objectives: bool = True
    job: Labels = field(default_factory=lambda: {"job": JOB})

    def __str__(self) -> str:
        return f"{self.alert}: {self.name}"


def series(name: str, **labels: str) -> str:
    pairs = ", ".join(f'{key}="{value}"' for key, value in ({"job": JOB} | labels).items())
    return f"{name}{{{pairs}}}"


def counter(*phases: tuple[int, float]) -> str:
    """Count up, by so much in each of so many steps."""
    total, written = 0.0, []
    for steps, growth in phases:
        written.append(f"{total + growth:.3f}+{growth:.3f}x{steps - 1}")
        total += steps * growth
    return " ".join(["0", *written])


def failing(*phases: tuple[int, float]) -> Series:
    """Let a share of the requests fail."""
    steps = sum(count for count, _ in phases)
    failures = [(count, REQUESTS * share) for count, share in phases]
    return {
        series("http_requests_total", status="200"): counter((steps, REQUESTS)),
        series("http_requests_total", status="503"): counter(*failures),
    }


def slow(*phases: tuple[int, float]) -> Series:
    """Let a share of the requests take longer than half a second."""
    steps = sum(count for count, _ in phases)
    fast = [(count, REQUESTS * (1 - share)) for count, share in phases]
    name = "http_request_duration_seconds"
    return {
        series(f"{name}_bucket", le="0.5"): counter(*fast),
        series(f"{name}_bucket", le="1.0"): counter((steps, REQUESTS)),
        series(f"{name}_count"): counter((steps, REQUESTS)),
    }


def burning(subject: str, budget: float) -> Iterator[Case]:
    """Yield the cases of one objective, each close to a threshold."""
    make = failing if subject == "Availability" else slow
    fires: tuple[Labels, ...] = ({},)
    hour, six, days = 14.4 * budget, 6 * budget, budget
    # In steps of four minutes, of which an hour has 15: Prometheus looks back five for a value.
    cases: dict[str, list[tuple[str, list[tuple[int, float]], tuple[Labels, ...]]]] = {
        f"{subject}BurnsFast": [
            ("an hour above", [(105, 0), (17, 1.05 * hour)], fires),
            ("half an hour", [(105, 0), (8, 1.85 * hour)], ()),
            ("an hour that is over", [(105, 0), (14, 1.2 * hour), (2, 0)], ()),
            ("six hours above", [(30, 0), (92, 1.05 * six)], fires),
            ("three hours", [(75, 0), (45, 1.9 * six)], ()),
            ("hours that are over", [(25, 0), (90, 1.2 * six), (9, 0)], ()),
        ],
        f"{subject}BurnsSlowly": [
            ("for long", [(100, 1.05 * days)], fires),
            ("a day that does not use up three", [(720, 0), (360, 2.85 * days)], ()),
            ("days that are over", [(100, 3 * days), (100, 0)], ()),
        ],
    }
    for alert, given in cases.items():
        for name, phases, expected in given:
            at = f"{4 * sum(steps for steps, _ in phases)}m"
            yield Case(alert, name, make(*phases), at, expected, step="4m")


def up(*phases: tuple[int, int], job: str = JOB, instance: str = "a") -> Series:
    values = " ".join(f"{value}+0x{steps - 1}" for steps, value in phases)
    return {series("up", job=job, instance=instance): values}


def events(**phases: tuple[tuple[int, float], ...]) -> Series:
    names = {"reused": "refresh.reused", "failed": "sign_in.failed", "succeeded": "sign_in"}
    names["throttled"] = "sign_in.throttled"
    return {
        series("security_events_total", event=names[key]): counter(*given)
        for key, given in phases.items()
    }


def rejected(*phases: tuple[int, float]) -> Series:
    """Let a share of the requests be rejected, of two policies alike."""
    half = [(count, REQUESTS * share / 2) for count, share in phases]
    steps = sum(count for count, _ in phases)
    return {
        series("http_requests_total", status="200"): counter((steps, REQUESTS)),
        series("http_rate_limit_rejections_total", policy="default"): counter(*half),
        series("http_rate_limit_rejections_total", policy="sign-in"): counter(*half),
    }


ONE: tuple[Labels, ...] = ({},)
UP = up((60, 1))
TARGETS = [
    Case(
        "TargetAbsent",
        "one is down",
        UP | up((5, 1), (9, 0), instance="b"),
        "8m",
        ({"instance": "b"},),
    ),
    Case("TargetAbsent", "there is none", {}, "3m", ONE),
    Case("TargetAbsent", "all are up", UP, "9m"),
    Case("TargetAbsent", "one was down for a minute", up((5, 1), (2, 0), (9, 1)), "8m"),
    Case("TargetAbsent", "another job is down", UP | up((9, 0), job="other"), "8m"),
    Case("ObjectiveAbsent", "it is not loaded", UP, "20m", ONE, has_objectives=False, job={}),
    Case("ObjectiveAbsent", "traffic", slow((30, 0.5)), "20m"),
    Case("ObjectiveAbsent", "no traffic", UP, "20m"),
    Case(
        "ObjectiveAbsent",
        "no such bucket",
        {key: value for key, value in slow((30, 0.0)).items() if 'le="0.5"' not in key},
        "20m",
        ({"le": "0.5"},),
    ),
]
LIMITS = [
    Case("RequestsRejected", "for long", rejected((30, 0), (22, 0.06)), "52m", ONE),
    Case("RequestsRejected", "not long enough", rejected((30, 0), (19, 0.06)), "49m"),
    Case("RequestsRejected", "few", rejected((60, 0.045)), "1h"),
]
IDENTITY = [
    Case("RefreshTokenReused", "once", events(reused=((5, 0), (1, 1), (9, 0))), "15m", ONE),
    Case("RefreshTokenReused", "long ago", events(reused=((5, 0), (1, 1), (30, 0))), "30m"),
    Case("RefreshTokenReused", "never", events(reused=((30, 0),)), "30m"),
    Case("SignInsFail", "most", events(failed=((30, 20),), succeeded=((30, 15),)), "30m", ONE),
    Case(
        "SignInsFail", "throttled", events(throttled=((30, 20),), succeeded=((30, 0),)), "30m", ONE
    ),
    Case("SignInsFail", "half", events(failed=((30, 20),), succeeded=((30, 20),)), "30m"),
    Case("SignInsFail", "few", events(failed=((30, 11),), succeeded=((30, 0),)), "30m"),
    Case("SignInsFail", "briefly", events(failed=((20, 0), (5, 60)), succeeded=((25, 1),)), "25m"),
]


def gauges(*phases: tuple[int, float], name: str, **labels: str) -> Series:
    values = " ".join(f"{value:g}+0x{steps - 1}" for steps, value in phases)
    return {series(name, **labels): values}


def checked(*phases: tuple[int, float], check: str, required: str = "true") -> Series:
    return gauges(*phases, name="readiness_check", instance="a", check=check, required=required)


def pool(*in_use: tuple[int, float], timeouts: float = 0) -> Series:
    """Let two instances have ten connections each, and as many in use on both."""
    found: Series = {}
    for instance in "ab":
        found |= gauges((60, 10), name="database_pool_size", instance=instance)
        found |= gauges(*in_use, name="database_pool_in_use", instance=instance)
    return found | {series("database_pool_timeouts_total"): counter((60, timeouts))}


def serving(*processes: int, wanted: int = 2) -> Series:
    """Let so many processes serve, in one minute after the other and again from the start."""
    in_turn = " ".join(str(processes[minute % len(processes)]) for minute in range(60))
    return {
        series("service_processes", instance="a"): in_turn,
        **gauges((60, wanted), name="service_workers", instance="a"),
    }


def lagging(share: float, little: float = 0) -> Series:
    """Let a share of the timers run more than a tenth of a second too late, or a little less."""
    name = "event_loop_lag_seconds_bucket"
    counts = {
        "0.05": 120 * (1 - share - little),
        "0.1": 120 * (1 - share),
        "0.25": 120,
        "+Inf": 120,
    }
    return {series(name, le=le): counter((60, count)) for le, count in counts.items()}


INSTANCE: tuple[Labels, ...] = ({"instance": "a"},)
MIGRATIONS: tuple[Labels, ...] = ({"instance": "a", "check": "migrations", "required": "true"},)
BEHIND = checked((9, 1), (30, 0), check="migrations")
DATABASE_UP = checked((60, 1), check="database")
DATABASE_DOWN = checked((9, 1), (30, 0), check="database")
SATURATION = [
    Case("DatabasePoolExhausted", "timeouts", pool((60, 5), timeouts=1), "30m", ONE),
    Case("DatabasePoolExhausted", "all in use", pool((20, 5), (40, 9)), "26m", ONE),
    Case("DatabasePoolExhausted", "all in use, briefly", pool((20, 5), (40, 9)), "24m"),
    Case("DatabasePoolExhausted", "room is left", pool((60, 8.9)), "30m"),
    Case("EventLoopLags", "often", lagging(0.015), "30m", ONE),
    Case("EventLoopLags", "rarely", lagging(0.009), "30m"),
    Case("EventLoopLags", "for a little", lagging(0, little=0.5), "30m"),
    Case("WorkersDie", "one of two most of the time", serving(1, 1, 2), "30m", INSTANCE),
    Case("WorkersDie", "one of two for a while", serving(*20 * [2], *9 * [1]), "25m"),
    Case("WorkersDie", "one that was started again", serving(2, 2, 2, 1, 2, 2), "30m"),
    Case("WorkersDie", "the only one there is to be", serving(1, wanted=1), "30m"),
    Case(
        "RedisBreakerOpen",
        "in one process",
        gauges((9, 0), (9, 1), name="redis_breaker_open"),
        "12m",
        ONE,
    ),
    Case(
        "RedisBreakerOpen", "for a minute", gauges((9, 0), (9, 1), name="redis_breaker_open"), "10m"
    ),
    Case("RedisBreakerOpen", "never", gauges((20, 0), name="redis_breaker_open"), "15m"),
    Case(
        "NotReady", "no database", DATABASE_DOWN | checked((60, 1), check="role"), "15m", INSTANCE
    ),
    Case("NotReady", "for a while", DATABASE_DOWN, "13m"),
    Case("NotReady", "degraded", checked((30, 0.5), check="database"), "15m"),
    Case("NotReady", "not required", checked((30, 0), check="redis", required="false"), "15m"),
    Case("MigrationsBehind", "for long", BEHIND | DATABASE_UP, "15m", MIGRATIONS),
    Case("MigrationsBehind", "for a while", BEHIND | DATABASE_UP, "13m"),
    Case("MigrationsBehind", "no database", BEHIND | DATABASE_DOWN, "15m"),
]
CASES = [
    *SATURATION,
    *burning("Availability", 0.001),
    *burning("Latency", 0.01),
    *TARGETS,
    *LIMITS,
    *IDENTITY,
]
