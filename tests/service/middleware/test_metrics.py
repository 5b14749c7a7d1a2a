from itertools import pairwise

import pytest
from fastapi import BackgroundTasks, FastAPI
from httpx2 import AsyncClient
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from app.core.config import Settings
from app.main import create_app
from tests.platform.support import running


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)

    @app.get("/orders/{order_id}")
    async def get_order(order_id: str) -> None:
        pass

    return app


async def count_requests(client: AsyncClient) -> dict[tuple[str, str, str], float]:
    text = (await client.get("/metrics")).text
    return {
        (sample.labels["method"], sample.labels["handler"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "http_requests_total"
    }


async def test_a_request_is_one_observation_of_one_histogram(client: AsyncClient) -> None:
    before = await count_observations(client)
    await client.get("/orders/1")
    after = await count_observations(client)

    assert {name for name in after if name.startswith("http")} == {"http_request_duration_seconds"}
    assert sum(after.values()) - sum(before.values()) == 1


async def count_observations(client: AsyncClient) -> dict[str, float]:
    text = (await client.get("/metrics")).text
    return {
        family.name: sum(each.value for each in family.samples if each.name.endswith("_count"))
        for family in text_string_to_metric_families(text)
        if family.type == "histogram" and family.name != "event_loop_lag_seconds"
    }


async def test_requests_are_counted_by_route_and_not_by_path(client: AsyncClient) -> None:
    before = await count_requests(client)
    for order_id in (1, 2, 3):
        await client.get(f"/orders/{order_id}")
    after = await count_requests(client)

    key = ("GET", "/orders/{order_id}", "200")
    assert after[key] - before.get(key, 0) == 3


async def test_durations_are_told_apart_from_5_ms_to_10_s(client: AsyncClient) -> None:
    await client.get("/orders/1")
    text = (await client.get("/metrics")).text
    bounds = [
        float(sample.labels["le"])
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "http_request_duration_seconds_bucket"
        and sample.labels["handler"] == "/orders/{order_id}"
    ]

    assert (bounds[0], bounds[-2:]) == (0.005, [10, float("inf")])
    # No step hides more than a factor of two and a half.
    assert all(upper <= 2.5 * lower for lower, upper in pairwise(bounds[:-1]))


async def test_unknown_paths_share_one_label(client: AsyncClient) -> None:
    before = await count_requests(client)
    # Those with a slash too many, too: they would be paths of a route without it.
    paths = ["/nope/a", "/nope/b", "/orders/a/", "/orders/b/"]
    for path in paths:
        await client.get(path)
    after = await count_requests(client)

    key = ("GET", "none", "404")
    assert after[key] - before.get(key, 0) == len(paths)
    assert not any(handler in paths for _, handler, _ in after)


async def test_probes_and_scrapes_are_not_counted(client: AsyncClient) -> None:
    await client.get("/health/ready")

    assert {handler for _, handler, _ in await count_requests(client)}.isdisjoint(
        {"/metrics", "/health/ready"}
    )


async def test_a_path_like_a_probe_is_counted(client: AsyncClient) -> None:
    before = await count_requests(client)
    for path in ("/healthy", "/health/x", "/metrics/x"):
        await client.get(path)
    after = await count_requests(client)

    key = ("GET", "none", "404")
    assert after[key] - before.get(key, 0) == 3


async def test_an_invented_method_makes_no_label(client: AsyncClient) -> None:
    before = await count_requests(client)
    response = await client.request("BREW", "/orders/1")
    after = await count_requests(client)

    assert response.status_code == 405
    assert after.keys() - before.keys() <= {("GET", "/metrics", "200")}


async def test_a_request_is_counted_with_its_last_byte(settings: Settings) -> None:
    """What is done behind the response would tell by its time who has an account."""
    app = create_app(settings)
    counted: list[float] = []

    @app.post("/behind", status_code=202)
    async def respond_first(background: BackgroundTasks) -> None:
        background.add_task(look)

    async def look() -> None:
        labels = {"method": "POST", "handler": "/behind", "status": "202"}
        counted.append(REGISTRY.get_sample_value("http_requests_total", labels) or 0)

    async with running(app) as client:
        await client.post("/behind")

    assert counted == [1]
