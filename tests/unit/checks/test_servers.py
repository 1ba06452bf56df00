"""Whether the servers can start, believe the proxy alone, and stay up."""

import os

import pytest

from authsite.checks.finding import Status
from tests.unit.checks.conftest import PROXY, SERVER
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong, looked_at

UNTRUSTING = dict.fromkeys(PROXY)
DEVELOPMENT = {"authsite.dev": "true", "authsite.site.url": "http://localhost"}


def second(**said):
    """Return the section of another server, which inherits from the first."""
    return {"server:second": {"use": "main"} | said}


def test_a_server_is_told_with_where_it_listens(a_setup):
    assert is_fine(a_setup(), "servers") == "main on 127.0.0.1:6543"


def test_one_that_inherits_listens_elsewhere(a_setup):
    setup = a_setup(more=second(listen="127.0.0.1:6544"))
    assert is_fine(setup, "servers") == "main, second on 127.0.0.1:6543, 127.0.0.1:6544"


def test_two_on_one_port_are_wrong(a_setup):
    assert "two servers listen on 127.0.0.1:6543" in is_wrong(a_setup(more=second()), "servers")


@pytest.mark.parametrize("listen", ["0.0.0.0:6543", "*:6543"])
def test_on_all_interfaces_is_on_each_of_them(a_setup, listen):
    setup = a_setup(more=second(listen=listen))
    assert "two servers listen on 127.0.0.1:6543" in is_wrong(setup, "servers")
    setup = a_setup(more=second(listen=listen.replace("6543", "6544")))
    assert "6544" in is_fine(setup, "servers")


def test_the_one_that_is_asked_for_is_looked_at_alone(a_setup):
    setup = a_setup(more=second(), server_name="second")
    assert is_fine(setup, "servers") == "second on 127.0.0.1:6543"
    setup = a_setup(server_name="third")
    assert is_wrong(setup, "servers") == "there is no section [server:third]"


@pytest.mark.parametrize("said", [{"thread": "4"}, {"listen": "nowhere:x"}, {"threads": "many"}])
def test_one_that_waitress_does_not_take_is_wrong(a_setup, said):
    assert "waitress does not start" in is_wrong(a_setup(server=said), "servers")


@pytest.mark.parametrize("use", ["egg:gunicorn#main", "config:other.ini", "main", "nothing"])
def test_of_another_server_nothing_is_said(a_setup, use):
    setup = a_setup(server={"use": use, "workers": "4"})
    assert "no waitress" in is_doubtful(setup, "servers")
    assert looked_at(setup, "proxy") == []


def test_a_proxy_on_this_machine_that_is_believed_is_fine(a_setup):
    assert is_fine(a_setup(), "proxy") == "[server:main] believes 127.0.0.1, no other"


def test_a_proxy_that_is_not_believed_is_wrong(a_setup):
    said = is_wrong(a_setup(server=UNTRUSTING), "proxy")
    assert "[server:main] believes no proxy" in said
    setup = a_setup(server=UNTRUSTING | {"listen": "0.0.0.0:80"})
    assert "does not speak TLS" in is_wrong(setup, "proxy")


def test_each_server_is_looked_at(a_setup):
    found = looked_at(a_setup(server=UNTRUSTING, more=second()), "proxy")
    assert [each.status for each in found] == [Status.WRONG] * 2


def test_in_development_there_is_no_proxy(a_setup):
    assert "in development" in is_fine(a_setup(app=DEVELOPMENT, server=UNTRUSTING), "proxy")


@pytest.mark.parametrize(
    ("said", "listen"),
    [
        ({"trusted_proxy": "192.0.2.1"}, {}),
        ({"trusted_proxy": "localhost"}, {}),
        ({"trusted_proxy": "127.0.0.1"}, {"listen": "[::1]:6543"}),
        ({"trusted_proxy": "127.0.0.1"}, {"listen": None, "unix_socket": "/run/authsite.sock"}),
    ],
)
def test_a_proxy_that_never_comes_from_there_is_wrong(a_setup, said, listen):
    setup = a_setup(server=said | listen)
    assert f"believes {said['trusted_proxy']}, but is reached from" in is_wrong(setup, "proxy")


