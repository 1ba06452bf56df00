"""Signing up: an account comes to be, once for each address."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.new_password import WeakPassword
from authsite.accounts.sign_up import EmailTaken, sign_up
from authsite.accounts.throttles import Throttles
from authsite.accounts.users import Credential
from authsite.email_addresses import parse_email_address
from authsite.models import User
from tests.factories import NOW, a_hasher, a_policy, a_user, some_noise

PASSWORD = "seven green llamas hum"
HASHER = a_hasher()
NOBODY_WAITS = Throttles(
    sa.create_engine("sqlite://"), None, key=b"", limits={"sign_up_network": ()}
)


def sign_ada_up(dbsession: Session, **values) -> Credential:
    """Sign Ada up, or whom the values say."""
    email = values.pop("email", "Ada.Lovelace@Example.com")
    ada = {
        "throttles": NOBODY_WAITS,
        "hasher": HASHER,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": parse_email_address(email),
        "password": PASSWORD,
        "network": "192.0.2.1",
        "policy": a_policy(),
        "now": NOW,
    }
    return sign_up(dbsession, **ada | values)


def people(dbsession: Session) -> set[str]:
    """Return the keys of all accounts."""
    return set(dbsession.execute(sa.select(User.email_key)).scalars())


def test_there_is_one_account_more_and_all_others_are_as_before(dbsession):
    noise = {person.email_key for person in some_noise(dbsession)}
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
        sa.select(User.first_name).where(User.email_key == "ada.lovelace@example.com")
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
