"""Switching a plugin on and off leaves nothing behind (issue 4, "Shown by")."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from typing import Any

from desk_app.domain.plugins.model import StateKind
from desk_app.plugin_api.context import Mode
from tests.support.plugin_hosts import PluginKit, left_over, module

EVERYTHING = """
    import threading
    from datetime import timedelta
    from sqlalchemy import Column, Integer
    from desk_app.plugin_api import JobSpec, Migration, Placeholder, hookimpl
    from .words import Heavy

    HEAVY = Heavy()
    STOP = threading.Event()

    def table(tables, connection):
        tables.create(connection, tables.define("entry", Column("id", Integer, primary_key=True)))

    @hookimpl
    def migrations(ctx): return [Migration(1, "entries", table)]

    @hookimpl
    def scheduled_jobs(ctx): return [JobSpec("tidy", lambda ctx: None, timedelta(seconds=5))]

    @hookimpl
    def placeholders(ctx): return [Placeholder("sample.word", "Word", lambda ctx, ticket: HEAVY.word)]

    @hookimpl
    def plugin_activated(ctx):
        STOP.clear()
        threading.Thread(target=STOP.wait, name="of the plugin", daemon=True).start()

    @hookimpl
    def plugin_deactivating(ctx): STOP.set()

    @hookimpl
    def filter_signature(value): return value + HEAVY.word
"""


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_a_hundred_times_on_and_off_leaves_no_module_thread_object_or_table(local_plugins: PluginKit) -> None:
    local_plugins.write(code=EVERYTHING, words="class Heavy:\n    word = '!'\n")
    host = local_plugins.host
    host.start(Mode.GUI)
    heavy: list[weakref.ref[Any]] = []
    before: tuple[set[str], int, list[str]] | None = None
    for number in range(100):
        host.activate("sample", ())
        heavy.append(weakref.ref(module("plugin").HEAVY))
        assert local_plugins.desk.hooks.filter("filter_signature", "x", agent=None, department="") == "x!"
        assert len(host.contributions("placeholders")) == 1
        host.deactivate("sample")
        assert not left_over()
        if number == 9:
            gc.collect()
            tables = local_plugins.database.plugin_tables.space("sample").existing()
            before = (threads(), len(sys.modules), list(tables))
    gc.collect()
    assert before is not None
    tables = local_plugins.database.plugin_tables.space("sample").existing()
    assert (threads(), len(sys.modules), list(tables)) == before
    assert not [one for one in heavy if one() is not None], "something still refers to a plugin that is gone"
    assert host.dispatcher.plugins() == set()
    assert host.contributions("placeholders") == []
    assert local_plugins.kind() is StateKind.INACTIVE
