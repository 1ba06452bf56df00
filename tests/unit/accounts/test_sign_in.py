"""Verifying a password: the same answer for every wrong credential."""

import pytest
import sqlalchemy as sa
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Session

from authsite.accounts.sign_in import (
    InvalidCredentials,
    PasswordAttempt,
    lock_credential,
    normalize_email,
    replace_password_hash,
    user_for_credential,
    verify_password,
)
from authsite.accounts.users import Credential
from authsite.models import User
from authsite.passwords.hash_queue import HashQueueFull
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, a_hasher, a_user, some_noise, throttles_for
from tests.functional.crowds import full_queue
from tests.memory import TOO_MUCH, little_memory

ADA = "ada@example.com"
PASSWORD = "seven green llamas hum"
HASHER = a_hasher()


@pytest.fixture
def ada(dbsession) -> User:
    """A user among others with another password."""
    for person in some_noise(dbsession):
        person.password_hash = HASHER.hash("another password altogether")
    return a_user(dbsession, email="Ada@example.com", password_hash=HASHER.hash(PASSWORD))


@pytest.fixture
def credential(ada: User) -> Credential:
    """What was read of Ada before the hash was computed."""
    return Credential(ada.id, ada.password_hash)


def hashes(dbsession: Session) -> dict[str, str]:
    rows = dbsession.execute(sa.select(User.id, User.password_hash))
    return {row.id: row.password_hash for row in rows}


def verify(
    work, email: str = ADA, password: str = PASSWORD, *, device=None, **values
) -> Credential:
    """Verify a password, from an unknown device by default."""
    attempt = PasswordAttempt(normalize_email(email), password, **values)
    return verify_password(work, attempt, read_device=lambda _password_hash: device)


@pytest.mark.parametrize("typed", [ADA, " ADA@Example.com", "ada@\uff45xample.com"])
def test_password_belongs_to_its_email_however_spelled(work, ada, typed):
    assert verify(work, typed).user_id == ada.id


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ADA, "another password altogether"),
        (ADA, PASSWORD.upper()),
        (ADA, f"{PASSWORD} "),
        (ADA, ""),
        ("unknown@example.com", PASSWORD),
        ("unknown@example.com", ""),
        ("no address", PASSWORD),
        ("", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("ada@example.com\0", PASSWORD),
    ],
)
def test_every_wrong_credential_raises_the_same(work, ada, email, password):
    with pytest.raises(InvalidCredentials) as error:
        verify(work, email, password)
    assert error.value.args == ()
    assert error.value.user_id == (ada.id if email == ADA else None)


@pytest.mark.asvs("16.5.3")
def test_attempt_without_a_hash_does_not_count(services, dbsession, begin, ada):
    """The machine has no memory for the hash: the password is neither right nor wrong."""
    right = ada.password_hash
    ada.password_hash = right.replace("m=8,", f"m={TOO_MUCH},")
    dbsession.commit()
    work = begin(throttles=throttles_for(services, sign_in_account="1/1h"))
    with little_memory(), pytest.raises(VerificationError):
        verify(work)
    ada.password_hash = right
    dbsession.commit()
    assert verify(work).user_id == ada.id


def test_attempt_with_a_full_queue_does_not_count(services, begin, ada):
    throttles, hasher = throttles_for(services, sign_in_account="1/1h"), a_hasher(queue=1)
    with full_queue(hasher), pytest.raises(HashQueueFull):
        verify(begin(throttles=throttles, hasher=hasher))
    assert verify(begin(throttles=throttles)).user_id == ada.id


def test_throttled_attempt_does_not_wait_for_a_hash(services, begin, ada):
    throttles, hasher = throttles_for(services, sign_in_account="1/1h"), a_hasher(queue=1)
    throttles.hit({"sign_in_account": ADA}, now=NOW)
    with full_queue(hasher), pytest.raises(RateLimited):
        verify(begin(throttles=throttles, hasher=hasher))


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("password", [PASSWORD, "another password altogether"])
def test_unverified_sign_in_counts_as_a_failure_where_required(services, begin, ada, password):
    work = begin(throttles=throttles_for(services, sign_in_account="1/1h"))
    for _ in range(2):
        assert verify(work).user_id == ada.id
    with pytest.raises(InvalidCredentials) as error:
        verify(work, password=password, must_be_verified=True)
    assert error.value.user_id == ada.id
    with pytest.raises(RateLimited):
        verify(work, password=password, must_be_verified=True)


@pytest.mark.asvs("6.3.8")
def test_unverified_account_costs_its_dummy_hash_where_required(begin, dbsession, ada):
    """Its own hash would take another time than that of the free address before the sign-up."""
    ada.password_hash = f"$2b$31${'a' * 53}"  # would take hours
    dbsession.commit()
    with pytest.raises(InvalidCredentials):
        verify(begin(), must_be_verified=True)


