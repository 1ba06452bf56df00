"""The branch of well-known URLs (RFC 8615)."""

from authsite.resources.base import Resource


class WellKnown(Resource):
    """`/.well-known`: no page of its own; what is below it are views."""
