"""Signing up: one account per email address."""

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
from authsite.passwords.hash_queue import HashQueueFull
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, a_hasher, a_policy, a_user, some_noise, throttles_for
from tests.functional.crowds import full_queue
from tests.mailbox import content_of

PASSWORD = "seven green llamas hum"
DAY = timedelta(days=1)
ADA = "ada.lovelace@example.com"


def sign_ada_up(work, *, by=sign_up, **values) -> Credential | None:
    """Sign Ada up, with these values changed."""
    ada = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "Ada.Lovelace@Example.com",
        "password": PASSWORD,
    } | values
    ada["email"] = parse_email_address(ada["email"])
    return by(work, new_user(work, **ada))


def addresses(dbsession: Session) -> set[str]:
    """Return the normalized email addresses of all accounts."""
    return set(dbsession.execute(sa.select(User.email_normalized)).scalars())


def test_sign_up_adds_one_account(dbsession, work):
    noise = {user.email_normalized for user in some_noise(dbsession)}
    user_id = sign_ada_up(work).user_id
    dbsession.commit()
    assert addresses(dbsession) == noise | {"ada.lovelace@example.com"}
    user = dbsession.get(User, user_id)
    assert (user.first_name, user.last_name) == ("Ada", "Lovelace")
    assert (user.email, user.created_at) == ("Ada.Lovelace@Example.com", NOW)


@pytest.mark.asvs("11.4.2")
def test_sign_up_stores_the_password_as_a_hash_only(dbsession, work):
    credential = sign_ada_up(work)
    dbsession.commit()
    assert work.hasher.verify(credential.password_hash, PASSWORD)
    row = dbsession.execute(sa.select(User.__table__)).one()
    assert not any(PASSWORD in str(value) for value in row)


def test_two_users_can_have_one_name(dbsession, work):
    first = sign_ada_up(work)
    second = sign_ada_up(work, email="ada.lovelace@other.example.com")
    dbsession.commit()
    assert first.user_id != second.user_id
    assert first.password_hash != second.password_hash


@pytest.mark.parametrize(
    "spelled",
    ["ada.lovelace@example.com", "ADA.LOVELACE@EXAMPLE.COM", "ada.lovelace@\uff45xample.com"],
)
def test_sign_up_refuses_a_taken_address(dbsession, work, spelled):
    some_noise(dbsession)
    sign_ada_up(work)
    dbsession.commit()
    before = addresses(dbsession)
    with pytest.raises(EmailTaken):
        sign_ada_up(work, email=spelled, first_name="Mallory")
    dbsession.commit()
    assert addresses(dbsession) == before
    assert dbsession.execute(
        sa.select(User.first_name).where(User.email_normalized == "ada.lovelace@example.com")
    ).scalars().all() == ["Ada"]


def test_refused_sign_up_keeps_other_changes(dbsession, work):
    """Only the sign-up is undone, and the dbsession can still be used."""
    bob = a_user(dbsession, first_name="Bob", email="bob@example.com")
    bob.first_name = "Robert"
    with pytest.raises(EmailTaken):
        sign_ada_up(work, email="bob@example.com")
    dbsession.commit()
    assert dbsession.get(User, bob.id).first_name == "Robert"


@pytest.mark.parametrize("tag", ["ada.lovelace+shop@example.com", "adalovelace@example.com"])
def test_tags_and_dots_make_another_address(dbsession, work, tag):
    sign_ada_up(work)
    sign_ada_up(work, email=tag)
    dbsession.commit()
    assert len(addresses(dbsession)) == 2


@pytest.mark.asvs("6.2.4", "6.2.11")
@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 12"),
        ("Augusta likes tea", "“Augusta”"),
        ("my king is called Noel", "“King”"),
        ("ada.l@sub.example.com", "“ada.l@sub.example.com”"),
        ("the countess of nowhere", "“countess”"),
        ("engines.example for me", "“engines”"),
        ("AUTHSITE for ever and ever", "“authsite”"),
        ("password1234", "too common"),
    ],
)
def test_sign_up_refuses_a_weak_password(dbsession, work, password, reason):
    some_noise(dbsession)
    before = addresses(dbsession)
    email = "ada.l@sub.example.com"
    if "countess" in password:
        email = "countess@example.com"
    elif "engines" in password:
        email = "ada@engines.example.com"
    with pytest.raises(WeakPassword, match=reason):
        sign_ada_up(work, password=password, email=email, first_name="Augusta", last_name="King")
    dbsession.commit()
    assert addresses(dbsession) == before


def test_sign_up_requires_the_configured_length(begin):
    with pytest.raises(WeakPassword, match="at least 30"):
        sign_ada_up(begin(password_policy=a_policy(minimum_length=30)))


def test_sign_up_passes_other_database_errors_on(dbsession, work):
    with pytest.raises(sa.exc.IntegrityError):
        sign_ada_up(work, first_name="")
    assert addresses(dbsession) == set()


