from collections.abc import Iterator

from app.db.models.item import Item
from app.services.seeding.tenants import NewTenant


def seed_items(tenant: NewTenant) -> Iterator[Item]:
    """Yields items for `python -m app seed`."""
    for number in range(1, tenant.rows + 1):
        color = tenant.random.choice(["Black", "Blue", "Green", "Red", "White", "Yellow"])
        thing = tenant.random.choice(["chair", "clock", "desk", "lamp", "shelf", "table"])
        created_at = tenant.make_time()
        is_updated = tenant.random.random() < 0.3
        yield Item(
            id=tenant.make_id(),
            created_by=tenant.random.choice(tenant.members).user_id,
            name=f"{color} {thing} {number}",
            description=f"A {thing}, {color.lower()}, for the office.",
            created_at=created_at,
            updated_at=tenant.make_time(since=created_at) if is_updated else None,
        )
