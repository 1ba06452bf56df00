from pyramid.view import view_config
import sqlalchemy as sa

from .. import models


@view_config(route_name='home', renderer='starter:templates/mytemplate.jinja2')
def my_view(request):
    return {'articles': request.dbsession.scalars(sa.select(models.Article.name)).all()}
