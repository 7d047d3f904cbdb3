"""A seal on what this person's runs write: only what bears it is ever unpickled."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import os
import secrets
import stat
import sys
from pathlib import Path

from automl_magic.engine.events import Artefact
from automl_magic.engine.spare import SPARE, spare_of

ARTEFACTS = "artefacts"  # the folder of what the folds of a run leave
SIZE = 32  # bytes of a key
SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def key_file() -> Path:
    """Return where the key of this person lies.

    Raises
    ------
    RuntimeError
        If there is no home.
    """
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Application Support"
    else:
        root = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return root / "automl_magic" / "key"


def own_key() -> bytes:
    """Return the secret key of this person; it is made on first use, in a file that nobody else may read.

    Where it cannot be kept, or is not safe there, the key lasts as long as this process: what a run wrote is then
    fitted again when another process goes on with it.
    """
    try:
        file = key_file()
    except RuntimeError:
        return _key_of_process()
    return _kept(file) or _key_of_process()


def seal_of(key: bytes, path: str, content: bytes) -> str:
    """Return the seal on a file: a keyed hash of where it lies in the run's folder, and of its content."""
    name = path.encode()
    return hmac.new(key, len(name).to_bytes(8, "little") + name + content, hashlib.sha256).hexdigest()


def is_sealed(key: bytes, seal: str, path: str, content: bytes) -> bool:
    """Return whether the seal on a file is one that `key` made."""
    return hmac.compare_digest(seal_of(key, path, content).encode(), seal.encode(errors="replace"))


def place_of(folder: str | Path, artefact: Artefact) -> Path | None:
    """Return where a file lies that a record names: in the run's `artefacts`, or its spare folder; else None."""
    root = Path(folder).resolve()
    folders, _, name = artefact.path.partition("/")
    if folders not in (ARTEFACTS, SPARE) or name in ("", ".", "..") or any(mark in name for mark in "/\\:\0"):
        return None
    if folders == SPARE:
        return spare_of(folder) / name
    return root / ARTEFACTS / name if (root / ARTEFACTS).resolve() == root / ARTEFACTS else None


def read_own(path: Path) -> bytes:
    """Return the content of a plain file that belongs to this person and is no link.

    Raises
    ------
    OSError
        If it is not, or cannot be read.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | SAFE | getattr(os, "O_NONBLOCK", 0)), "rb") as stream:
        state = os.fstat(stream.fileno())
        if not stat.S_ISREG(state.st_mode) or (hasattr(os, "getuid") and state.st_uid != os.getuid()):
            raise PermissionError(0, "it is no file of yours", str(path))
        return stream.read()


def _kept(file: Path) -> bytes | None:
    """Return the key in `file`, made where it is missing; None where it cannot be kept there safely."""
    with contextlib.suppress(OSError):
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(file)
        if os.name == "nt" or not file.lstat().st_mode & 0o077:
            key = read_own(file)
            return key if len(key) == SIZE else None
    return None


def _make(file: Path) -> None:
    """Write a new key whole and then give it its name, unless another process was faster."""
    unfinished = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | SAFE, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(SIZE))
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, file)
    finally:
        unfinished.unlink()


@functools.cache
def _key_of_process() -> bytes:
    return secrets.token_bytes(SIZE)
