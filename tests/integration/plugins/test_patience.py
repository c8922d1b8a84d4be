"""A plugin that hangs in a transaction of its own stops nobody else (features.md PL-03, PL-07)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from desk_app.plugin_api.errors import RefusedByDesk
from desk_app.storage.plugins import tables
from tests.support.desks import DeskKit
from tests.support.plugin_contexts import Contexts, ticket_of
from tests.support.plugin_hosts import until

FOREVER = sa.text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")


@pytest.fixture
def contexts(desk_kit: DeskKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contexts:
    if desk_kit.database.dialect != "sqlite":
        pytest.skip("PostgreSQL makes nobody wait, and ends what is idle by itself")
    monkeypatch.setattr(tables, "WRITING_SECONDS", 0.5)
    monkeypatch.setattr(tables, "READING_SECONDS", 0.5)
    return Contexts(desk_kit, tmp_path)


@pytest.fixture
def parallel() -> Iterator[Callable[[Callable[[], object]], list[BaseException]]]:
    """Run something in a thread; what it raises comes into the list that is returned."""
    threads: list[threading.Thread] = []

    def run(work: Callable[[], object]) -> list[BaseException]:
        raised: list[BaseException] = []

        def call() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 -- looked at by the test
                raised.append(error)

        threads.append(threading.Thread(target=call, daemon=True))
        threads[-1].start()
        return raised

    yield run
    for one in threads:
        one.join(20)
        assert not one.is_alive()


def _entry(ctx: Any) -> Any:
    table = ctx.tables.define("entry", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
    with ctx.tables.begin() as connection:
        ctx.tables.create(connection, table)
    return table


def test_pl_03_a_transaction_that_is_held_too_long_is_undone_and_others_write(
    contexts: Contexts, parallel: Callable[[Callable[[], object]], list[BaseException]]
) -> None:
    ctx, made = contexts.make(), ticket_of(contexts.kit)
    table, wakes, later = _entry(ctx), threading.Event(), []

    def hang() -> None:
        with ctx.tables.begin() as connection:
            connection.execute(table.insert().values(n=1))
            wakes.wait(15)
            try:
                connection.execute(table.insert().values(n=2))
            except sa.exc.SQLAlchemyError as error:
                later.append(error)

    raised = parallel(hang)
    time.sleep(0.1)
    began = time.monotonic()
    contexts.kit.desk.tickets.trash([made], contexts.kit.ann)  # waits for the plugin, but not for ever
    assert time.monotonic() - began < 8
    wakes.set()
    until(lambda: bool(raised))
    assert isinstance(raised[0], RefusedByDesk)
    assert "took too long" in str(raised[0])
    assert later, "nothing more is written in it"
    with ctx.tables.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
    with ctx.tables.begin() as connection:
        connection.execute(table.insert().values(n=3))
    with ctx.tables.reading() as connection:
        assert connection.execute(sa.select(table.c.n)).scalars().all() == [3]


@pytest.mark.parametrize("writing", [True, False])
def test_pl_03_a_statement_without_end_is_ended(
    contexts: Contexts, parallel: Callable[[Callable[[], object]], list[BaseException]], writing: bool
) -> None:
    ctx, made = contexts.make(), ticket_of(contexts.kit)
    _entry(ctx)

    def hang() -> None:
        with ctx.tables.begin() if writing else ctx.tables.reading() as connection:
            connection.execute(FOREVER)

    raised = [parallel(hang) for _ in range(1 if writing else 8)]  # more than there are connections to read with
    until(lambda: all(raised), 15)
    assert {type(one[0]) for one in raised} <= {RefusedByDesk}
    contexts.kit.desk.tickets.trash([made], contexts.kit.ann)
    assert contexts.kit.desk.pictures.ticket(made) is not None
