"""Shapes of statements that read notes, and what each one sees: their texts."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Executable,
    Result,
    case,
    exists,
    func,
    insert,
    lambda_stmt,
    literal,
    select,
    true,
    tuple_,
    union,
    union_all,
    update,
)
from sqlalchemy.orm import (
    Bundle,
    Session,
    aliased,
    contains_eager,
    joinedload,
    load_only,
    selectinload,
    subqueryload,
)

from app.db.models.tenant import Tenant
from service.support.notes import Comment, Note

OURS, THEIRS = UUID(int=1), UUID(int=2)
NAMES = {OURS: "ours", THEIRS: "theirs"}
NOTE_OF = {OURS: UUID(int=11), THEIRS: UUID(int=22)}
Shape = Callable[[Session], Iterable[str | None]]

Other = aliased(Note)
Twin = aliased(Note, name="twin")
OF_TENANT = Note.tenant_id == Tenant.id


def scalars(statement: Executable) -> Shape:
    return lambda session: session.scalars(statement).unique().all()


def entities(statement: Executable) -> Shape:
    return lambda session: [note.text for note in session.scalars(statement).unique()]


def references(statement: Executable) -> Shape:
    """Follows the relationship of comments that names no tenant."""

    def read(session: Session) -> list[str]:
        comments = session.scalars(statement).unique().all()
        return [comment.other.text for comment in comments if comment.other]

    return read


def count(read: Callable[[Session], int | None]) -> Shape:
    """Takes a number of notes for these notes: the first one would be the tenant's own."""
    return lambda session: sorted(NAMES.values(), key=lambda name: name != own(session))[
        : read(session) or 0
    ]


def own(session: Session) -> str:
    return NAMES[session.info.get("tenant_id", OURS)]


def add_and_follow(session: Session) -> list[str]:
    tenant_id = session.info.get("tenant_id", OURS)
    comment = Comment(note_id=NOTE_OF[tenant_id], other_id=NOTE_OF[THEIRS])
    session.add(comment)
    session.flush()
    return [comment.other.text] if comment.other else []


def get(session: Session) -> list[str]:
    note = session.get(Note, (THEIRS, NOTE_OF[THEIRS]))
    return [note.text] if note else []


def merge(session: Session) -> list[str]:
    """Loads the row of the key; an object without one is new."""
    with session.no_autoflush:
        note = session.merge(Note(tenant_id=THEIRS, id=NOTE_OF[THEIRS]))
        is_new = note in session.new
        session.expunge(note)
    return [] if is_new else ["theirs"]


def bundle(session: Session) -> list[str]:
    rows: Result[Any] = session.execute(select(Bundle("texts", Note.text)))
    return [row.texts.text for row in rows]


def two_entities(session: Session) -> list[str]:
    return [note.text for _, note in session.execute(select(Tenant, Note).join(Note, OF_TENANT))]


def stream(session: Session) -> list[str]:
    result = session.execute(select(Note), execution_options={"yield_per": 1})
    return [note.text for part in result.partitions() for (note,) in part]


def recurse(session: Session) -> Iterable[str]:
    first = select(Note.text, literal(1).label("depth")).cte(recursive=True)
    more = select(Other.text, first.c.depth + 1).join(first, first.c.depth < 2)
    return session.scalars(select(first.union_all(more).c.text)).all()


def copy_to_unscoped(session: Session) -> list[str]:
    copied = select(func.random(), Note.created_at, literal("copy of ") + Note.text)
    session.execute(insert(Tenant).from_select(["id", "created_at", "name"], copied))
    names = session.scalars(select(Tenant.name).where(Tenant.name.startswith("copy of ")))
    return [name.removeprefix("copy of ") for name in names]


def read_into_unscoped(session: Session) -> Iterable[str | None]:
    found = select(Note.text).where(OF_TENANT).scalar_subquery()
    statement = update(Tenant).values(name=func.coalesce(found, "")).returning(Tenant.name)
    return session.scalars(statement.execution_options(synchronize_session=False)).all()


def names_where(condition: Any) -> Shape:
    """Reads the names of tenants: each is the text of the tenant's note."""
    return scalars(select(Tenant.name).where(condition))


NOTES_OF_TENANTS = select(Tenant).join(Note, OF_TENANT, isouter=True)

