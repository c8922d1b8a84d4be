"""Which reports there are: those that plugins compute, and those that draw themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from desk_app.plugin_api import Parameter, ReportTable, ReportType
from desk_app.plugin_api.ui import Registry, ReportPage
from desk_app.services.plugins.reporting import run_report
from desk_app.services.ports.plugins import Contribution, PluginControl


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `plugin` is the slug of whoever brings it; a report that draws itself has a `page`, others `run`."""

    id: str
    title: str
    description: str
    plugin: str
    parameters: tuple[Parameter, ...] = ()
    run: Callable[[Mapping[str, Any]], ReportTable] | None = None
    page: ReportPage | None = None


def reports(control: PluginControl, pages: Registry[ReportPage]) -> list[Report]:
    """Return every report by title; GUI thread."""
    found = [
        _computed(one, control) for one in control.contributions("report_types") if isinstance(one.spec, ReportType)
    ]
    found += [Report(f"page:{one.id}", one.title, one.description, pages.owner(one.id), page=one) for one in pages]
    return sorted(found, key=lambda one: one.title.casefold())


def _computed(found: Contribution, control: PluginControl) -> Report:
    spec: ReportType = found.spec
    return Report(
        f"type:{found.plugin}:{spec.id}",
        spec.title,
        spec.description,
        found.plugin,
        tuple(spec.parameters),
        lambda values: run_report(control, found, values),
    )
