"""Settings of the site itself."""

from dataclasses import dataclass

from authsite.settings.fields import setting
from authsite.settings.parsers import contact, https_url, origin, text, yes_or_no


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
    security_policy: str | None = setting(
        https_url, "URL of the security policy, for `/.well-known/security.txt`.", None
    )
