"""Data docs: pages about runs that can be opened from a folder, offline. Pure functions from results to text."""
