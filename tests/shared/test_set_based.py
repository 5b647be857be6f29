"""Writing crowds in one statement: the same rows as the ORM's own flush, and a fixed number of statements."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import ForeignKey, Identity, LargeBinary, Text, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.clock import now
from shared.contracts.values import StepState
from shared.database.base import Base as SharedBase
from shared.database.base import new_metadata
from shared.database.engine import create_engine
from shared.database.set_based import SetBasedSession
from tests.support.counting import counted_statements
from tests.support.house import House


class Base(SharedBase):
    __abstract__ = True
    metadata = new_metadata()


class Parent(Base):
    __tablename__ = "set_based_parent"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    at: Mapped[datetime]
    memory: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    version: Mapped[int] = mapped_column(default=7)
    made_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    children: Mapped[list["Child"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class Child(Base):
    __tablename__ = "set_based_child"

    parent_id: Mapped[UUID] = mapped_column(ForeignKey("set_based_parent.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[StepState]
    reason: Mapped[str | None]


class Counted(Base):
    """Its key is the database's to make."""

    __tablename__ = "set_based_counted"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)


@pytest.fixture
async def engine(house: House) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(house.servers.database_url, size=2)
    async with engine.begin() as database:
        await database.run_sync(Base.metadata.drop_all)
        await database.run_sync(Base.metadata.create_all)
    yield engine
    async with engine.begin() as database:
        await database.run_sync(Base.metadata.drop_all)
    await engine.dispose()


def open_session(engine: AsyncEngine) -> AsyncSession:
    return AsyncSession(engine, expire_on_commit=False, sync_session_class=SetBasedSession)


def family(number: int) -> Parent:
    parent = Parent(
        id=uuid4(),
        name=f'Zoë "{number}" \\ O\'Neil',
        at=now(),
        memory={"ids": [number, 2**62], "none": None} if number % 2 else None,
        words=["a,b", '"', "{}"],
    )
    parent.children = [
        Child(parent_id=parent.id, number=child, state=StepState.OPEN) for child in range(number % 3)
    ]
    return parent


async def written(engine: AsyncEngine, families: list[Parent]) -> int:
    with counted_statements(engine) as statements:
        async with open_session(engine) as session:
            session.add_all(families)
            await session.commit()
    return len(statements)


async def rows(engine: AsyncEngine) -> tuple[list[Any], list[Any]]:
    async with AsyncSession(engine) as session:
        parents = await session.execute(select(Parent.__table__).order_by(Parent.name))
        children = await session.execute(select(Child.__table__).order_by(Child.parent_id, Child.number))
        return list(parents), list(children)


async def test_crowd_is_written_as_the_orm_would(engine):
    families = [family(number) for number in range(30)]
    expected = sorted((p.name, p.at, p.memory, p.words, len(p.children)) for p in families)

    await written(engine, families)

    parents, children = await rows(engine)
    of = {p.id: sum(child.parent_id == p.id for child in children) for p in parents}
    assert [(p.name, p.at, p.memory, p.words, of[p.id]) for p in parents] == expected
    assert {p.version for p in parents} == {7}
    assert {(child.state, child.reason) for child in children} == {("open", None)}


async def test_statements_do_not_grow(engine):
    assert await written(engine, [family(2), family(5)]) == await written(
        engine, [family(number) for number in range(2, 200)]
    )


async def test_change_of_many_is_one_statement_for_each_kind_of_change(engine):
    families = [family(2) for _ in range(40)]
    async with open_session(engine) as session:
        session.add_all(families)
        await session.commit()
        for number, parent in enumerate(families):
            parent.version += 1
            parent.children[0].state = StepState.DONE
            if number % 2:
                parent.name = f"renamed {number}"
        with counted_statements(engine) as statements:
            await session.commit()
        assert len([s for s in statements if s.startswith("UPDATE")]) == 3
        families[0].name = "again"
        await session.commit()

    parents, children = await rows(engine)
    assert {p.version for p in parents} == {8}
    assert sum(p.name.startswith("renamed") for p in parents) == 20
    assert sum(p.name == "again" for p in parents) == 1
    assert sorted(child.state for child in children) == ["done"] * 40 + ["open"] * 40


async def test_what_it_cannot_do_is_left_to_the_orm(engine):
    async with open_session(engine) as session:
        counted = [Counted(raw=bytes([number])) for number in range(3)]
        session.add_all([*counted, family(1), family(2)])
        await session.commit()
        assert len({one.id for one in counted}) == 3
        await session.delete(counted[0])
        await session.commit()

    async with AsyncSession(engine) as session:
        assert set(await session.scalars(select(Counted.raw))) == {b"\x01", b"\x02"}