@pytest.mark.parametrize(
    ("trusted", "whom"), [("localhost", "localhost"), ("*", "every program of this machine")]
)
def test_a_unix_socket_is_reached_from_localhost(a_setup, trusted, whom):
    server = {"listen": None, "unix_socket": "/run/authsite.sock", "trusted_proxy": trusted}
    setup = a_setup(server=server)
    assert is_fine(setup, "proxy") == f"[server:main] believes {whom}, no other"
    assert is_fine(setup, "servers") == "main on /run/authsite.sock"


@pytest.mark.parametrize("listen", ["0.0.0.0:6543", "192.0.2.7:6543", "127.0.0.1:1 192.0.2.7:2"])
def test_to_believe_everybody_from_everywhere_is_wrong(a_setup, listen):
    setup = a_setup(server={"listen": listen, "trusted_proxy": "*"})
    assert "believes everybody" in is_wrong(setup, "proxy")


def test_a_proxy_on_another_machine_is_fine(a_setup):
    setup = a_setup(server={"listen": "192.0.2.7:6543", "trusted_proxy": "192.0.2.1"})
    assert "believes 192.0.2.1" in is_fine(setup, "proxy")


@pytest.mark.parametrize("listen", ["0.0.0.0:6543", "[::]:6543", "*:6543"])
def test_a_way_past_the_proxy_is_doubtful(a_setup, listen):
    setup = a_setup(server={"listen": listen, "trusted_proxy": "192.0.2.1"})
    assert "goes past the proxy" in is_doubtful(setup, "proxy")


@pytest.mark.parametrize(
    ("headers", "lacking"),
    [
        ("x-forwarded-for", "x-forwarded-proto"),
        (None, "x-forwarded-for"),
        ("x-forwarded-by", "x-forwarded-for and x-forwarded-proto"),
    ],
)
def test_a_header_that_is_not_heard_is_wrong(a_setup, headers, lacking):
    setup = a_setup(server={"trusted_proxy_headers": headers})
    assert f"does not hear {lacking} of" in is_wrong(setup, "proxy")


def test_the_one_header_for_all_is_fine(a_setup):
    is_fine(a_setup(server={"trusted_proxy_headers": "forwarded"}), "proxy")


def test_a_header_that_visitors_may_write_is_doubtful(a_setup):
    headers = f"{PROXY['trusted_proxy_headers']} x-forwarded-host"
    setup = a_setup(server={"trusted_proxy_headers": headers})
    assert "hears x-forwarded-host too" in is_doubtful(setup, "proxy")


def test_headers_that_nobody_vouches_for_are_doubtful(a_setup):
    setup = a_setup(server={"clear_untrusted_proxy_headers": "false"})
    assert "nobody vouches for" in is_doubtful(setup, "proxy")


def test_more_threads_than_hashes_are_fine(a_setup):
    setup = a_setup(app={"authsite.passwords.hash_threads": "2"}, server={"threads": "67"})
    assert is_fine(setup, "threads").endswith("67 threads for 66 hashes at most")


def test_as_many_threads_as_hashes_are_doubtful(a_setup):
    setup = a_setup(app={"authsite.passwords.hash_threads": "2"}, server={"threads": "66"})
    assert "66 threads, and 66 sign-ins" in is_doubtful(setup, "threads")
    setup = a_setup(server={"threads": None})
    assert f"{64 + os.cpu_count()} sign-ins" in is_doubtful(setup, "threads")


def test_bounds_are_fine(a_setup):
    assert "bounds what one visitor can take" in is_fine(a_setup(), "limits")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"max_request_body_size": None}, "max_request_body_size = 1073741824"),
        ({"max_request_header_size": "1000000"}, "max_request_header_size = 1000000"),
        ({"channel_timeout": None}, "channel_timeout = 120"),
        ({"connection_limit": None}, "connection_limit = 100"),
        ({"connection_limit": "300"}, "connection_limit = 300"),
        ({"ident": None}, "tells everybody what it is: waitress"),
    ],
)
def test_what_waitress_does_by_itself_is_doubtful(a_setup, said, told):
    assert told in is_doubtful(a_setup(server=said), "limits")


def test_tracebacks_for_visitors_are_wrong(a_setup):
    assert "shows tracebacks" in is_wrong(a_setup(server={"expose_tracebacks": "yes"}), "limits")


def test_in_development_nothing_needs_a_bound(a_setup):
    bare = {name: None for name in SERVER if name not in ("use", "listen")}
    setup = a_setup(app=DEVELOPMENT, server=bare)
    is_fine(setup, "threads")
    is_fine(setup, "limits")
