"""Two forms, one after the other, reveal no account either (ASVS 6.3.8)."""

import pytest

from authsite.services import services_of
from tests.site.form_pairs import (
    OPTIONAL_PAIRS,
    REQUIRED_PAIRS,
    SITE,
    add_accounts,
    add_accounts_with_costly_hashes,
    first_difference,
    keeps_its_time,
    take_same_time_after,
)
from tests.site.response_comparison import COSTLY_HASHES, REQUIRED
from tests.throttles import UNTHROTTLED

#: Hashes that take as long as the rest of a response, so that the time of an email shows.
MODERATE_HASHES = COSTLY_HASHES | {"authsite.passwords.memory_cost": "4096"}
#: A reset after a sign-up does what a reset of any account does, which is measured alone.
TIMED_PAIRS = [("/sign-up", "/sign-in"), ("/sign-up", "/sign-up"), ("/forgot-password", "/sign-in")]


@pytest.mark.asvs("6.3.8", "6.3.1")
@pytest.mark.parametrize(("first", "second"), REQUIRED_PAIRS)
def test_pairs_reveal_no_account_where_verification_is_required(
    new_application, services, dbsession, first, second
):
    add_accounts(services, dbsession)
    assert first_difference(new_application(**SITE), first, second) is None


@pytest.mark.asvs("6.3.8", "6.3.1")
@pytest.mark.parametrize(("first", "second"), OPTIONAL_PAIRS)
def test_pairs_without_sign_up_reveal_no_account(application, services, dbsession, first, second):
    add_accounts(services, dbsession)
    assert first_difference(application, first, second) is None


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize(("first", "second"), TIMED_PAIRS)
def test_second_form_takes_the_same_time(new_application, dbsession, first, second):
    application = new_application(**MODERATE_HASHES | UNTHROTTLED | REQUIRED)
    add_accounts(services_of(application.registry), dbsession)
    assert take_same_time_after(application, first, second)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("between", ["/sign-up", "/forgot-password"])
def test_free_emails_keep_the_time_of_their_dummy_hash(new_application, dbsession, between):
    """A free email must not change to the time of new hashes, which a taken one does not."""
    application = new_application(**UNTHROTTLED | REQUIRED)
    add_accounts_with_costly_hashes(services_of(application.registry), dbsession)
    emails = [f"free{number}@example.net" for number in range(4)]
    assert all(keeps_its_time(application, email, between=between) for email in emails)
