"""A request for rows of a database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from truthound.sources.address import Address


@dataclass(frozen=True)
class TableRequest:
    """One SELECT statement and where it runs; `table` is set if it reads a whole table."""

    address: Address
    path: Path | None
    text: str
    """The statement, without the row filter."""
    where: str | None = None
    table: str | None = None

    @property
    def filtered(self) -> str:
        """The statement with the row filter. The user's text is on separate lines, so that a comment in it ends there."""
        return f"SELECT * FROM (\n{self.text}\n) AS data WHERE (\n{self.where}\n)" if self.where else self.text
