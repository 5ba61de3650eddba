"""Tests of the offline IDE."""
