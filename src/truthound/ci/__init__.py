"""Continuous integration: which system this is, and what it tells of the build."""
