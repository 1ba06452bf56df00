"""What the unit tests share: how long hypothesis looks, and where it remembers what it found."""

import os
from pathlib import Path

import hypothesis
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(__file__).parent.parent.parent / ".cache" / "hypothesis")
# Whether a machine is busy says nothing about the site.
hypothesis.settings.register_profile(
    "unit",
    max_examples=2000 if os.environ.get("FUZZ") == "long" else 30,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("unit")
