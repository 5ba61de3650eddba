"""Webhooks: what is sent, to whom, and to whom never."""