def emails(dbsession: Session) -> list[tuple[str, str, str | None]]:
    """Return template, recipient and user of every email, in the order of writing."""
    columns = (OutboxMessage.template, OutboxMessage.recipient, OutboxMessage.user_id)
    return [tuple(row) for row in dbsession.execute(sa.select(*columns))]


@pytest.mark.parametrize("by", [sign_up, sign_up_with_verification])
def test_sign_up_emails_a_verification_link(dbsession, work, by):
    some_noise(dbsession)
    sign_ada_up(work, by=by)
    user = dbsession.scalars(sa.select(User).where(User.email_normalized == ADA)).one()
    assert user.email_verified_at is None
    assert emails(dbsession) == [("verify_email", "Ada.Lovelace@example.com", user.id)]
    link = dbsession.scalars(sa.select(EmailLink)).one()
    assert (link.user_id, link.purpose) == (user.id, Purpose.VERIFY_EMAIL)
    assert (link.email_normalized, link.expires_at) == (ADA, NOW + DAY)
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    text = content_of(message).text
    assert "24 hours" in text
    assert "Hello," in text
    assert "Ada\n" not in text


def test_verification_email_has_no_name(dbsession, work):
    for by in (sign_up, sign_up_with_verification):
        sign_ada_up(work, by=by, first_name="Win-a-prize", last_name="Click-here")
        dbsession.execute(sa.delete(User))
        for row in dbsession.scalars(sa.select(OutboxMessage)):
            assert "prize" not in f"{row.subject} {content_of(row)}"


@pytest.mark.parametrize("by", [sign_up, sign_up_with_verification])
def test_sign_up_works_while_emails_are_throttled(dbsession, services, begin, by):
    throttles = throttles_for(services, email_recipient="1/3m")
    throttles.hit({"email_recipient": f"verify_email {ADA}"}, now=NOW)
    sign_ada_up(begin(throttles=throttles), by=by)
    assert addresses(dbsession) == {ADA}
    assert emails(dbsession) == []


@pytest.fixture
def ada(dbsession) -> User:
    """A user with the address, which is verified, and other users."""
    some_noise(dbsession)
    return a_user(dbsession, email="ada.lovelace@example.com", email_verified_at=NOW)


def test_sign_up_with_a_taken_address_emails_its_owner(dbsession, work, ada):
    before = addresses(dbsession)
    assert sign_ada_up(work, by=sign_up_with_verification) is None
    assert addresses(dbsession) == before
    assert emails(dbsession) == [("sign_up_existing_account", ADA, ada.id)]
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    text = content_of(message).text
    assert "Hello Grace," in text
    assert "https://site.example/sign-in\n" in text
    assert "https://site.example/forgot-password\n" in text


def test_owner_of_a_taken_address_is_emailed_once(dbsession, services, begin, ada):
    work = begin(throttles=throttles_for(services, email_recipient="1/3m"))
    for _ in range(3):
        sign_ada_up(work, by=sign_up_with_verification)
        dbsession.commit()
    assert [template for template, *_ in emails(dbsession)] == ["sign_up_existing_account"]


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("owner", ["none", "unverified", "verified"])
def test_sign_up_counts_the_same_emails_for_taken_addresses(dbsession, services, begin, owner):
    if owner != "none":
        a_user(dbsession, email=ADA, email_verified_at=NOW if owner == "verified" else None)
    throttles = throttles_for(services, email_recipient="1/3m")
    sign_ada_up(begin(throttles=throttles), by=sign_up_with_verification)
    dbsession.commit()
    for template in ("verify_email", "sign_up_existing_account"):
        with pytest.raises(RateLimited):
            throttles.hit({"email_recipient": f"{template} {ADA}"}, now=NOW)


@pytest.mark.asvs("6.3.8")
def test_sign_ups_beyond_the_limit_execute_the_same(dbsession, services, begin):
    """For an address that was free, one of a verified account, and one that is reserved.

    All have used up the emails to an unverified address.
    """
    a_user(dbsession, email=ADA, email_verified_at=NOW)
    owner = a_user(dbsession, email="now.elsewhere@example.com", email_verified_at=NOW)
    reserved = parse_email_address("reserved@example.com")
    issue_link(begin(), owner, Purpose.SECURE_ACCOUNT, email=reserved)
    dbsession.commit()
    work = begin(throttles=throttles_for(services, email_unverified="1/1d"))
    executed = {}
    for email in ("eve@example.com", ADA, reserved.original):
        sign_ada_up(work, by=sign_up_with_verification, email=email)
        dbsession.commit()
        before = emails(dbsession)
        dbsession.commit()
        statements = executed[email] = []

        def note(_connection, _cursor, statement, *_rest, to=statements):
            to.append(" ".join(statement.split()[:3]))

        engine = dbsession.get_bind()
        sa.event.listen(engine, "before_cursor_execute", note)
        sign_ada_up(work, by=sign_up_with_verification, email=email)
        sa.event.remove(engine, "before_cursor_execute", note)
        assert emails(dbsession) == before + [("sign_up_existing_account", ADA, before[-1][2])] * (
            email == ADA
        )
        dbsession.commit()
    written = [
        [each for each in statements if each.startswith(("INSERT", "DELETE"))]
        for statements in executed.values()
    ]
    assert "INSERT INTO authsite_outbox_message" in written[0]
    assert written[0] == written[1]
    # The event of the account is undone too, after the reservation is found.
    assert written[2] == written[0]


