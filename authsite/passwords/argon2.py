"""Verifying a password against an Argon2 hash with any parameters."""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.low_level import error_to_str

_OUT_OF_MEMORY = error_to_str(-22)  # ARGON2_MEMORY_ALLOCATION_ERROR of argon2.h
#: The hash contains its parameters; those of the hasher are for new hashes.
_VERIFY = PasswordHasher().verify


def verify_argon2(phc: str, password: str | bytes) -> bool:
    """Whether `password` matches the PHC string; False if that is malformed.

    Raises `VerificationError` when there is not enough memory.
    """
    try:
        return _VERIFY(phc, password)
    except VerificationError as error:
        if str(error) == _OUT_OF_MEMORY:
            raise
        return False
    except ValueError:  # not a hash
        return False
