"""The account site for Pyramid: run it as it is, or include it in an application of your own.

`main` is for `pserve` and an ini file, `includeme` for `config.include("authsite")`.
"""

import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from authsite.application.includeme import includeme
    from authsite.application.main import main

__all__ = ["includeme", "main"]


def __getattr__(name: str) -> Any:
    """Import the application when it is first used (PEP 562).

    Each import of an authsite module runs this file, and Pyramid and SQLAlchemy take 0.6 seconds of
    CPU: `authsite --help` needs neither.
    """
    if name not in __all__:
        raise AttributeError(f"module 'authsite' has no attribute {name!r}")
    return pkgutil.resolve_name(f"authsite.application.{name}:{name}")
