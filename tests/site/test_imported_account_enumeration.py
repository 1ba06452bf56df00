"""Times of sign-ins do not reveal imported accounts, whose hashes take other times (ASVS 6.3.8)."""

import base64
import hashlib
import json
import math
from collections import Counter
from pathlib import Path
from statistics import median

import bcrypt
import pytest

from authsite.services import services_of
from tests.foreign_hashes import DJANGO, PASSLIB, PASSWORD, WERKZEUG, WORDPRESS
from tests.shell import run, write_ini
from tests.site.response_comparison import FORMS, send
from tests.throttles import UNTHROTTLED

pytestmark = pytest.mark.one_database

ITERATIONS = 250_000
SALT = "PIIsdaFCWrYk4qHsmNWT92"
PBKDF2 = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT.encode(), ITERATIONS)
#: Hashes of systems that take very different times: cheap, costly and very costly ones. Those of
#: the last two systems are of another password, which takes as long.
HASHES = {
    "django": (
        DJANGO["argon2"][PASSWORD],
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(8)).decode(),
        f"pbkdf2_sha256${ITERATIONS}${SALT}${base64.b64encode(PBKDF2).decode()}",
    ),
    "others": (
        WERKZEUG["pbkdf2:sha1"][PASSWORD],
        WORDPRESS["phpass"][PASSWORD].replace("$P$B", "$P$D"),
        PASSLIB["pbkdf2_sha512"][PASSWORD].replace("$1000$", "$160000$"),
    ),
}
#: By the secret, unknown addresses are assigned to hashes; another one could deal them unevenly.
SAME_SECRET = {"authsite.secret": "9tqXl2mZ0vRr4cJ7yWb1sPdK6hGfN8uE3aTi5oBxQ_M"}
#: Accounts with each, and emails without an account.
USERS, UNKNOWN = 3, 36


@pytest.fixture(params=HASHES)
def hashes(request):
    """The hashes of a system by their costs."""
    return dict(zip(("cheap", "costly", "very costly"), HASHES[request.param], strict=True))


@pytest.fixture
def source(hashes, tmp_path):
    """The path of a file with accounts of every hash."""
    path = tmp_path / "users.jsonl"
    path.write_text(
        "".join(
            f"{json.dumps({'email': address(name, number), 'hash': value})}\n"
            for name, value in hashes.items()
            for number in range(USERS)
        )
    )
    return str(path)


@pytest.fixture
def new_process(source, database_url, settings_of_tests, new_application, services):
    """Import the accounts; return a function for a process that has read them."""
    ini = Path(source).with_name("site.ini")
    settings = settings_of_tests | {"sqlalchemy.url": database_url}
    run("import", write_ini(ini, settings), "jsonl", source)

    def start():
        application = new_application(**UNTHROTTLED, **SAME_SECRET)
        assert services_of(application.registry).hash_format_reader.read()
        return application

    return start


def address(name, number):
    """Return the email address of an account with this hash."""
    return f"{name.replace(' ', '-')}{number}@example.com"


def seconds(application, email):
    """Return the CPU time of a sign-in with a wrong password, the lesser of two."""
    return min(send(application, "/sign-in", email, form=FORMS["/sign-in"])[1] for _ in range(2))


@pytest.mark.asvs("6.3.8")
def test_unknown_emails_take_the_times_of_imported_accounts(hashes, new_process):
    application, other_process = new_process(), new_process()
    times = {
        name: median(seconds(application, address(name, number)) for number in range(USERS))
        for name in hashes
    }
    assert times["cheap"] * 2 < times["costly"] < times["very costly"] / 2

    def format_by_time(process, email):
        taken = seconds(process, email)
        return min(times, key=lambda name: abs(math.log(taken / times[name])))

    emails = [f"eve{number}@example.net" for number in range(UNKNOWN)]
    formats = {email: format_by_time(application, email) for email in emails}
    shares = Counter(formats.values())
    assert all(UNKNOWN / 6 <= shares[name] <= UNKNOWN / 2 for name in hashes), shares
    assert {email: format_by_time(other_process, email) for email in emails} == formats
