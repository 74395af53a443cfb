"""Pipelines of CI systems, generated."""
