"""Signing up: an account comes to be, once for each address."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.sign_up import new_user, sign_up, sign_up_with_verification
from authsite.accounts.users import Credential, EmailTaken
from authsite.email_addresses import parse_email_address
from authsite.models import EmailLink, OutboxMessage, User
from authsite.throttling.throttles import RateLimited, Throttles
from tests.factories import (
    NOW,
    a_hasher,
    a_policy,
    a_user,
    an_audit_log,
    an_outbox,
    some_noise,
    throttles_for,
)

PASSWORD = "seven green llamas hum"
HASHER = a_hasher()
NOBODY_WAITS = Throttles(
    sa.create_engine("sqlite://"), None, key=b"", limits={"sign_up_network": (), "mail_address": ()}
)
DAY = timedelta(days=1)
ADA = "ada.lovelace@example.com"


def sign_ada_up(
    dbsession: Session, *, by=sign_up, throttles=NOBODY_WAITS, given_back=None, **values
) -> Credential:
    """Sign Ada up, or whom the values say."""
    email = values.pop("email", "Ada.Lovelace@Example.com")
    ada = {
        "hasher": HASHER,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": parse_email_address(email),
        "password": PASSWORD,
        "network": "192.0.2.1",
        "policy": a_policy(),
        "now": NOW,
    }
    user = new_user(throttles=NOBODY_WAITS, **ada | values)
    mail = {
        "throttles": throttles,
        "journal": an_audit_log(),
        "outbox": an_outbox(),
        "verification_lifetime": DAY,
    }
    if by is sign_up:
        mail["refund"] = (given_back if given_back is not None else []).extend
    return by(dbsession, user, **mail, now=NOW)


def people(dbsession: Session) -> set[str]:
    """Return the keys of all accounts."""
    return set(dbsession.execute(sa.select(User.email_normalized)).scalars())


def test_there_is_one_account_more_and_all_others_are_as_before(dbsession):
    noise = {person.email_normalized for person in some_noise(dbsession)}
    user_id = sign_ada_up(dbsession).user_id
    dbsession.commit()
    assert people(dbsession) == noise | {"ada.lovelace@example.com"}
    user = dbsession.get(User, user_id)
    assert (user.first_name, user.last_name) == ("Ada", "Lovelace")
    assert (user.email, user.created_at) == ("Ada.Lovelace@Example.com", NOW)


@pytest.mark.asvs("11.4.2")
def test_the_password_is_kept_as_a_hash_and_as_nothing_else(dbsession):
    credential = sign_ada_up(dbsession)
    dbsession.commit()
    assert HASHER.matches(credential.password_hash, PASSWORD)
    row = dbsession.execute(sa.select(User.__table__)).one()
    assert not any(PASSWORD in str(value) for value in row)


def test_two_people_of_one_name_are_two_people(dbsession):
    first = sign_ada_up(dbsession)
    second = sign_ada_up(dbsession, email="ada.lovelace@other.example.com")
    dbsession.commit()
    assert first.user_id != second.user_id
    assert first.password_hash != second.password_hash


@pytest.mark.parametrize(
    "spelled",
    ["ada.lovelace@example.com", "ADA.LOVELACE@EXAMPLE.COM", "ada.lovelace@\uff45xample.com"],
)
def test_an_address_has_one_account_however_it_is_spelled(dbsession, spelled):
    some_noise(dbsession)
    sign_ada_up(dbsession)
    dbsession.commit()
    before = people(dbsession)
    with pytest.raises(EmailTaken):
        sign_ada_up(dbsession, email=spelled, first_name="Mallory")
    dbsession.commit()
    assert people(dbsession) == before
    assert dbsession.execute(
        sa.select(User.first_name).where(User.email_normalized == "ada.lovelace@example.com")
    ).scalars().all() == ["Ada"]


def test_what_else_was_done_is_kept_when_the_address_is_taken(dbsession):
    """Only the sign-up itself is undone, and the session can still be used."""
    bob = a_user(dbsession, first_name="Bob", email="bob@example.com")
    bob.first_name = "Robert"
    with pytest.raises(EmailTaken):
        sign_ada_up(dbsession, email="bob@example.com")
    dbsession.commit()
    assert dbsession.get(User, bob.id).first_name == "Robert"


@pytest.mark.parametrize("tag", ["ada.lovelace+shop@example.com", "adalovelace@example.com"])
def test_tags_and_dots_make_another_address(dbsession, tag):
    sign_ada_up(dbsession)
    sign_ada_up(dbsession, email=tag)
    dbsession.commit()
    assert len(people(dbsession)) == 2


@pytest.mark.asvs("6.2.4", "6.2.11")
@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 8"),
        ("Augusta likes tea", "“Augusta”"),
        ("my king is called Noel", "“King”"),
        ("ada.l@sub.example.com", "“ada.l@sub.example.com”"),
        ("the countess of nowhere", "“countess”"),
        ("engines.example for me", "“engines”"),
        ("AUTHSITE for ever and ever", "“authsite”"),
        ("password1", "password"),
    ],
)
def test_a_password_that_others_would_guess_makes_no_account(dbsession, password, reason):
    some_noise(dbsession)
    before = people(dbsession)
    email = "ada.l@sub.example.com"
    if "countess" in password:
        email = "countess@example.com"
    elif "engines" in password:
        email = "ada@engines.example.com"
    with pytest.raises(WeakPassword, match=reason):
        sign_ada_up(
            dbsession, password=password, email=email, first_name="Augusta", last_name="King"
        )
    dbsession.commit()
    assert people(dbsession) == before


def test_the_site_may_ask_for_longer_passwords(dbsession):
    with pytest.raises(WeakPassword, match="at least 30"):
        sign_ada_up(dbsession, policy=a_policy(minimum_length=30))


def test_an_error_that_is_not_about_the_address_stays_what_it_is(dbsession):
    with pytest.raises(sa.exc.IntegrityError):
        sign_ada_up(dbsession, first_name="")
    assert people(dbsession) == set()


def mails(dbsession: Session) -> list[tuple[str, str, str | None]]:
    """Return kind, recipient and user of every message, in the order in which they were written."""
    columns = (OutboxMessage.template, OutboxMessage.recipient, OutboxMessage.user_id)
    return [tuple(row) for row in dbsession.execute(sa.select(*columns))]


@pytest.mark.parametrize("by", [sign_up, sign_up_with_verification])
def test_who_signs_up_is_asked_to_verify_the_address(dbsession, by):
    some_noise(dbsession)
    sign_ada_up(dbsession, by=by)
    user = dbsession.scalars(sa.select(User).where(User.email_normalized == ADA)).one()
    assert user.email_verified_at is None
    assert mails(dbsession) == [("verify_email", "Ada.Lovelace@example.com", user.id)]
    link = dbsession.scalars(sa.select(EmailLink)).one()
    assert (link.user_id, link.purpose) == (user.id, Purpose.VERIFY_EMAIL)
    assert (link.email_normalized, link.expires_at) == (ADA, NOW + DAY)
    [text] = dbsession.scalars(sa.select(OutboxMessage.text))
    assert "24 hours" in text
    assert "Hello," in text
    assert "Ada\n" not in text


def test_what_was_typed_for_a_name_is_in_no_mail_to_an_address_that_is_not_verified(dbsession):
    for by in (sign_up, sign_up_with_verification):
        sign_ada_up(dbsession, by=by, first_name="Win-a-prize", last_name="Click-here")
        dbsession.execute(sa.delete(User))
        for row in dbsession.scalars(sa.select(OutboxMessage)):
            assert "prize" not in f"{row.subject} {row.text} {row.html}"


@pytest.mark.parametrize("by", [sign_up, sign_up_with_verification])
def test_a_mail_that_is_held_back_keeps_nobody_from_signing_up(dbsession, services, by):
    throttles = throttles_for(services, email_recipient="1/3m")
    throttles.hit({"mail_address": f"verify_email {ADA}"}, now=NOW)
    sign_ada_up(dbsession, by=by, throttles=throttles)
    assert people(dbsession) == {ADA}
    assert mails(dbsession) == []


@pytest.fixture
def ada(dbsession) -> User:
    """Somebody who has the address, and has shown that it is hers."""
    some_noise(dbsession)
    return a_user(dbsession, email="ada.lovelace@example.com", email_verified_at=NOW)


def test_the_owner_of_an_address_is_told_where_nobody_else_is(dbsession, ada):
    before = people(dbsession)
    assert sign_ada_up(dbsession, by=sign_up_with_verification) is None
    assert people(dbsession) == before
    assert mails(dbsession) == [("sign_up_existing_account", ADA, ada.id)]
    [text] = dbsession.scalars(sa.select(OutboxMessage.text))
    assert "Hello Grace," in text
    assert "https://site.example/sign-in\n" in text
    assert "https://site.example/forgot-password\n" in text


def test_the_owner_is_not_told_again_and_again(dbsession, services, ada):
    throttles = throttles_for(services, email_recipient="1/3m")
    for _ in range(3):
        sign_ada_up(dbsession, by=sign_up_with_verification, throttles=throttles)
        dbsession.commit()
    assert [kind for kind, *_ in mails(dbsession)] == ["sign_up_existing_account"]


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("verified", [None, NOW, "nobody's"])
def test_as_many_mails_are_counted_for_a_free_address_as_for_one_that_is_taken(
    dbsession, services, verified
):
    if verified != "nobody's":
        a_user(dbsession, email=ADA, email_verified_at=verified)
    throttles = throttles_for(services, email_recipient="1/3m")
    sign_ada_up(dbsession, by=sign_up_with_verification, throttles=throttles)
    dbsession.commit()
    for kind in ("verify_email", "sign_up_existing_account"):
        with pytest.raises(RateLimited):
            throttles.hit({"mail_address": f"{kind} {ADA}"}, now=NOW)


def test_who_has_not_verified_the_address_is_asked_again_by_the_same_name_or_another(dbsession):
    first = a_user(dbsession, email=ADA, password_hash="of a stranger")
    old = issue_link(
        dbsession,
        first,
        Purpose.VERIFY_EMAIL,
        email=ADA,
        email_normalized=ADA,
        lifetime=DAY,
        now=NOW,
    )
    sign_ada_up(dbsession, by=sign_up_with_verification)
    assert mails(dbsession) == [("verify_email", ADA, first.id)]
    [digest] = dbsession.scalars(sa.select(EmailLink.digest))
    assert digest != old.digest
    assert first.password_hash == "of a stranger"


@pytest.fixture
def former_address(dbsession) -> str:
    """An address that somebody gave up, and can still take back."""
    owner = a_user(dbsession, email="now.elsewhere@example.com", email_verified_at=NOW)
    issue_link(
        dbsession,
        owner,
        Purpose.SECURE_ACCOUNT,
        email=ADA,
        email_normalized=ADA,
        lifetime=7 * DAY,
        now=NOW,
    )
    dbsession.commit()
    return ADA


def test_an_address_that_can_still_be_taken_back_is_taken(dbsession, former_address):
    before = people(dbsession)
    with pytest.raises(EmailTaken):
        sign_ada_up(dbsession)
    dbsession.commit()
    assert people(dbsession) == before
    assert mails(dbsession) == []


def test_who_reads_mail_to_such_an_address_is_told_why_not(dbsession, former_address):
    before = people(dbsession)
    sign_ada_up(dbsession, by=sign_up_with_verification)
    dbsession.commit()
    assert people(dbsession) == before
    assert mails(dbsession) == [("sign_up_existing_account", "Ada.Lovelace@example.com", None)]
    [text] = dbsession.scalars(sa.select(OutboxMessage.text))
    assert "Until recently" in text
    assert "/sign-in" not in text


def test_once_it_cannot_be_taken_back_any_more_it_is_free(dbsession, former_address):
    dbsession.execute(sa.update(EmailLink).values(expires_at=NOW))
    sign_ada_up(dbsession)
    assert former_address in people(dbsession)


def test_who_signs_up_with_a_taken_address_uses_up_no_mail_of_its_owner(dbsession, services, ada):
    throttles, hits = throttles_for(services, email_recipient="1/3m"), []
    with pytest.raises(EmailTaken):
        sign_ada_up(dbsession, throttles=throttles, given_back=hits)
    dbsession.rollback()
    throttles.refund(hits)
    throttles.hit({"mail_address": f"verify_email {ADA}"}, now=NOW)
