"""What a search over networks leaves: the fitted network, its score on rows kept apart, the plain PyTorch of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl_magic.engine.caps import costs_of
from automl_magic.result import SHOWN, Record, short

if TYPE_CHECKING:
    import pandas as pd

    from automl_magic.engine.space import SearchSpace
    from automl_magic.networks.architecture import Candidate
    from automl_magic.tabular.honest import Score

WEIGHTS = "net.pt"
COSTS = (("parameters", 1.0, "parameters"), ("multiply_adds", 1.0, "multiply_adds"), ("latency_ms", 1e-3, "latency"))


@dataclass(frozen=True, repr=False, kw_only=True)
class NetworkResult(Record):
    """The result of a search over networks.

    Attributes
    ----------
    best : Pipeline
        Fitted: the preparation of the rows, and a skorch estimator around the network.
    score : Score
        On the rows that were kept apart, with its 95 % interval; `float(score)` is the value. Its `naive` is the
        validation score by which the network was picked, which the picking makes too good.
    epochs : int
        For how many epochs the network was trained.
    candidate : Candidate
        Architecture and training.
    said : tuple of str
        The sentences of `summary`.
    space : SearchSpace or None
        What was searched, as it was at the end.
    """

    best: Any
    score: Score
    epochs: int
    candidate: Candidate
    said: tuple[str, ...] = ()
    space: SearchSpace | None = field(default=None, repr=False, compare=False)

    def leaderboard(self) -> pd.DataFrame:
        """Return one row for each architecture, the best first.

        Returns
        -------
        DataFrame of shape (n_trials, 11)
            As of `RunResult.leaderboard`, with epochs (of training), parameters, multiply_adds (for one row) and
            latency_ms (to predict one row) in place of what a pipeline costs. The scores are those of validation.
        """
        board = super().leaderboard().drop(columns=["latency_ms", "size_mb"], errors="ignore")
        trials = [self.history.trial(int(number)) for number in board.index]
        place = len(board.columns) - 1
        epochs = [sum(len(one.curve) for rung in trial.results.values() for one in rung.values()) for trial in trials]
        board.insert(place, "epochs", epochs)
        costs = [costs_of(trial.scores) for trial in trials]
        for name, unit, cost in reversed(COSTS):
            board.insert(place + 1, name, [one.get(cost, float("nan")) / unit for one in costs])
        return board

    def code(self, weights: str | Path = WEIGHTS, in_cell: bool = False) -> str:
        """Return plain PyTorch that makes the network: its layers, the training loop, the loading of its weights.

        Parameters
        ----------
        weights : str or Path
            The file from which the code reads the weights; `write_weights` and `export` write it.
        in_cell : bool
            Whether the code is for a cell of a notebook, not for a file.

        Raises
        ------
        OptionError
            If the network is a module of your own: its source is yours.
        """
        from automl_magic.network_code import code_of

        return code_of(self, str(weights), in_cell)

    def write_weights(self, path: str | Path = WEIGHTS) -> Path:
        """Write the weights of the network to a file, ".pt" of torch or ".safetensors", and return it."""
        from automl_magic.networks.script import write_weights

        write_weights(self.best["network"].module_.state_dict(), path)
        return Path(path)

    def export(self, path: str | Path) -> tuple[Path, Path]:
        """Write the code of `code` and, beside it, the weights.

        Parameters
        ----------
        path : str or Path
            Of the Python file: "net.py". The weights get its name with the ending .pt.

        Returns
        -------
        tuple of Path
            The two files.
        """
        file = Path(path)
        code = self.code(file.with_suffix(".pt").name)
        weights = self.write_weights(file.with_suffix(".pt"))
        file.write_text(code, encoding="utf-8")
        return file, weights

    def summary(self) -> list[str]:
        """Return what happened in plain sentences: the network, its score, why it was picked, what was refused."""
        return [*self.said, *self._warned(), *self._failed(), self._counted()]

    def __repr__(self) -> str:
        board = self.leaderboard().drop(columns=["params", "spread"]).head(SHOWN).to_string(float_format=short)
        return "\n".join([f"Run {self.name}", board, "", *self.summary()])
