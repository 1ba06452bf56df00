"""The orders of the current user."""

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config, view_defaults

from orders.models import Order


@view_defaults(route_name="orders", permission="authenticated")
class Orders:
    def __init__(self, request):
        self.request = request

    @view_config(request_method="GET", renderer="orders:templates/orders.jinja2")
    def show(self):
        query = sa.select(Order).where(Order.user_id == self.request.identity.user_id)
        return {"orders": self.request.dbsession.scalars(query.order_by(Order.id)).all()}

    @view_config(request_method="POST")
    def add(self):
        article = self.request.POST.get("article", "").strip()
        if article:
            order = Order(article=article[:200], user_id=self.request.identity.user_id)
            self.request.dbsession.add(order)
        return HTTPSeeOther(self.request.route_path("orders"))
