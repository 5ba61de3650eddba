"""The HTTP layer against a toy schema, over real sockets."""
