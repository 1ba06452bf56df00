"""Settings of the site itself, its headers, and the proxies in front of it."""

from dataclasses import dataclass

from authsite.http.proxies import TrustedProxies
from authsite.settings.fields import setting
from authsite.settings.header_parsers import content_sources
from authsite.settings.machine_parsers import trusted_proxies
from authsite.settings.parsers import (
    contact,
    https_url,
    number,
    origin,
    text,
    yes_or_no,
)


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """Name and URL of the site."""

    url: str = setting(
        origin,
        "URL of the site: scheme and host, without a path. With https, cookies are `Secure`. "
        "Requests for other hosts are refused.",
    )
    name: str = setting(text, "Name of the site in pages and emails.", "authsite")
    allow_http: bool = setting(
        yes_or_no,
        "Whether the URL of a public site may begin with `http://`. Passwords and cookies are then "
        "sent unencrypted.",
        False,
    )
    security_contact: str | None = setting(
        contact,
        "Contact for security reports, for `/.well-known/security.txt`: `mailto:…` or `https://…`. "
        "If unset, the file is not served.",
        None,
    )
    change_password_url: bool = setting(
        yes_or_no,
        "Whether `/.well-known/change-password` leads password managers to the page. It is at the "
        "root of an application that includes authsite, unless that has a route for it.",
        True,
    )
    security_policy: str | None = setting(
        https_url, "URL of the security policy, for `/.well-known/security.txt`.", None
    )


@dataclass(frozen=True, kw_only=True)
class ProxySettings:
    """Proxies in front of servers that do not read their headers; waitress can."""

    trusted: TrustedProxies | None = setting(
        trusted_proxies,
        "IP addresses and networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are "
        "believed, separated by commas: `127.0.0.1, 10.0.1.0/24`; `unix` stands for a Unix socket. "
        "For servers that do not read these headers themselves. If unset, no header is read.",
        None,
    )
    count: int = setting(
        number(1, 10),
        "How many proxies a request passes at most. Each adds an IP address to `X-Forwarded-For`.",
        1,
    )


@dataclass(frozen=True, kw_only=True)
class HeaderSettings:
    """Sources that the content security policy of authsite's pages allows in addition.

    For the layout of a host application. Each value is a list of `'self'`, https origins and
    hashes.
    """

    csp_style_src: tuple[str, ...] = setting(
        content_sources(),
        "Sources of style sheets for the layout of a host application, besides `'self'`: "
        "`https://cdn.example.com`. Separated by spaces: https origins, with or without a path, "
        "and hashes.",
        (),
    )
    csp_font_src: tuple[str, ...] = setting(
        content_sources(),
        "Sources of fonts: `'self' https://fonts.example.com`. If unset, pages load no fonts.",
        (),
    )
    csp_img_src: tuple[str, ...] = setting(
        content_sources("data:"),
        "Sources of images besides `'self'`; `data:` is for images within style sheets.",
        (),
    )
    csp_script_src: tuple[str, ...] = setting(
        content_sources(),
        "Sources of scripts: `'self'`. If unset, pages run no scripts. Every script can read the "
        "passwords that users enter.",
        (),
    )
