"""Settings of Hypothesis for the unit tests."""

import os
from pathlib import Path

import hypothesis
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(__file__).parent.parent.parent / ".cache" / "hypothesis")
# No deadline: a busy machine is no defect of the site.
hypothesis.settings.register_profile(
    "unit",
    max_examples=2000 if os.environ.get("FUZZ") == "long" else 30,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("unit")
