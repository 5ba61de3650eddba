"""Verbs: query, mutation and subscription fields; one noun a file."""
