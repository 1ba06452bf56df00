"""The security policy starts no session by itself."""

import pytest
from pyramid.interfaces import ISecurityPolicy

from tests.factories import a_request


@pytest.mark.one_database
def test_remember_refuses_to_start_a_session(application):
    policy = application.registry.getUtility(ISecurityPolicy)
    with pytest.raises(TypeError, match="complete_sign_in"):
        policy.remember(a_request(), "ada")
