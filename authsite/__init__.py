"""The account site for Pyramid: run it as it is, or include it in an application of your own.

`main` is for `pserve` and an ini file, `includeme` for `config.include("authsite")`, and
`send_to_sign_in` for `config.add_forbidden_view`. `docs/reference.md` lists these and all else that
a host application may import.
"""

import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from authsite.application.includeme import includeme
    from authsite.application.main import main
    from authsite.web.send_to_sign_in import send_to_sign_in

__all__ = ["includeme", "main", "send_to_sign_in"]

_PACKAGES = {"includeme": "application", "main": "application", "send_to_sign_in": "web"}


def __getattr__(name: str) -> Any:
    """Import a function when it is first used (PEP 562).

    Each import of an authsite module runs this file, and Pyramid and SQLAlchemy take 0.6 seconds of
    CPU: `authsite --help` needs neither.
    """
    if name not in _PACKAGES:
        raise AttributeError(f"module 'authsite' has no attribute {name!r}")
    return pkgutil.resolve_name(f"authsite.{_PACKAGES[name]}.{name}:{name}")
