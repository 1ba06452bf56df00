"""Every setting: its sources, its default, and what is refused."""

import ipaddress
from dataclasses import MISSING
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from authsite.http.proxies import TrustedProxies
from authsite.passwords.breached import breached_passwords_at
from authsite.passwords.peppers import Pepper
from authsite.settings.former_names import FORMER_NAMES, REMOVED
from authsite.settings.loader import (
    SettingDescription,
    SettingError,
    describe_settings,
    load_settings,
    read_database_url,
    read_pooler,
)
from authsite.settings.schema import Settings
from authsite.throttling.limits import RateLimit
from tests.breaches import EXCERPT

SECRET = "kQ7v_0pTzR4mXw9sLb2NcYdE8uHgJf1A"
URL = "postgresql://ada:hush@db.example/authsite"
LEAST = {
    "authsite.secret": SECRET,
    "authsite.site.url": "https://site.example",
    "authsite.mail.host": "localhost",
    "sqlalchemy.url": URL,
}
#: The same on this machine, where development and weak secrets are accepted.
LOCAL = LEAST | {"authsite.site.url": "https://localhost"}
HOUR = timedelta(hours=1)
SECRET_PEPPER = "cayenne-and-black-pepper-from-Kampot"
A_PEPPER = Pepper("a1", SECRET_PEPPER.encode())
CERTIFICATES = str(Path(__file__).parents[2] / "authority.pem")
OTHER_URL = "postgresql://eve:psst@db.example/other"

