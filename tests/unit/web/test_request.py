"""The request: its own path, paths to other pages, and its dbsession."""

import contextlib
from urllib.parse import unquote, urlsplit

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from authsite.models import User
from authsite.web.request import Request
from authsite.web.transactions import transaction_tween_factory
from tests.factories import a_request, a_user, some_noise

segments = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.mark.asvs("1.2.2")
@given(st.lists(segments, min_size=1, max_size=4))
def test_path_to_quotes_any_names(names):
    path = a_request().authsite.path(*names)
    assert urlsplit(f"https://site.example{path}").path == path
    assert [unquote(each) for each in path.split("/")[1:]] == names
    assert path.isascii()


def test_path_to_the_home_page_is_a_slash():
    assert a_request().authsite.path() == "/"


@pytest.mark.parametrize("mounted", ["", "/app", "/a b"])
def test_paths_include_the_mount_point(mounted):
    request = a_request(SCRIPT_NAME=mounted)
    assert request.authsite.root_path == mounted.replace(" ", "%20")
    assert request.authsite.path("account", "x") == f"{request.authsite.root_path}/account/x"


@given(st.binary(max_size=40))
def test_display_path_replaces_undecodable_bytes(path):
    request = a_request(PATH_INFO=path.decode("latin-1"))
    assert request.authsite.display_path == path.decode("utf-8", "replace")


def test_frame_follows_where_the_application_is_mounted(application, services):
    mounted = Request.blank("/", environ={"SCRIPT_NAME": "/app"})
    mounted.registry = application.registry
    assert mounted.authsite.frame.root == "/app"
    assert mounted.authsite.frame.stylesheet == f"/app{services.frame.stylesheet}"
    assert mounted.authsite.frame.icon == f"/app{services.frame.icon}"
    assert mounted.authsite.frame.site_name == services.settings.site.name
    at_root = Request.blank("/")
    at_root.registry = application.registry
    assert at_root.authsite.frame == services.frame
    assert at_root.authsite.frame.root == ""


@pytest.fixture
def names_after(application, services, dbsession):
    """Request a page that changes a name, as pyramid_tm does; return all names afterwards."""
    some_noise(dbsession)
    user_id = a_user(dbsession).id
    dbsession.rollback()

    def visit(method: str, *, page_fails: bool) -> list[str]:
        def page(request: Request) -> None:
            request.authsite.dbsession.get(User, user_id).first_name = "Ada"
            request.authsite.dbsession.flush()
            if page_fails:
                raise ZeroDivisionError

        request = Request.blank("/", method=method)
        request.registry = application.registry
        with contextlib.suppress(ZeroDivisionError):
            transaction_tween_factory(page, application.registry)(request)
        request._process_finished_callbacks()
        with services.database.read_engine.connect() as connection:
            return sorted(connection.execute(sa.select(User.first_name)).scalars())

    return visit


@pytest.mark.parametrize(
    ("method", "page_fails", "kept"),
    [("POST", False, 1), ("POST", True, 0), ("GET", False, 0), ("GET", True, 0)],
)
def test_only_a_post_without_an_error_is_committed(names_after, method, page_fails, kept):
    names = names_after(method, page_fails=page_fails)
    assert names == ["Ada"] * kept + ["Grace"] * (4 - kept)
