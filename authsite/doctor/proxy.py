"""The proxy: servers trust it, and nothing else."""

from collections.abc import Iterator

from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.servers import Server, find_servers
from authsite.doctor.subject import Subject
from authsite.http.proxies import TrustedProxies

_REQUIRED = {"x-forwarded-for", "x-forwarded-proto"}
_CLEAR = "Set clear_untrusted_proxy_headers = true."
_LOCALHOST = "Listen on 127.0.0.1, or on an address that only the proxy can reach."


def proxy(subject: Subject) -> list[Finding]:
    """Every server trusts the proxy in front of it, and no other machine."""
    found = []
    for server in find_servers(subject):
        trusted = server.config.trusted_proxy
        if trusted is None:
            found.append(_check_setting(server, subject.settings.proxy.trusted))
            continue
        whom = "every program on this machine" if trusted == "*" else trusted
        problems = [*_check_peer(server, trusted), *_check_headers(server)]
        found += problems or [ok(f"{server} trusts {whom} only.")]
    return found


def _check_setting(server: Server, trusted: TrustedProxies | None) -> Finding:
    """Return whether authsite itself names the clients of this server."""
    if trusted is None:
        return fail(f"{server} trusts no proxy: throttles count all visitors as one.")
    if server.config.clear_untrusted_proxy_headers:
        return fail(
            f"{server} removes the headers that authsite.proxy.trusted is about.",
            "Set clear_untrusted_proxy_headers = false, or let waitress trust the proxy instead.",
        )
    if all(ip.is_loopback and not trusted.include(ip) for ip in server.ips):
        return fail(
            f"{server} is reached by proxies on this machine, which authsite.proxy.trusted does "
            "not name."
        )
    return ok(f"{server} leaves the proxies to authsite.proxy.trusted.")


def _check_peer(server: Server, trusted: str) -> Iterator[Finding]:
    if all(ip.is_loopback for ip in server.ips):
        local = _local_peers(server)
        if trusted not in ("*", *local):
            yield fail(f"{server} trusts {trusted}, but the proxy connects from {local[0]}.")
        elif trusted == "*" and server.ips:
            fix = f"Set trusted_proxy = {local[0]}."
            yield warn(f"{server} trusts every program that can reach it on this machine.", fix)
    elif trusted == "*":
        yield fail(f"{server} trusts every machine: clients can forge IP addresses.", _LOCALHOST)
    elif any(ip.is_unspecified for ip in server.ips):
        yield warn(f"{server} is on all interfaces: clients can bypass the proxy.", _LOCALHOST)


def _local_peers(server: Server) -> list[str]:
    """Return what waitress calls a proxy on this machine."""
    return sorted({"::1" if ":" in str(ip) else "127.0.0.1" for ip in server.ips}) or ["localhost"]


def _check_headers(server: Server) -> Iterator[Finding]:
    headers = server.config.trusted_proxy_headers
    missing = sorted(_REQUIRED - headers)
    if missing and "forwarded" not in headers:
        yield fail(f"{server} ignores {' and '.join(missing)} of the proxy.")
    extra = sorted(headers - _REQUIRED - {"forwarded", "x-forwarded-by"})
    if extra:
        yield warn(f"{server} trusts {' and '.join(extra)}, which visitors may have sent.")
    if not server.config.clear_untrusted_proxy_headers:
        yield warn(f"{server} passes untrusted proxy headers on to the application.", _CLEAR)
    elif "clear_untrusted_proxy_headers" not in server.lines:
        yield warn(f"{server} leaves untrusted proxy headers to waitress' default.", _CLEAR)
