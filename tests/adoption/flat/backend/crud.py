from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.models import Label, Note, User


async def get_user(db: AsyncSession, user_id: int) -> User | None:
    return await db.get(User, user_id)


async def get_user_by_email(db: AsyncSession, email: str) -> User | None:
    return await db.scalar(select(User).where(User.email == email))


async def create_user(db: AsyncSession, email: str, hashed_password: str) -> User:
    user = User(email=email, hashed_password=hashed_password)
    db.add(user)
    await db.flush()
    return user


async def list_labels(db: AsyncSession, owner_id: int) -> list[Label]:
    rows = await db.scalars(select(Label).where(Label.owner_id == owner_id).order_by(Label.id))
    return list(rows)


async def create_label(db: AsyncSession, owner_id: int, name: str) -> Label:
    label = Label(owner_id=owner_id, name=name)
    db.add(label)
    await db.flush()
    return label


async def list_notes(db: AsyncSession, owner_id: int) -> list[Note]:
    rows = await db.scalars(select(Note).where(Note.owner_id == owner_id).order_by(Note.id))
    return list(rows)


async def get_note(db: AsyncSession, owner_id: int, note_id: int) -> Note | None:
    return await db.scalar(select(Note).where(Note.owner_id == owner_id, Note.id == note_id))


async def create_note(db: AsyncSession, owner_id: int, **values: Any) -> Note:
    note = Note(owner_id=owner_id, **values)
    db.add(note)
    await db.flush()
    return note


async def delete_note(db: AsyncSession, owner_id: int, note_id: int) -> None:
    await db.execute(delete(Note).where(Note.owner_id == owner_id, Note.id == note_id))
