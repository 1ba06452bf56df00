"""`/sign-up`: creating an account."""

import pytest
import sqlalchemy as sa

from authsite.models import User, UserSession
from tests.browsers import PASSWORD
from tests.functional.reading import alert_of, description_of, form_of, input_of, is_marked, rows_of

ADDRESS = "Enter an email address like name@example.com."
ADVICE = "Use a few unrelated words."
#: Characters that no user enters, and their names.
UNSEEN = {
    "\x00": "control character",
    "\x07": "control character",
    "\t": "tab",
    "\n": "line break",
    "\x1b": "control character",
    "\x7f": "control character",
    "\x85": "control character",
    "\ufffd": "unreadable character",
}

NAMES = [
    (field, value, message)
    for field in ("first_name", "last_name")
    for value, message in [
        ("", f"Enter your {field.replace('_', ' ')}."),
        (" \t\u2003 ", f"Enter your {field.replace('_', ' ')}."),
        ("x" * 101, "Use at most 100 characters."),
        *((f"a{each}b", f"Remove the {name} after “a”.") for each, name in UNSEEN.items()),
        ("\u200b", "Remove the invisible character (zero width space) at the beginning."),
        ("\u200d \u200c", "Use at least one visible character."),
        ("Eve\u202eadA", "Remove the invisible character (right-to-left override) after “Eve”."),
        (
            "\ufeffAda",
            "Remove the invisible character (zero width no-break space) at the beginning.",
        ),
    ]
]
ADDRESSES = [
    ("email", "", "Enter your email."),
    ("email", "  ", "Enter your email."),
    ("email", f"{'x' * 243}@example.com", "Use at most 254 characters."),
    *(
        ("email", f"a{each}b@example.com", f"Remove the {name} after “a”.")
        for each, name in UNSEEN.items()
    ),
    ("email", "ada example@example.com", "Remove the space after “ada”."),
    ("email", "ada@exam\u202eple.com", "character (right-to-left override) after “ada@exam”."),
    ("email", "a\u200dda@example.com", "character (zero width joiner) after “a”."),
    ("email", "ada@example.com,", "Remove the “,” after “ada@example.com”."),
    ("email", "ädä@example.com", "Use only letters without accents before the @."),
    ("email", '"ada lovelace"@example.com', 'Remove the “"” at the beginning.'),
    ("email", "ada@[127.0.0.1]", "Remove the “[” after “ada@”."),
    *(
        ("email", each, ADDRESS)
        for each in [
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "ada@localhost",
            "ada@example.com, eve@example.net",
            "ada@example.com <eve@example.net>",
            "=?utf-8?q?eve=40example.net=2C?=@example.com",
            "ada@127.0.0.1",
            ".ada@example.com",
            "ada..l@example.com",
        ]
    ),
]
PASSWORDS = [
    ("password", "", "Enter a password."),
    ("password", "11 letters.", "Use at least 12 characters."),
    ("password", "x9 Qj!" * 43, "Use at most 256 characters."),
    *(
        ("password", f"a{each}b and llamas", f"Remove the {name} at position 2.")
        for each, name in UNSEEN.items()
    ),
    ("password", "password1234", f"This password is too common. {ADVICE}"),
    ("password", "QwertyUiop12", f"This password is too common. {ADVICE}"),
    ("password", "aaaaaaaaaaaaa", f'Repeats like "aaa" are easy to guess. {ADVICE}'),
    ("password", "correcthorse", f"This password is easy to guess. {ADVICE}"),
    ("password", "seven LOVELACE llamas", "Don't use “Lovelace”"),
    ("password", "ada@example.com hums", "Don't use “ada@example.com”"),
    ("password", "my authsite llamas hum", "Don't use “authsite”"),
    ("password", "my Example llamas hum", "Don't use “example”"),
]


@pytest.mark.asvs("1.3.3", "2.2.1", "2.2.2", "6.2.1", "6.2.4", "6.2.11")
@pytest.mark.parametrize(("field", "value", "message"), NAMES + ADDRESSES + PASSWORDS)
@pytest.mark.one_database
def test_invalid_input_is_explained_and_creates_nothing(browser, services, field, value, message):
    page = browser.sign_up(**{field: value})
    assert page.status_int == 422
    assert message in description_of(page, field)
    assert is_marked(page, field)
    assert alert_of(page)
    assert rows_of(services) == {"authsite_user": [], "authsite_session": []}
    assert browser.cookie is None


