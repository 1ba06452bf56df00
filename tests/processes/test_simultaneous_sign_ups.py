"""Simultaneous sign-ups with one email create one account."""

from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.models import User, UserSession
from tests.processes.concurrency import at_once
from tests.processes.servers import Server
from tests.processes.visitors import Visitor, sign_up_form

ROUNDS = 4
#: Spellings of the same local part and domain.
LOCAL_PARTS = ("ada{}", "Ada{}", "aDA{}", "ADA{}")
DOMAINS = (
    "bücher.example",
    "BÜCHER．ＥＸＡＭＰＬＥ",  # noqa: RUF001 - letters and a dot of full width
    "bu\N{COMBINING DIAERESIS}cher。example",
    "XN--Bcher-kva.example",
)
TAKEN = "This email already has an account."


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_simultaneous_sign_ups_create_one_account(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """Of sixteen spellings in two processes, one is accepted and the others are refused."""
    with Server(tmp_path, database_url) as one, Server(tmp_path, database_url) as two:
        for number in range(ROUNDS):
            spellings = [f"{local}@{domain}" for local in LOCAL_PARTS for domain in DOMAINS]
            visitors = [Visitor((one, two)[index % 2]) for index in range(len(spellings))]
            pages = [visitor.get("/sign-up") for visitor in visitors]

            answers = at_once(
                partial(visitor.send, page, sign_up_form(spelling.format(number)))
                for visitor, page, spelling in zip(visitors, pages, spellings, strict=True)
            )

            assert sorted(answer.status for answer in answers) == [303] + [422] * 15
            assert all(TAKEN in answer.text for answer in answers if answer.status == 422)
            assert [each.is_signed_in for each in visitors] == [
                answer.status == 303 for answer in answers
            ]
            with engine.connect() as connection:
                key = f"ada{number}@xn--bcher-kva.example"
                session_counts = connection.execute(
                    sa.select(User.email, sa.func.count(UserSession.id))
                    .join(UserSession, UserSession.user_id == User.id, isouter=True)
                    .where(User.email_normalized == key)
                    .group_by(User.id)
                ).all()
                assert [count for _, count in session_counts] == [1]
                everyone = sa.select(sa.func.count()).select_from(User)
                assert connection.execute(everyone).scalar_one() == number + 1