#: For each setting: a text other than its default, its value, and a refused text.
EXAMPLES: dict[str, tuple[str, Any, str]] = {
    "authsite.secret": ("another secret of thirty-two letters", b"another ", "short"),
    "authsite.dev": ("true", True, "maybe"),
    "authsite.previous_secrets": (
        f"{'a' * 40}\n\n {'b, ' * 20}",
        (b"a" * 40, b"b, " * 19 + b"b,"),
        f"{SECRET}\nshort",
    ),
    "authsite.sign_up": ("closed", "closed", "invited"),
    "authsite.after_sign_in": ("/orders?open=1", "/orders?open=1", "https://example.com/orders"),
    "authsite.after_sign_up": ("/welcome", "/welcome", "//example.com"),
    "authsite.after_sign_out": ("/", "/", "goodbye"),
    "authsite.site.url": ("https://other.example:8080", "https://other.example:8080", "here"),
    "authsite.site.allow_http": ("yes", True, "maybe"),
    "authsite.site.name": ("Lovelace & Co", "Lovelace & Co", " "),
    "authsite.site.security_contact": ("mailto:a@b.example", "mailto:a@b.example", "a@b.example"),
    "authsite.site.change_password_url": ("no", False, "perhaps"),
    "authsite.site.security_policy": ("https://a.example/p", "https://a.example/p", "http://a"),
    "authsite.headers.csp_style_src": (
        "https://cdn.example.com/css/ 'sha256-AbC+/_-9='",
        ("https://cdn.example.com/css/", "'sha256-AbC+/_-9='"),
        "'unsafe-inline'",
    ),
    "authsite.headers.csp_font_src": ("'self'", ("'self'",), "data:"),
    "authsite.headers.csp_img_src": (
        "data:, https://a.example",
        ("data:", "https://a.example"),
        "*",
    ),
    "authsite.headers.csp_script_src": ("'self'", ("'self'",), "'unsafe-eval'"),
    "authsite.session.cookie_name": ("their_session", "their_session", "their session"),
    "authsite.session.idle_timeout": ("7d", timedelta(days=7), "a week"),
    "authsite.session.absolute_timeout": ("31d", timedelta(days=31), "0d"),
    "authsite.session.refresh_interval": ("5m", timedelta(minutes=5), "often"),
    "authsite.session.reauthentication_lifetime": ("1m", timedelta(minutes=1), "1 s"),
    "authsite.session.public_idle_timeout": ("5m", timedelta(minutes=5), "soon"),
    "authsite.session.public_absolute_timeout": ("1h", timedelta(hours=1), "1 s"),
    "authsite.throttle.sign_in_account": (
        "5/1m, 20/1h..2h",
        (RateLimit(5, timedelta(minutes=1)), RateLimit(20, HOUR, max_delay=2 * HOUR)),
        "10/5",
    ),
    "authsite.throttle.sign_in_device": ("off", (), "none"),
    "authsite.throttle.sign_in_network": ("9/1d", (RateLimit(9, timedelta(days=1)),), "0/5m"),
    "authsite.throttle.sign_in_attempts_account": ("9/1h", (RateLimit(9, HOUR),), "9"),
    "authsite.throttle.sign_in_attempts_network": ("off", (), "never"),
    "authsite.throttle.sign_up_network": ("2/1h", (RateLimit(2, HOUR),), "2/1h,"),
    "authsite.throttle.new_password_account": ("off", (), "30"),
    "authsite.throttle.new_password_network": ("9/1h", (RateLimit(9, HOUR),), "9/1h,"),
    "authsite.throttle.email_recipient": ("1/1h", (RateLimit(1, HOUR),), "1"),
    "authsite.throttle.email_unverified": ("3/1d", (RateLimit(3, timedelta(days=1)),), "3/d"),
    "authsite.throttle.email_network": ("3/1h", (RateLimit(3, HOUR),), "/"),
    "authsite.throttle.email_link_account": ("4/1h", (RateLimit(4, HOUR),), "4/h"),
    "authsite.email.verification": ("required", "required", "perhaps"),
    "authsite.email.allowed_domains": (
        "Example.com, bücher.example example.com",
        ("example.com", "xn--bcher-kva.example"),
        "@example.com",
    ),
    "authsite.email.verification_lifetime": ("1h", HOUR, "soon"),
    "authsite.email.revert_lifetime": ("1d", timedelta(days=1), "0d"),
    "authsite.throttle.export_account": ("9/1d", (RateLimit(9, timedelta(days=1)),), "9"),
    "authsite.throttle.export_running": ("off", (), "on"),
    "authsite.accounts.unverified_lifetime": ("never", None, "0d"),
    "authsite.deletion.grace_period": ("30d", timedelta(days=30), "a month"),
    "authsite.deletion.reminder_before": ("1d", timedelta(days=1), ""),
    "authsite.mail.host": ("::1", "::1", "mail.example.com:25"),
    "authsite.mail.security": ("tls", "tls", "ssl"),
    "authsite.mail.port": ("2525", 2525, "65536"),
    "authsite.mail.ca_file": (CERTIFICATES, CERTIFICATES, "/dev/null/nothing"),
    "authsite.mail.username": ("ada", "ada", ""),
    "authsite.mail.password": ("s3cret of the mail", "s3cret of the mail", " "),
    "authsite.mail.timeout": ("3s", timedelta(seconds=3), "3 s"),
    "authsite.mail.sender": ("Me@bücher.example", "Me@xn--bcher-kva.example", "me"),
    "authsite.mail.deliver_in_process": ("no", False, "none"),
    "authsite.passwords.reset_link_lifetime": ("2h", 2 * HOUR, "2 s"),
    "authsite.passwords.minimum_length": ("15", 15, "11"),
    "authsite.passwords.blocklist": (
        "Lovelace, lace.example ",
        ("Lovelace", "lace.example"),
        "a, b",
    ),
    "authsite.passwords.breached": (str(EXCERPT), breached_passwords_at(EXCERPT), "/dev/null"),
    "authsite.passwords.pepper": (f"a1:{SECRET_PEPPER}", (A_PEPPER,), "a1:short"),
    "authsite.passwords.time_cost": ("4", 4, "0"),
    "authsite.passwords.memory_cost": ("65536", 65_536, "7"),
    "authsite.passwords.parallelism": ("2", 2, "0"),
    "authsite.passwords.hash_threads": ("2", 2, "-1"),
    "authsite.passwords.hash_cores": ("0-2,8, 4", (0, 1, 2, 4, 8), "0-"),
    "authsite.passwords.hash_queue_size": ("8", 8, "0"),
    "sqlalchemy.url": (OTHER_URL, make_url(OTHER_URL), "mysql://db/x"),
    "authsite.database.pooler": ("transaction", "transaction", "session"),
    "authsite.database.pool_size": ("32", 32, "0"),
    "authsite.database.timeout": ("2s", timedelta(seconds=2), "2 s"),
    "authsite.database.read_url": (OTHER_URL, make_url(OTHER_URL), "sqlite:////srv/copy.sqlite"),
    "authsite.database.read_max_lag": ("2s", timedelta(seconds=2), "2 s"),
    "authsite.database.attempts": ("5", 5, "0"),
    "authsite.metrics.listen": ("[::1]:9101-9104", ("::1", 9101, 9104), "9101"),
    "authsite.proxy.trusted": (
        "127.0.0.1, 10.0.1.0/24,unix",
        TrustedProxies(
            (ipaddress.ip_network("127.0.0.1"), ipaddress.ip_network("10.0.1.0/24")),
            unix_socket=True,
        ),
        "10.0.1.7/24",
    ),
    "authsite.proxy.count": ("2", 2, "0"),
    "authsite.purge.interval": ("30m", timedelta(minutes=30), "hourly"),
}

