"""The data dictionary says what the contracts say."""

from __future__ import annotations

from pathlib import Path

from flows.dictionary import page
from tasks.tables import PUBLISHED


def test_the_page_is_that_of_the_contracts() -> None:
    written = (Path(__file__).resolve().parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
    assert written == page(), "docs/tables.md is behind tasks/tables.py; mend it with: python -m flows.dictionary > docs/tables.md"
    for spec in PUBLISHED:
        for name in spec.schema.names:
            assert f"| {name} |" in written or f"| **{name}** |" in written
