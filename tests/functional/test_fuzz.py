"""Random actions in several browsers: each browser shows the user that it should.

After each action (state_machine.py), the site is compared with a model in plain Python
(site_model.py). `make fuzz` runs longer.
"""

import os

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import ROOT
from tests.functional.state_machine import SiteMachine
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
#: A sequence takes several times as long on PostgreSQL, and differs only in the database.
FEWER = {"sqlite": 1, "postgresql": 8}


@pytest.mark.hypothesis
@pytest.mark.no_cover
@pytest.mark.asvs("7.2.1", "7.2.4", "7.3.1", "7.3.2", "7.4.1")
def test_browsers_show_the_expected_users(database_url, services, new_site, let_time_pass) -> None:
    _, browser = new_site(UNTHROTTLED)
    backend = sa.make_url(database_url).get_backend_name()
    sequences = settings(PROFILE, max_examples=PROFILE.max_examples // FEWER[backend])
    run_state_machine_as_test(
        lambda: SiteMachine(services, browser.app.app, let_time_pass), settings=sequences
    )
