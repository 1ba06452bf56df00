"""For the `env.py` of an application that includes authsite."""

from collections.abc import Mapping
from typing import Any

#: All tables of authsite begin with it, also those of a later version.
_PREFIX = "authsite_"


def include_name(name: str | None, type_: str, parent_names: Mapping[Any, Any]) -> bool:
    """Return False for the tables of authsite and what belongs to them.

    Pass it to alembic's `context.configure(include_name=…)`. Otherwise autogenerate would drop
    them: they are in the database, and not in the metadata of the application.
    """
    table = name if type_ == "table" else parent_names.get("table_name")
    return table is None or not table.startswith(_PREFIX)
