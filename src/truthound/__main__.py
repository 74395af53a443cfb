"""`python -m truthound`."""

from __future__ import annotations

import sys

from truthound.cli.main import main

sys.exit(main())
