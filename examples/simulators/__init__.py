"""Other systems as they might be, each a small server that behaves badly on request."""
