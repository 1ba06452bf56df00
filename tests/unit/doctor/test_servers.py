"""The checks of servers: listening, proxy, threads and limits."""

import pytest

from authsite.doctor.finding import Status
from authsite.passwords.cores import available_cores
from tests.unit.doctor.conftest import PROXY, SERVER
from tests.unit.doctor.findings import fails, findings_of, passes, warns

NO_PROXY = dict.fromkeys(PROXY)
DEVELOPMENT = {"authsite.dev": "true", "authsite.site.url": "http://localhost"}
SOCKET = {"listen": None, "unix_socket": "/run/authsite.sock"}


def second(**lines):
    """Return the section of another server, which inherits from the first."""
    return {"server:second": {"use": "main"} | lines}


def test_servers_are_listed(a_subject):
    assert passes(a_subject(), "servers") == "main on 127.0.0.1:6543"
    assert passes(a_subject(server=SOCKET), "servers") == "main on /run/authsite.sock"


def test_servers_inherit_lines(a_subject):
    subject = a_subject(more=second(listen="127.0.0.1:6544"))
    assert passes(subject, "servers") == "main on 127.0.0.1:6543; second on 127.0.0.1:6544"


def test_servers_fail_on_one_port(a_subject):
    assert "127.0.0.1:6543" in fails(a_subject(more=second()), "servers")


@pytest.mark.parametrize("listen", ["0.0.0.0:6543", "*:6543"])
def test_servers_on_all_interfaces_are_on_each(a_subject, listen):
    subject = a_subject(more=second(listen=listen))
    assert "127.0.0.1:6543" in fails(subject, "servers")
    subject = a_subject(more=second(listen=listen.replace("6543", "6544")))
    assert "6544" in passes(subject, "servers")


def test_servers_are_restricted_to_the_named_one(a_subject):
    subject = a_subject(more=second(), server_name="second")
    assert passes(subject, "servers") == "second on 127.0.0.1:6543"
    assert "[server:third]" in fails(a_subject(server_name="third"), "servers")


@pytest.mark.parametrize("lines", [{"thread": "4"}, {"listen": "nowhere:x"}, {"threads": "many"}])
def test_servers_that_waitress_rejects_fail(a_subject, lines):
    assert "waitress does not start" in fails(a_subject(server=lines), "servers")


def test_servers_of_production_ini_are_waitress(a_subject):
    own = {"use": None, "paste.server_factory": "authsite.application.server:Server"}
    subject = a_subject(server=own | {"stop_timeout": "25"}, more=second(listen="127.0.0.1:6544"))
    assert passes(subject, "servers") == "main on 127.0.0.1:6543; second on 127.0.0.1:6544"
    subject = a_subject(server=own | {"stop_after": "25"})
    assert "waitress does not start" in fails(subject, "servers")


@pytest.mark.parametrize("use", ["egg:gunicorn#main", "config:other.ini", "main", "nothing"])
def test_servers_other_than_waitress_are_not_checked(a_subject, use):
    subject = a_subject(server={"use": use, "workers": "4"})
    assert "not waitress: check its proxy (authsite.proxy.trusted)" in warns(subject, "servers")
    assert findings_of(subject, "proxy") == []


def test_waitress_may_leave_the_proxy_to_the_setting(a_subject):
    app = {"authsite.proxy.trusted": "10.0.1.0/24"}
    server = {"trusted_proxy": None, "trusted_proxy_headers": None, "listen": "*:6543"}
    cleared = a_subject(app=app, server=server)
    assert "removes the headers" in fails(cleared, "proxy")
    kept = a_subject(app=app, server=server | {"clear_untrusted_proxy_headers": "false"})
    assert "leaves the proxies to authsite.proxy.trusted" in passes(kept, "proxy")


def test_setting_has_to_name_the_proxy_on_this_machine(a_subject):
    server = {
        "trusted_proxy": None,
        "trusted_proxy_headers": None,
        "clear_untrusted_proxy_headers": "false",
    }
    other = a_subject(app={"authsite.proxy.trusted": "10.0.1.0/24"}, server=server)
    assert "does not name" in fails(other, "proxy")
    own = a_subject(app={"authsite.proxy.trusted": "127.0.0.1"}, server=server)
    assert "leaves the proxies" in passes(own, "proxy")


def test_proxy_on_this_machine_may_be_trusted(a_subject):
    assert passes(a_subject(), "proxy") == "[server:main] trusts 127.0.0.1 only."


@pytest.mark.parametrize("listen", ["127.0.0.1:6543", "0.0.0.0:80"])
def test_proxy_must_be_trusted(a_subject, listen):
    subject = a_subject(server=NO_PROXY | {"listen": listen})
    assert fails(subject, "proxy").startswith("[server:main] trusts no proxy")


def test_proxy_is_checked_for_each_server(a_subject):
    found = findings_of(a_subject(server=NO_PROXY, more=second()), "proxy")
    assert [each.status for each in found] == [Status.FAIL] * 2


def test_proxy_is_not_needed_in_development(a_subject):
    passes(a_subject(app=DEVELOPMENT, server=NO_PROXY), "proxy")


