"""Fills the old backend's database by its own code; its Python runs this file in its folder."""

import asyncio
import sys

PASSWORD = "open sesame"
USERS = ("ann@example.com", "Bob@example.com", "gone@example.com")


async def seed() -> None:
    sys.path.insert(0, ".")
    from backend import auth, crud  # type: ignore[import-not-found] # noqa: PLC0415
    from backend.create_tables import create_tables  # type: ignore[import-not-found] # noqa: PLC0415
    from backend.database import get_engine  # type: ignore[import-not-found] # noqa: PLC0415
    from sqlalchemy.ext.asyncio import (  # type: ignore[import-not-found] # noqa: PLC0415
        AsyncSession,
    )

    await create_tables()
    async with AsyncSession(get_engine()) as db, db.begin():
        for email in USERS:
            user = await crud.create_user(db, email, auth.hash_password(PASSWORD))
            user.is_active = email != "gone@example.com"
            label = await crud.create_label(db, user.id, "home")
            for number in range(3):
                title = f"{email} {number}"
                await crud.create_note(db, user.id, title=title, label_id=label.id)


if __name__ == "__main__":
    asyncio.run(seed())
