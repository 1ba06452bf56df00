"""The kit that compares answers sees what it is there to see: a word more, and time saved."""

from dataclasses import replace

import pytest
from pyramid.events import NewResponse
from pyramid.response import Response

from authsite.passwords.hasher import PasswordHasher
from authsite.resources import Root
from authsite.services import services_of
from tests.site.equal import (
    FORMS,
    KNOWN,
    answers_alike,
    costly,
    forms_of_strangers,
    takes_as_long,
)

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("permission", ["public", "anonymous"])
@pytest.mark.parametrize("method", ["POST", ("GET", "POST"), None])
def test_a_new_form_is_found(new_application, permission, method):
    """Whatever the view says of its methods."""
    application = new_application(
        lambda config: config.add_view(
            Response, context=Root, name="new", request_method=method, permission=permission
        )
    )
    assert forms_of_strangers(application.registry) - set(FORMS) == {"/new"}


class Hasty(PasswordHasher):
    """A hasher as many sites have it: for nobody there is less to do."""

    for_nobody: PasswordHasher | None = None

    def verify(self, password_hash, password, *, within=None):
        """Do the work for those who have an account."""
        if password_hash is not None:
            return super().verify(password_hash, password, within=within)
        return self.for_nobody is not None and self.for_nobody.verify(None, password)


@pytest.mark.parametrize("time_cost", [0, 2])
def test_who_saves_time_on_nobody_is_seen(new_application, time_cost):
    """Nothing is done for nobody, or two passes over the memory in place of three."""
    application = costly(new_application)
    services = services_of(application.registry)
    costs = {"memory_cost": services.settings.passwords.memory_cost, "parallelism": 1}
    hasty = Hasty(time_cost=services.settings.passwords.time_cost, **costs)
    if time_cost:
        hasty.for_nobody = PasswordHasher(time_cost=time_cost, **costs)
    application.registry["authsite"] = replace(services, hasher=hasty)
    assert answers_alike(application, "/sign-in", KNOWN, "eve@example.com")
    assert not takes_as_long(application, "/sign-in", form=FORMS["/sign-in"])


def other_status(response):
    """Answer as another site would."""
    response.status = 401


def other_header(response):
    """Say something where people do not look."""
    response.headers["X-Attempts-Left"] = "4"


def other_word(response):
    """Say something where they do."""
    response.text = response.text.replace("email or password", "password")


def other_cookie(response):
    """Leave something behind."""
    response.set_cookie("seen", "yes")


@pytest.mark.parametrize("tell", [other_status, other_header, other_word, other_cookie])
def test_what_is_said_to_the_known_alone_is_seen(new_application, new_browser, tell):
    """Whatever part of the answer it is in."""

    def tell_the_known(event):
        if event.request.method == "POST" and event.request.POST.get("email") == KNOWN:
            tell(event.response)

    new_browser().sign_up(email=KNOWN)
    application = new_application(lambda config: config.add_subscriber(tell_the_known, NewResponse))
    assert not answers_alike(application, "/sign-in", KNOWN, "eve@example.com")
