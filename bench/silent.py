"""The site without an audit log, to measure what the audit log costs."""

from dataclasses import replace
from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventSource
from authsite.audit.recorder import AuditLog
from authsite.web.request import Request


class _SilentAuditLog(AuditLog):
    def record(self, *_event: object, **_details: object) -> None:
        """Record nothing."""


class _SilentRequest(Request):
    def _unit_of_work(self, source: EventSource) -> UnitOfWork:
        work = super()._unit_of_work(source)
        audit = _SilentAuditLog(**vars(work.audit))
        return replace(work, audit=audit, outbox=replace(work.outbox, audit=audit))


def main(_global_config: dict[str, str], **settings: Any) -> Router:
    """Return the site without its audit log."""
    with Configurator(settings=settings) as config:
        config.include("authsite.application.standalone")
        config.set_request_factory(_SilentRequest)
        return config.make_wsgi_app()
