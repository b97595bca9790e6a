"""Fetching GraphiQL, as the package `ruru` carries it, once: checked against a pinned hash, then served from here.

`python -m schema.ide.fetch` never fails: without npm or a network it says so, and the server shows its plain page.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

VERSION = "2.0.2"
INTEGRITY = "WYTeVEdEcz9vZQCjXsH4wVlbRyv6lik4IjFtktk6xrkQR4dVmzJYQ3NpFkM1/+349v/RjRcZ6nB6mwyc83lNKA=="  # sha512, base64
FOLDER = Path(__file__).parents[2] / ".cache" / "ide" / VERSION
PATIENCE = 180  # seconds; the package weighs 22 MB


class NotFetched(Exception):
    """GraphiQL could not be had; the message tells a person why."""


def main() -> None:
    """Fetch GraphiQL unless it is there, and say in one sentence how it went."""
    try:
        print("GraphiQL is there already." if FOLDER.is_dir() else f"GraphiQL is ready, {fetch(FOLDER)} files.")
    except (NotFetched, OSError) as reason:
        print(f"GraphiQL was not fetched ({reason}): the server shows a plain page instead; `make ide` tries again.")


def fetch(folder: Path) -> int:
    """Put the page's files into `folder`, all or none, and return how many.

    Raises `NotFetched`, or `OSError` where the folder cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        files = unpack(_pack(Path(scratch)), Path(scratch) / "files", INTEGRITY)
        (Path(scratch) / "files").rename(folder)
    return files


def unpack(package: Path, into: Path, integrity: str) -> int:
    """Write the page's files of a package whose hash is the pinned one. Raises `NotFetched` when it is another."""
    if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != integrity:
        reason = "the package is not the one that was pinned"
        raise NotFetched(reason)
    files = 0
    with tarfile.open(package) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() and _is_shown(member.name) else None
            if content is not None:
                target = into / PurePosixPath(member.name).relative_to("package")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
                files += 1
    return files


def _is_shown(name: str) -> bool:
    path = PurePosixPath(name)
    if ".." in path.parts or path.suffix == ".map":
        return False
    return path.is_relative_to("package/static") or str(path) in {"package/ruru.html", "package/LICENSE.md"}


def _pack(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        reason = "npm is not installed"
        raise NotFetched(reason)
    # Packed, not installed: its dependencies would weigh ten times as much and are not needed.
    command = [npm, "pack", f"ruru@{VERSION}", "--pack-destination", str(folder), "--fetch-retries=0", "--silent"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
    except (subprocess.SubprocessError, OSError) as error:
        reason = f"npm gave up: {type(error).__name__}"
        raise NotFetched(reason) from error
    return folder / f"ruru-{VERSION}.tgz"


if __name__ == "__main__":
    main()