@pytest.mark.parametrize(
    ("trusted", "lines"),
    [
        ("192.0.2.1", {}),
        ("localhost", {}),
        ("127.0.0.1", {"listen": "[::1]:6543"}),
        ("127.0.0.1", SOCKET),
    ],
)
def test_proxy_must_be_where_connections_come_from(a_subject, trusted, lines):
    subject = a_subject(server={"trusted_proxy": trusted} | lines)
    assert f"trusts {trusted}, but" in fails(subject, "proxy")


def test_proxy_of_any_program_on_this_machine_is_a_warning(a_subject):
    subject = a_subject(server={"trusted_proxy": "*"})
    assert "every program" in warns(subject, "proxy")
    [found] = findings_of(a_subject(server={"trusted_proxy": "*", "listen": "[::1]:1"}), "proxy")
    assert found.fix == "Set trusted_proxy = ::1."


@pytest.mark.parametrize(
    ("trusted", "named"), [("localhost", "localhost"), ("*", "every program on this machine")]
)
def test_proxy_reaches_a_unix_socket_as_localhost(a_subject, trusted, named):
    subject = a_subject(server=SOCKET | {"trusted_proxy": trusted})
    assert passes(subject, "proxy") == f"[server:main] trusts {named} only."


@pytest.mark.parametrize("listen", ["0.0.0.0:6543", "192.0.2.7:6543", "127.0.0.1:1 192.0.2.7:2"])
def test_proxy_must_not_be_every_machine(a_subject, listen):
    subject = a_subject(server={"listen": listen, "trusted_proxy": "*"})
    assert "every machine" in fails(subject, "proxy")


def test_proxy_may_be_on_another_machine(a_subject):
    subject = a_subject(server={"listen": "192.0.2.7:6543", "trusted_proxy": "192.0.2.1"})
    assert "192.0.2.1" in passes(subject, "proxy")


@pytest.mark.parametrize("listen", ["0.0.0.0:6543", "[::]:6543", "*:6543"])
def test_proxy_that_can_be_bypassed_is_a_warning(a_subject, listen):
    subject = a_subject(server={"listen": listen, "trusted_proxy": "192.0.2.1"})
    assert "bypass" in warns(subject, "proxy")


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        ("x-forwarded-for", "x-forwarded-proto"),
        (None, "x-forwarded-for"),
        ("x-forwarded-by", "x-forwarded-for and x-forwarded-proto"),
    ],
)
def test_proxy_headers_must_be_used(a_subject, headers, missing):
    subject = a_subject(server={"trusted_proxy_headers": headers})
    assert f"ignores {missing} of" in fails(subject, "proxy")


def test_proxy_header_forwarded_is_enough(a_subject):
    passes(a_subject(server={"trusted_proxy_headers": "forwarded"}), "proxy")


def test_proxy_headers_of_visitors_are_a_warning(a_subject):
    headers = f"{PROXY['trusted_proxy_headers']} x-forwarded-host"
    assert "x-forwarded-host" in warns(
        a_subject(server={"trusted_proxy_headers": headers}), "proxy"
    )


@pytest.mark.parametrize(("line", "what"), [("false", "passes untrusted"), (None, "default")])
def test_proxy_headers_that_are_passed_on_are_a_warning(a_subject, line, what):
    """Those of waitress before version 3 are by default."""
    subject = a_subject(server={"clear_untrusted_proxy_headers": line})
    assert what in warns(subject, "proxy")


def test_threads_outnumber_hashes(a_subject):
    subject = a_subject(app={"authsite.passwords.hash_threads": "2"}, server={"threads": "67"})
    assert "67 threads; 66 may" in passes(subject, "threads")


def test_threads_that_hashes_can_occupy_are_a_warning(a_subject):
    subject = a_subject(app={"authsite.passwords.hash_threads": "2"}, server={"threads": "66"})
    assert "66 threads; 66 may" in warns(subject, "threads")
    subject = a_subject(server={"threads": None})
    assert f"{64 + available_cores()} may" in warns(subject, "threads")


def test_limits_of_production_pass(a_subject):
    passes(a_subject(), "limits")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"max_request_body_size": None}, "max_request_body_size = 1073741824"),
        ({"max_request_header_size": "1000000"}, "max_request_header_size = 1000000"),
        ({"channel_timeout": None}, "channel_timeout = 120"),
        ({"connection_limit": None}, "connection_limit = 100"),
        ({"connection_limit": "300"}, "connection_limit = 300"),
        ({"ident": None}, ": waitress"),
    ],
)
def test_limits_warn_of_the_defaults_of_waitress(a_subject, lines, message):
    assert message in warns(a_subject(server=lines), "limits")


def test_limits_reject_tracebacks(a_subject):
    assert "tracebacks" in fails(a_subject(server={"expose_tracebacks": "yes"}), "limits")


def test_limits_and_threads_are_not_needed_in_development(a_subject):
    bare = {name: None for name in SERVER if name not in ("use", "listen")}
    subject = a_subject(app=DEVELOPMENT, server=bare)
    passes(subject, "threads")
    passes(subject, "limits")
