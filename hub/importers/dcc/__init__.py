"""Digital calibration certificates (DCC 3.1.1 to 3.3.0)."""
