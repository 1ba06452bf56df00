"""Certificates of servers: when they expire."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

from authsite.clock import utc_now
from authsite.doctor.finding import Finding, ok, warn

#: Certificates are renewed at least this long before they expire.
_RENEWED_BEFORE = timedelta(days=14)


def certificate_expiry(connection: socket.socket | None) -> datetime | None:
    """Return when the verified certificate of the other side expires; None without TLS."""
    if not isinstance(connection, ssl.SSLSocket):
        return None
    expires = (connection.getpeercert() or {})["notAfter"]
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(expires)), UTC)


def report_expiry(message: str, expires: datetime) -> Finding:
    """Return a finding of what works, with a warning if its certificate expires soon."""
    message = f"{message}; its certificate expires on {expires:%Y-%m-%d}."
    is_late = expires - utc_now() < _RENEWED_BEFORE
    return warn(message, "Renew the certificate.") if is_late else ok(message)
