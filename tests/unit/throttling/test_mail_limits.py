"""Limits of emails: by mailbox and type, and for all types together to an unverified address."""

from datetime import timedelta

import pytest

from authsite.throttling.mail_limits import (
    VERIFY_EMAIL,
    hit_email,
    may_email_unverified,
    may_notify_unverified,
    try_hit_email,
)
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, throttles_for

ADA = "ada@example.com"
TAGGED = "ada+1@example.com"


@pytest.mark.asvs("2.4.1")
@pytest.mark.parametrize("tagged", [TAGGED, "ada+@example.com", "ada+1+2@example.com"])
def test_email_limits_ignore_plus_tags(services, tagged):
    throttles = throttles_for(services, email_recipient="1/1h")
    hit_email(throttles, "reset_password", ADA, now=NOW)
    with pytest.raises(RateLimited):
        hit_email(throttles, "reset_password", tagged, now=NOW)


@pytest.mark.parametrize(
    "other", ["grace@example.com", "ada@example.net", "+1@example.com", "a.da@example.com", "ada"]
)
def test_email_limits_tell_other_addresses_apart(services, other):
    throttles = throttles_for(services, email_recipient="1/1h")
    hit_email(throttles, "reset_password", ADA, now=NOW)
    hit_email(throttles, "reset_password", other, now=NOW)


def test_email_limits_tell_tags_without_a_name_apart(services):
    throttles = throttles_for(services, email_recipient="1/1h")
    hit_email(throttles, "reset_password", "+1@example.com", now=NOW)
    hit_email(throttles, "reset_password", "+2@example.com", now=NOW)


@pytest.mark.asvs("2.4.1")
def test_all_emails_to_an_unverified_address_count_together(services, dbsession):
    throttles = throttles_for(services, email_unverified="3/1d")
    assert try_hit_email(throttles, VERIFY_EMAIL, ADA, now=NOW)
    assert may_email_unverified(throttles, TAGGED, now=NOW)
    assert may_notify_unverified(throttles, dbsession.connection(), ADA, now=NOW)
    dbsession.commit()
    assert try_hit_email(throttles, VERIFY_EMAIL, ADA, now=NOW) is None
    assert not may_email_unverified(throttles, ADA, now=NOW)
    assert not may_notify_unverified(throttles, dbsession.connection(), TAGGED, now=NOW)
    dbsession.commit()
    assert may_email_unverified(throttles, "grace@example.com", now=NOW)
    assert may_email_unverified(throttles, ADA, now=NOW + timedelta(days=1))


def test_notice_that_is_rolled_back_does_not_count(services, dbsession):
    throttles = throttles_for(services, email_unverified="1/1d")
    assert may_notify_unverified(throttles, dbsession.connection(), ADA, now=NOW)
    dbsession.rollback()
    assert may_notify_unverified(throttles, dbsession.connection(), ADA, now=NOW)
    dbsession.commit()
