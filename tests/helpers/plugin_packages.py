"""Packages with entry points, as an installer leaves them."""

from pathlib import Path


def install(
    folder: Path, package: str, points: dict[str, str], code: str = "", group: str = "truthound.validators"
) -> None:
    (folder / f"{package}.py").write_text(code)
    info = folder / f"{package}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in points.items()))
