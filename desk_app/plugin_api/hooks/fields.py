"""Kinds of custom fields. Provisional until departments have fields of their own."""

from __future__ import annotations

from collections.abc import Sequence

from desk_app.plugin_api.context import Context
from desk_app.plugin_api.contributions import FieldType
from desk_app.plugin_api.marks import Kind, hook


@hook(Kind.COLLECT, gives=(FieldType,), provisional=True)
def field_types(ctx: Context) -> Sequence[FieldType]:
    """Return kinds of custom field. A field whose kind is gone keeps its value, shown raw and read-only."""
    return ()
