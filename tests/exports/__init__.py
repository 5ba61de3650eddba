"""Exports: asked for, written by workers, read back, and refused."""
