"""What the operator chooses for users that could be imported in another way."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.passwords.legacy_hashes.unknown_hashes import describe_hash


def skip_inactive(users: Iterable[ImportedUser | Rejection]) -> Iterator[ImportedUser | Rejection]:
    """Yield a rejection for each user who was inactive, locked or deleted."""
    for user in users:
        if isinstance(user, ImportedUser) and not user.is_active:
            yield user.reject(RejectionReason.INACTIVE)
        else:
            yield user


def leave_out_unknown_hashes(
    users: Iterable[ImportedUser | Rejection],
) -> Iterator[ImportedUser | Rejection]:
    """Yield users without a hash that is unknown or costs too much: they reset their password."""
    for user in users:
        if isinstance(user, ImportedUser) and user.find_hash_problem():
            name = describe_hash(user.password_hash or "")
            yield replace(user, password_hash=None, unused_hash=name)
        else:
            yield user
