"""Data frames and Python values."""
