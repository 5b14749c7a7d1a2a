"""What a run has measured, as tables."""

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.endpoints import ENDPOINTS, TRACED, Endpoint
from benchmarks.judging import Ratio, paired
from benchmarks.measuring import Series

NOT_KNOWN = "-"


def compare(series: Series, target: str, reference: str) -> str:
    """Make the table of a comparison of two commits."""
    head = ["", f"{target} : {reference}", "verdict", "CPU", "CPU us", f"{target} : bare"]
    rows = [
        [
            endpoint.title,
            str(ratio := series.ratio(target, reference, endpoint)),
            ratio.verdict,
            str(cpu_ratio(series, target, reference, endpoint) or NOT_KNOWN),
            f"{cpu(series, target, endpoint)} : {cpu(series, reference, endpoint)}",
            str(series.ratio(target, "bare", endpoint)),
        ]
        for endpoint in ENDPOINTS.values()
    ]
    return table(head, rows)


def beside_bare(series: Series, targets: Sequence[str]) -> str:
    """Make the table of services beside the bare app."""
    everyone = [*targets, "bare"]
    head = ["", *targets, f"p50 / p99 ms {'; '.join(everyone)}", f"CPU us {' : '.join(everyone)}"]
    rows = [
        [
            endpoint.title,
            *(str(series.ratio(target, "bare", endpoint)) for target in targets),
            "; ".join(latency(series, each, endpoint) for each in everyone),
            " : ".join(cpu(series, each, endpoint) for each in everyone),
        ]
        for endpoint in ENDPOINTS.values()
    ]
    return table(head, rows)


def with_traces(series: Series) -> str:
    """Make the table of a service that records a tenth of its requests beside one without."""
    head = ["", "traced : redis", "CPU", "CPU us"]
    rows = [
        [
            endpoint.title,
            str(series.ratio("traced", "redis", endpoint)),
            str(cpu_ratio(series, "traced", "redis", endpoint) or NOT_KNOWN),
            f"{cpu(series, 'traced', endpoint)} : {cpu(series, 'redis', endpoint)}",
        ]
        for endpoint in map(ENDPOINTS.__getitem__, TRACED)
    ]
    return table(head, rows)


def cpu_ratio(series: Series, target: str, reference: str, endpoint: Endpoint) -> Ratio | None:
    """Compare what a request costs; it moves less than the rate when the machine is busy."""
    spent = [
        [each.cpu_us for each in series.of(name, endpoint.key) if each.cpu_us]
        for name in (target, reference)
    ]
    return paired(*spent) if spent[0] and len(spent[0]) == len(spent[1]) else None


def cpu(series: Series, target: str, endpoint: Endpoint) -> str:
    spent = cpu_us(series, target, endpoint)
    return f"{spent:,.0f}" if spent else NOT_KNOWN


def cpu_us(series: Series, target: str, endpoint: Endpoint) -> float | None:
    """Of the bare app, that of what it is compared with."""
    key = endpoint.compared_with if target == "bare" else endpoint.key
    spent = [each.cpu_us for each in series.of(target, key) if each.cpu_us]
    return median(spent) if spent else None


def latency(series: Series, target: str, endpoint: Endpoint) -> str:
    key = endpoint.compared_with if target == "bare" else endpoint.key
    outcomes = [each.outcome for each in series.of(target, key)]
    return " / ".join(
        f"{value:.1f}"
        for value in (median(each.p50 for each in outcomes), median(each.p99 for each in outcomes))
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table of Markdown that can be read as it is."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )
