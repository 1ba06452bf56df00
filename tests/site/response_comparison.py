"""Compare what an anonymous form answers for a known and for an unknown email (ASVS 6.3.8).

The form is sent for both, and status, headers, text and CPU time of the responses are compared.
"""

import itertools
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyramid.registry import Registry
from webtest import TestApp, TestResponse

from authsite.resources import EmailLinkResource
from authsite.resources.site_map import ANY, endpoints
from tests.browsers import PASSWORD, Browser
from tests.functional.reading import form_of
from tests.throttles import UNTHROTTLED

KNOWN = "ada@example.com"
WRONG_PASSWORD = "eight blue llamas hum"

#: Settings with which a hash takes most of the time of a response.
COSTLY_HASHES = {
    "authsite.passwords.time_cost": "3",
    "authsite.passwords.memory_cost": "16384",
}

#: The largest accepted ratio of two times.
TOLERANCE = 1.10
#: Measurements of each kind in a round, and the maximum of rounds on a noisy machine.
PAIRS = 12
ROUNDS = 6

_numbers = itertools.count(1000)


@dataclass(frozen=True)
class AnonymousForm:
    """The values that an anonymous visitor sends, and how the responses may differ."""

    #: All values except the email.
    values: Mapping[str, str]
    #: Why the responses reveal an account; then their times may differ as well.
    reveals: str | None = None
    #: Returns an email without an account: always the same one, or a new one for each request.
    unknown: Callable[[], str] = lambda: "eve@example.com"


def a_new_email() -> str:
    """Return an email that was never sent before."""
    return f"eve{next(_numbers)}@example.com"


#: Every form for anonymous visitors. A new one needs a row.
FORMS = {
    "/forgot-password": AnonymousForm({}),
    "/sign-in": AnonymousForm({"password": WRONG_PASSWORD}),
    "/sign-up": AnonymousForm(
        {
            "first_name": "Eve",
            "last_name": "Smith",
            "password": PASSWORD,
            "confirm_password": PASSWORD,
        },
        reveals="an account is created at once while verification is optional",
        unknown=a_new_email,
    ),
}
#: The sign-up of a site that requires verification; it reveals nothing.
SIGN_UP_WITH_VERIFICATION = replace(FORMS["/sign-up"], reveals=None)
REQUIRED = {"authsite.email.verification": "required"}


def anonymous_forms(registry: Registry) -> set[str]:
    """Return the URL of every page that accepts a form from anonymous visitors.

    Without email links and `/reactivate-account`: a visitor with a link, or with a pending sign-in,
    knows the account already.
    """
    return {
        page.url
        for page in endpoints(registry)
        if page.method in {"POST", ANY}
        and page.permission in {"anonymous", "public"}
        and not issubclass(page.context, EmailLinkResource)
        and page.url != "/reactivate-account"
    }


def masked(response: TestResponse, email: str) -> tuple[str, list[tuple[str, str]], str]:
    """Return status, headers and text without the email and what differs in each response."""
    text = response.text.replace(email, "EMAIL")
    text = re.sub(r'(name="csrf_token"\s+value=)"[^"]*"', r"\1TOKEN", text)
    text = re.sub(r"(Try again in )[^.<]*", r"\1A WHILE", text)
    headers = [
        (name, "SECONDS" if name == "Retry-After" else value)
        for name, value in response.headers.items()
        if name != "Content-Length"
    ]
    return response.status, headers, text


def send(
    application: Any, path: str, email: str, *, form: AnonymousForm, **environ: str
) -> tuple[TestResponse, float]:
    """Send the form from a new browser; return the response and the CPU time in seconds."""
    browser = Browser(TestApp(application, extra_environ=environ))
    filled = form_of(browser.get(path))
    for name, value in {**form.values, "email": email}.items():
        filled[name] = value
    started = time.process_time()
    response = filled.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)
    return response, time.process_time() - started


def site_with_costly_hashes(new_application: Callable[..., Any], **settings: str) -> Any:
    """Return a site with slow hashes, without throttles and with one account."""
    application = new_application(**COSTLY_HASHES | UNTHROTTLED | settings)
    response, _ = send(application, "/sign-up", KNOWN, form=FORMS["/sign-up"])
    assert response.status_int == (200 if settings else 303)
    return application


def responses_match(application: Any, path: str, known: str, unknown: str) -> bool:
    """Whether both emails get the same response."""
    responses = [
        masked(send(application, path, email, form=FORMS[path])[0], email)
        for email in (known, unknown)
    ]
    return responses[0] == responses[1]


def take_same_time(application: Any, path: str, *, form: AnonymousForm) -> bool:
    """Whether known and unknown emails cost the same CPU time."""

    def send_known() -> float:
        return send(application, path, KNOWN, form=form)[1]

    def send_unknown() -> float:
        return send(application, path, form.unknown(), form=form)[1]

    return are_equal([send_known, send_unknown])


def are_equal(measurements: Sequence[Callable[[], float]]) -> bool:
    """Whether all measurements return the same CPU time, in seconds.

    The CPU time of all threads is compared, since other processes do not change it. The
    measurements take turns, in both orders. Garbage collection only adds time, so the lower
    quartiles are compared; if they differ too much, another round is measured.
    """
    times: list[list[float]] = [[] for _ in measurements]
    turns = list(zip(times, measurements, strict=True))
    for _ in range(ROUNDS):
        for number in range(PAIRS):
            for results, measure in turns if number % 2 else reversed(turns):
                results.append(measure())
        quartiles = [statistics.quantiles(each, n=4)[0] for each in times]
        if max(quartiles) <= TOLERANCE * min(quartiles):
            return True
    return False
