"""A copy of the database opens no account: no token of a link that works is in it."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from authsite.models import Base, EmailLink
from tests.browsers import PASSWORD
from tests.conftest import ROOT

_TOKEN = re.compile(r"https?://[^/\s]+/[a-z-]+/([A-Za-z0-9_-]{43})\b")
PURPOSES = {"verify_email", "reset_password", "change_email", "secure_account"}


@pytest.fixture
def live_tokens(new_browser, mailbox, services):
    """Let users get a link of each purpose, and return the tokens of all that work."""
    ada, grace = new_browser(), new_browser()
    ada.sign_up()
    ada.submit(ada.get("/forgot-password"), {"email": "ada@example.com"})
    ada.submit(ada.get("/account/email"), {"email": "ada@new.example"})
    grace.sign_up(email="grace@example.com")
    grace.submit(grace.get("/account/close"), {"password": PASSWORD})
    messages = mailbox.all_for()
    assert "deletion_reminder" in {message.template for message in messages}
    tokens = {
        token
        for message in messages
        for part in (message.text, message.html)
        for token in _TOKEN.findall(part)
    }
    with services.database.read_engine.connect() as connection:
        links = connection.execute(sa.select(EmailLink.digest, EmailLink.purpose)).all()
    assert {purpose for _, purpose in links} == PURPOSES
    digests = {digest for digest, _ in links}
    live = {each for each in tokens if hashlib.sha256(each.encode()).digest() in digests}
    assert len(live) == len(digests)
    return live


@pytest.mark.asvs("14.2.4")
def test_no_column_holds_a_live_token(live_tokens, services):
    with services.database.read_engine.connect() as connection:
        values = [
            value if isinstance(value, bytes) else str(value).encode()
            for table in Base.metadata.sorted_tables
            for row in connection.execute(sa.select(table))
            for value in row
        ]
    assert any(b"grace@example.com" in value for value in values)
    for token in live_tokens:
        assert not any(token.encode() in value for value in values)


@pytest.mark.asvs("14.2.4")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_file_or_backup_holds_a_live_token(live_tokens, database_url, tmp_path):
    file = Path(sa.make_url(database_url).database)
    done = subprocess.run(
        [sys.executable, "deploy/backup.py", "testing.ini", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=True,
        umask=0,
        timeout=60,
    )
    backup = Path(done.stdout.strip())
    assert backup.stat().st_mode & 0o777 == 0o600
    for content in (
        file.read_bytes() + file.with_name(f"{file.name}-wal").read_bytes(),
        backup.read_bytes(),
    ):
        assert b"grace@example.com" in content
        for token in live_tokens:
            assert token.encode() not in content
