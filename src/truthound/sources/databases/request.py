"""What is read from a database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from truthound.sources.address import Address


@dataclass(frozen=True)
class TableRequest:
    """What is wanted of a database: one SELECT, and how to find out which tables there are if it fails."""

    address: Address
    path: Path | None
    text: str
    """The statement, without the row filter."""
    where: str | None = None
    table: str | None = None

    @property
    def filtered(self) -> str:
        """The statement. What the user wrote stands on lines of its own, so that a comment ends with it."""
        return f"SELECT * FROM (\n{self.text}\n) AS data WHERE (\n{self.where}\n)" if self.where else self.text
