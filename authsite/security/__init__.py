"""Who is signed in and what they may do.

A host application imports these from here.
"""

from authsite.security.policy import SecurityPolicy
from authsite.security.sessions import current_identity, identity_of

__all__ = ["SecurityPolicy", "current_identity", "identity_of"]
