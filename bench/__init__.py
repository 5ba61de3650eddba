"""Measurements, printed as ratios within one run and counts; `make bench` runs them all."""
