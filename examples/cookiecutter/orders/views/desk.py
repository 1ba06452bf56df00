"""The desk, where clerks deliver the orders of all users."""

from datetime import UTC, datetime

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config, view_defaults

from orders.models import Order


@view_defaults(route_name="desk", permission="deliver")
class Desk:
    def __init__(self, request):
        self.request = request

    @view_config(request_method="GET", renderer="orders:templates/desk.jinja2")
    def show(self):
        query = sa.select(Order).where(Order.delivered_at.is_(None)).order_by(Order.id)
        return {"orders": self.request.dbsession.scalars(query).all()}

    @view_config(request_method="POST")
    def deliver(self):
        due = sa.select(Order).where(Order.delivered_at.is_(None))
        for order in self.request.dbsession.scalars(due):
            order.delivered_at = datetime.now(UTC).replace(tzinfo=None)
        return HTTPSeeOther(self.request.route_path("desk"))
