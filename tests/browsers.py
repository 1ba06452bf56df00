"""A browser for functional tests: WebTest with the headers of browsers."""

from typing import Any

from webtest import TestApp, TestResponse

PASSWORD = "seven green llamas hum"


class Browser:
    """Loads pages, sends forms and keeps cookies, as a browser does.

    Forms are sent with `Sec-Fetch-Site`, as Chromium does.
    """

    def __init__(self, app: TestApp) -> None:
        self.app = app
        self.app.extra_environ.setdefault("HTTP_HOST", "localhost")
        self.app.extra_environ.setdefault("HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux) Test/1.0")
        self.app.extra_environ.setdefault("REMOTE_ADDR", "192.0.2.1")

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """Load a page."""
        return self.app.get(path, **kwargs)

    def submit(self, page: TestResponse, values: dict[str, str], **kwargs: Any) -> TestResponse:
        """Fill in the form in the main content and send it."""
        form = page.forms[page.html.find_all("form").index(page.html.main.form)]
        for name, value in values.items():
            form[name] = value
        return form.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True, **kwargs)

    def sign_up(self, at: str = "/sign-up", **values: str) -> TestResponse:
        """Sign up as Ada, or with these values; return the response."""
        fields = {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@example.com",
            "password": PASSWORD,
            "confirm_password": values.get("password", PASSWORD),
        } | values
        return self.submit(self.get(at), fields)

    def sign_in(
        self, email: str = "ada@example.com", password: str = PASSWORD, at: str = "/sign-in"
    ) -> TestResponse:
        """Sign in; return the response."""
        return self.submit(self.get(at), {"email": email, "password": password})

    def sign_out(self) -> TestResponse:
        """Sign out by the button in the navigation."""
        form = self.get("/dashboard").forms[0]
        return form.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)

    @property
    def cookie(self) -> str | None:
        """The value of the session cookie."""
        return self.app.cookies.get("authsite_session")

    @property
    def is_signed_in(self) -> bool:
        """Whether the dashboard loads."""
        return self.app.get("/dashboard", expect_errors=True).status_int == 200
