"""What a request says of the machine and the browser that it comes from."""

import ipaddress

from pyramid.request import Request

from authsite.accounts.sessions import USER_AGENT_LENGTH


def network_address_of(request: Request) -> str | None:
    """Return the peer's IP address, or None when there is none (a Unix socket).

    Behind a proxy the peer is the proxy, unless waitress is told to trust it (docs/production.md);
    a header such as `X-Forwarded-For` is never read here, since anybody can write one.
    """
    address, _, _zone = request.environ.get("REMOTE_ADDR", "").partition("%")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


def user_agent_of(request: Request) -> str | None:
    """Return what the browser calls itself, as far as it can be printed, or None."""
    text = request.environ.get("HTTP_USER_AGENT", "")[:USER_AGENT_LENGTH]
    return "".join(character for character in text if character.isprintable()) or None
