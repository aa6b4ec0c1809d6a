"""A PostgreSQL cluster of a test's own: no port, a socket in a folder that nobody else may enter."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def binaries() -> Path | None:
    """Where initdb and pg_ctl are: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    places = (
        [Path(found).resolve().parent]
        if found
        else sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    )
    return places[-1] if places else None


def why_not() -> str | None:
    """Why there can be no cluster here, or None."""
    if binaries() is None:
        return "no PostgreSQL; apt-get install postgresql"
    if os.geteuid() == 0 and not _exists("postgres"):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return None


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A running cluster with an empty database; its address for SQLAlchemy."""
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="nightwire-"))
    if user:
        shutil.chown(folder, user)

    def do(name: str, *options: str) -> None:
        command = [str(Path(binaries() or "") / name), *options]
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)

    do("initdb", "-D", str(folder / "data"), "-U", "prefect", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    settings = f"-k {folder} -c listen_addresses='' -c fsync=off"
    do("pg_ctl", "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", settings, "start")
    try:
        do("createdb", "-h", str(folder), "-U", "prefect", "prefect")
        yield f"postgresql+asyncpg://prefect@/prefect?host={folder}"
    finally:
        do("pg_ctl", "-D", str(folder / "data"), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
