"""What screens about plugins and reports show in pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from desk_app.domain.plugins.model import PluginFault, PluginRecord, StateKind
from desk_app.plugin_api import Health, HealthCheck, HealthState, Parameter, ReportTable, ReportType
from desk_app.plugin_host.dispatch import Timing
from desk_app.services.desk import Desk
from desk_app.services.ports.plugins import Contribution
from desk_app.ui.plugins.page import PluginsPage
from desk_app.ui.plugins.parts import open_plugin_settings, plugins_of
from desk_app.ui.reports.page import ComputedReport, ReportsPage
from desk_app.ui.shell.window import MainWindow
from tests.ui import plugin_stage, stage
from tests.ui.plugin_stage import FakeControl

SETTINGS = """
[settings.address]
type = "url"
title = "Address of the shop"
help = "As it stands in the browser, without a page."
required = true
[settings.token]
type = "secret"
title = "Access token"
help = "Made in the shop under Settings, Apps."
required = true
[settings.orders]
type = "number"
title = "Orders to show"
default = 5
min = 1
max = 20
[settings.warn]
type = "bool"
title = "Warn of old orders"
help = "A mark at orders that wait."
default = true
[settings.age]
type = "duration"
title = "Old after"
default = 172800
depends_on = "warn"
[settings.state]
type = "choice"
title = "Which orders"
choices = { all = "All", open = "Open ones only" }
default = "open"
[settings.parts]
type = "multi"
title = "Shown of an order"
choices = { items = "Items", sum = "Sum", track = "Tracking" }
default = ["items", "sum"]
[settings.ink]
type = "colour"
title = "Colour of the mark"
default = "#c77a12"
[settings.who]
type = "agent"
title = "Told of problems"
[settings.note]
type = "template"
title = "Text of the note"
default = "Order {{order}} is {{state}}."
"""


def furnish_window(window: MainWindow) -> None:
    """Give a window that is open the plugins of the mockup."""
    if window.plugins is not None:
        window.plugins.close()
        window.plugins = None
    furnish(window.session.desk)


def furnish(desk: Desk) -> FakeControl:
    """Give a desk the plugins of the mockup; nothing of them runs."""
    control = plugin_stage.five()
    shop = control.states["shop_orders"]
    text = (
        'id = "shop-orders"\nname = "Shop orders"\nversion = "2.1.3"\nauthors = ["Kopi Works <hello@kopi.example>"]\n'
        'icon = "shopping-cart"\npermissions = ["network", "tickets.read", "contacts", "secrets", "mail.send"]\n'
        'license = "MIT"\nhomepage = "https://kopi.example/orders"\n'
        'description = "Shows the customer\'s last orders beside the ticket and fills the order number."\n'
    )
    control.states["shop_orders"] = replace(shop, manifest=plugin_stage.manifest(text + SETTINGS))
    kept = PluginRecord(
        0,
        "shop_orders",
        "2.1.3",
        "2.0.0",
        "9f2c4e0a7d5b1c3e8f60aa41d2b7c95e0f1a2b3c4d5e6f708192a3b4c5d6e7f8",
        wanted=True,
        granted=control.states["shop_orders"].manifest.permissions,
        installed_at=stage.NOW - timedelta(days=40),
        activated_at=stage.NOW - timedelta(days=3),
    )
    with desk.unit_of_work() as uow:
        saved = uow.plugins.save(kept)
        for hours, place, summary in (
            (26.0, "filter_reply_draft", "KeyError: 'order'"),
            (1.0, "ticket_panels: orders", "HttpError: the server answered 503"),
        ):
            uow.plugins.add_fault(
                saved.id,
                PluginFault(
                    "shop_orders",
                    place,
                    summary,
                    "Traceback (most recent call last):\n  File “orders.py”, line 41, in panel\n    ctx.http.get(…)",
                    "2.1.3",
                    "front-desk",
                    stage.NOW - timedelta(hours=hours),
                ),
            )
        uow.commit()
    control.states["shop_orders"] = replace(control.states["shop_orders"], record=saved)
    control.hooks_used["shop_orders"] = ("filter_reply_draft", "health_checks", "message_added", "ticket_panels")
    control.timed["shop_orders"] = {
        "message_added": Timing(1284, 2.31, 0.041),
        "filter_reply_draft": Timing(96, 0.52, 0.031, 1),
        "ticket_panels": Timing(412, 9.8, 0.184, 1),
    }
    control.specs["health_checks"] = [
        Contribution("shop_orders", None, HealthCheck("shop", "Shop", _good)),
        Contribution("shop_orders", None, HealthCheck("clock", "Clock of the server", _warns)),
    ]
    control.specs["report_types"] = [
        Contribution("survey", None, ReportType("time", "Time spent", _report, PARAMETERS, "How long people worked.")),
        Contribution("survey", None, ReportType("answers", "Answers to the survey", _report)),
    ]
    for kept in ("plugins", "plugin_admin"):  # made from the host there was before
        vars(desk).pop(kept, None)
    vars(desk)["_plugin_host"] = control
    return control


PARAMETERS = (
    Parameter("start", "From", "date", default=datetime(2026, 11, 1, tzinfo=UTC).date()),
    Parameter("end", "To", "date"),
    Parameter("by", "Sum up by", "choice", default="agent", choices={"agent": "Agent", "ticket": "Ticket"}),
)


def _good(_ctx: Any) -> Health:
    return Health(HealthState.GOOD, "It answers within 80 ms.")


def _warns(_ctx: Any) -> Health:
    return Health(HealthState.WARNING, "It goes 4 minutes wrong; set it by the network.")


def _report(_ctx: Any, _values: Mapping[str, Any]) -> ReportTable:
    people = (
        ("Ann Admin", 14, 1250),
        ("Lucía Fernández", 31, 2210),
        ("Budi Santoso", 22, 1985),
        ("Tom Becker", 9, 640),
    )
    rows = [(name, tickets, minutes, round(minutes / 60, 2)) for name, tickets, minutes in people]
    return ReportTable(("Agent", "Tickets", "Minutes", "Hours"), rows, ("", 76, 6085, 101.42))


def _have(window: MainWindow) -> None:
    """Have the plugins of the mockup in a window, whatever it had before."""
    if not isinstance(window.session.desk.plugins, FakeControl):
        furnish_window(window)
    plugins_of(window)
    stage.settle(window)


def plugins(window: MainWindow) -> PluginsPage:
    """Return the page Plugins with its list, shown."""
    _have(window)
    window.show_page("plugins")
    page = window.page("plugins")
    assert isinstance(page, PluginsPage)
    page.step_out()
    page.search.clear()
    page.show_filter("installed")
    stage.settle(window)
    return page


def _details(window: MainWindow) -> None:
    plugins(window).show_details("shop_orders")


def _settings(window: MainWindow) -> None:
    _have(window)
    open_plugin_settings(window, "shop_orders")


def _report_page(window: MainWindow) -> None:
    _have(window)
    window.show_page("reports")
    page = window.page("reports")
    assert isinstance(page, ReportsPage)
    page.open("type:survey:time")
    shown = page.shown()
    assert isinstance(shown, ComputedReport)
    shown.run_button.click()


def _search(window: MainWindow) -> None:
    plugins(window).find_culprit()


def _safe(window: MainWindow) -> None:
    page = plugins(window)
    plugins_of(window).search.end()
    stage.settle(window)
    page.toggle_safe_mode()


def _permissions(window: MainWindow) -> None:
    page = plugins(window)
    page.toggle_safe_mode()
    stage.settle(window)
    control = page._desk.control
    assert isinstance(control, FakeControl)
    state = control.states["shop_orders"]
    control.states["shop_orders"] = replace(state, kind=StateKind.INACTIVE, record=None)
    page.switch("shop_orders", on=True)


def _delete(window: MainWindow) -> None:
    plugins(window).ask_delete("shop_orders")


def _order(window: MainWindow) -> None:
    page = plugins(window)
    control = page._desk.control
    assert isinstance(control, FakeControl)
    control.hooks_used["auto_translate"] = ("filter_reply_draft",)
    control.hooks_used["survey"] = ("filter_reply_draft",)
    page.ask_order()


def _broken(window: MainWindow) -> None:
    page = plugins(window)
    control = page._desk.control
    assert isinstance(control, FakeControl)
    survey = control.states["survey"]
    control.become("survey", StateKind.CHANGED)
    control.states["shop_orders"] = replace(
        control.states["shop_orders"],
        kind=StateKind.INVALID,
        manifest=None,
        problems=("/home/ann/desk-app/plugins/shop-orders/2.1.3/plugin.toml:4: “version” is missing",),
    )
    control.more = [replace(survey, kind=StateKind.CONFLICT)]
    page.fill()


def scenes() -> Iterator[tuple[str, Callable[[MainWindow], object]]]:
    """Every picture: its name and what leads to it."""
    yield "plugins", plugins
    yield "plugins-details", _details
    yield "plugins-settings", _settings
    yield "reports", _report_page
    yield "plugins-culprit", _search
    yield "plugins-safe-mode", _safe
    yield "plugins-permissions", _permissions
    yield "plugins-delete", _delete
    yield "plugins-order", _order
    yield "plugins-broken", _broken
