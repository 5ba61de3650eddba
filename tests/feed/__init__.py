"""The feed, as its subscribers and its readers meet it."""
