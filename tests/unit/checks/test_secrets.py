"""Whether secrets are such, and kept from others."""

import secrets

import pytest

from authsite.checks.finding import Status
from authsite.checks.sources import struck_out
from authsite.settings.loader import DEVELOPMENT_SECRET
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong, looked_at

PEPPER = secrets.token_urlsafe(32)


@pytest.mark.parametrize(
    "made", [secrets.token_urlsafe(32), secrets.token_hex(16)], ids=["urlsafe", "hex"]
)
def test_a_secret_that_was_made_is_fine(a_setup, made):
    assert is_fine(a_setup(app={"authsite.secret": made}), "secret").endswith("and no pattern")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("a secret for the tests, known to everyone who reads this", "published"),
        ("changeme" * 5, "guessed"),
        ("a" * 40, "guessed"),
        ("abcdefghijklmnopqrstuvwxyz0123456789", "guessed"),
        ("0123456789" * 4, "guessed"),
        ("abacbabcacbabcabacbcabacbabcbacb", "guessed"),
    ],
)
def test_one_that_is_published_or_a_pattern_is_wrong(a_setup, known, said):
    setup = a_setup(app={"authsite.secret": known})
    assert said in is_wrong(setup, "secret")
    assert known not in str(looked_at(setup, "secret"))


def test_one_of_words_is_doubtful(a_setup):
    setup = a_setup(app={"authsite.secret": "nobody will ever guess this one, says Bob"})
    assert "made of words" in is_doubtful(setup, "secret")


def test_in_development_the_published_one_is_fine(a_setup):
    changed = {"authsite.dev": "true", "authsite.secret": DEVELOPMENT_SECRET}
    assert "for development" in is_fine(a_setup(app=changed), "secret")


def test_each_place_that_nobody_else_reads_is_told(a_setup):
    environ = {"AUTHSITE_PASSWORDS_PEPPER": f"p:{PEPPER}"}
    assert is_fine(a_setup(environ=environ), "kept secret") == (
        "nobody else reads what is secret: authsite.passwords.pepper in the environment; "
        f"authsite.secret in {a_setup().ini}"
    )


def test_an_ini_file_with_a_secret_that_others_can_read_is_wrong(a_setup, opened):
    setup = a_setup()
    (opened / "site.ini").chmod(0o644)
    assert "authsite.secret is in" in is_wrong(setup, "kept secret")
    (opened / "site.ini").chmod(0o640)
    is_fine(setup, "kept secret")


def test_an_ini_file_without_one_may_be_read(a_setup, opened):
    setup = a_setup(app={"authsite.secret": None}, environ={"AUTHSITE_SECRET": PEPPER})
    (opened / "site.ini").chmod(0o644)
    assert is_fine(setup, "kept secret").endswith("authsite.secret in the environment")


def test_in_development_others_may_read_it(a_setup, opened):
    setup = a_setup(app={"authsite.dev": "true"})
    (opened / "site.ini").chmod(0o644)
    is_fine(setup, "kept secret")


def test_the_password_of_a_database_is_one(a_setup, opened):
    url = "postgresql://ada:hush-hush@db.example.com/site"
    setup = a_setup(
        app={"authsite.secret": None, "sqlalchemy.url": url}, environ={"AUTHSITE_SECRET": PEPPER}
    )
    (opened / "site.ini").chmod(0o644)
    found = looked_at(setup, "kept secret")
    assert [each.status for each in found] == [Status.WRONG, Status.OK]
    assert "sqlalchemy.url is in" in found[0].seen


def test_a_file_of_a_secret_that_others_can_read_is_wrong(a_setup, opened):
    file = opened / "secret"
    file.write_text(PEPPER)
    file.chmod(0o644)
    environ = {"AUTHSITE_SECRET_FILE": str(file)}
    setup = a_setup(app={"authsite.secret": None}, environ=environ)
    assert f"is in {file}, which everybody" in is_wrong(setup, "kept secret")


def test_two_places_for_one_secret_are_doubtful(a_setup, tmp_path):
    environ = {"AUTHSITE_SECRET": PEPPER, "AUTHSITE_SECRET_FILE": str(tmp_path / "secret")}
    found = looked_at(a_setup(environ=environ), "kept secret")
    assert [each.status for each in found] == [Status.WARNING, Status.OK]
    assert "only the first is read" in found[0].seen


def test_a_file_that_is_not_there_has_no_secret(a_setup, tmp_path):
    environ = {"AUTHSITE_SECRET_FILE": str(tmp_path / "nothing")}
    assert looked_at(a_setup(environ=environ), "kept secret") == []


def test_a_pepper_is_not_needed(a_setup):
    assert "there is none" in is_fine(a_setup(), "pepper")


def test_peppers_are_told_by_their_ids(a_setup):
    peppers = f"two:{PEPPER}, one:{secrets.token_urlsafe(32)}"
    said = is_fine(a_setup(app={"authsite.passwords.pepper": peppers}), "pepper")
    assert said == "'two' goes into new hashes, and 1 for older ones"
    said = is_fine(a_setup(app={"authsite.passwords.pepper": f"two:{PEPPER}"}), "pepper")
    assert said == "'two' goes into new hashes"


def test_the_secret_is_no_pepper(a_setup):
    changed = {"authsite.secret": PEPPER, "authsite.passwords.pepper": f"one:{PEPPER}"}
    assert "authsite.secret once more" in is_wrong(a_setup(app=changed), "pepper")


def test_what_quotes_a_secret_says_it_without(a_setup, tmp_path):
    (tmp_path / "password").write_text("of the mail server\n")
    setup = a_setup(
        app={
            "sqlalchemy.url": "postgresql://ada:hush-hush-hush@db/site",
            "authsite.secret": PEPPER,
        },
        environ={
            "AUTHSITE_PASSWORDS_PEPPER": f"one:{PEPPER[::-1]}",
            "AUTHSITE_MAIL_PASSWORD_FILE": str(tmp_path / "password"),
        },
    )
    text = f"ada hush-hush-hush one {PEPPER} {PEPPER[::-1]}: of the mail server"
    assert struck_out(text, setup=setup) == "ada [...] one [...] [...]: [...]"


def test_a_word_of_a_secret_is_no_secret(a_setup):
    setup = a_setup(app={"authsite.secret": DEVELOPMENT_SECRET})
    assert struck_out("for development", setup=setup) == "for development"
    assert struck_out(f"not {DEVELOPMENT_SECRET}", setup=setup) == "not [...]"


def test_a_short_secret_is_not_given_away_by_what_is_struck_out(a_setup):
    setup = a_setup(app={"authsite.mail.password": "mail", "sqlalchemy.url": "nothing"})
    assert struck_out("mail is away", setup=setup) == "mail is away"
