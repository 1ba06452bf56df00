"""Requests to the public URL of the site, as visitors send them."""

import contextlib
import http.client
import ipaddress
import socket
import ssl
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from authsite.doctor.certificates import certificate_expiry
from authsite.doctor.subject import Subject

#: What a request raises if nothing answers it, or something that is not HTTP.
NO_ANSWER = (OSError, http.client.HTTPException)
_HTTPS, _HTTP = 443, 80


class Answer(NamedTuple):
    """A response: its status and headers, and when the certificate of its connection expires."""

    status: int
    headers: http.client.HTTPMessage
    expires: datetime | None

    @property
    def location(self) -> str:
        """Where it redirects to; empty if it does not."""
        return str(self.headers.get("Location", ""))


def fetch(
    subject: Subject,
    path: str,
    *,
    host: str | None = None,
    tls: bool = True,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """Request a page without following redirects; raises one of `NO_ANSWER`.

    `host` replaces the Host header, not the name in TLS. `context` limits what TLS may be.
    """
    url = urlsplit(subject.settings.site.url)
    name = str(url.hostname)
    if tls:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            name,
            url.port or _HTTPS,
            timeout=subject.timeout,
            context=context or ssl.create_default_context(),
        )
    else:
        connection = http.client.HTTPConnection(name, _HTTP, timeout=subject.timeout)
    headers = {"Host": host or url.netloc, "User-Agent": "authsite doctor"}
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        expires = certificate_expiry(connection.sock)
        response = connection.getresponse()
        return Answer(response.status, response.headers, expires)


def leads_to_loopback(subject: Subject) -> bool:
    """Whether the public host name stands for loopback on this machine."""
    found = socket.getaddrinfo(subject.settings.host, _HTTPS, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(str(each[4][0])).is_loopback for each in found)
