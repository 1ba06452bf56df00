"""Imported users sign in with their previous password."""

import json
import unicodedata
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests import foreign_hashes, former_sites
from tests.foreign_hashes import COMPOSED, DECOMPOSED, LIGATURE, PASSWORD, QUOTED
from tests.functional.reading import alert_of
from tests.shell import run, write_ini

SYSTEMS = ["lucia", "django", "devise", "laravel", "better-auth", "phoenix"]


@pytest.fixture
def import_users(database_url, settings_of_tests, tmp_path, services, verify):
    """Run `authsite import` for the site of the test, and verify all emails."""
    ini = write_ini(tmp_path / "site.ini", settings_of_tests | {"sqlalchemy.url": database_url})

    def go(*arguments: str) -> None:
        run("import", ini, *arguments)
        verify()

    return go


@pytest.fixture
def legacy_database(tmp_path):
    """Make the database of another system with one user for each of its hash formats."""

    def make(system: str, hashes: dict[str, str]) -> str:
        if system == "better-auth":
            numbers = range(1, len(hashes) + 1)
            accounts = map(former_sites.an_account_of_better_auth, numbers, hashes.values())
            return former_sites.a_former_site(
                tmp_path / "better-auth.db",
                former_sites.BETTER_AUTH,
                user=map(former_sites.of_better_auth, numbers),
                account=accounts,
            )
        tables, table, row = {
            "lucia": (former_sites.LUCIA, "User", former_sites.of_lucia),
            "django": (former_sites.DJANGO, "auth_user", former_sites.of_django),
            "devise": (former_sites.DEVISE, "users", former_sites.of_devise),
            "laravel": (former_sites.LARAVEL, "users", former_sites.of_laravel),
            "phoenix": (former_sites.PHOENIX, "users", former_sites.of_phoenix),
        }[system]
        rows = [row(number, hashed) for number, hashed in enumerate(hashes.values(), start=1)]
        return former_sites.a_former_site(tmp_path / f"{system}.db", tables, **{table: rows})

    return make


@pytest.fixture
def stored_hash(dbsession):
    """Return the password hash of the user with an email."""

    def look(email: str) -> str:
        dbsession.rollback()
        return dbsession.scalar(sa.select(User.password_hash).where(User.email == email))

    return look


def hashes_of(system: str, password: str) -> dict[str, str]:
    """Return the hashes of a password in the formats of a system."""
    if system == "devise":
        return {"bcrypt": foreign_hashes.DEVISE[password]}
    if system == "better-auth":
        return {"scrypt": foreign_hashes.BETTER_AUTH[password]}
    if system == "phoenix":
        return {
            "bcrypt_elixir": foreign_hashes.DEVISE[password].replace("$2a$", "$2b$"),
            "pbkdf2_elixir": foreign_hashes.PASSLIB["pbkdf2_sha512"][password],
            "argon2_elixir": foreign_hashes.LARAVEL["argon2id"][password],
        }
    forms = {
        "django": foreign_hashes.DJANGO,
        "lucia": foreign_hashes.LUCIA,
        "laravel": foreign_hashes.LARAVEL,
    }[system]
    return {name: hashes[password] for name, hashes in forms.items() if password in hashes}


@pytest.mark.asvs("11.2.2", "11.4.2")
@pytest.mark.parametrize("system", SYSTEMS)
def test_imported_user_signs_in_and_gets_a_new_hash(
    system, import_users, legacy_database, new_browser, stored_hash
):
    hashes = hashes_of(system, PASSWORD)
    import_users(system, legacy_database(system, hashes))
    for number, hashed in enumerate(hashes.values(), start=1):
        email, browser = f"{system}{number}@example.com", new_browser()
        stored = stored_hash(email)
        assert stored in {hashed, f"nfkc{hashed}", f"argon2{hashed}"}
        assert browser.sign_in(email, "another password").status_int == 422
        assert stored_hash(email) == stored
        assert browser.sign_in(email, PASSWORD).status_int == 303
        assert browser.is_signed_in
        renewed = stored_hash(email)
        assert renewed.startswith("$argon2id$v=19$m=8,")
        browser.sign_out()
        assert browser.sign_in(email, "another password").status_int == 422
        assert browser.sign_in(email, PASSWORD).status_int == 303
        assert stored_hash(email) == renewed