READS: dict[str, Shape] = {
    "entity": entities(select(Note)),
    "columns": scalars(select(Note.text)),
    "some columns": entities(select(Note).options(load_only(Note.text))),
    "bundle": bundle,
    "where or": entities(select(Note).where((Note.text == "ours") | true())),
    "where its tenant": entities(select(Note).where(Note.tenant_id == THEIRS)),
    "filter by": entities(select(Note).filter_by(text="theirs")),
    "in keys": entities(select(Note).where(Note.id.in_(NOTE_OF.values()))),
    "in tuples": entities(
        select(Note).where(tuple_(Note.tenant_id, Note.id).in_([(THEIRS, NOTE_OF[THEIRS])]))
    ),
    "order and limit": entities(select(Note).order_by(Note.text.desc()).limit(1)),
    "offset": entities(select(Note).order_by(Note.text).offset(1)),
    "distinct": scalars(select(Note.text).distinct()),
    "group by": scalars(select(Note.text).group_by(Note.text).having(func.count() > 0)),
    "window": scalars(
        select(func.first_value(Note.text).over(order_by=Note.id.desc())).select_from(Note)
    ),
    "aggregate": scalars(select(func.max(Note.text))),
    "case": scalars(select(case((Note.text != "", Note.text)))),
    "alias": entities(select(Other)),
    "alias of a name": scalars(select(Twin.text)),
    "self-join": scalars(select(Other.text).select_from(Note).join(Other, true())),
    "self-outer-join": scalars(select(Other.text).select_from(Note).outerjoin(Other, true())),
    "comma": scalars(select(Other.text).where(Note.text != Other.id)),
    "join": entities(select(Note).select_from(Tenant).join(Note, OF_TENANT)),
    "outer join": scalars(NOTES_OF_TENANTS.with_only_columns(Note.text)),
    "two entities": two_entities,
    "subquery": scalars(select(select(Note).subquery().c.text)),
    "alias of a subquery": entities(select(aliased(Note, select(Note).subquery()))),
    "cte": scalars(select(select(Note.text).cte().c.text)),
    "recursive cte": recurse,
    "scalar subquery": scalars(select(select(func.max(Note.text)).scalar_subquery())),
    "correlated subquery": scalars(
        select(select(Note.text).where(OF_TENANT).scalar_subquery()).select_from(Tenant)
    ),
    "exists": names_where(exists().where(OF_TENANT)),
    "exists of a select": names_where(select(Note.id).where(OF_TENANT).exists()),
    "exists by name": names_where(exists(Note.id).where(OF_TENANT)),
    "in a select": names_where(Tenant.id.in_(select(Note.tenant_id))),
    "has": scalars(select(case((Comment.other.has(), "theirs"))).select_from(Comment)),
    "join of a relationship": scalars(select(Note.text).select_from(Comment).join(Comment.other)),
    "union": scalars(union(select(Note.text), select(Twin.text))),
    "union after the unscoped": scalars(
        union_all(select(Tenant.name).where(Tenant.name == ""), select(Note.text))
    ),
    "subquery of a union": scalars(
        select(union(select(Note.text), select(Note.text)).subquery().c.text)
    ),
    "entities of a union": entities(
        select(aliased(Note, union(select(Note), select(Note)).subquery()))
    ),
    "for update": entities(select(Note).with_for_update()),
    "stream": stream,
    "lambda": lambda session: session.scalars(lambda_stmt(lambda: select(Note.text))).all(),
    "query": lambda session: [note.text for note in session.query(Note)],
    "query of columns": lambda session: [words for (words,) in session.query(Note.text)],
    "count": count(lambda session: session.scalar(select(func.count()).select_from(Note))),
    "count of a column": count(lambda session: session.scalar(select(func.count(Note.id)))),
    "count of a subquery": count(
        lambda session: session.scalar(select(func.count()).select_from(select(Note).subquery()))
    ),
    "count of a query": count(lambda session: session.query(Note).count()),
    "get": get,
    "merge": merge,
    "lazy": references(select(Comment)),
    "lazy from an added object": add_and_follow,
    "selectinload": references(select(Comment).options(selectinload(Comment.other))),
    "joinedload": references(select(Comment).options(joinedload(Comment.other))),
    "subqueryload": references(select(Comment).options(subqueryload(Comment.other))),
    "contains_eager": references(
        select(Comment).outerjoin(Comment.other).options(contains_eager(Comment.other))
    ),
    "insert into an unscoped table": copy_to_unscoped,
    "update of an unscoped table": read_into_unscoped,
}
