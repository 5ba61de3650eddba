"""The application core of the metrology data hub."""
