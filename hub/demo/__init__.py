"""A small world to try the hub in: real reference files, constructed people and things."""