every_setting = pytest.mark.parametrize("setting", describe_settings(), ids=lambda row: row.key)
every_secret = pytest.mark.parametrize(
    "setting", [row for row in describe_settings() if row.secret], ids=lambda row: row.key
)


def value_of(settings: Settings, key: str) -> Any:
    """Return the value of `authsite.<group>.<name>`."""
    value: Any = settings
    for name in key.replace("sqlalchemy.", "authsite.database.").split(".")[1:]:
        value = getattr(value, name)
    return value[:8] if key == "authsite.secret" else value


def test_every_setting_has_an_example_here():
    assert {setting.key for setting in describe_settings()} == set(EXAMPLES)


def test_variable_names_follow_the_keys():
    names = {setting.key: setting.variable for setting in describe_settings()}
    assert names.pop("sqlalchemy.url") == "DATABASE_URL"
    assert all(names[key] == key.upper().replace(".", "_") for key in names)


@every_setting
def test_setting_has_its_default(setting: SettingDescription):
    if setting.key in LEAST:
        assert setting.default in (MISSING, None)
    else:
        assert value_of(load_settings(LOCAL, {}), setting.key) == setting.default


@every_setting
def test_setting_is_read_from_the_ini_file(setting: SettingDescription):
    text, value, _ = EXAMPLES[setting.key]
    assert value_of(load_settings(LOCAL | {setting.key: text}, {}), setting.key) == value


@every_setting
def test_environment_overrides_the_ini_file(setting: SettingDescription):
    text, value, wrong = EXAMPLES[setting.key]
    settings = load_settings(LOCAL | {setting.key: wrong}, {setting.variable: text})
    assert value_of(settings, setting.key) == value


@every_setting
def test_wrong_value_is_refused_with_its_name(setting: SettingDescription):
    wrong = EXAMPLES[setting.key][2]
    with pytest.raises(SettingError, match=rf"^{setting.key} must .*\.$"):
        load_settings(LOCAL | {setting.key: wrong}, {})
    with pytest.raises(SettingError, match=rf"^{setting.variable} must .*\.$"):
        load_settings(LOCAL, {setting.variable: wrong})


@pytest.mark.parametrize("key", LEAST)
def test_setting_without_a_default_is_required(key):
    ini = {name: value for name, value in LOCAL.items() if name != key}
    (setting,) = [row for row in describe_settings() if row.key == key]
    with pytest.raises(SettingError, match=f"^{key} is missing. .*{setting.variable}") as refusal:
        load_settings(ini, {})
    assert (f"{setting.variable}_FILE" in str(refusal.value)) is setting.secret
    assert setting.meaning in str(refusal.value)


@every_secret
def test_secret_may_come_from_a_file(setting: SettingDescription, tmp_path: Path):
    text, value, wrong = EXAMPLES[setting.key]
    file = tmp_path / "secret"
    file.write_text(f"{text}\n")
    environ = {f"{setting.variable}_FILE": str(file)}
    assert value_of(load_settings(LOCAL | {setting.key: wrong}, environ), setting.key) == value


@every_secret
def test_secret_with_two_sources_is_refused(setting: SettingDescription, tmp_path: Path):
    """One of them would be ignored, and another command may read that one."""
    file = tmp_path / "secret"
    file.write_text(EXAMPLES[setting.key][0])
    environ = {setting.variable: EXAMPLES[setting.key][0], f"{setting.variable}_FILE": str(file)}
    with pytest.raises(SettingError) as refusal:
        load_settings(LOCAL, environ)
    both = f"{setting.variable} and {setting.variable}_FILE are both set; remove one."
    assert str(refusal.value) == both


