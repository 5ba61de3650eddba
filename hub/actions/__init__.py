"""What can be done: all writes; one noun a file."""
