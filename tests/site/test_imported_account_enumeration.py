"""Times of sign-ins do not reveal imported accounts, whose hashes take other times (ASVS 6.3.8)."""

import base64
import hashlib
import json
import math
from collections import Counter
from statistics import median

import bcrypt
import pytest

from authsite.services import services_of
from tests.foreign_hashes import DJANGO, PASSWORD
from tests.shell import run, write_ini
from tests.site.response_comparison import FORMS, send
from tests.throttles import UNTHROTTLED

pytestmark = pytest.mark.one_database

ITERATIONS = 250_000
SALT = "PIIsdaFCWrYk4qHsmNWT92"
PBKDF2 = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT.encode(), ITERATIONS)
#: Hashes that take very different times.
HASHES = {
    "argon2": DJANGO["argon2"][PASSWORD],
    "bcrypt": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(8)).decode(),
    "pbkdf2": f"pbkdf2_sha256${ITERATIONS}${SALT}${base64.b64encode(PBKDF2).decode()}",
}
#: Accounts with each, and emails without an account.
USERS, UNKNOWN = 3, 36


@pytest.fixture
def new_process(database_url, settings_of_tests, tmp_path, new_application, services):
    """Import accounts with every hash; return a function for a process that has read them."""
    ini = write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": database_url})
    source = tmp_path / "users.jsonl"
    source.write_text(
        "".join(
            f"{json.dumps({'email': f'{name}{number}@example.com', 'hash': value})}\n"
            for name, value in HASHES.items()
            for number in range(USERS)
        )
    )
    run("import", ini, "jsonl", str(source))

    def start():
        application = new_application(**UNTHROTTLED)
        assert services_of(application.registry).hash_format_reader.read()
        return application

    return start


def seconds(application, email):
    """Return the CPU time of a sign-in with a wrong password, the lesser of two."""
    return min(send(application, "/sign-in", email, form=FORMS["/sign-in"])[1] for _ in range(2))


@pytest.mark.asvs("6.3.8")
def test_unknown_emails_take_the_times_of_imported_accounts(new_process):
    application, other_process = new_process(), new_process()
    times = {
        name: median(seconds(application, f"{name}{number}@example.com") for number in range(USERS))
        for name in HASHES
    }
    assert times["argon2"] * 2 < times["bcrypt"] < times["pbkdf2"] / 2

    def format_by_time(process, email):
        taken = seconds(process, email)
        return min(times, key=lambda name: abs(math.log(taken / times[name])))

    emails = [f"eve{number}@example.net" for number in range(UNKNOWN)]
    formats = {email: format_by_time(application, email) for email in emails}
    shares = Counter(formats.values())
    assert all(UNKNOWN / 6 <= shares[name] <= UNKNOWN / 2 for name in HASHES), shares
    assert {email: format_by_time(other_process, email) for email in emails} == formats
