"""Property tests here have no deadline: a slow machine is not a wrong rule."""

from hypothesis import settings

settings.register_profile("hub", deadline=None)
settings.load_profile("hub")
