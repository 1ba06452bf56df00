"""Which URLs are authsite's in an application."""

import pytest

from authsite.http.own_urls import OwnUrls, prefix_of


def owned(urls: OwnUrls, path: str) -> bool:
    return urls.include({"PATH_INFO": path})


def test_all_urls_of_a_stand_alone_site_are_its_own():
    urls = OwnUrls("", None)
    assert urls.are_all
    assert owned(urls, "/")
    assert owned(urls, "/anything")
    assert urls.include({})


@pytest.mark.parametrize(
    ("path", "is_own"),
    [
        ("/accounts/", True),
        ("/accounts/sign-in", True),
        ("/accounts", False),
        ("/accountsx/sign-in", False),
        ("/", False),
        ("/orders", False),
        ("/.well-known/change-password", True),
        ("/.well-known/other", False),
    ],
)
def test_with_a_prefix_those_below_it_are(path, is_own):
    urls = OwnUrls("/accounts", None, well_known={"/.well-known/change-password"})
    assert not urls.are_all
    assert owned(urls, path) is is_own


@pytest.mark.parametrize(
    ("path", "is_own"),
    [("/account", True), ("/account/password", True), ("/", False), ("/accounts", False)],
)
def test_without_a_prefix_the_first_segment_decides(path, is_own):
    assert owned(OwnUrls("", {"account"}), path) is is_own


@pytest.mark.parametrize(
    ("route_prefix", "prefix"),
    [
        (None, ""),
        ("", ""),
        ("/", ""),
        ("accounts", "/accounts"),
        ("/accounts/", "/accounts"),
        ("my/accounts", "/my/accounts"),
    ],
)
def test_route_prefix_becomes_a_path(route_prefix, prefix):
    assert prefix_of(route_prefix) == prefix


@pytest.mark.parametrize("route_prefix", ["{lang}/accounts", "a b", "größe", "a?b"])
def test_pattern_as_a_prefix_is_refused(route_prefix):
    with pytest.raises(ValueError, match="route_prefix"):
        prefix_of(route_prefix)
