"""Who may do what: the ACLs of resources, and the security policy of a host application."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.interfaces import ISecurityPolicy
from pyramid.location import lineage
from pyramid.request import Request
from pyramid.security import Denied
from zope.interface import implementer

from authsite.accounts.sessions import Identity
from authsite.security.principals import ADMINISTRATOR, ANONYMOUS
from authsite.security.sessions import identity_of

#: The registry's key of the function that `config.set_authsite_principals` sets.
HOST_PRINCIPALS = "authsite.host_principals"
_ACL = ACLHelper()


class Guarded:
    """A context whose ACLs decide, whatever the security policy of the host: a resource."""


def permits(request: Request, context: Any, permission: str) -> Any:
    """Whether the ACLs from `context` up to its root grant `permission` to the visitor."""
    return _ACL.permits(context, principals(request), permission)


def principals(request: Request) -> Sequence[str]:
    """Return the principals by which an ACL can name the visitor."""
    identity = identity_of(request)
    if identity is None:
        return (Everyone, ANONYMOUS)
    own = [Everyone, Authenticated, f"user:{identity.user_id}"]
    if identity.is_administrator:
        own.append(ADMINISTRATOR)
    host_principals: Callable[[Request], Iterable[str]] | None = request.registry.get(
        HOST_PRINCIPALS
    )
    if host_principals is None:
        return own
    return [*own, *filter(_may_be_added, host_principals(request))]


def _may_be_added(principal: str) -> bool:
    """Whether a host may grant it: those of authsite itself follow from the identity alone."""
    return principal not in {ADMINISTRATOR, ANONYMOUS} and not principal.startswith("user:")


@implementer(ISecurityPolicy)
class SecurityPolicy:
    """The policy of an application that sets none: ACLs, where a context has some.

    Where no context up to the root has one, a permission `authenticated` means signed in, and
    every other permission is denied.
    """

    def identity(self, request: Request) -> Identity | None:
        """Return who is signed in, or None."""
        return identity_of(request)

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the id of the signed-in user, or None."""
        identity = identity_of(request)
        return identity.user_id if identity else None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """Whether the visitor has the permission."""
        if any(hasattr(each, "__acl__") for each in lineage(context)):
            return permits(request, context, permission)
        if permission == "authenticated" and identity_of(request):
            return True
        return Denied(f"no ACL grants {permission}")

    def remember(self, _request: Request, _userid: str, **_kw: Any) -> list[tuple[str, str]]:
        """Refuse: only `complete_sign_in` starts sessions, when all its stages have passed."""
        raise TypeError("use authsite.web.authentication.complete_sign_in to sign a user in")

    def forget(self, request: Request, **_kw: Any) -> list[tuple[str, str]]:
        """End this browser's session and return the header that clears its cookie."""
        headers: list[tuple[str, str]] = request.authsite.services.sessions.forget(request)
        return headers


@implementer(ISecurityPolicy)
class GuardingPolicy:
    """The policy of the application, except that it does not decide about authsite's resources."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """Ask the ACLs about a resource of authsite's tree, and the policy about the rest."""
        if isinstance(context, Guarded):
            return permits(request, context, permission)
        return self._policy.permits(request, context, permission)

    def __getattr__(self, name: str) -> Any:
        """Return everything else from the policy itself."""
        return getattr(self._policy, name)
