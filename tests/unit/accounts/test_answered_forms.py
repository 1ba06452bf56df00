"""Answered forms: found by the same form only, for a minute, and while their session lasts."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.answered_forms import (
    ANSWERED_FORM_LIFETIME,
    Answer,
    FormAnswered,
    SentForm,
    find_answer,
    record_answer,
)
from authsite.models import AnsweredForm, UserSession
from authsite.tokens import SessionToken
from tests.factories import NOW, a_session, a_user

KEY = b"k" * 32
FORM = SentForm.of(KEY, ["token", "/account", "name", "Ada"])
ANSWER = Answer(303, [("Location", "/account"), ("Set-Cookie", "a=b")], b"\x00body\n", None)


def find(services, form=FORM, *, now=NOW):
    return find_answer(services.answered_forms, form, now=now)


def record(dbsession, form=FORM, answer=ANSWER, *, secret_digest=None, now=NOW):
    record_answer(dbsession, form, answer, secret_digest=secret_digest, now=now)
    dbsession.commit()


def test_answer_is_found_by_the_same_form(services, dbsession):
    assert find(services) is None
    record(dbsession)
    assert find(services, SentForm.of(KEY, ["token", "/account", "name", "Ada"])) == ANSWER


@pytest.mark.parametrize(
    "parts",
    [
        ["token", "/account", "name", "ada"],
        ["token", "/account", "nameA", "da"],
        ["token", "/account", "name", "Ada", ""],
        ["token", "/account", "name"],
        ["/account", "token", "name", "Ada"],
        ["", "token", "/account", "name", "Ada"],
        ["token", "/account", "name", "Ad\udcff"],
    ],
)
def test_another_form_is_not_found(services, dbsession, parts):
    record(dbsession)
    assert find(services, SentForm.of(KEY, parts)) is None
    assert find(services, SentForm.of(b"x" * 32, ["token", "/account", "name", "Ada"])) is None


def test_answer_lasts_for_a_minute(services, dbsession):
    record(dbsession)
    assert timedelta(seconds=60) == ANSWERED_FORM_LIFETIME
    end = NOW + ANSWERED_FORM_LIFETIME
    assert find(services, now=end - timedelta(microseconds=1)) == ANSWER
    assert find(services, now=end) is None


def test_expired_answer_is_replaced(services, dbsession):
    record(dbsession)
    later, answer = NOW + ANSWERED_FORM_LIFETIME, ANSWER._replace(status=200)
    record(dbsession, answer=answer, now=later)
    assert find(services, now=later) == answer


def test_new_answers_delete_expired_ones(dbsession):
    for number in range(25):
        record(dbsession, SentForm.of(KEY, [str(number)]))
    counts = []
    for number in range(4):
        later = NOW + ANSWERED_FORM_LIFETIME
        record(dbsession, SentForm.of(KEY, [f"later {number}"]), now=later)
        counts.append(dbsession.scalar(sa.select(sa.func.count()).select_from(AnsweredForm)))
    assert counts == [16, 7, 3, 4]


def test_form_is_answered_once(services, dbsession):
    record(dbsession)
    with Session(services.database.write_engine) as other, pytest.raises(FormAnswered):
        record(other, answer=ANSWER._replace(status=200))
    assert find(services) == ANSWER


def test_row_needs_the_form(dbsession):
    record(dbsession)
    row = dbsession.scalars(sa.select(AnsweredForm)).one()
    assert b"/account" not in row.answer
    assert FORM.key not in row.answer + row.digest
    assert FORM.key != FORM.digest
    assert FORM.key.hex() not in repr(FORM)


@pytest.fixture
def token(dbsession) -> SessionToken:
    """The token of the session that an answer gives."""
    token = SessionToken.new()
    a_session(dbsession, a_user(dbsession), token=token)
    answer = ANSWER._replace(session_id=token.id)
    record(dbsession, answer=answer, secret_digest=token.digest)
    return token


def test_answer_names_its_session(services, token):
    assert find(services) == ANSWER._replace(session_id=token.id)


def test_answer_ends_with_its_session(services, dbsession, token):
    dbsession.execute(sa.delete(UserSession))
    dbsession.commit()
    assert find(services) is None
    assert dbsession.scalars(sa.select(AnsweredForm.digest)).all() == []


def test_answer_ends_with_the_secret_of_its_session(services, dbsession, token):
    other = replace(token, secret="another")
    dbsession.execute(sa.update(UserSession).values(secret_digest=other.digest))
    dbsession.commit()
    assert find(services) is None


def test_answer_for_a_session_outlives_its_secret(services, dbsession):
    """It shows a page, and gives no session to the browser."""
    token = SessionToken.new()
    session = a_session(dbsession, a_user(dbsession), token=token)
    answer = ANSWER._replace(session_id=token.id)
    record(dbsession, answer=answer)
    session.secret_digest = replace(token, secret="another").digest
    dbsession.commit()
    assert find(services) == answer
    dbsession.execute(sa.delete(UserSession))
    dbsession.commit()
    assert find(services) is None
