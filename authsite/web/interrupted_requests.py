"""Interrupted requests, which resume after re-authentication."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qsl, urlencode

from pyramid.response import Response
from webob.multidict import NoVars

from authsite.http.redirects import redirect, redirect_repeat_post, safe_path
from authsite.web.request import Request

Fields = tuple[tuple[str, str], ...]
#: The field of the sign-in page that keeps the form of an interrupted request.
KEPT = "kept_form"


@dataclass(frozen=True, slots=True)
class InterruptedRequest:
    """The path of a request and, if it sent a form, the fields of that form.

    Only the *Confirm your password* page stores it: the path is in the query of its URL, which no
    form field can replace, and the fields are hidden inputs. `fields` is None without a form, and
    may be empty with one.
    """

    url: str | None
    fields: Fields | None = None

    @classmethod
    def capture(cls, request: Request) -> Self:
        """Return this request, as far as a page can repeat it."""
        url = safe_path(request.path_qs)
        is_form = request.method == "POST" and not isinstance(request.POST, NoVars)
        return cls(url, _fields_of(request) if url and is_form else None)

    @classmethod
    def from_query(cls, request: Request) -> Self:
        """Return the interrupted request that the query of this one names.

        The fields count only in a POST, which has a CSRF token: otherwise a link on another site
        could send a form that the user has not filled in.
        """
        url = safe_path(request.GET.get("next"))
        is_replay = request.method == "POST" and "replay" in request.GET
        return cls(url, _fields_of(request) if url and is_replay else None)

    @classmethod
    def from_sign_in(cls, request: Request) -> Self:
        """Return the request that the sign-in page keeps in its field `KEPT`, if it does.

        There its fields must not be mixed up with those of the sign-in.
        """
        next_path, kept = request.POST.get("next"), request.POST.get(KEPT)
        if not isinstance(next_path, str) or not isinstance(kept, str):
            return cls(None)
        url = safe_path(next_path)
        return cls(url, _parsed(kept) if url else None)

    @property
    def kept(self) -> str | None:
        """The fields as one text, for the field `KEPT` of the sign-in page; None without a form."""
        return None if self.fields is None else urlencode(self.fields)

    def url_for(self, path: str) -> str:
        """Return the URL of a page that passes the interrupted request on."""
        query = {} if self.url is None else {"next": self.url}
        if self.fields is not None:
            query["replay"] = "1"
        return f"{path}?{urlencode(query)}" if query else path

    def resume(self, headers: Iterable[tuple[str, str]], *, otherwise: str) -> Response:
        """Return the redirect that repeats the request, with its form if there was one."""
        if self.url is None or self.fields is None:
            return redirect(self.url or otherwise, headers)
        return redirect_repeat_post(self.url, headers)

    def resume_after(self, sign_in: Response) -> Response:
        """Let the redirect of a completed sign-in send the form, if there was one.

        The form's token is no longer valid, so the page shows what was entered and changes nothing.
        """
        if self.fields is not None and sign_in.headers.get("Location") == self.url:
            sign_in.status_int = HTTPStatus.TEMPORARY_REDIRECT
        return sign_in


def _fields_of(request: Request) -> Fields:
    """Return the fields of the form, except files, and passwords, which no page shows again.

    The *Confirm your password* page has a CSRF token of its own. After a sign-in, the browser sends
    the fields of the sign-in page.
    """
    kept = request.POST.get(KEPT)
    if isinstance(kept, str):
        return _parsed(kept)
    return tuple(
        (name, value)
        for name, value in request.POST.items()
        if isinstance(value, str) and name != "csrf_token" and "password" not in name.lower()
    )


def _parsed(kept: str) -> Fields:
    return tuple(parse_qsl(kept, keep_blank_values=True))
