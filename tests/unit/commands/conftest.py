"""What the tests of commands share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    """Report a connection that a command left open in the module that ran the command.

    Once for a module, since a collection takes as long as ten tests.
    """
    yield
    gc.collect()
