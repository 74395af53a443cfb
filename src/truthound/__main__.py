"""`python -m truthound`."""

from __future__ import annotations

import sys

from truthound.cli.main import console

sys.exit(console())
