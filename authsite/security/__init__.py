"""Who is signed in and what they may do.

A host application imports `SecurityPolicy` and `identity_of` from here.
"""

from authsite.security.policy import SecurityPolicy
from authsite.security.sessions import identity_of

__all__ = ["SecurityPolicy", "identity_of"]
