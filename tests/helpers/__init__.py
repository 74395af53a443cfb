"""Helpers of many tests."""
