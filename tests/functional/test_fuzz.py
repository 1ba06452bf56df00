"""Whatever people do in whatever order: each browser belongs to whom it should, and to nobody else.

Random sequences of acts (people.py) in several browsers on one site, compared after each act with
a model in plain Python (world.py). `make fuzz` goes on for longer.
"""

import os

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import ROOT
from tests.functional.people import People
from tests.throttles import UNTHROTTLED

settings.register_profile(
    "short",
    max_examples=60,
    stateful_step_count=16,
    deadline=None,
    database=DirectoryBasedExampleDatabase(ROOT / ".cache" / "hypothesis"),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    print_blob=True,
)
settings.register_profile(
    "long", settings.get_profile("short"), max_examples=2000, stateful_step_count=40
)
PROFILE = settings.get_profile(os.environ.get("FUZZ", "short"))
#: A sequence takes several times as long on PostgreSQL, and is the same but for the database.
FEWER = {"sqlite": 1, "postgresql": 8}


@pytest.mark.hypothesis
@pytest.mark.no_cover
@pytest.mark.asvs("7.2.1", "7.2.4", "7.3.1", "7.3.2", "7.4.1")
def test_every_browser_is_whose_it_should_be(
    database_url, services, new_site, let_time_pass
) -> None:
    """Hypothesis makes a sequence that fails as short as it can before it shows it."""
    _, browser = new_site(UNTHROTTLED)
    kind = sa.make_url(database_url).get_backend_name()
    sequences = settings(PROFILE, max_examples=PROFILE.max_examples // FEWER[kind])
    run_state_machine_as_test(
        lambda: People(services, browser.app.app, let_time_pass), settings=sequences
    )
