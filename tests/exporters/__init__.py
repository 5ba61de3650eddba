"""Tests of what the hub hands out as files."""
