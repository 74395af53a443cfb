"""Continuous integration: detect the system, report runs to it, generate its pipeline."""
