"""Names of settings in the ini file and the environment, and suggestions for wrong ones."""

import difflib
from collections.abc import Collection, Iterable

from authsite.settings.former_names import FORMER_NAMES, REMOVED


def variable_of(key: str) -> str:
    """Return the environment variable of a key below `authsite.`."""
    return f"authsite.{key}".replace(".", "_").upper()


def wrong_name(
    ini: Collection[str], environ: Collection[str], *, keys: set[str], variables: set[str]
) -> str | None:
    """Return a sentence about the first key or variable of authsite that is no setting, or None."""
    for former, current in FORMER_NAMES.items():
        if f"authsite.{former}" in ini:
            return f"authsite.{former} is now authsite.{current}: rename it in the ini file."
        if variable_of(former) in environ:
            now = f"{variable_of(former)} is now {variable_of(current)}"
            return f"{now}: rename it in the environment."
    for removed, reason in REMOVED.items():
        if f"authsite.{removed}" in ini:
            return f"authsite.{removed} was removed: {reason}. Delete it from the ini file."
        if variable_of(removed) in environ:
            return f"{variable_of(removed)} was removed: {reason}. Delete it from the environment."
    own = (name for name in environ if not _is_of_a_service(name, environ))
    return _unknown(ini, "authsite.", keys) or _unknown(own, "AUTHSITE_", variables)


def _is_of_a_service(variable: str, environ: Collection[str]) -> bool:
    """Whether Kubernetes has set the variable, for a service whose name begins with `authsite`."""
    stem, _, _ = variable.partition("_SERVICE_" if "_SERVICE_" in variable else "_PORT")
    return f"{stem}_SERVICE_HOST" in environ


def _unknown(names: Iterable[str], prefix: str, known: set[str]) -> str | None:
    for name in sorted(each for each in names if each.startswith(prefix)):
        if name not in known:
            similar = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"Did you mean {similar[0]}?" if similar else "docs/configuration.md lists all."
            return f"{name} is not a setting. {hint}"
    return None