@pytest.mark.asvs("6.3.1")
def test_sign_ups_of_a_network_are_limited(dbsession, services, begin):
    """Taken addresses and refused sign-ups count as well."""
    work = begin(throttles=throttles_for(services, sign_up_network="2/1h"))
    sign_ada_up(work)
    dbsession.commit()
    with pytest.raises(EmailTaken):
        sign_ada_up(work)
    dbsession.commit()
    with pytest.raises(RateLimited) as throttled:
        sign_ada_up(work, email="grace@example.com")
    assert throttled.value.limit == "sign_up_network"


def test_throttled_sign_up_does_not_wait_for_a_hash(services, begin):
    throttles, hasher = throttles_for(services, sign_up_network="1/1h"), a_hasher(queue=1)
    work = begin(throttles=throttles, hasher=hasher)
    throttles.hit({"sign_up_network": work.client.network}, now=NOW)
    with full_queue(hasher), pytest.raises(RateLimited):
        sign_ada_up(work)


def test_sign_up_with_a_full_queue_does_not_count(services, begin):
    throttles, hasher = throttles_for(services, sign_up_network="1/1h"), a_hasher(queue=1)
    with full_queue(hasher), pytest.raises(HashQueueFull):
        sign_ada_up(begin(throttles=throttles, hasher=hasher))
    sign_ada_up(begin(throttles=throttles))


def test_weak_passwords_do_not_count_as_sign_ups(services, begin):
    work = begin(throttles=throttles_for(services, sign_up_network="1/1h"))
    for _ in range(2):
        with pytest.raises(WeakPassword):
            sign_ada_up(work, password="password1234")
    sign_ada_up(work)


def test_sign_up_resends_the_link_to_an_unverified_user(dbsession, work):
    first = a_user(dbsession, email=ADA, password_hash="the first one")
    old = issue_link(work, first, Purpose.VERIFY_EMAIL)
    sign_ada_up(work, by=sign_up_with_verification)
    assert emails(dbsession) == [("verify_email", ADA, first.id)]
    [digest] = dbsession.scalars(sa.select(EmailLink.digest))
    assert digest != old.digest
    assert first.password_hash == "the first one"


@pytest.fixture
def reserved(dbsession, work) -> str:
    """An email address that its previous owner can still restore."""
    owner = a_user(dbsession, email="now.elsewhere@example.com", email_verified_at=NOW)
    issue_link(work, owner, Purpose.SECURE_ACCOUNT, email=parse_email_address(ADA))
    dbsession.commit()
    return ADA


def test_sign_up_refuses_a_reserved_address(dbsession, work, reserved):
    before = addresses(dbsession)
    with pytest.raises(EmailTaken):
        sign_ada_up(work)
    dbsession.commit()
    assert addresses(dbsession) == before
    assert emails(dbsession) == []


def test_sign_up_with_a_reserved_address_emails_the_reason(dbsession, work, reserved):
    before = addresses(dbsession)
    sign_ada_up(work, by=sign_up_with_verification)
    dbsession.commit()
    assert addresses(dbsession) == before
    assert emails(dbsession) == [("sign_up_existing_account", "Ada.Lovelace@example.com", None)]
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    text = content_of(message).text
    assert "Until recently" in text
    assert "/sign-in" not in text


def test_reserved_address_gets_no_email_beyond_the_limit(dbsession, services, begin, reserved):
    """It belongs to no account, so it is not verified."""
    work = begin(throttles=throttles_for(services, email_unverified="1/1d"))
    for _ in range(2):
        sign_ada_up(work, by=sign_up_with_verification)
        dbsession.commit()
    assert len(emails(dbsession)) == 1


def test_expired_reservation_frees_the_address(dbsession, work, reserved):
    dbsession.execute(sa.update(EmailLink).values(expires_at=NOW))
    sign_ada_up(work)
    assert reserved in addresses(dbsession)


def test_refused_sign_up_refunds_the_email(dbsession, services, begin, ada):
    throttles, hits = throttles_for(services, email_recipient="1/3m"), []
    with pytest.raises(EmailTaken):
        sign_ada_up(begin(throttles=throttles, refund=hits.extend))
    dbsession.rollback()
    throttles.refund(hits)
    throttles.hit({"email_recipient": f"verify_email {ADA}"}, now=NOW)
