"""Limits of emails: by mailbox and type, and for all types together to an unverified address."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_limits import (
    VERIFY_EMAIL,
    hit_email,
    hit_email_within,
    may_email_unverified,
    may_notify_unverified,
    try_hit_email,
)
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, throttles_for

ADA = "ada@example.com"
TAGGED = "ada+1@example.com"


@pytest.fixture
def limited(services, begin):
    """Begin units of work with these limits of emails."""
    return lambda **limits: begin(throttles=throttles_for(services, **limits))


@pytest.mark.asvs("2.4.1")
@pytest.mark.parametrize("tagged", [TAGGED, "ada+@example.com", "ada+1+2@example.com"])
def test_email_limits_ignore_plus_tags(limited, tagged):
    work = limited(email_recipient="1/1h")
    hit_email(work, "reset_password", ADA)
    with pytest.raises(RateLimited):
        hit_email(work, "reset_password", tagged)


@pytest.mark.parametrize(
    "other", ["grace@example.com", "ada@example.net", "+1@example.com", "a.da@example.com", "ada"]
)
def test_email_limits_tell_other_addresses_apart(limited, other):
    work = limited(email_recipient="1/1h")
    hit_email(work, "reset_password", ADA)
    hit_email(work, "reset_password", other)


def test_email_limits_tell_tags_without_a_name_apart(limited):
    work = limited(email_recipient="1/1h")
    hit_email(work, "reset_password", "+1@example.com")
    hit_email(work, "reset_password", "+2@example.com")


@pytest.mark.asvs("6.3.1")
def test_emails_are_counted_by_template_and_address(services, begin):
    throttles = throttles_for(services, email_recipient="1/3m")
    work = begin(throttles=throttles)
    assert try_hit_email(work, VERIFY_EMAIL, ADA)
    assert try_hit_email(work, VERIFY_EMAIL, ADA) is None
    with pytest.raises(RateLimited):
        hit_email(work, VERIFY_EMAIL, ADA)
    assert try_hit_email(work, "sign_up_existing_account", ADA)
    assert try_hit_email(work, VERIFY_EMAIL, "grace@example.com")
    later = begin(throttles=throttles, now=NOW + timedelta(minutes=3))
    assert try_hit_email(later, VERIFY_EMAIL, ADA)


@pytest.mark.asvs("2.4.1")
def test_all_emails_to_an_unverified_address_count_together(services, begin):
    throttles = throttles_for(services, email_unverified="4/1d")
    work = begin(throttles=throttles)
    assert try_hit_email(work, VERIFY_EMAIL, ADA)
    assert may_email_unverified(work, TAGGED)
    assert may_notify_unverified(work, ADA)
    assert hit_email_within(work, VERIFY_EMAIL, TAGGED)
    work.dbsession.commit()
    assert try_hit_email(work, VERIFY_EMAIL, ADA) is None
    assert not may_email_unverified(work, ADA)
    assert not may_notify_unverified(work, TAGGED)
    assert not hit_email_within(work, VERIFY_EMAIL, ADA)
    work.dbsession.commit()
    assert may_email_unverified(work, "grace@example.com")
    assert may_email_unverified(begin(throttles=throttles, now=NOW + timedelta(days=1)), ADA)


def test_email_that_is_rolled_back_does_not_count(limited):
    work = limited(email_unverified="1/1d")
    assert may_notify_unverified(work, ADA)
    work.dbsession.rollback()
    assert hit_email_within(work, VERIFY_EMAIL, ADA)
    work.dbsession.rollback()
    assert may_notify_unverified(work, ADA)
    work.dbsession.commit()


@pytest.mark.parametrize(
    "hit",
    [
        lambda work: hit_email(work, VERIFY_EMAIL, ADA),
        lambda work: try_hit_email(work, VERIFY_EMAIL, ADA),
        lambda work: may_email_unverified(work, ADA),
    ],
)
def test_hits_of_an_aborted_transaction_are_refunded(services, begin, hit):
    throttles, hits = throttles_for(services, email_recipient="1/1h", email_unverified="1/1d"), []
    work = begin(throttles=throttles, refund_on_abort=hits.extend)
    hit(work)
    throttles.refund(hits)
    assert try_hit_email(work, VERIFY_EMAIL, ADA)


@pytest.mark.asvs("6.3.8")
def test_refused_email_executes_the_same_as_an_allowed_one(limited):
    """Otherwise the time would show how many emails were sent before, and so who has an account."""
    work = limited(email_recipient="1/3m,5/1d", email_unverified="6/1d")
    executed = []
    for is_allowed in (True, False):
        statements = []

        def note(_connection, _cursor, statement, *_rest, to=statements):
            to.append(statement)

        engine = work.dbsession.get_bind()
        sa.event.listen(engine, "before_cursor_execute", note)
        assert (try_hit_email(work, VERIFY_EMAIL, ADA) is not None) is is_allowed
        sa.event.remove(engine, "before_cursor_execute", note)
        executed.append(statements)
    assert executed[0] == executed[1]
    assert sum(each.startswith("INSERT") for each in executed[0]) == 3
