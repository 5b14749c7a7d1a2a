from collections.abc import Callable

import pytest
from dirty_equals import IsStr
from httpx2 import AsyncClient

from tests.platform.support import Account

ORDERS = "/api/v1/orders"


@pytest.fixture
def headers(owner: Account, sign_in: Callable[[Account], dict[str, str]]) -> dict[str, str]:
    return sign_in(owner)


async def test_an_order_is_listed(client: AsyncClient, headers: dict[str, str]) -> None:
    order = {"number": "A-1", "quantity": 3}
    created = await client.post(ORDERS, headers=headers, json=order)

    assert created.status_code == 201
    assert (await client.get(ORDERS, headers=headers)).json() == [{"id": IsStr} | order]


async def test_a_number_is_taken_once(client: AsyncClient, headers: dict[str, str]) -> None:
    order = {"number": "A-1", "quantity": 3}
    await client.post(ORDERS, headers=headers, json=order)

    assert (await client.post(ORDERS, headers=headers, json=order)).status_code == 409


async def test_an_order_has_its_limit(client: AsyncClient, headers: dict[str, str]) -> None:
    order = {"number": "A-1", "quantity": 1001}
    answer = await client.post(ORDERS, headers=headers, json=order)

    assert answer.status_code == 409
    assert "1,000 pieces" in answer.text
