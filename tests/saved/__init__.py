"""Saved queries, and the tables that they are."""
