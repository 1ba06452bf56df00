"""People who were imported: they sign in with the password that they had, and nothing is missed."""

import unicodedata
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests import foreign_hashes, former_sites
from tests.foreign_hashes import COMPOSED, DECOMPOSED, LIGATURE, PASSWORD
from tests.functional.reading import alert_of
from tests.shell import run, write_ini


@pytest.fixture
def bring(database_url, settings_of_tests, tmp_path, services, verify):
    """Run `authsite import` for the site of the test; everybody comes."""
    ini = write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": database_url})

    def go(*arguments: str) -> None:
        run("import", ini, *arguments)
        verify()

    return go


@pytest.fixture
def former_site(tmp_path):
    """Make the database of another system with one person for each of its forms of hashes."""

    def make(system: str, hashes: dict[str, str]) -> str:
        tables, table, row = {
            "lucia": (former_sites.LUCIA, "User", former_sites.of_lucia),
            "django": (former_sites.DJANGO, "auth_user", former_sites.of_django),
            "devise": (former_sites.DEVISE, "users", former_sites.of_devise),
        }[system]
        rows = [row(number, kept) for number, kept in enumerate(hashes.values(), start=1)]
        return former_sites.a_former_site(tmp_path / f"{system}.db", tables, **{table: rows})

    return make


@pytest.fixture
def kept(dbsession):
    """What the database keeps of the password of an address."""

    def look(email: str) -> str:
        dbsession.rollback()
        return dbsession.scalar(sa.select(User.password_hash).where(User.email == email))

    return look


def hashes_of(system: str, password: str) -> dict[str, str]:
    """Return the hashes of a password, by the form, that somebody of the system may have."""
    if system == "devise":
        return {"bcrypt": foreign_hashes.DEVISE[password]}
    forms = {"django": foreign_hashes.DJANGO, "lucia": foreign_hashes.LUCIA}[system]
    return {name: hashes[password] for name, hashes in forms.items() if password in hashes}


@pytest.mark.asvs("11.2.2", "11.4.2")
@pytest.mark.parametrize("system", ["lucia", "django", "devise"])
def test_who_was_imported_signs_in_with_the_old_password_and_has_a_hash_of_ours_then(
    system, bring, former_site, new_browser, kept
):
    hashes = hashes_of(system, PASSWORD)
    bring(system, former_site(system, hashes))
    for number, hashed in enumerate(hashes.values(), start=1):
        email, browser = f"{system}{number}@example.com", new_browser()
        assert kept(email).removeprefix("nfkc") == hashed
        assert browser.sign_in(email, "another password").status_int == 422
        assert kept(email).removeprefix("nfkc") == hashed
        assert browser.sign_in(email, PASSWORD).status_int == 303
        assert browser.is_signed_in
        renewed = kept(email)
        assert renewed.startswith("$argon2id$v=19$m=8,")
        browser.sign_out()
        assert browser.sign_in(email, "another password").status_int == 422
        assert browser.sign_in(email, PASSWORD).status_int == 303
        assert kept(email) == renewed


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("system", ["lucia", "django", "devise"])
def test_a_wrong_password_is_answered_as_any_other(system, bring, former_site, new_browser):
    """Nobody is told by words that an account was imported."""
    hashes = hashes_of(system, PASSWORD)
    bring(system, former_site(system, hashes))
    unknown = new_browser().sign_in("nobody@example.com", "another password")
    for number in range(1, len(hashes) + 1):
        page = new_browser().sign_in(f"{system}{number}@example.com", "another password")
        assert page.status_int == unknown.status_int == 422
        assert alert_of(page) == alert_of(unknown)