@pytest.mark.asvs("11.2.2", "11.4.2")
@pytest.mark.parametrize("program", ["WERKZEUG", "PASSLIB", "WORDPRESS"])
def test_hash_of_any_program_is_replaced_at_sign_in(
    program, import_users, tmp_path, new_browser, stored_hash
):
    """Also the weak ones, such as the MD5 of phpass."""
    hashes = [each[PASSWORD] for each in getattr(foreign_hashes, program).values()]
    path = tmp_path / "people.jsonl"
    path.write_text(
        "".join(
            f"{json.dumps({'email': f'eve{number}@example.com', 'hash': hashed})}\n"
            for number, hashed in enumerate(hashes)
        )
    )
    import_users("jsonl", str(path))
    for number, hashed in enumerate(hashes):
        email, browser = f"eve{number}@example.com", new_browser()
        assert browser.sign_in(email, "another password").status_int == 422
        assert stored_hash(email) == hashed
        assert browser.sign_in(email, PASSWORD).status_int == 303
        assert stored_hash(email).startswith("$argon2id$v=19$m=8,")


def test_wordpress_export_is_imported(import_users, tmp_path, browser):
    """As `wp user list --format=csv` writes it, of a password with quotes."""
    path = tmp_path / "wordpress.csv"
    hashed = foreign_hashes.WORDPRESS["bcrypt"][QUOTED]
    path.write_text(
        "ID,user_email,display_name,user_registered,user_pass\n"
        f'1,ada@example.com,"Ada Lovelace","2016-06-03 04:37:00",{hashed}\n'
    )
    import_users("csv", str(path), "--name", "wordpress")
    assert browser.sign_in(password=QUOTED).status_int == 303
    assert "Hello, Ada" in browser.get("/dashboard").text


def test_laravel_export_of_mysql_is_imported(import_users, tmp_path, browser, dbsession):
    """As JSON_OBJECT of MySQL writes it, with a name in quotes."""
    path = tmp_path / "users.jsonl"
    hashed, time = foreign_hashes.LARAVEL["bcrypt"][PASSWORD], "2024-05-01 12:00:00.000000"
    rows = [
        ("ada@example.com", '"Ada" King', time, hashed, None),
        ("eve@example.com", 'Eve "Doe', None, None, time),
    ]
    lines = [
        {
            "id": number,
            "name": name,
            "email": email,
            "deleted_at": deleted,
            "password": password,
            "created_at": time,
            "email_verified_at": verified,
        }
        for number, (email, name, verified, password, deleted) in enumerate(rows, start=1)
    ]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    import_users("jsonl", str(path), "--name", "laravel")
    assert browser.sign_in(password=PASSWORD).status_int == 303
    users = dbsession.scalars(sa.select(User).order_by(User.external_id)).all()
    assert [user.external_id for user in users] == ["laravel:1", "laravel:2"]
    assert [(user.first_name, user.last_name) for user in users] == [
        ('"Ada"', "King"),
        ("Eve", '"Doe'),
    ]
    assert [bool(user.suspended_at) for user in users] == [False, True]
    assert users[1].password_hash is None


def test_file_with_tabs_is_imported(import_users, tmp_path, browser, dbsession):
    """As `mysql --batch` writes it, with NULL where there is nothing."""
    path = tmp_path / "users.tsv"
    hashed, none, time = foreign_hashes.LARAVEL["bcrypt"][PASSWORD], "NULL", "2024-05-01 12:00:00"
    rows = [
        ("id", "name", "email", "email_verified_at", "password", "created_at", "deleted_at"),
        ("1", "Ada King", "ada@example.com", none, hashed, time, none),
        ("2", "Eve Doe", "eve@example.com", none, none, none, time),
    ]
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    import_users("csv", str(path), "--name", "laravel")
    assert browser.sign_in(password=PASSWORD).status_int == 303
    users = dbsession.scalars(sa.select(User).order_by(User.external_id)).all()
    assert [user.external_id for user in users] == ["laravel:1", "laravel:2"]
    assert [bool(user.suspended_at) for user in users] == [False, True]
    assert users[1].password_hash is None


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("system", SYSTEMS)
def test_wrong_password_does_not_reveal_an_import(
    system, import_users, legacy_database, new_browser
):
    hashes = hashes_of(system, PASSWORD)
    import_users(system, legacy_database(system, hashes))
    unknown = new_browser().sign_in("unknown@example.com", "another password")
    for number in range(1, len(hashes) + 1):
        page = new_browser().sign_in(f"{system}{number}@example.com", "another password")
        assert page.status_int == unknown.status_int == 422
        assert alert_of(page) == alert_of(unknown)


