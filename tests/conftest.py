"""Settings of all tests."""

from hypothesis import settings

# A slow machine is no failure: tests assert behaviour, never time.
settings.register_profile("fairlead", deadline=None)
settings.load_profile("fairlead")
