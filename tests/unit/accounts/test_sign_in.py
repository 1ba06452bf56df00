"""Signing in: whose password it is, told in one way for every mistake."""

import pytest
import sqlalchemy as sa
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Session

from authsite.accounts.sign_in import (
    InvalidCredentials,
    lock_credential,
    normalize_email,
    replace_password_hash,
    verify_password,
)
from authsite.accounts.users import Credential
from authsite.models import User
from tests.factories import NOW, a_hasher, a_user, some_noise, throttles_for
from tests.memory import TOO_MUCH, little_memory

PASSWORD = "seven green llamas hum"
HASHER = a_hasher()


@pytest.fixture
def ada(dbsession) -> User:
    """One person with a password among others."""
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


def signed_in_as(services, email: str, password: str, **values) -> str:
    """Return whose password it is; try as a browser that nobody knows, or as the values say."""
    stranger = {
        "throttles": services.throttles,
        "hasher": HASHER,
        "network": "192.0.2.1",
        "now": NOW,
    }
    found = verify_password(
        services.credentials,
        account=normalize_email(email),
        password=password,
        **stranger | {"read_device": lambda _password_hash: None} | values,
    )
    return found.user_id


@pytest.mark.parametrize("typed", ["ada@example.com", " ADA@Example.com", "ada@\uff45xample.com"])
def test_address_and_password_say_who_it_is(services, ada, typed):
    assert signed_in_as(services, typed, PASSWORD) == ada.id


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", "another password altogether"),
        ("ada@example.com", PASSWORD.upper()),
        ("ada@example.com", f"{PASSWORD} "),
        ("ada@example.com", ""),
        ("nobody@example.com", PASSWORD),
        ("nobody@example.com", ""),
        ("no address", PASSWORD),
        ("", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("ada@example.com\0", PASSWORD),
    ],
)
def test_every_mistake_is_the_same_mistake(services, ada, email, password):
    with pytest.raises(InvalidCredentials) as mistake:
        signed_in_as(services, email, password)
    assert mistake.value.args == ()


@pytest.mark.asvs("16.5.3")
def test_a_try_that_was_not_made_does_not_count(services, dbsession, ada):
    """The machine has no memory for the hash: neither right nor wrong, and nobody's mistake."""
    in_order = ada.password_hash
    ada.password_hash = in_order.replace("m=8,", f"m={TOO_MUCH},")
    dbsession.commit()
    throttles = throttles_for(services, sign_in_account="1/1h")
    with little_memory(), pytest.raises(VerificationError):
        signed_in_as(services, "ada@example.com", PASSWORD, throttles=throttles)
    ada.password_hash = in_order
    dbsession.commit()
    assert signed_in_as(services, "ada@example.com", PASSWORD, throttles=throttles) == ada.id


def test_a_credential_that_stands_is_held(dbsession, credential):
    lock_credential(dbsession, credential)


@pytest.mark.parametrize("what_happens", ["password changed", "account closed"])
def test_a_password_that_was_right_a_moment_ago_is_wrong_now(
    dbsession, ada, credential, what_happens
):
    if what_happens == "password changed":
        ada.password_hash = HASHER.hash("a new one that nobody knows")
    else:
        dbsession.delete(ada)
    dbsession.commit()
    before = hashes(dbsession)
    with pytest.raises(InvalidCredentials):
        lock_credential(dbsession, credential)
    with pytest.raises(InvalidCredentials):
        replace_password_hash(dbsession, credential, HASHER.hash(PASSWORD))
    dbsession.commit()
    assert hashes(dbsession) == before


@pytest.mark.asvs("11.2.2")
def test_a_hash_is_renewed_for_its_owner_alone(dbsession, ada, credential):
    before = hashes(dbsession)
    replace_password_hash(dbsession, credential, "renewed")
    dbsession.commit()
    assert hashes(dbsession) == before | {ada.id: "renewed"}
