from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import forbidden_view_config, view_config


@view_config(route_name='login')
@view_config(route_name='logout')
def login(request):
    return Response('the sign-in page of the tutorial')

@forbidden_view_config()
def forbidden_view(exc, request):
    return HTTPSeeOther(location=request.route_url('login'))