@pytest.mark.parametrize("name", ["argon2", "bcrypt", "scrypt"])
def test_lucia_password_is_normalized_for_its_legacy_hash(
    name, import_users, legacy_database, browser, stored_hash
):
    """It hashed the NFKC form; from the first sign-in on, the password counts as typed."""
    hashes = {name: hashes_of("lucia", LIGATURE)[name]}
    import_users("lucia", legacy_database("lucia", hashes))
    email = "lucia1@example.com"
    assert browser.sign_in(email, LIGATURE).status_int == 303
    browser.sign_out()
    assert browser.sign_in(email, unicodedata.normalize("NFKC", LIGATURE)).status_int == 422
    assert browser.sign_in(email, LIGATURE).status_int == 303


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
@pytest.mark.parametrize("hashed", [COMPOSED, DECOMPOSED])
def test_legacy_password_is_compared_as_typed(
    typed, hashed, import_users, legacy_database, browser
):
    """Django does not normalize passwords; after the first sign-in, both spellings work."""
    import_users("django", legacy_database("django", hashes_of("django", hashed)))
    may_be_another = (typed, hashed) == (COMPOSED, DECOMPOSED)
    status = browser.sign_in("django1@example.com", typed).status_int
    assert status == (422 if may_be_another else 303)
    if not may_be_another:
        browser.sign_out()
        for spelling in (COMPOSED, DECOMPOSED):
            assert browser.sign_in("django1@example.com", spelling).status_int == 303
            browser.sign_out()


def test_sign_in_adds_the_pepper_to_a_legacy_hash(
    import_users, legacy_database, new_site, stored_hash
):
    import_users("devise", legacy_database("devise", hashes_of("devise", PASSWORD)))
    _, browser = new_site({"authsite.passwords.pepper": "first:" + "f" * 43})
    assert browser.sign_in("devise1@example.com", PASSWORD).status_int == 303
    assert stored_hash("devise1@example.com").startswith("pepper=first$argon2id$")


def test_legacy_hash_verifies_the_current_password(
    import_users, legacy_database, browser, dbsession, stored_hash
):
    browser.sign_up()
    old = foreign_hashes.DEVISE[PASSWORD]
    dbsession.execute(sa.update(User).values(password_hash=old))
    dbsession.commit()
    new = "nine blue walruses"
    typed = {"current_password": PASSWORD, "password": new, "confirm_password": new}
    wrong = typed | {"current_password": "another password"}
    assert browser.submit(browser.get("/account/password"), wrong).status_int == 422
    assert stored_hash("ada@example.com") == old
    assert browser.submit(browser.get("/account/password"), typed).status_int == 303
    assert stored_hash("ada@example.com").startswith("$argon2id$")
    browser.sign_out()
    assert browser.sign_in(password=new).status_int == 303


def test_user_imported_without_password_requests_a_reset(
    import_users, legacy_database, browser, stored_hash, mailbox
):
    import_users("django", legacy_database("django", {"none": "!unusable"}))
    email = "django1@example.com"
    assert stored_hash(email) is None
    assert browser.sign_in(email, "!unusable").status_int == 422
    assert browser.sign_in(email, "").status_int == 422
    browser.submit(browser.get("/forgot-password"), {"email": email})
    assert mailbox.latest("reset_password", email).path_to("reset-password")


