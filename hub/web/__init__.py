"""The roof: HTTP, WebSocket and server-sent events in front of the schema."""
