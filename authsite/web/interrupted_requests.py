"""Errands: what somebody was doing when they were asked for their password, so that it goes on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from pyramid.response import Response
from webob.multidict import NoVars

from authsite.http.redirects import redirect, redirect_repeat_post, safe_path
from authsite.web.request import Request

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class InterruptedRequest:
    """Where somebody was going and, if they were sending a form, what they had typed.

    The page that asks holds it, and nothing else does: the place is in the address that its form
    is sent to, where no field of the form that is held can be taken for it, and what was typed is
    in hidden fields. `fields` is None when there was no form; a form may well have none.
    """

    url: str | None
    fields: Fields | None = None

    @classmethod
    def capture(cls, request: Request) -> Self:
        """Return what this request is about, as far as a form of ours can say it again."""
        url = safe_path(request.path_qs)
        is_form = request.method == "POST" and not isinstance(request.POST, NoVars)
        return cls(url, _fields_of(request) if url and is_form else None)

    @classmethod
    def from_query(cls, request: Request) -> Self:
        """Return the errand that the address of this request names.

        A form is held only if the request is one itself, with a token of the session in it:
        else a link from elsewhere would have a form sent that nobody has filled in.
        """
        url = safe_path(request.GET.get("next"))
        is_replay = request.method == "POST" and "replay" in request.GET
        return cls(url, _fields_of(request) if url and is_replay else None)

    def url_for(self, path: str) -> str:
        """Return the address of a page that does not forget the errand."""
        query = {} if self.url is None else {"next": self.url}
        if self.fields is not None:
            query["replay"] = "1"
        return f"{path}?{urlencode(query)}" if query else path

    def resume(self, headers: Iterable[tuple[str, str]], *, otherwise: str) -> Response:
        """Return the redirect to where it was going, with the form if there was one."""
        if self.url is None or self.fields is None:
            return redirect(self.url or otherwise, headers)
        return redirect_repeat_post(self.url, headers)


def _fields_of(request: Request) -> Fields:
    """Return what was typed, but for passwords, which no page shows again, and files.

    The token is that of the page that was left; the page that asks has one of its own.
    """
    return tuple(
        (name, value)
        for name, value in request.POST.items()
        if isinstance(value, str) and name != "csrf_token" and "password" not in name.lower()
    )
