"""Tables of plugins beside the desk's (PL-07)."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.plugin_host.context import PluginContext
from desk_app.storage.plugins.tables import prefix_of
from desk_app.storage.schema.messages import message as core_message
from desk_app.storage.schema.tickets import ticket as core_ticket
from tests.support.desks import DeskKit
from tests.support.plugin_contexts import Contexts, ticket_of


@pytest.fixture
def contexts(desk_kit: DeskKit, tmp_path: Path) -> Contexts:
    return Contexts(desk_kit, tmp_path)


def _entries(ctx: PluginContext, *more: Any) -> Any:
    return ctx.tables.define(
        "entry",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id", ondelete="CASCADE"), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False, server_default="0"),
        sa.Column("note", sa.String(200)),
        *more,
    )


def _created(ctx: PluginContext, *more: Any) -> Any:
    table = _entries(ctx, *more)
    with ctx.tables.begin() as connection:
        ctx.tables.create(connection, table)
    return table


def _space(contexts: Contexts, slug: str = "sample") -> Any:
    return contexts.kit.database.plugin_tables.space(slug)


def _count(contexts: Contexts, statement: str) -> int:
    with contexts.kit.database.unit_of_work() as uow:
        return int(uow.connection.execute(sa.text(statement)).scalar_one())


def test_pl_07_a_plugin_keeps_rows_that_go_with_their_ticket(contexts: Contexts) -> None:
    kit, ctx = contexts.kit, contexts.make()
    made = ticket_of(kit)
    table = _created(ctx)
    assert table.name == "px_sample__entry"
    with ctx.tables.begin() as connection:
        connection.execute(sa.insert(table), [{"ticket_id": made, "minutes": 5}, {"ticket_id": made, "minutes": 7}])
        connection.execute(sa.update(table).where(table.c.minutes == 7).values(note="long"))
        connection.execute(sa.delete(table).where(table.c.note.is_(None)))
    with ctx.tables.reading() as connection:
        rows = connection.execute(sa.select(table.c.minutes, table.c.note)).all()
        plain = connection.execute(sa.text("SELECT minutes FROM px_sample__entry WHERE minutes > :m"), {"m": 1}).all()
    assert [tuple(row) for row in rows] == [(7, "long")]
    assert [tuple(row) for row in plain] == [(7,)]
    kit.desk.tickets.trash([made], kit.ann)
    kit.desk.tickets.purge([made], kit.ann, "test")
    assert _count(contexts, "SELECT count(*) FROM px_sample__entry") == 0


def test_pl_07_an_exception_rolls_everything_back(contexts: Contexts) -> None:
    ctx = contexts.make()
    made = ticket_of(contexts.kit)
    table = _created(ctx)
    with pytest.raises(ZeroDivisionError), ctx.tables.begin() as connection:  # noqa: PT012 -- the block is what is tested
        connection.execute(sa.insert(table).values(ticket_id=made))
        _ = 1 / 0
    with ctx.tables.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
    ctx.kv.set("x", 1)  # the desk is not held up by it


def test_pl_07_savepoints_and_a_commit_of_ones_own_work(contexts: Contexts) -> None:
    ctx = contexts.make()
    made = ticket_of(contexts.kit)
    table = _created(ctx)
    with ctx.tables.begin() as connection:
        connection.execute(sa.insert(table).values(ticket_id=made, minutes=1))
        with pytest.raises(ZeroDivisionError), connection.begin_nested():  # noqa: PT012
            connection.execute(sa.insert(table).values(ticket_id=made, minutes=2))
            _ = 1 / 0
        connection.commit()
        connection.execute(sa.insert(table).values(ticket_id=made, minutes=3))
    with ctx.tables.reading() as connection:
        assert sorted(connection.execute(sa.select(table.c.minutes)).scalars()) == [1, 3]


def test_pl_07_defining_creating_and_widening_again_does_no_harm(contexts: Contexts) -> None:
    ctx = contexts.make()
    table = _created(ctx)
    assert _entries(ctx) is table
    assert ctx.tables.define("entry") is table
    made = ticket_of(contexts.kit)
    with ctx.tables.begin() as connection:
        ctx.tables.create(connection, table)
        connection.execute(sa.insert(table).values(ticket_id=made, minutes=5))
    wider = _entries(ctx, sa.Column("billed", sa.Boolean, nullable=False, server_default=sa.false(), index=True))
    for _ in range(2):
        with ctx.tables.begin() as connection:
            ctx.tables.add_column(connection, wider.c.billed)
    with ctx.tables.reading() as connection:
        assert connection.execute(sa.select(wider.c.minutes, wider.c.billed)).one() == (5, False)
    with ctx.tables.begin() as connection:
        ctx.tables.drop(connection, wider)
        ctx.tables.drop(connection, wider)
    assert list(_space(contexts).existing()) == []


def test_pl_07_tables_of_one_plugin_go_and_those_of_others_stay(contexts: Contexts) -> None:
    ctx, near = contexts.make(), contexts.make(slug="sample_entry")
    parent = _created(ctx)
    child = ctx.tables.define(
        "part",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("entry_id", sa.Integer, sa.ForeignKey(parent.c.id), nullable=False),
    )
    with ctx.tables.begin() as connection:
        ctx.tables.create(connection, child)
        made = ticket_of_later = connection.execute(sa.select(sa.func.count()).select_from(child)).scalar_one()
    assert made == ticket_of_later == 0
    ticket = ticket_of(contexts.kit)
    with ctx.tables.begin() as connection:
        connection.execute(sa.insert(parent).values(id=1, ticket_id=ticket))
        connection.execute(sa.insert(child).values(id=1, entry_id=1))
    _created(near)
    assert list(_space(contexts).existing()) == ["px_sample__entry", "px_sample__part"]
    with contexts.kit.database.unit_of_work() as uow:
        uow.plugins.delete("sample")
        uow.commit()
    assert list(_space(contexts).existing()) == []
    assert list(_space(contexts, "sample_entry").existing()) == ["px_sample_entry__entry"]
    assert contexts.kit.ticket(ticket).id == ticket


def test_pl_07_what_points_at_the_desk_must_let_it_delete_and_gets_an_index(contexts: Contexts) -> None:
    ctx = contexts.make()
    table = _created(ctx)
    assert [[column.name for column in index.columns] for index in table.indexes] == [["ticket_id"]]
    by_object = ctx.tables.define(
        "other",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("agent_id", sa.ForeignKey(ctx.tables.core("agent").c.id, ondelete="SET NULL"), index=True),
    )
    with ctx.tables.begin() as connection:
        ctx.tables.create(connection, by_object)
    with contexts.kit.database.unit_of_work() as uow:
        names = {one["name"] for one in sa.inspect(uow.connection).get_indexes("px_sample__other")}
    assert len(names) == 1
    for key in ("ticket.id", "ticket.subject", "agent_setting.agent_id", "plugin.id", "px_other__entry.id"):
        with pytest.raises(RefusedByDesk):
            ctx.tables.define("bad", sa.Column("x", sa.Integer, sa.ForeignKey(key), primary_key=True))
    with pytest.raises(RefusedByDesk):
        ctx.tables.core("plugin")


def test_pl_07_odd_names_are_refused(contexts: Contexts) -> None:
    ctx = contexts.make()
    for name in ("", "Entry", "9x", "a b", 'x"; DROP TABLE ticket; --', "a__b", "_a", "a_", "x" * 80, "é", "a\n"):
        with pytest.raises(RefusedByDesk):
            ctx.tables.define(name, sa.Column("id", sa.Integer, primary_key=True))


def test_pl_07_names_of_indexes_and_constraints_meet_nobody_elses(contexts: Contexts) -> None:
    for slug in ("one", "two"):
        ctx = contexts.make(slug=slug)
        table = ctx.tables.define(
            "thing",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(20)),
            sa.UniqueConstraint("name", name="uq_thing"),
            sa.Index("ix_ticket_tag", "name"),
            sa.CheckConstraint("id > 0", name="positive"),
        )
        with ctx.tables.begin() as connection:
            ctx.tables.create(connection, table)
    with pytest.raises(RefusedByDesk, match="native_enum"):
        contexts.make().tables.define(
            "e", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Enum("a", "b", name="kinds"))
        )


def test_pl_07_long_ids_still_have_tables(contexts: Contexts) -> None:
    slugs = ["a" * 64, "a" * 63 + "b", "org.example." + "x" * 40]
    assert len({prefix_of(slug) for slug in slugs}) == 3
    for slug in slugs:
        assert len(_created(contexts.make(slug=slug.replace(".", "-"))).name) <= 63


WRITES: list[tuple[str, Callable[[Any], Any]]] = [
    ("core update", lambda own: sa.update(core_ticket).values(subject="gone")),
    ("core delete", lambda own: sa.delete(core_ticket)),
    ("core insert", lambda own: sa.insert(core_message).values(id=1)),
    ("core read", lambda own: sa.select(core_ticket.c.subject)),
    ("core join", lambda own: sa.select(own.c.id, core_ticket.c.subject).join(core_ticket, sa.true())),
    ("core subquery", lambda own: sa.select(own.c.id).where(own.c.id.in_(sa.select(core_message.c.id)))),
    ("insert from core", lambda own: sa.insert(own).from_select(["note"], sa.select(core_ticket.c.subject))),
    ("made up table", lambda own: sa.update(sa.table("ticket", sa.column("subject"))).values(subject="gone")),
    ("made up read", lambda own: sa.select(sa.table("ticket", sa.column("subject")))),
    ("schema", lambda own: sa.delete(sa.Table("px_sample__entry", sa.MetaData(), sa.Column("id"), schema="x"))),
    ("other plugin", lambda own: sa.delete(sa.table("px_other__entry"))),
    (
        "delete in a cte",
        lambda own: sa.select(sa.delete(core_ticket).returning(core_ticket.c.id).cte("gone").c.id),
    ),
    ("text update", lambda own: sa.text("UPDATE ticket SET subject = 'gone'")),
    ("text delete", lambda own: sa.text("DELETE FROM px_sample__entry")),
    ("text insert", lambda own: sa.text("INSERT INTO px_sample__entry (id) VALUES (1)")),
    ("text two", lambda own: sa.text("SELECT 1; DELETE FROM ticket")),
    ("text hidden", lambda own: sa.text("/* SELECT */ DELETE FROM ticket")),
    ("text with", lambda own: sa.text("WITH x AS (DELETE FROM ticket RETURNING id) SELECT * FROM x")),
    ("text into", lambda own: sa.text("SELECT * INTO copied FROM px_sample__entry")),
    ("text read", lambda own: sa.text("SELECT subject FROM ticket")),
    ("text read quoted", lambda own: sa.text('SELECT subject FROM "ticket"')),
    ("text read joined", lambda own: sa.text("SELECT * FROM px_sample__entry, message")),
    ("text table", lambda own: sa.text("WITH x AS (TABLE ticket) SELECT * FROM x")),
    ("text schema", lambda own: sa.text('SELECT * FROM main."ticket"')),
    ("text nested", lambda own: sa.text("SELECT * FROM (SELECT subject FROM ticket) AS x")),
    ("text left join", lambda own: sa.text("SELECT 1 FROM px_sample__entry AS e LEFT JOIN message AS m ON true")),
    ("text catalog", lambda own: sa.text("SELECT * FROM pg_authid, sqlite_master")),
    ("piece of text from", lambda own: sa.select(sa.text("subject")).select_from(sa.text("ticket"))),
    ("piece of text in", lambda own: sa.select(own.c.id).where(sa.text("id IN (SELECT id FROM message)"))),
    ("literal subquery", lambda own: sa.select(sa.literal_column("(SELECT max(subject) FROM ticket)"))),
    ("text drop", lambda own: sa.text("DROP TABLE ticket")),
    ("text pragma", lambda own: sa.text("PRAGMA writable_schema = ON")),
    ("text attach", lambda own: sa.text("ATTACH DATABASE '/tmp/x.db' AS x")),
    ("ddl", lambda own: sa.DDL("DROP TABLE ticket")),
    ("drop core", lambda own: sa.schema.DropTable(core_ticket)),
    ("create core", lambda own: sa.schema.CreateTable(sa.Table("fresh", sa.MetaData(), sa.Column("id", sa.Integer)))),
    ("fragment", lambda own: sa.select(own.c.id).where(sa.text("1=1; DELETE FROM ticket"))),
    ("literal", lambda own: sa.select(sa.literal_column("1; DELETE FROM ticket")).select_from(own)),
    ("prefix", lambda own: sa.select(own.c.id).prefix_with("1; DELETE FROM ticket; SELECT")),
    ("suffix", lambda own: sa.select(own.c.id).suffix_with("; DELETE FROM ticket")),
    ("textual", lambda own: sa.text("DELETE FROM ticket RETURNING id").columns(sa.column("id"))),
    ("lock", lambda own: sa.select(sa.table("ticket", sa.column("id"))).with_for_update()),
    ("function", lambda own: sa.select(sa.func.set_config("a.b", "c", False))),
    ("function alone", lambda own: sa.func.pg_terminate_backend(1)),
]


def test_pl_07_a_statement_that_leaves_the_plugins_tables_is_refused(contexts: Contexts) -> None:
    ctx = contexts.make()
    made = ticket_of(contexts.kit)
    table = _created(ctx)
    passed = []
    for name, make in WRITES:
        for opened in (ctx.tables.begin, ctx.tables.reading):
            try:
                with opened() as connection:
                    connection.execute(make(table))
            except RefusedByDesk:
                continue
            passed.append(name)
    assert passed == []
    assert contexts.kit.ticket(made).subject == "Printer on fire"
    ctx.kv.set("still", "working")


def test_pl_07_the_drivers_way_is_watched_too(contexts: Contexts) -> None:
    ctx = contexts.make()
    _created(ctx)
    for sql in (
        "DELETE FROM ticket",
        "UPDATE ticket SET subject = 'x'",
        "SELECT subject FROM ticket",
        "DROP TABLE px_sample__entry",
        "SAVEPOINT x; DELETE FROM ticket",
    ):
        with pytest.raises(RefusedByDesk), ctx.tables.begin() as connection:
            connection.exec_driver_sql(sql)


def test_pl_07_ordinary_statements_are_not_mistaken(contexts: Contexts) -> None:
    ctx = contexts.make()
    made = ticket_of(contexts.kit)
    table = _created(ctx)
    tickets = ctx.tables.core("ticket")
    with ctx.tables.begin() as connection:
        for note in ("it's; DELETE FROM ticket", "-- update", "100 % sure"):
            connection.execute(sa.insert(table).values(ticket_id=made, note=note))
        connection.execute(sa.insert(table).values(ticket_id=made, note=sa.literal("a; b")))
        joined = sa.select(table.c.note).join(tickets, tickets.c.id == table.c.ticket_id).order_by(table.c.id)
        assert len(connection.execute(joined).all()) == 4
        assert connection.execute(sa.text("SELECT count(*) FROM px_sample__entry WHERE note = 'x; y'")).scalar() == 0
        counted = sa.select(sa.func.sum(table.c.minutes), sa.func.max(table.c.note)).group_by(table.c.ticket_id)
        assert connection.execute(counted).one()[0] == 0
        one = sa.select(table.c.id).where(table.c.note.like("%sure")).cte("one")
        assert connection.execute(sa.select(one)).scalar_one() == 3
        locked = sa.select(table.c.id).with_for_update()
        assert len(connection.execute(locked).all()) == 4
        assert connection.execute(sa.select(sa.literal(1))).scalar_one() == 1
        by_ticket = sa.select(table.c.ticket_id, table.c.note, sa.func.count(sa.text("*"))).group_by(
            table.c.ticket_id, table.c.note
        )
        assert len(connection.execute(by_ticket).all()) == 4
        nested = sa.select(sa.literal_column("1")).select_from(sa.select(table.c.minutes, table.c.note).subquery())
        assert len(connection.execute(nested).all()) == 4
        plain = "SELECT note, ticket_id FROM px_sample__entry AS e WHERE e.note IN ('from ticket', 'a; b') ORDER BY 1"
        assert len(connection.execute(sa.text(plain)).all()) == 1
        message = ctx.tables.define(
            "message", sa.Column("id", sa.Integer, primary_key=True), sa.Column("ticket", sa.Text)
        )
        ctx.tables.create(connection, message)
        odd = sa.select(message.c.ticket, sa.func.count(sa.text("id > 0"))).group_by(message.c.ticket)
        assert connection.execute(odd).all() == []


def test_pl_07_upserts_are_possible(contexts: Contexts) -> None:
    ctx = contexts.make()
    table = ctx.tables.define("pair", sa.Column("key", sa.String(20), primary_key=True), sa.Column("value", sa.Integer))
    with ctx.tables.begin() as connection:
        ctx.tables.create(connection, table)
        kind = connection.dialect.name
        from sqlalchemy.dialects import postgresql, sqlite

        insert = (postgresql if kind == "postgresql" else sqlite).insert(table)
        statement = insert.on_conflict_do_update(index_elements=["key"], set_={"value": insert.excluded.value})
        for value in (1, 2):
            connection.execute(statement, {"key": "a", "value": value})
        assert connection.execute(sa.select(table.c.value)).scalar_one() == 2


def test_pl_07_reading_cannot_write(contexts: Contexts) -> None:
    ctx = contexts.make()
    made = ticket_of(contexts.kit)
    table = _created(ctx)
    with pytest.raises((RefusedByDesk, sa.exc.DBAPIError)), ctx.tables.reading() as connection:
        connection.execute(sa.insert(table).values(ticket_id=made))
    assert _count(contexts, "SELECT count(*) FROM px_sample__entry") == 0


def test_pl_07_a_transaction_inside_another_is_refused_instead_of_waiting(contexts: Contexts) -> None:
    ctx = contexts.make("tickets.read", "tickets.write")
    made = ticket_of(contexts.kit)
    table = _created(ctx)
    with ctx.tables.begin() as connection:
        connection.execute(sa.insert(table).values(ticket_id=made))
        for act in (
            lambda: ctx.tables.begin().__enter__(),
            lambda: ctx.kv.set("x", 1),
            lambda: ctx.tickets.update(made, priority="high"),
        ):
            with pytest.raises(RefusedByDesk, match="middle of a change"):
                act()
        assert ctx.tickets.get(made) is not None
    ctx.kv.set("x", 1)


def test_pl_07_many_threads_write_one_after_the_other(contexts: Contexts) -> None:
    ctx = contexts.make()
    made = ticket_of(contexts.kit)
    table = _created(ctx)
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(5):
                with ctx.tables.begin() as connection:
                    connection.execute(sa.insert(table).values(ticket_id=made, minutes=number))
                ctx.kv.set(f"k{number}", number)
        except BaseException as error:  # noqa: BLE001 -- shown by the test
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert _count(contexts, "SELECT count(*) FROM px_sample__entry") == 20


def test_pl_07_a_column_that_breaks_a_rule_is_told_in_words(contexts: Contexts) -> None:
    ctx = contexts.make()
    table = _created(ctx)
    with pytest.raises((RefusedByDesk, sa.exc.IntegrityError)), ctx.tables.begin() as connection:
        connection.execute(sa.insert(table).values(ticket_id=999_999))
    assert _count(contexts, "SELECT count(*) FROM px_sample__entry") == 0
    wider = _entries(ctx, sa.Column("agent_id", sa.ForeignKey("agent.id", ondelete="SET NULL")))
    with pytest.raises(RefusedByDesk), ctx.tables.begin() as connection:
        ctx.tables.add_column(connection, wider.c.agent_id)
    with pytest.raises(RefusedByDesk), ctx.tables.begin() as connection:
        ctx.tables.create(connection, core_ticket)


def test_pl_07_nothing_of_a_plugins_tables_outlives_its_context(contexts: Contexts) -> None:
    made = ticket_of(contexts.kit)

    def live() -> list[weakref.ref[Any]]:
        ctx = contexts.make()
        table = _created(ctx)
        with ctx.tables.begin() as connection:
            connection.execute(sa.insert(table).values(ticket_id=made))
        with ctx.tables.reading() as connection:
            connection.execute(sa.select(table)).all()
        ctx.close()
        return [weakref.ref(ctx), weakref.ref(table)]

    refs = [ref for _ in range(10) for ref in live()]
    gc.collect()
    assert [ref() for ref in refs if ref() is not None] == []
