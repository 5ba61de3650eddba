"""What the hub holds as files for other systems."""
