"""`/sign-in`: where a stranger says who they are."""

from pyramid.response import Response
from pyramid.security import remember
from pyramid.view import view_config, view_defaults
from wtforms import HiddenField

from authsite.accounts.sign_in import (
    WrongCredentials,
    check_password,
    hold_credential,
    replace_password_hash,
)
from authsite.forms import SiteForm, email_field, password_field
from authsite.hash_queue import HashQueueFull
from authsite.pages import form_page
from authsite.redirects import own_path, see_other
from authsite.request import Request
from authsite.resources import Root


class SignInForm(SiteForm):
    """Address and password, and where the person was going."""

    email = email_field()
    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )
    next = HiddenField(filters=[own_path])


@view_defaults(context=Root, name="sign-in", permission="anonymous")
class SignIn:
    """The page with the form, and what becomes of it."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show an empty form that remembers where the person was going."""
        return self._page(SignInForm(data={"next": self.request.GET.get("next")}))

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Open a session and go where the person was going, or to the dashboard."""
        form = SignInForm.of(self.request)
        if not form.validate():
            return self._page(form, status=422)
        try:
            user_id = self._sign_in(form)
        except WrongCredentials:
            form.reject(None, "Incorrect email or password.")
            return self._page(form, status=422)
        except HashQueueFull:
            return self._page(form, status=503)
        headers = remember(self.request, user_id)
        return see_other(form.next.data or self.request.path_to("dashboard"), headers)

    def _sign_in(self, form: SignInForm) -> str:
        """Return whose password this is. All hashing is done before the transaction begins."""
        site, password = self.request.site, form.password.data
        credential = check_password(
            site.credentials, hasher=site.hasher, email=form.email.data, password=password
        )
        if site.hasher.is_outdated(credential.password_hash):
            renewed = site.hasher.hash(password)
            replace_password_hash(self.request.dbsession, credential, renewed)
        else:
            hold_credential(self.request.dbsession, credential)
        return credential.user_id

    def _page(self, form: SignInForm, status: int = 200) -> Response:
        return form_page(
            self.request,
            "sign_in",
            form=form,
            status=status,
            arrived_from=bool(form.next.data),
        )
