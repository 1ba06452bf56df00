"""A visitor of an application that includes authsite below `/accounts`."""

from pathlib import Path
from typing import Any

from webtest import TestApp, TestResponse

from tests.browsers import PASSWORD, Browser

#: As the ini files of the applications say.
HOST = "localhost:6543"
HOME = f"http://{HOST}"


class Visitor(Browser):
    """A browser at an application that includes authsite."""

    def __init__(self, application: Any, ini: Path) -> None:
        # On this machine, so that pyramid_debugtoolbar is on where an application includes it.
        environ = {"HTTP_HOST": HOST, "REMOTE_ADDR": "127.0.0.1"}
        super().__init__(TestApp(application, extra_environ=environ))
        self.application = application
        self.ini = ini

    def another(self) -> "Visitor":
        """Return the browser of another visitor."""
        return Visitor(self.application, self.ini)

    def sign_up(self, at: str = "/accounts/sign-up", **values: str) -> TestResponse:
        """Sign up as Ada, or with these values; return the response."""
        return super().sign_up(at, **values)

    def sign_in(
        self,
        email: str = "ada@example.com",
        password: str = PASSWORD,
        at: str = "/accounts/sign-in",
    ) -> TestResponse:
        """Sign in; return the response."""
        return super().sign_in(email, password, at)

    def sign_out(self) -> TestResponse:
        """Sign out on the page for it; return the response."""
        return self.submit(self.get("/accounts/sign-out"), {})
