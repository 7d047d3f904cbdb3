"""Run a notebook without a browser and print what its search found: `python notebooks/run.py FILE`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

SUMMARY = """
print(best_run.leaderboard().head(10).drop(columns="params").to_string(float_format="{:.4f}".format), end="\\n\\n")
print(*best_run.summary(), sep="\\n")
print(f"Score {best_run.score.value:.4f}, between {best_run.score.low:.4f} and {best_run.score.high:.4f}")
"""


def run(path: Path, folder: Path) -> tuple[str, Path]:
    """Execute a notebook.

    Parameters
    ----------
    path : Path
        The notebook; it stays as it is.
    folder : Path
        Where the executed copy goes.

    Returns
    -------
    tuple of str and Path
        What the run in its variable `best_run` says, and the executed copy.
    """
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # the kernel of this environment, not one installed for the user
    notebook = nbformat.read(path, as_version=4)
    asked = nbformat.v4.new_code_cell(SUMMARY)
    notebook.cells.append(asked)
    place = {"metadata": {"path": str(path.parent)}}
    quiet = ["--log-level=ERROR"]
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place, extra_arguments=quiet)
    client.execute()
    notebook.cells.pop()
    folder.mkdir(parents=True, exist_ok=True)
    executed = folder / path.name
    nbformat.write(notebook, executed)
    said = "".join(output.get("text", "") for output in asked.outputs)
    return said, executed


def main(arguments: list[str]) -> None:
    """Run the notebook that the command line names and tell what came of it."""
    if len(arguments) != 1:
        raise SystemExit("usage: python notebooks/run.py NOTEBOOK")
    path = Path(arguments[0]).resolve()
    print(f"Running {path.name} …", flush=True)
    begun = time.monotonic()
    said, executed = run(path, path.parent.parent / "build" / "notebooks")
    print(said)
    print(f"Executed in {time.monotonic() - begun:.0f} s: {executed}")


if __name__ == "__main__":
    main(sys.argv[1:])
