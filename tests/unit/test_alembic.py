"""What `authsite.alembic` hides from the autogenerate of an application."""

import pytest

from authsite.alembic import include_name


@pytest.mark.parametrize(
    ("name", "type_", "table", "included"),
    [
        ("public", "schema", None, True),
        (None, "schema", None, True),
        ("order", "table", None, True),
        ("my_authsite_order", "table", None, True),
        ("authsite_user", "table", None, False),
        ("authsite_version", "table", None, False),
        ("authsite_user_search_data", "table", None, False),
        ("authsite_user_id", "column", "order", True),
        ("email", "column", "authsite_user", False),
        ("ix_authsite_user_search", "index", "authsite_user", False),
        ("fk_order_user_id_authsite_user", "foreign_key_constraint", "order", True),
    ],
)
def test_names_of_authsites_tables_are_left_out(name, type_, table, included):
    parents = {"schema_name": None} if table is None else {"schema_name": None, "table_name": table}
    assert include_name(name, type_, {} if type_ == "schema" else parents) is included
