"""A run reported to the CI system that it runs in."""