@every_secret
@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not UTF-8"])
def test_unreadable_secret_file_is_refused_with_its_name(setting, content, tmp_path):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingError, match=f"^{setting.variable}_FILE: can't read the file"):
        load_settings(LOCAL, {f"{setting.variable}_FILE": str(file)})


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("authsite.sesion.idle_timeout", "Did you mean authsite.session.idle_timeout?"),
        ("authsite.site.Url", "Did you mean authsite.site.url?"),
        ("authsite.qqqqqqqqqqqqqqqqqqqq", "docs/configuration.md lists all."),
        ("authsite.database.url", "Did you mean authsite."),
    ],
)
def test_unknown_setting_is_refused_with_the_nearest(key, hint):
    with pytest.raises(SettingError, match=f"^{key} is not a setting") as refusal:
        load_settings(LEAST | {key: "1"}, {})
    assert hint in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("AUTHSITE_SITE_URI", "Did you mean AUTHSITE_SITE_URL?"),
        ("AUTHSITE_SECRET_FIEL", "Did you mean AUTHSITE_SECRET_FILE?"),
        ("AUTHSITE_SITE_NAME_FILE", "Did you mean AUTHSITE_SITE_NAME?"),
        ("AUTHSITE_QQQQQQQQQQQQQQQQQQQQ", "docs/configuration.md lists all."),
    ],
)
def test_unknown_variable_is_refused_with_the_nearest(variable, hint):
    """Only secrets are read from files."""
    with pytest.raises(SettingError) as refusal:
        load_settings(LEAST, {variable: "x"})
    assert str(refusal.value) == f"{variable} is not a setting. {hint}"


def test_variables_of_a_kubernetes_service_are_ignored():
    """Kubernetes sets them in every container, for a service called authsite or authsite-web."""
    for stem in ("AUTHSITE", "AUTHSITE_WEB"):
        names = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP_ADDR")
        load_settings(LEAST, {f"{stem}_{name}": "10.0.0.1" for name in names})
    with pytest.raises(SettingError, match=r"^AUTHSITE_WEB_PORT is not a setting"):
        load_settings(LEAST, {"AUTHSITE_WEB_PORT": "x"})


def test_variables_of_other_programs_are_ignored():
    assert load_settings(LEAST, {"HOME": "/", "_AUTHSITE_COMPLETE": "x", "AUTHSITES": "x"})


@pytest.mark.parametrize(("previous", "current"), FORMER_NAMES.items())
def test_previous_setting_name_is_refused_with_the_new_one(previous, current):
    known = {setting.key for setting in describe_settings()}
    assert f"authsite.{current}" in known
    assert f"authsite.{previous}" not in known
    with pytest.raises(SettingError) as refusal:
        load_settings(LEAST | {f"authsite.{previous}": "1"}, {})
    assert str(refusal.value) == (
        f"authsite.{previous} is now authsite.{current}: rename it in the ini file."
    )


@pytest.mark.parametrize(("previous", "current"), FORMER_NAMES.items())
def test_previous_variable_name_is_refused_with_the_new_one(previous, current):
    previous, current = (
        f"AUTHSITE_{each.upper().replace('.', '_')}" for each in (previous, current)
    )
    with pytest.raises(SettingError) as refusal:
        load_settings(LEAST, {previous: "1"})
    assert str(refusal.value) == f"{previous} is now {current}: rename it in the environment."


def test_previous_names_cover_every_renamed_setting():
    assert len(set(FORMER_NAMES)) == len(set(FORMER_NAMES.values())) == 21


@pytest.mark.parametrize("removed", REMOVED)
def test_removed_setting_is_refused_with_the_reason(removed):
    reason = "an email link cannot be guessed, so unknown ones are not counted"
    variable = f"AUTHSITE_{removed.upper().replace('.', '_')}"
    with pytest.raises(SettingError) as refusal:
        load_settings(LEAST | {f"authsite.{removed}": "off"}, {})
    assert str(refusal.value) == (
        f"authsite.{removed} was removed: {reason}. Delete it from the ini file."
    )
    with pytest.raises(SettingError) as refusal:
        load_settings(LEAST, {variable: "off"})
    assert str(refusal.value) == (
        f"{variable} was removed: {reason}. Delete it from the environment."
    )


