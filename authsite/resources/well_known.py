"""Where programs look for what every site says in the same place (RFC 8615)."""

from authsite.resources.base import Resource


class WellKnown(Resource):
    """`/.well-known`: no page itself, and nothing below it but what has a view."""
