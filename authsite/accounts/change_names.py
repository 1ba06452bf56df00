"""Changing the name that the site calls a person by."""

from authsite.models import User


def change_names(user: User, *, first_name: str, last_name: str) -> None:
    """Call the user by these names from now on."""
    user.first_name = first_name
    user.last_name = last_name
