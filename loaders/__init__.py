"""Reads, batched per operation."""
