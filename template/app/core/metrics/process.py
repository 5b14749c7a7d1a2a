"""What a process says of itself: which releases it runs, and how many there are of it."""

from prometheus_client import Gauge

from app.core.metrics.gauges import Reading
from app.core.settings.platform_version import PLATFORM_VERSION

build_info = Gauge(
    "service_build_info",
    "1, with the releases of the service and of the platform as labels.",
    ["version", "platform"],
    multiprocess_mode="livemax",
)
processes = Gauge("service_processes", "Processes that serve.", multiprocess_mode="livesum")
workers = Gauge("service_workers", "Processes that are to serve.", multiprocess_mode="livemax")


def process_readings(version: str, wanted: int) -> list[Reading]:
    return [
        Reading(build_info.labels(version, PLATFORM_VERSION), lambda: 1),
        Reading(processes, lambda: 1),
        Reading(workers, lambda: wanted),
    ]
