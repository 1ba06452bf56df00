"""A kit for one claim: nobody learns from a form who has an account, not even by the time it takes.

A form that a stranger can send is posted for an address that somebody has and for one that nobody
has, and the two answers are laid side by side: status, headers, text, and seconds.
"""

import itertools
import re
import statistics
import time
from collections.abc import Callable, Mapping
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

#: Settings under which a hash takes most of the time of an answer.
COSTLY_HASHES = {
    "authsite.passwords.time_cost": "3",
    "authsite.passwords.memory_cost": "16384",
}

#: How far apart two times may be.
TOLERANCE = 1.10
#: Pairs that are measured before it is judged, and how often as many are added on a noisy machine.
PAIRS = 12
ROUNDS = 6

_numbers = itertools.count(1000)


@dataclass(frozen=True)
class StrangersForm:
    """What a stranger types into a form, and where the answers may differ."""

    #: What is typed, but for the address.
    typed: Mapping[str, str]
    #: Why it is told whether somebody has the address; then the time need tell nothing else.
    tells: str | None = None
    #: Addresses that are not used up by one answer, or a fresh one each time.
    unknown: Callable[[], str] = lambda: "eve@example.com"


def a_fresh_address() -> str:
    """Return an address that nobody has typed before."""
    return f"eve{next(_numbers)}@example.com"


#: Every form that a stranger can send. A new one needs a row.
FORMS = {
    "/forgot-password": StrangersForm({}),
    "/sign-in": StrangersForm({"password": WRONG_PASSWORD}),
    "/sign-up": StrangersForm(
        {
            "first_name": "Eve",
            "last_name": "Smith",
            "password": PASSWORD,
            "confirm_password": PASSWORD,
        },
        tells="an account comes to be at once, as long as addresses are not verified by mail",
        unknown=a_fresh_address,
    ),
}
#: The sign-up of a site on which addresses must be verified, where it tells nothing either.
BY_MAIL = replace(FORMS["/sign-up"], tells=None)
REQUIRED = {"authsite.email.verification": "required"}


def forms_of_strangers(registry: Registry) -> set[str]:
    """Return the address of every page that takes a form from those who are not signed in.

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


def masked(answer: TestResponse, typed: str) -> tuple[str, list[tuple[str, str]], str]:
    """Return everything that was answered but what differs each time, or was typed."""
    text = answer.text.replace(typed, "ADDRESS")
    text = re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1TOKEN", text)
    text = re.sub(r"(Try again in )[^.<]*", r"\1A WHILE", text)
    headers = [
        (name, "SECONDS" if name == "Retry-After" else value)
        for name, value in answer.headers.items()
        if name != "Content-Length"
    ]
    return answer.status, headers, text


def send(
    application: Any, path: str, email: str, *, form: StrangersForm, **environ: str
) -> tuple[TestResponse, float]:
    """Fill in the form as a stranger whom nobody has seen before; return answer and seconds."""
    browser = Browser(TestApp(application, extra_environ=environ))
    filled = form_of(browser.get(path))
    for name, value in {**form.typed, "email": email}.items():
        filled[name] = value
    before = time.process_time()
    answer = filled.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)
    return answer, time.process_time() - before


def costly(new_application: Callable[..., Any], **settings: str) -> Any:
    """Return the site as it is measured: slow hashes, no throttles, and somebody whom it knows."""
    application = new_application(**COSTLY_HASHES | UNTHROTTLED | settings)
    answer, _ = send(application, "/sign-up", KNOWN, form=FORMS["/sign-up"])
    assert answer.status_int == (200 if settings else 303)
    return application


def answers_alike(application: Any, path: str, known: str, unknown: str) -> bool:
    """Whether the form is answered in the same words for both addresses."""
    answers = [
        masked(send(application, path, email, form=FORMS[path])[0], email)
        for email in (known, unknown)
    ]
    return answers[0] == answers[1]


def takes_as_long(application: Any, path: str, *, form: StrangersForm) -> bool:
    """Whether nobody learns anything from the time.

    What is compared is the time that all threads of the process compute for, since other processes
    do not change it. Known and unknown take turns, and each goes first as often as the other. A
    collection of garbage only ever adds to a time, so that the lower quartiles are compared; when
    they are too far apart, more is measured before it is judged.
    """
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for number in range(PAIRS):
            for known in (True, False) if number % 2 else (False, True):
                email = KNOWN if known else form.unknown()
                _, seconds = send(application, path, email, form=form)
                times[known].append(seconds)
        quartiles = [statistics.quantiles(each, n=4)[0] for each in times.values()]
        if max(quartiles) <= TOLERANCE * min(quartiles):
            return True
    return False