def test_user_with_an_unknown_hash_resets_the_password(import_users, tmp_path, browser, mailbox):
    path = tmp_path / "people.csv"
    path.write_text(
        "id,email,name,hash\n1,ada@example.com,Ada King,d41d8cd98f00b204e9800998ecf8427e\n"
    )
    import_users("csv", str(path), "--without-unknown-passwords")
    assert browser.sign_in(password=PASSWORD).status_int == 422
    browser.submit(browser.get("/forgot-password"), {"email": "ada@example.com"})
    page = browser.get(
        mailbox.latest("reset_password", "ada@example.com").path_to("reset-password")
    )
    new = "nine blue walruses"
    browser.submit(page, {"password": new, "confirm_password": new})
    assert browser.sign_in(password=new).status_int == 303


@pytest.mark.parametrize(("system", "column"), [("devise", "locked_at"), ("laravel", "deleted_at")])
def test_locked_and_deleted_users_cannot_sign_in(system, column, import_users, tmp_path, browser):
    tables, of_system = {
        "devise": (former_sites.DEVISE, former_sites.of_devise),
        "laravel": (former_sites.LARAVEL, former_sites.of_laravel),
    }[system]
    row = of_system(1, foreign_hashes.DEVISE[PASSWORD], **{column: "2024-06-01 08:00:00"})
    source = former_sites.a_former_site(tmp_path / "old.db", tables, users=[row])
    import_users(system, source, "--inactive", "skip")
    assert browser.sign_in(f"{system}1@example.com", PASSWORD).status_int == 422
    import_users(system, source)
    page = browser.sign_in(f"{system}1@example.com", PASSWORD)
    assert page.status_int == 403
    assert "not active in the previous system" in page.text


def test_allauth_decides_about_email_addresses(import_users, tmp_path, browser, dbsession):
    """The primary one is imported, and is verified if it was there."""
    hashed = foreign_hashes.DJANGO["pbkdf2_sha256"][PASSWORD]
    source = former_sites.a_former_site(
        tmp_path / "old.db",
        former_sites.DJANGO + former_sites.ALLAUTH,
        auth_user=[former_sites.of_django(number, hashed) for number in (1, 2)],
        account_emailaddress=[
            former_sites.of_allauth(1, "django1@example.com", primary=0),
            former_sites.of_allauth(1, "ada@example.com"),
            former_sites.of_allauth(2, "django2@example.com", verified=0),
        ],
    )
    import_users("django", source)
    users = dbsession.scalars(sa.select(User).order_by(User.external_id)).all()
    assert [user.email for user in users] == ["ada@example.com", "django2@example.com"]
    assert browser.sign_in("ada@example.com", PASSWORD).status_int == 303


def test_csv_and_json_lines_are_imported(import_users, tmp_path, browser, new_browser, stored_hash):
    csv = tmp_path / "people.csv"
    csv.write_text(
        f"mail;given;hash;seen\nada@example.com;Ada;{foreign_hashes.DEVISE[PASSWORD]};2024-05-01\n"
    )
    import_users("csv", str(csv), "--map", "first_name=given", "--map", "created=seen")
    assert browser.sign_in(password=PASSWORD).status_int == 303
    assert "Hello, Ada" in browser.get("/dashboard").text
    jsonl = tmp_path / "people.jsonl"
    raw = foreign_hashes.DJANGO["argon2"][PASSWORD].removeprefix("argon2")
    jsonl.write_text(f'{{"email": "eve@example.com", "hash": "{raw}", "name": "Eve Doe"}}\n')
    import_users("jsonl", str(jsonl))
    assert stored_hash("eve@example.com") == f"argon2{raw}"
    assert new_browser().sign_in("eve@example.com", PASSWORD).status_int == 303
    assert stored_hash("eve@example.com").startswith("$argon2id$v=19$m=8,")


def test_import_keeps_creation_date_and_external_id(import_users, legacy_database, dbsession):
    import_users("devise", legacy_database("devise", hashes_of("devise", PASSWORD)))
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.external_id, user.created_at) == (
        "devise:1",
        datetime(2024, 5, 1, 12, 0, 0, 123000, UTC),
    )