@pytest.mark.parametrize("name", ["argon2", "bcrypt", "scrypt"])
def test_what_the_old_library_made_of_a_password_is_made_of_it_once_more(
    name, bring, former_site, browser, kept
):
    """It hashed the NFKC; from the first sign-in on, the password counts as it is typed."""
    hashes = {name: hashes_of("lucia", LIGATURE)[name]}
    bring("lucia", former_site("lucia", hashes))
    email = "lucia1@example.com"
    assert browser.sign_in(email, LIGATURE).status_int == 303
    browser.sign_out()
    assert browser.sign_in(email, unicodedata.normalize("NFKC", LIGATURE)).status_int == 422
    assert browser.sign_in(email, LIGATURE).status_int == 303


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("hashed", [COMPOSED, DECOMPOSED])
def test_a_password_with_accents_is_the_one_that_was_typed_there(
    typed, hashed, bring, former_site, browser
):
    """Nothing was normalized there; from then on, both spellings are one."""
    bring("django", former_site("django", hashes_of("django", hashed)))
    may_be_another = (typed, hashed) == (COMPOSED, DECOMPOSED)
    status = browser.sign_in("django1@example.com", typed).status_int
    assert status == (422 if may_be_another else 303)
    if not may_be_another:
        browser.sign_out()
        for spelling in (COMPOSED, DECOMPOSED):
            assert browser.sign_in("django1@example.com", spelling).status_int == 303
            browser.sign_out()


def test_a_site_with_a_pepper_lets_them_in_and_gives_them_the_pepper(
    bring, former_site, new_site, kept
):
    bring("devise", former_site("devise", hashes_of("devise", PASSWORD)))
    _, browser = new_site({"authsite.passwords.pepper": "first:" + "f" * 43})
    assert browser.sign_in("devise1@example.com", PASSWORD).status_int == 303
    assert kept("devise1@example.com").startswith("pepper=first$argon2id$")


def test_an_old_hash_is_good_where_a_password_is_asked_for_again(
    bring, former_site, browser, dbsession, kept
):
    """Whoever was signed in when the hash came, if that can be, may change the password by it."""
    browser.sign_up()
    old = foreign_hashes.DEVISE[PASSWORD]
    dbsession.execute(sa.update(User).values(password_hash=old))
    dbsession.commit()
    new = "nine blue walruses"
    typed = {"current_password": PASSWORD, "password": new, "confirm_password": new}
    wrong = typed | {"current_password": "another password"}
    assert browser.submit(browser.get("/account/password"), wrong).status_int == 422
    assert kept("ada@example.com") == old
    assert browser.submit(browser.get("/account/password"), typed).status_int == 303
    assert kept("ada@example.com").startswith("$argon2id$")
    browser.sign_out()
    assert browser.sign_in(password=new).status_int == 303


def test_who_had_no_password_there_asks_for_one_by_mail(bring, former_site, browser, kept, mailbox):
    bring("django", former_site("django", {"none": "!unusable"}))
    email = "django1@example.com"
    assert kept(email) is None
    assert browser.sign_in(email, "!unusable").status_int == 422
    assert browser.sign_in(email, "").status_int == 422
    browser.submit(browser.get("/forgot-password"), {"email": email})
    assert mailbox.latest("reset_password", email).path_to("reset-password")


def test_csv_and_json_lines_bring_people_as_well(bring, tmp_path, browser, new_browser, kept):
    csv = tmp_path / "people.csv"
    csv.write_text(
        f"mail;given;hash;seen\nada@example.com;Ada;{foreign_hashes.DEVISE[PASSWORD]};2024-05-01\n"
    )
    bring("csv", str(csv), "--map", "first_name=given", "--map", "created=seen")
    assert browser.sign_in(password=PASSWORD).status_int == 303
    assert "Hello, Ada" in browser.get("/dashboard").text
    jsonl = tmp_path / "people.jsonl"
    raw = foreign_hashes.DJANGO["argon2"][PASSWORD].removeprefix("argon2")
    jsonl.write_text(f'{{"email": "eve@example.com", "hash": "{raw}", "name": "Eve Doe"}}\n')
    bring("jsonl", str(jsonl))
    assert kept("eve@example.com") == f"argon2{raw}"
    assert new_browser().sign_in("eve@example.com", PASSWORD).status_int == 303
    assert kept("eve@example.com").startswith("$argon2id$v=19$m=8,")


def test_who_was_imported_has_been_a_member_since_they_signed_up_there(
    bring, former_site, dbsession
):
    bring("devise", former_site("devise", hashes_of("devise", PASSWORD)))
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.external_id, user.created_at) == (
        "devise:1",
        datetime(2024, 5, 1, 12, 0, 0, 123000, UTC),
    )
