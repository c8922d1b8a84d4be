"""Reports."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.contributions import ReportType
from desk_app.plugin_api.marks import Kind, hook


@hook(Kind.COLLECT, gives=(ReportType,))
def report_types(ctx: Context) -> Sequence[ReportType]:
    """Return reports: shown on the page Reports, and by `desk-app report`."""
    return ()