@pytest.mark.asvs("6.2.1")
def test_all_errors_are_shown_at_once(browser):
    page = browser.sign_up(first_name="", email="ada@", password="abc")
    assert "Enter your first name." in description_of(page, "first_name")
    assert "Enter an email address like" in description_of(page, "email")
    assert "Use at least 12 characters." in description_of(page, "password")
    assert "There are 3 problems" in alert_of(page)
    assert page.html.main.find("a", href="/sign-in")


@pytest.mark.asvs("6.1.2", "6.2.11")
@pytest.mark.parametrize("word", ["Lacemakers", "lace.test"])
def test_blocklisted_words_are_refused_in_passwords(new_site, word):
    services, browser = new_site({"authsite.passwords.blocklist": "Lacemakers, lace.test"})
    page = browser.sign_up(password=f"seven {word.upper()} llamas hum")
    assert page.status_int == 422
    assert f"Don't use “{word}”" in description_of(page, "password")
    assert rows_of(services)["authsite_user"] == []
    assert browser.sign_up(password="seven localhost llamas hum").status_int == 303


@pytest.mark.asvs("2.2.3")
@pytest.mark.parametrize(
    ("typed", "message"),
    [("", "Enter the password again."), (f"{PASSWORD} ", "The passwords don't match.")],
)
def test_password_must_be_repeated(browser, services, typed, message):
    page = browser.sign_up(confirm_password=typed)
    assert page.status_int == 422
    assert message in description_of(page, "confirm_password")
    assert rows_of(services)["authsite_user"] == []


def test_all_errors_are_shown_together(browser):
    nothing = dict.fromkeys(["first_name", "last_name", "email", "password"], "")
    page = browser.sign_up(**nothing)
    assert all(is_marked(page, name) for name in (*nothing, "confirm_password"))
    assert page.html.title.get_text(strip=True).startswith("Error: ")


def test_form_keeps_input_except_passwords(browser):
    typed = {"first_name": "Ada", "last_name": '"><i>', "email": "ada@", "password": "hush hush"}
    page = browser.sign_up(**typed)
    for name in ("first_name", "last_name", "email"):
        assert input_of(page, name)["value"] == typed[name]
    assert not input_of(page, "password").get("value")
    assert not input_of(page, "confirm_password").get("value")
    assert "hush hush" not in page


@pytest.mark.asvs("1.1.1")
@pytest.mark.parametrize("typed", ["a%40b", "a%2540b", "a%0db", "a%00b"])
def test_encoded_looking_email_is_saved_as_typed(browser, dbsession, typed):
    """A field is decoded once, with its form, and validated afterwards."""
    email = f"{typed}@example.com"
    assert browser.sign_up(email=email).status_int == 303
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.email, user.email_normalized) == (email, email)
    assert email in browser.get("/account").html.main.get_text()


@pytest.mark.asvs("1.1.1")
@pytest.mark.parametrize("typed", ["a%40b", "a%2540b", "a&amp;b", "=?utf-8?q?a=40b?=", r"a\u0040b"])
def test_encoded_looking_name_is_saved_as_typed(browser, dbsession, typed):
    browser.sign_up(first_name=typed, last_name=typed)
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.first_name, user.last_name) == (typed, typed)
    assert input_of(browser.get("/account"), "first_name")["value"] == typed


@pytest.mark.asvs("1.1.1")
def test_password_is_decoded_once(browser, new_browser):
    browser.sign_up(password="seven%20green%2520llamas")
    assert new_browser().sign_in(password="seven green%20llamas").status_int == 422
    assert new_browser().sign_in(password="seven%20green%2520llamas").status_int == 303


