"""Digital calibration certificates (DCC 3.3.0)."""
