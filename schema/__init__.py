"""Nouns as clients see them: types, inputs, filters; one noun a file."""
