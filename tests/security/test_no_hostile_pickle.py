"""S6: what is saved is JSON; a fitted model is unpickled only where a run of this person wrote it."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import pickle
import stat
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl_magic
from automl_magic.engine import sealing
from automl_magic.engine.events import Artefact, FoldScore, FoldScored
from automl_magic.engine.journal import Journal, read_journal
from automl_magic.errors import RunError
from automl_magic.tabular.artefacts import read_artefact, read_model, write_artefact

PACKAGE = Path(automl_magic.__file__).parent
POSIX = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


class Hostile:
    """Write a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (Path.write_text, (self.file, "you were had"))


@pytest.fixture
def options(quick: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a short run."""
    return {**quick, "trials": 2, "name": "lesson"}


def rewritten(journal: Path, change: Any) -> None:
    """Write a journal anew, with each artefact of a model changed; its checksums are right."""
    events, _ = read_journal(journal)
    journal.unlink()
    with Journal(journal) as hostile:
        for event in events:
            if isinstance(event, FoldScored):
                files = event.result.artefacts
                files = {role: change(file) if role == "model" else file for role, file in files.items()}
                event = replace(event, result=replace(event.result, artefacts=files))
            hostile.append(event)


@pytest.mark.parametrize("seal", ["", "kept", "made by another key"])
def test_s06_a_hostile_model_with_a_matching_hash_is_not_run(
    own_folder: Path, flowers: pd.DataFrame, options: dict[str, Any], seal: str
) -> None:
    whole = automl_magic.fit(flowers, target="kind", **options)
    folder, trace = own_folder / ".automl" / "lesson", own_folder / "trace"
    content = pickle.dumps(Hostile(trace))

    def planted(artefact: Artefact) -> Artefact:
        (folder / artefact.path).write_bytes(content)
        other = sealing.seal_of(b"?" * 32, artefact.path, content)
        seals = {"kept": artefact.seal, "made by another key": other}
        return Artefact(artefact.path, hashlib.sha256(content).hexdigest(), seals.get(seal, seal))

    rewritten(folder / "journal.jsonl", planted)
    again = automl_magic.resume("lesson", flowers)
    assert not trace.exists()
    assert any("fitted again" in sentence for sentence in again.summary())
    X = flowers.drop(columns="kind")
    assert np.array_equal(again.best.predict_proba(X), whole.best.predict_proba(X))
    pickle.loads(content)
    assert trace.exists(), "the pickle would have done no harm: the test shows nothing"


@pytest.mark.parametrize("path", ["../../evil.pkl", "/etc/passwd", "artefacts/../journal.jsonl", "artefacts/\0", ""])
def test_s06_a_path_that_leads_out_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    write_artefact(tmp_path, "model.pkl", b"", b"k")
    with pytest.raises(RunError):
        read_artefact(tmp_path, Artefact(path, hashlib.sha256(b"").hexdigest()))


def test_s06_a_record_deletes_nothing_but_artefacts(tmp_path: Path) -> None:
    from automl_magic.engine.history import Trial
    from automl_magic.folder import drop_models

    dear = tmp_path / "dear.txt"
    dear.write_text("dear")
    run = tmp_path / "run"
    kept = write_artefact(run, "model.pkl", b"model", b"k")
    trials = {}
    for number, path in enumerate(["../dear.txt", str(dear), "artefacts/../../dear.txt", kept.path]):
        scores = {0: FoldScore(0.0, 0.0, {}, {"model": Artefact(path, "")})}
        trials[number] = Trial(number, number, {}, "tpe", 0, 0.0, state="failed", scores=scores)
    drop_models(run, SimpleNamespace(trials=trials, plan={}))  # type: ignore[arg-type]
    assert dear.read_text() == "dear" and not (run / kept.path).exists()


@POSIX
def test_s06_a_link_in_the_place_of_a_model_is_refused(tmp_path: Path) -> None:
    real = write_artefact(tmp_path, "real.pkl", b"model", b"k")
    (tmp_path / "artefacts" / "link.pkl").symlink_to(tmp_path / real.path)
    with pytest.raises(RunError, match="cannot be read"):
        read_artefact(tmp_path, replace(real, path="artefacts/link.pkl"))
    assert read_artefact(tmp_path, real) == b"model"


@POSIX
def test_s06_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = write_artefact(tmp_path, "real.pkl", b"model", b"k")
    assert read_model(tmp_path, real, b"k") == b"model"
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    with pytest.raises(RunError, match="no file of yours"):
        read_model(tmp_path, real, b"k")


def test_s06_a_seal_holds_for_one_key_one_place_and_one_content(tmp_path: Path) -> None:
    real = write_artefact(tmp_path, "real.pkl", b"model", b"k")
    assert sealing.is_sealed(b"k", real.seal, real.path, b"model")
    assert not sealing.is_sealed(b"l", real.seal, real.path, b"model")
    assert not sealing.is_sealed(b"k", real.seal, real.path + "m", b"odel")
    assert not sealing.is_sealed(b"k", "", real.path, b"model")
    with pytest.raises(RunError, match="does not bear your seal"):
        read_model(tmp_path, real, b"l")


@POSIX
def test_s06_the_key_is_private_and_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "key_file", lambda: tmp_path / "home" / "automl_magic" / "key")
    before = os.umask(0)
    try:
        key = sealing.own_key()
    finally:
        os.umask(before)
    file = sealing.key_file()
    assert len(key) == 32 and sealing.own_key() == key == file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["key"]


@POSIX
@pytest.mark.parametrize("fault", ["open to others", "a link", "too short", "no home", "read-only"])
def test_s06_a_key_that_is_not_safe_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    file = tmp_path / "automl_magic" / "key"
    monkeypatch.setattr(sealing, "key_file", lambda: file)
    planted = b"p" * 32
    file.parent.mkdir()
    if fault == "open to others":
        file.write_bytes(planted)
        file.chmod(0o644)
    elif fault == "a link":
        (tmp_path / "elsewhere").write_bytes(planted)
        (tmp_path / "elsewhere").chmod(0o600)
        file.symlink_to(tmp_path / "elsewhere")
    elif fault == "too short":
        file.write_bytes(b"p")
        file.chmod(0o600)
    elif fault == "read-only":
        monkeypatch.setattr(os, "link", _refuse)
    else:
        monkeypatch.setattr(sealing, "key_file", _homeless)
    key = sealing.own_key()
    assert len(key) == 32 and key != planted and sealing.own_key() == key


def _refuse(*_: Any, **__: Any) -> None:
    raise OSError(30, "Read-only file system")


def _homeless() -> Path:
    raise RuntimeError("no home")


@pytest.mark.parametrize("workers", [0, 1])
def test_s06_workers_seal_and_the_key_is_in_no_record(
    own_folder: Path, flowers: pd.DataFrame, options: dict[str, Any], workers: int
) -> None:
    run = automl_magic.fit(flowers, target="kind", **{**options, "workers": workers})
    key = sealing.own_key()
    scored = [event.result.artefacts for event in run.events if isinstance(event, FoldScored) and event.trial >= 0]
    sealed = [files["model"] for files in scored]
    folder = own_folder / ".automl" / "lesson"
    assert sealed and all(
        sealing.is_sealed(key, artefact.seal, artefact.path, (folder / artefact.path).read_bytes())
        for artefact in sealed
        if (folder / artefact.path).exists()
    )
    texts = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert not any(key in text or key.hex().encode() in text for text in texts)


def test_s06_what_is_saved_is_json(own_folder: Path, flowers: pd.DataFrame, options: dict[str, Any]) -> None:
    run = automl_magic.fit(flowers, target="kind", **options)
    saved = run.save(own_folder / "run.jsonl")
    assert all(isinstance(json.loads(line), dict) for line in saved.read_text(encoding="utf-8").splitlines())
    for prediction in (own_folder / ".automl/lesson/artefacts").glob("*.npy"):
        np.load(prediction, allow_pickle=False)


# Private channels between this process and its own workers, sealed models, and tables of numbers that name no class;
# nothing else unpickles.
UNPICKLE = {
    "engine/network_tables.py": "tables of numbers of an installed package",
    "engine/sharing.py": "the private file of the workers",
    "engine/slot.py": "the pipe from the parent",
    "engine/processes.py": "the pipe from a worker",
    "tabular/artefacts.py": "sealed models",
}


def test_s06_nothing_else_unpickles() -> None:
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                called = f"{node.value.id}.{node.attr}"
                if called in {
                    f"{name}.{do}"
                    for name in ("pickle", "cloudpickle", "joblib")
                    for do in ("load", "loads", "Unpickler")
                }:
                    found.add(file.relative_to(PACKAGE).as_posix())
                assert called not in ("pd.read_pickle", "pandas.read_pickle", "yaml.load", "marshal.loads"), file
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, file
    assert found == set(UNPICKLE)
