"""Base classes of views: pages with a form, and pages behind an email link."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from pyramid.response import Response

from authsite.accounts.email_links import ActiveLink, InvalidLink
from authsite.accounts.new_password import WeakPassword
from authsite.http.redirects import redirect
from authsite.passwords.hash_queue import HashQueueFull
from authsite.throttling.throttles import RateLimited
from authsite.web.forms import NewPasswordForm, SiteForm
from authsite.web.pages import (
    BUSY,
    RETRY_AFTER,
    invalid_link_page,
    keep_for_back,
    retry_after,
    throttle_message,
)
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import site_view

F = TypeVar("F", bound=SiteForm)
V = TypeVar("V", bound=type[Any])


class FormError(NamedTuple):
    """How a page shows a domain error: at a field (None: above the form), with an HTTP status."""

    field: str | None
    message: str
    status: int = 422


def form_views(**options: Any) -> Callable[[V], V]:
    """Register a `FormPage`: `show` for GET and `submit` for POST, with the same view options."""

    def register(page_class: V) -> V:
        site_view(attr="show", request_method="GET", _depth=1, **options)(page_class)
        site_view(attr="submit", request_method="POST", repeatable=True, _depth=1, **options)(
            page_class
        )
        return page_class

    return register


class FormPage(ABC, Generic[F]):
    """A page with a form. A subclass sets both attributes, and handles a valid form in `accept`.

    Domain errors of `accept` show the form again: those in `errors` with a message, a weak password
    at its field, a throttled attempt with status 429, a full hash queue with 503.
    """

    template: ClassVar[str]
    form_type: type[F]
    errors: ClassVar[Mapping[type[Exception], FormError]] = {}

    def __init__(self, context: Any, request: Request) -> None:
        self.context = context
        self.request = request

    def show(self) -> Response:
        return self.page(self.new_form())

    def submit(self) -> Response:
        """Accept the form, or show it again with its errors (RFC 9110 15.5.21, RFC 6585 4)."""
        form = self.form_type.from_request(self.request)
        try:
            if self.is_valid(form):
                return self.accept(form)
        except WeakPassword as weakness:
            form.add_error("password", str(weakness))
        except tuple(self.errors) as error:
            field, message, status = self.errors[type(error)]
            form.add_error(field, message)
            return self.page(form, status=status)
        except RateLimited as limited:
            self.on_refused("throttled")
            form.add_error(None, throttle_message(self.request, limited))
            return self.page(form, status=429, retry_after=retry_after(limited))
        except HashQueueFull:
            self.on_refused("busy")
            form.add_error(None, BUSY)
            return self.page(form, status=503, retry_after=RETRY_AFTER)
        return self.page(form, status=422)

    @abstractmethod
    def accept(self, form: F) -> Response:
        """Handle a valid form and return the response."""

    def is_valid(self, form: F) -> bool:
        return bool(form.validate())

    def new_form(self) -> F:
        return self.form_type()

    def values(self) -> dict[str, Any]:
        """Return what the template needs besides the form."""
        return {}

    def on_refused(self, reason: Any) -> None:
        """Count an attempt that was throttled or met a full hash queue."""

    def page(self, form: F, *, status: int = 200, retry_after: int | None = None) -> Response:
        """Return the page with this form; it shows entered values, except passwords."""
        if isinstance(form, NewPasswordForm):
            minimum_length = self.request.authsite.services.settings.passwords.minimum_length
            form.set_password_hint(minimum_length=minimum_length)
        response = page(self.request, self.template, status=status, form=form, **self.values())
        if retry_after is not None:
            response.headerlist.append(("Retry-After", str(retry_after)))
        return keep_for_back(self.request, response) if self.is_kept_for_back() else response

    def is_kept_for_back(self) -> bool:
        """Whether the browser may keep the page for the Back button, if it shows no user."""
        return True


class LinkPage(FormPage[F]):
    """A page behind an email link, with a button, since email scanners open every link.

    `new_link` leads to another link: the label of a button and the segments of its path.
    """

    new_link: ClassVar[tuple[str, tuple[str, ...]]]

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        self.link: ActiveLink | None = context.record

    def show(self) -> Response:
        """Show the form, or the page for invalid links; leave out what follows the token."""
        token = self.context.token_without_end
        if token:
            return redirect(self.request.authsite.path(self.context.purpose.url_name, str(token)))
        return super().show() if self.link else self._invalid()

    def submit(self) -> Response:
        # Such a token was never issued, so there is nothing to count.
        if self.context.token is None:
            return self._invalid()
        try:
            return super().submit()
        except InvalidLink:
            return self._invalid()

    def is_kept_for_back(self) -> bool:
        return False

    def is_valid(self, form: F) -> bool:
        # An invalid link is accepted, so that `accept` counts the attempt.
        return self.link is None or super().is_valid(form)

    def values(self) -> dict[str, Any]:
        segments = (self.context.purpose.url_name, str(self.context.token))
        return {"link": self.link, "path": self.request.authsite.path(*segments)}

    def _invalid(self) -> Response:
        label, segments = self.new_link
        return invalid_link_page(self.request, again=(label, self.request.authsite.path(*segments)))
