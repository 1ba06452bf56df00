"""The example `hello`."""

from collections.abc import Callable

from tests.hosts.visitor import HOME, Visitor


def test_page_is_for_signed_in_users(open_host: Callable[..., Visitor]) -> None:
    visitor = open_host("hello")
    assert visitor.get("/").location == f"{HOME}/accounts/sign-in?next=%2F"
    assert visitor.sign_up().location == f"{HOME}/"
    assert visitor.get("/").text == "Hello Ada"
    assert "ada@example.com" in visitor.get("/accounts/dev/mail").text
    assert visitor.sign_out().status_int == 303
    assert visitor.get("/").status_int == 303
    assert visitor.sign_in().location == f"{HOME}/"
    assert visitor.get("/").text == "Hello Ada"
