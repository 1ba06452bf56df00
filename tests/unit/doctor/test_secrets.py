"""The checks of secrets, and their removal from messages."""

import secrets

from authsite.doctor.finding import Status
from authsite.doctor.sources import redact
from tests.unit.doctor.findings import fails, findings_of, passes

PEPPER = secrets.token_urlsafe(32)
DEVELOPMENT_SECRET = "for development only: everybody knows this secret"


def test_kept_secret_lists_private_places(a_subject):
    subject = a_subject(environ={"AUTHSITE_PASSWORDS_PEPPER": f"p:{PEPPER}"})
    message = passes(subject, "kept secret")
    assert "authsite.passwords.pepper in the environment" in message
    assert f"authsite.secret in {subject.ini}" in message


def test_kept_secret_rejects_a_public_ini_file(a_subject, opened):
    subject = a_subject()
    (opened / "site.ini").chmod(0o644)
    assert "authsite.secret in" in fails(subject, "kept secret")
    (opened / "site.ini").chmod(0o640)
    passes(subject, "kept secret")


def test_kept_secret_allows_a_public_ini_file_without_one(a_subject, opened):
    subject = a_subject(app={"authsite.secret": None}, environ={"AUTHSITE_SECRET": PEPPER})
    (opened / "site.ini").chmod(0o644)
    assert "authsite.secret in the environment" in passes(subject, "kept secret")


def test_kept_secret_allows_public_files_in_development(a_subject, opened):
    subject = a_subject(app={"authsite.dev": "true", "authsite.site.url": "http://localhost"})
    (opened / "site.ini").chmod(0o644)
    passes(subject, "kept secret")


def test_kept_secret_includes_the_password_of_the_database(a_subject, opened):
    url = "postgresql://ada:hush-hush@db.example.com/site"
    subject = a_subject(
        app={"authsite.secret": None, "sqlalchemy.url": url}, environ={"AUTHSITE_SECRET": PEPPER}
    )
    (opened / "site.ini").chmod(0o644)
    found = findings_of(subject, "kept secret")
    assert [each.status for each in found] == [Status.FAIL, Status.OK]
    assert "sqlalchemy.url in" in found[0].message


def test_kept_secret_rejects_a_public_secret_file(a_subject, opened):
    file = opened / "secret"
    file.write_text(PEPPER)
    file.chmod(0o644)
    environ = {"AUTHSITE_SECRET_FILE": str(file)}
    subject = a_subject(app={"authsite.secret": None}, environ=environ)
    assert f"in {file}." in fails(subject, "kept secret")


def test_settings_reject_a_secret_with_two_sources(a_subject, tmp_path):
    environ = {"AUTHSITE_SECRET": PEPPER, "AUTHSITE_SECRET_FILE": str(tmp_path / "secret")}
    message = fails(a_subject(environ=environ), "settings")
    assert message == "AUTHSITE_SECRET and AUTHSITE_SECRET_FILE are both set; remove one."


def test_kept_secret_ignores_a_missing_file(a_subject, tmp_path):
    environ = {"AUTHSITE_SECRET_FILE": str(tmp_path / "nothing")}
    assert findings_of(a_subject(environ=environ), "kept secret") == []


def test_pepper_is_optional(a_subject):
    assert "no pepper" in passes(a_subject(), "pepper")


def test_pepper_is_shown_by_its_id(a_subject):
    peppers = f"two:{PEPPER}, one:{secrets.token_urlsafe(32)}"
    message = passes(a_subject(app={"authsite.passwords.pepper": peppers}), "pepper")
    assert "'two'; 1 older" in message
    assert PEPPER not in message


def test_pepper_must_differ_from_the_secret(a_subject):
    change = {"authsite.secret": PEPPER, "authsite.passwords.pepper": f"one:{PEPPER}"}
    assert "leak together" in fails(a_subject(app=change), "pepper")


def test_redact_removes_secrets(a_subject, tmp_path):
    (tmp_path / "password").write_text("of the mail server\n")
    subject = a_subject(
        app={
            "sqlalchemy.url": "postgresql://ada:hush-hush-hush@db/site",
            "authsite.database.read_url": "postgresql://ada:silence-silence@copy/site",
            "authsite.secret": PEPPER,
        },
        environ={
            "AUTHSITE_PASSWORDS_PEPPER": f"one:{PEPPER[::-1]}",
            "AUTHSITE_PREVIOUS_SECRETS": f"\n{'an older secret, ' * 2}\n {'oldest ' * 9}\n",
            "AUTHSITE_MAIL_PASSWORD_FILE": str(tmp_path / "password"),
        },
    )
    text = f"ada hush-hush-hush silence-silence one {PEPPER} {PEPPER[::-1]}: of the mail server"
    assert redact(text, subject=subject) == "ada [...] [...] one [...] [...]: [...]"
    text = f"not {'an older secret, ' * 2}or {'oldest ' * 9}"
    assert redact(text, subject=subject) == "not [...] or [...] "


def test_redact_keeps_single_words_of_a_secret(a_subject):
    subject = a_subject(app={"authsite.secret": DEVELOPMENT_SECRET})
    assert redact("for development", subject=subject) == "for development"
    assert redact(f"not {DEVELOPMENT_SECRET}", subject=subject) == "not [...]"


def test_redact_does_not_reveal_a_short_secret(a_subject):
    subject = a_subject(app={"authsite.mail.password": "mail", "sqlalchemy.url": "nothing"})
    assert redact("mail is down", subject=subject) == "mail is down"
