"""Data docs: pages about runs that open from a folder, without a network. Pure functions from results to text."""