def test_verified_sign_in_does_not_count_where_required(services, dbsession, begin, ada):
    ada.email_verified_at = NOW
    dbsession.commit()
    work = begin(throttles=throttles_for(services, sign_in_account="1/1h"))
    for _ in range(2):
        assert verify(work, must_be_verified=True).user_id == ada.id


@pytest.mark.asvs("6.3.1")
def test_failures_elsewhere_do_not_throttle_a_known_device(services, begin, ada):
    limits = dict.fromkeys(("sign_in_account", "sign_in_network", "sign_in_device"), "1/1h")
    work = begin(throttles=throttles_for(services, **limits))
    with pytest.raises(InvalidCredentials):
        verify(work, password="wrong")
    with pytest.raises(RateLimited):
        verify(work)
    for _ in range(2):  # the right password counts nothing
        assert verify(work, device="hers").user_id == ada.id
    with pytest.raises(InvalidCredentials):
        verify(work, password="wrong", device="hers")
    with pytest.raises(RateLimited) as throttled:
        verify(work, device="hers")
    assert throttled.value.limit == "sign_in_device"


@pytest.mark.asvs("6.3.1", "15.2.2")
@pytest.mark.parametrize("limit", ["sign_in_attempts_account", "sign_in_attempts_network"])
def test_right_passwords_count_as_attempts(services, begin, ada, limit):
    work = begin(throttles=throttles_for(services, **{limit: "2/1h"}))
    verify(work)
    with pytest.raises(InvalidCredentials):
        verify(work, password="wrong")
    with pytest.raises(RateLimited) as throttled:
        verify(work)
    assert throttled.value.limit == limit


@pytest.mark.asvs("6.3.1")
def test_attempts_elsewhere_do_not_throttle_a_known_device(services, begin, ada):
    limits = dict.fromkeys(("sign_in_attempts_account", "sign_in_attempts_network"), "1/1h")
    work = begin(throttles=throttles_for(services, **limits))
    verify(work)
    with pytest.raises(RateLimited):
        verify(work)
    assert verify(work, device="hers").user_id == ada.id
    with pytest.raises(RateLimited) as throttled:
        verify(work, device="another of hers")
    assert throttled.value.limit == "sign_in_attempts_account"


@pytest.mark.asvs("6.3.1")
def test_password_behind_a_link_is_not_throttled_by_network(services, begin, ada):
    limits = dict.fromkeys(("sign_in_network", "sign_in_attempts_network"), "1/1h")
    work = begin(throttles=throttles_for(services, **limits))
    with pytest.raises(InvalidCredentials):
        verify(work, password="wrong")
    with pytest.raises(RateLimited):
        verify(work)
    assert verify(work, by_link=True).user_id == ada.id


@pytest.mark.parametrize("limit", ["sign_in_account", "sign_in_attempts_account"])
def test_password_behind_a_link_is_throttled_by_account(services, begin, ada, limit):
    work = begin(throttles=throttles_for(services, **{limit: "1/1h"}))
    with pytest.raises(InvalidCredentials):
        verify(work, password="wrong", by_link=True)
    with pytest.raises(RateLimited) as throttled:
        verify(work, by_link=True)
    assert throttled.value.limit == limit
    assert verify(work).user_id == ada.id


@pytest.mark.asvs("6.3.1")
def test_attempts_elsewhere_do_not_throttle_a_password_behind_a_link(services, begin, ada):
    limits = dict.fromkeys(("sign_in_account", "sign_in_attempts_account"), "1/1h")
    work = begin(throttles=throttles_for(services, **limits))
    with pytest.raises(InvalidCredentials):
        verify(work, password="wrong")
    with pytest.raises(RateLimited):
        verify(work)
    assert verify(work, by_link=True).user_id == ada.id


@pytest.mark.parametrize("what_happens", ["none", "password changed", "closed", "deleted"])
def test_credential_is_locked_unless_it_has_changed(dbsession, ada, credential, what_happens):
    if what_happens == "password changed":
        ada.password_hash = HASHER.hash("a new one")
    elif what_happens == "closed":
        ada.delete_after = NOW
    elif what_happens == "deleted":
        dbsession.delete(ada)
    dbsession.commit()
    before = hashes(dbsession)
    if what_happens == "none":
        lock_credential(dbsession, credential)
        assert user_for_credential(dbsession, credential) is ada
        return
    for use in (
        lock_credential,
        user_for_credential,
        lambda *these: replace_password_hash(*these, HASHER.hash(PASSWORD)),
    ):
        with pytest.raises(InvalidCredentials):
            use(dbsession, credential)
    dbsession.commit()
    assert hashes(dbsession) == before


@pytest.mark.asvs("11.2.2")
def test_password_hash_is_replaced_for_its_user_only(dbsession, ada, credential):
    before = hashes(dbsession)
    replace_password_hash(dbsession, credential, "renewed")
    dbsession.commit()
    assert hashes(dbsession) == before | {ada.id: "renewed"}
