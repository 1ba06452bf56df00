"""The partitions of docs/scale.md."""

import re

import psycopg

from tests.conftest import ROOT

_BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


def partition(url: str) -> None:
    """Run all statements of docs/scale.md, in their order."""
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    with psycopg.connect(url, autocommit=True) as connection:
        for block in _BLOCK.findall(page):
            connection.execute(block)
