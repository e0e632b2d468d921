"""What every test is given: a Hypothesis that behaves the same on a slow machine as on a fast one."""

from __future__ import annotations

from hypothesis import settings

# A deadline measures the machine, not the code.
settings.register_profile("store-edge", deadline=None, print_blob=True)
settings.load_profile("store-edge")
