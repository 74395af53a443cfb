"""A system that only sets `CI=true`: plain lines of the log."""

from truthound.ci.platforms.record import Platform

RECORD = Platform("a CI system")