def test_settings_of_other_packages_are_ignored():
    assert load_settings(LEAST | {"pyramid.reload_templates": "true", "x": "y"}, {})


@pytest.mark.asvs("13.4.2", "11.1.1")
@pytest.mark.parametrize("secret", ["for development only: everybody knows this secret", "x" * 32])
def test_weak_secret_is_for_this_machine_and_development(secret):
    ini = {"authsite.secret": secret, "authsite.mail.sender": "a@example.com"}
    for url in ("https://site.example", "https://192.168.1.5"):
        with pytest.raises(SettingError, match=r"^authsite\.secret .* attackers can guess it"):
            load_settings(LEAST | ini | {"authsite.site.url": url}, {})
    assert load_settings(LOCAL | ini, {})
    network = {"authsite.site.url": "http://192.168.1.5:6543", "authsite.dev": "true"}
    assert load_settings(LEAST | ini | network, {}).dev


def test_previous_secrets_may_be_weak():
    settings = load_settings(LEAST | {"authsite.previous_secrets": "x" * 32}, {})
    assert settings.previous_secrets == (b"x" * 32,)


@pytest.mark.asvs("13.4.2")
@pytest.mark.parametrize("url", ["https://site.example", "https://8.8.8.8", "https://intranet"])
def test_development_is_refused_under_a_public_url(url):
    with pytest.raises(SettingError, match=r"^authsite\.dev must be false"):
        load_settings(LEAST | {"authsite.site.url": url, "authsite.dev": "true"}, {})


def test_public_http_needs_its_own_setting():
    ini = LEAST | {"authsite.site.url": "http://site.example"}
    with pytest.raises(SettingError, match=r"^authsite\.site\.url must .*allow_http"):
        load_settings(ini, {})
    assert not load_settings(ini | {"authsite.site.allow_http": "yes"}, {}).https
    assert not load_settings(ini | {"authsite.site.url": "http://localhost:6543"}, {}).https


@pytest.mark.asvs("7.1.1")
@pytest.mark.parametrize(
    ("session", "reason"),
    [
        ({"idle_timeout": "1h", "refresh_interval": "1h"}, "must be shorter than"),
        ({"idle_timeout": "1h", "refresh_interval": "2h"}, "must be shorter than"),
        ({"absolute_timeout": "401d"}, "400 days"),
        ({"idle_timeout": "9999999d"}, "400 days"),
    ],
    ids=str,
)
def test_inconsistent_session_timeouts_are_refused(session, reason):
    """Browsers keep no cookie beyond 400 days."""
    ini = {f"authsite.session.{name}": value for name, value in session.items()}
    with pytest.raises(SettingError, match=reason):
        load_settings(LEAST | ini, {})


def test_read_replica_of_sqlite_is_refused():
    urls = {"sqlalchemy.url": "sqlite:////srv/site.sqlite", "authsite.database.read_url": URL}
    with pytest.raises(SettingError, match=r"^authsite\.database\.read_url needs"):
        load_settings(LEAST | urls, {})


@pytest.mark.asvs("11.4.2")
def test_costs_that_argon2_refuses_are_refused():
    """Argon2 needs 8 KiB per lane (RFC 9106, 3.1); with less, every sign-up would fail."""
    costs = {"authsite.passwords.memory_cost": "31", "authsite.passwords.parallelism": "4"}
    with pytest.raises(SettingError, match=r"^authsite\.passwords\.memory_cost must be at least 8"):
        load_settings(LEAST | costs, {})
    load_settings(LEAST | costs | {"authsite.passwords.memory_cost": "32"}, {})


@pytest.mark.asvs("13.3.1", "16.2.5")
def test_repr_hides_secrets():
    secrets = {
        "authsite.passwords.pepper": f"a1:{SECRET_PEPPER}",
        "authsite.mail.password": "s3cret of the mail",
        "authsite.previous_secrets": "a s3cret of which emails may wait",
    }
    shown = repr(load_settings(LEAST | secrets, {}))
    assert SECRET_PEPPER not in shown
    assert "s3cret" not in shown
    assert SECRET not in shown
    assert "hush" not in shown
    assert "db.example" not in shown
    assert "https://site.example" in shown


