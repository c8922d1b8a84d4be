"""Full-text search: what a search text means, and which words a text is found by."""

from desk_app.domain.search.analysis import ANALYZER_VERSION, analyze, joined_numbers
from desk_app.domain.search.document import FIELDS, SearchFields, index_fields
from desk_app.domain.search.query import SearchQuery, parse

__all__ = [
    "ANALYZER_VERSION",
    "FIELDS",
    "SearchFields",
    "SearchQuery",
    "analyze",
    "index_fields",
    "joined_numbers",
    "parse",
]