@pytest.mark.asvs("11.4.2", "14.2.4")
def test_sign_up_signs_in_and_opens_the_dashboard(browser, dbsession):
    answer = browser.sign_up(email=" Ada+tag@Example.COM ")
    assert (answer.status_int, answer.location) == (303, "http://localhost/dashboard")
    assert answer.follow().status_int == 200
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.email, user.email_normalized) == ("Ada+tag@Example.COM", "ada+tag@example.com")
    assert user.password_hash.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    session = dbsession.scalars(sa.select(UserSession)).one()
    assert session.user_id == user.id
    assert (session.ip_address, session.user_agent) == (
        "192.0.2.1",
        "Mozilla/5.0 (X11; Linux) Test/1.0",
    )


@pytest.mark.asvs("11.4.2")
def test_default_hash_cost_is_as_documented(new_site, dbsession):
    defaults = {f"authsite.passwords.{name}": None for name in ("time_cost", "memory_cost")}
    _, browser = new_site(defaults)
    browser.sign_up()
    assert "$m=19456,t=3,p=1$" in dbsession.scalar(sa.select(User.password_hash))


@pytest.mark.asvs("6.2.5", "6.2.8", "6.2.9")
@pytest.mark.parametrize(
    "password",
    [
        "x9 Qj!" * 42 + "abcd",  # 256 characters, none of which is cut off
        "  llamas hum in front  ",
        "Ωμέγα πάπυρος 🦙 λάμα",
        "correct\u00a0horse\u2003battery",
        '<script>alert("x")</script>',
    ],
)
def test_password_is_used_exactly_as_typed(new_browser, password):
    assert new_browser().sign_up(password=password).status_int == 303
    assert new_browser().sign_in(password=password[:-1]).status_int == 422
    assert new_browser().sign_in(password=password).status_int == 303


def test_names_are_trimmed_and_normalized(browser, dbsession):
    browser.sign_up(first_name="  Zoe\u0308 ", last_name="L" * 100)
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.first_name, user.last_name) == ("Zoë", "L" * 100)


@pytest.mark.parametrize("again", ["ada@example.com", "ADA@EXAMPLE.COM", " Ada@Example.Com "])
def test_email_is_unique_in_any_spelling(new_browser, services, again):
    new_browser().sign_up(email="Ada@example.com")
    before = rows_of(services)
    page = new_browser().sign_up(email=again, first_name="Eve")
    assert page.status_int == 422
    assert "This email already has an account." in description_of(page, "email")
    assert rows_of(services) == before


@pytest.mark.asvs("15.3.3")
def test_sign_up_ignores_unknown_fields(browser, dbsession):
    page = browser.get("/sign-up")
    form = form_of(page)
    fields = dict(form.submit_fields()) | {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.com",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
        "id": "chosen",
        "email_normalized": "eve@example.com",
        "created_at": "2000-01-01",
        "password_hash": "x",
    }
    browser.app.post("/sign-up", fields, headers={"Sec-Fetch-Site": "same-origin"}, status=303)
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.email_normalized, user.created_at.year > 2000) == ("ada@example.com", True)
    assert user.id != "chosen"
    assert user.password_hash != "x"


def test_signed_in_user_is_sent_to_the_dashboard(browser):
    browser.sign_up()
    answer = browser.get("/sign-up")
    assert (answer.status_int, answer.location) == (303, "http://localhost/dashboard")


def test_sign_up_sends_a_verification_email(browser, mailbox):
    browser.sign_up(first_name="http://evil.test", email="Ada@example.com")
    [mail] = mailbox.all_for()
    assert (mail.template, mail.recipient) == ("verify_email", "Ada@example.com")
    assert mail.subject == "Verify your email address for authsite"
    for part in (mail.text, mail.html):
        assert "within 24 hours" in part
        assert mail.path_to("verify-email") in part
        assert "evil.test" not in part


def test_sign_up_with_a_taken_email_sends_no_email(new_browser, mailbox):
    new_browser().sign_up()
    mailbox.empty()
    new_browser().sign_up(first_name="Eve")
    assert mailbox.all_for() == []


def test_throttled_email_does_not_prevent_sign_up(browser, dbsession, mailbox):
    browser.sign_up()
    dbsession.execute(sa.delete(User))
    dbsession.commit()
    assert browser.sign_up().status_int == 303
    assert browser.is_signed_in
    assert mailbox.all_for() == []
