"""PostgreSQL and Valkey from the wheels, started and looked after by the hub itself."""
