"""Connectors: other systems, simulated, and what passes between them and the hub."""
