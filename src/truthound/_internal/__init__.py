"""Helpers that know nothing of data quality: text, environment variables, YAML nodes, templates, plugins, lazy imports."""
