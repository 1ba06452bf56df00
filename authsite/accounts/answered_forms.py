"""Answered forms: the same form, sent again within a minute, gets the same answer."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsite.db.compiled_select import Select
from authsite.encryption import Cipher
from authsite.models import AnsweredForm, UserSession
from authsite.tokens import mac

#: Long enough for a second click and for a form that is sent again when a connection has failed.
ANSWERED_FORM_LIFETIME = timedelta(seconds=60)
#: What an answer is bound to when it is encrypted; its key is that of one form.
_PLACE = ("authsite_answered_form", "answer")


class FormAnswered(Exception):
    """The same form was answered by a request that ran at the same time."""


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that was sent: the digest that finds its answer, and the key that decrypts it."""

    digest: bytes
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, key: bytes, parts: Iterable[str]) -> "SentForm":
        """Return the form that consists of these texts: token, URL, names and values of fields.

        Each has its length before it, so that different forms never have the same bytes.
        """
        encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
        message = b"".join(len(each).to_bytes(8, "big") + each for each in encoded)
        return cls(mac(key, b"digest" + message), mac(key, b"answer" + message))


class Answer(NamedTuple):
    """A response, and the id of the session that it gives to the browser, or that it was for."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    session_id: str | None = None


#: The select of `find_answer`, for every form. An answer that starts a session is valid only while
#: that session has the same secret.
ANSWERED_FORM = (
    sa.select(AnsweredForm.answer, AnsweredForm.session_id)
    .join(UserSession, UserSession.id == AnsweredForm.session_id, isouter=True)
    .where(
        AnsweredForm.digest == sa.bindparam("digest"),
        AnsweredForm.expires_at > sa.bindparam("now"),
        sa.or_(
            AnsweredForm.secret_digest.is_(None),
            AnsweredForm.secret_digest == UserSession.secret_digest,
        ),
    )
)

#: Expired answers that one form deletes, so that the table never grows beyond those of a minute.
_EXPIRED_AT_ONCE = 10
_TABLE = AnsweredForm.metadata.tables["authsite_answered_form"]
_HAS_EXPIRED = _TABLE.c.expires_at <= sa.bindparam("now")
_OLDEST = (
    sa.select(_TABLE.c.digest)
    .where(_HAS_EXPIRED)
    .order_by(_TABLE.c.expires_at)
    .limit(_EXPIRED_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_IS_SAME = _TABLE.c.digest == sa.bindparam("digest")
_DELETE_EXPIRED = sa.delete(_TABLE).where(
    sa.or_(sa.and_(_IS_SAME, _HAS_EXPIRED), _TABLE.c.digest.in_(_OLDEST))
)
_INSERT = sa.insert(_TABLE)


def find_answer(answered_forms: Select, form: SentForm, *, now: datetime) -> Answer | None:
    """Return the answer to this form, or None if it was not accepted within the last minute.

    `answered_forms` is `ANSWERED_FORM`, compiled for the database.
    """
    row = answered_forms.one_or_none(digest=form.digest, now=now)
    return _decrypt(form, *row) if row else None


def record_answer(
    dbsession: Session,
    form: SentForm,
    answer: Answer,
    *,
    secret_digest: bytes | None = None,
    now: datetime,
) -> None:
    """Write the answer to a form that was accepted.

    `secret_digest` is that of the session, if the answer gives it to the browser. Raises
    `FormAnswered` if another transaction has answered the same form meanwhile. On PostgreSQL this
    waits for that transaction.
    """
    dbsession.execute(_DELETE_EXPIRED, {"digest": form.digest, "now": now})
    row = {
        "digest": form.digest,
        "answer": _encrypt(form, answer),
        "session_id": answer.session_id,
        "secret_digest": secret_digest,
        "expires_at": now + ANSWERED_FORM_LIFETIME,
    }
    try:
        dbsession.execute(_INSERT, row)
    except IntegrityError as error:
        raise FormAnswered from error


def _encrypt(form: SentForm, answer: Answer) -> bytes:
    head = json.dumps([answer.status, answer.headers]).encode("ascii")
    return Cipher([form.key]).encrypt(head + b"\n" + answer.body, place=_PLACE)


def _decrypt(form: SentForm, encrypted: bytes, session_id: str | None) -> Answer:
    head, _, body = Cipher([form.key]).decrypt(encrypted, place=_PLACE).partition(b"\n")
    status, headers = json.loads(head)
    return Answer(status, [(name, value) for name, value in headers], body, session_id)
