"""Change the name of a user."""

from authsite.models import User


def change_names(user: User, *, first_name: str, last_name: str) -> None:
    """Replace both names."""
    user.first_name = first_name
    user.last_name = last_name
