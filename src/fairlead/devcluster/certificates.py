"""The files of the cluster's own certificate authority and server certificate."""

from __future__ import annotations

import os
from pathlib import Path

_FILES = ("ca.crt", "ca.key", "server.crt", "server.key")


def ensure_certificates(folder: Path, hosts: tuple[str, ...] = ()) -> None:
    """Make the certificates once; later starts keep them, unless the names changed."""
    if _are_there(folder, hosts):
        return
    # Loading the library costs more than using it: only the first start pays.
    from fairlead.devcluster.issuing import issue  # noqa: PLC0415

    issued = issue(hosts)
    write_private(folder / "ca.key", issued.ca_key)
    write_private(folder / "server.key", issued.server_key)
    (folder / "server.crt").write_bytes(issued.server)
    (folder / "ca.crt").write_bytes(issued.ca)
    (folder / "server.names").write_text("\n".join(hosts))


def _are_there(folder: Path, hosts: tuple[str, ...]) -> bool:
    names = folder / "server.names"
    complete = all((folder / name).exists() for name in (*_FILES, names.name))
    return complete and names.read_text() == "\n".join(hosts)


def issue_apart(folder: Path, hosts: tuple[str, ...]) -> None:
    """Make the certificates in a process of its own, where the system can fork.

    The library takes eight megabytes that nobody needs afterwards. Only for a process
    without threads. What goes wrong there goes wrong again, and is told, in the server.
    """
    if _are_there(folder, hosts) or not hasattr(os, "fork"):
        return
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ensure_certificates(folder, hosts)
    finally:
        os._exit(0)


def copy_certificates(source: Path, folder: Path) -> None:
    """Take over the certificates of another cluster, where there are none yet."""
    for name in (*_FILES, "server.names"):
        if not (folder / name).exists():
            write_private(folder / name, (source / name).read_bytes())


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)