@pytest.mark.asvs("12.3.1")
@pytest.mark.parametrize(
    ("mail", "wrong"),
    [
        (
            {"authsite.mail.security": "none", "authsite.mail.host": "mail.example"},
            "security can be none only",
        ),
        (
            {
                "authsite.site.url": "http://localhost",
                "authsite.dev": "true",
                "authsite.mail.host": "mail.example",
            },
            "host must be localhost",
        ),
    ],
)
def test_unencrypted_or_external_mail_server_is_refused(mail, wrong):
    with pytest.raises(SettingError, match=rf"^authsite\.mail\.{wrong}"):
        load_settings(LEAST | mail, {})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_mail_server_on_this_machine_needs_no_tls(host):
    mail = {"authsite.mail.security": "none", "authsite.mail.host": host}
    assert load_settings(LOCAL | mail | {"authsite.dev": "true"}, {}).mail.host == host


def test_development_needs_no_mail_server():
    ini = {key: value for key, value in LOCAL.items() if key != "authsite.mail.host"}
    assert load_settings(ini | {"authsite.dev": "true"}, {}).mail.host is None


def test_sender_defaults_to_the_host_of_the_site():
    assert load_settings(LEAST, {}).sender == "no-reply@site.example"
    port = {"authsite.site.url": "https://site.example:8080"}
    assert load_settings(LEAST | port, {}).sender == "no-reply@site.example"
    given = {"authsite.mail.sender": "accounts@other.example"}
    assert load_settings(LEAST | given, {}).sender == "accounts@other.example"


@pytest.mark.parametrize("url", ["https://192.0.2.1", "http://[2001:db8::1]:8080"])
def test_site_at_an_ip_address_requires_a_sender(url):
    ini = LEAST | {"authsite.site.url": url}
    with pytest.raises(SettingError, match=r"^authsite\.mail\.sender is missing"):
        load_settings(ini, {})
    given = {"authsite.mail.sender": "accounts@example.com"}
    assert load_settings(ini | given, {}).sender == "accounts@example.com"


def test_unverified_accounts_are_kept_at_most_as_long_as_events():
    ini = LEAST | {"authsite.accounts.unverified_lifetime": "90d"}
    assert load_settings(ini, {}).accounts.unverified_lifetime == timedelta(days=90)
    ini["authsite.accounts.unverified_lifetime"] = "91d"
    with pytest.raises(SettingError, match=r"^authsite\.accounts\.unverified_lifetime must be at"):
        load_settings(ini, {})


def test_reminder_must_be_shorter_than_the_grace_period():
    ini = {"authsite.deletion.grace_period": "3d", "authsite.deletion.reminder_before": "3d"}
    with pytest.raises(SettingError, match=r"^authsite\.deletion\.reminder_before must be shorter"):
        load_settings(LEAST | ini, {})


@pytest.mark.parametrize(
    ("url", "https"), [("https://a.example", True), ("http://localhost", False)]
)
def test_https_follows_the_site_url(url, https):
    assert load_settings(LEAST | {"authsite.site.url": url}, {}).https is https


def test_database_url_is_read_without_other_settings():
    assert read_database_url({"sqlalchemy.url": URL}, {}) == make_url(URL)
    assert read_database_url({}, {"DATABASE_URL": OTHER_URL}) == make_url(OTHER_URL)
    with pytest.raises(SettingError, match=r"^sqlalchemy\.url is missing"):
        read_database_url({}, {})


def test_pooler_is_read_without_other_settings():
    assert read_pooler({}, {}) == "none"
    assert read_pooler({}, {"AUTHSITE_DATABASE_POOLER": "transaction"}) == "transaction"


def test_pooler_refuses_options_in_the_database_url():
    """It refuses or drops them, or would pass their effect on."""
    for key in ("sqlalchemy.url", "authsite.database.read_url"):
        ini = LEAST | {key: f"{URL}?options=-c%20search_path%3Dsite"}
        assert not load_settings(ini, {}).database.is_pooled
        with pytest.raises(SettingError, match=f"^{key} must not have .* ALTER ROLE"):
            load_settings(ini | {"authsite.database.pooler": "transaction"}, {})
