"""Whether a password is the one of an Argon2 hash, with whatever parameters."""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.low_level import error_to_str

_OUT_OF_MEMORY = error_to_str(-22)  # ARGON2_MEMORY_ALLOCATION_ERROR of argon2.h
#: The parameters of a hash stand in it, so that those of this one do not matter.
_VERIFY = PasswordHasher().verify


def verify_argon2(phc: str, password: str | bytes) -> bool:
    """Whether `password` is what was hashed to this PHC string; False for what is no such string.

    Raises `VerificationError` when there is no memory to find out.
    """
    try:
        return _VERIFY(phc, password)
    except VerificationError as error:
        if str(error) == _OUT_OF_MEMORY:  # which says nothing of the password
            raise
        return False  # another password, or a hash that is broken
    except ValueError:  # no hash at all
        return False
