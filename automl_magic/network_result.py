"""What a search over networks leaves: the fitted network, its score on rows kept apart, the plain PyTorch of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl_magic.engine.caps import costs_of, seconds_in_words
from automl_magic.engine.history import Trial
from automl_magic.errors import OptionError
from automl_magic.result import SHOWN, Record, config_told, model_of, short

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
        board.insert(place, "epochs", [epochs_of(trial) for trial in trials])
        costs = [costs_of(trial.scores) for trial in trials]
        for name, unit, cost in reversed(COSTS):
            board.insert(place + 1, name, [one.get(cost, float("nan")) / unit for one in costs])
        return board

    def learning_curves(self) -> pd.DataFrame:
        """Return how each network learned: one column for each trial, one row for each epoch from 1.

        Returns
        -------
        DataFrame
            Validation scores in the metric's natural sign; NaN after the last epoch of a network. A network that was
            paused and went on later has one curve.
        """
        import pandas as pd

        sign, curves = self.metric["sign"], {}
        for trial in self.history.trials.values():
            rungs = [trial.results[rung] for rung in sorted(trial.results)]
            scores = [sign * score for rung in rungs for one in rung.values() for score in one.curve]
            if scores:
                curves[trial.id] = pd.Series(scores, index=pd.RangeIndex(1, len(scores) + 1))
        return pd.DataFrame(curves).rename_axis(index="epoch", columns="trial")

    def blocks(self) -> pd.DataFrame:
        """Return the network from its input to its outputs: one row for each block of layers.

        Returns
        -------
        DataFrame
            Indexed by the block's name, with its layer, what it takes (blocks by name), what it gives (a shape),
            parameters and multiply_adds (for one row).

        Raises
        ------
        OptionError
            If the network is a module of your own: only you know what is in it.
        """
        import pandas as pd

        from automl_magic.networks.families.own import OwnModule
        from automl_magic.networks.graph import Inputs
        from automl_magic.networks.picture import boxes_of
        from automl_magic.networks.shaping import graph_of

        architecture = self.candidate.architecture
        if isinstance(architecture, OwnModule):
            raise OptionError("The network is a module of your own: its blocks are what you wrote.")
        drawn = boxes_of(graph_of(architecture, Inputs.from_json(self.history.about["inputs"])))
        rows = [
            {
                "block": box["id"],
                "layer": box["label"],
                "takes": ", ".join(arc["from"] for arc in drawn["arcs"] if arc["to"] == box["id"]),
                "gives": " x ".join(map(str, box["shape"])),
                "parameters": box["parameters"],
                "multiply_adds": box["multiply_adds"],
            }
            for box in drawn["boxes"]
        ]
        return pd.DataFrame(rows).set_index("block")

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

    def _heads(self) -> list[str]:
        counts = ["epochs", "parameters", "one row", "seconds"]
        return ["", "trial", "model", f"validation {self._head()}", *counts, "state", "origin", "configuration"]

    def _cells(self, place: int, trial: Trial) -> list[str]:
        score, costs = self.natural(trial.score), costs_of(trial.scores)
        return [
            str(place),
            str(trial.id),
            model_of(trial),
            "–" if score is None else short(score),
            str(epochs_of(trial)),
            f"{costs['parameters']:,.0f}" if "parameters" in costs else "–",
            seconds_in_words(costs["latency"]) if "latency" in costs else "–",
            f"{trial.seconds:.1f}",
            trial.state + (f": {trial.reason}" if trial.reason else ""),
            trial.origin,
            config_told(trial),
        ]

    def summary(self) -> list[str]:
        """Return what happened in plain sentences: the network, its score, why it was picked, what was refused."""
        return [*self.said, *self._warned(), *self._failed(), self._counted()]

    def __repr__(self) -> str:
        board = self.leaderboard().drop(columns=["params", "spread"]).head(SHOWN).to_string(float_format=short)
        return "\n".join([f"Run {self.name}", board, "", *self.summary()])


def epochs_of(trial: Trial) -> int:
    """Return for how many epochs a trial was trained in the search."""
    return sum(len(one.curve) for rung in trial.results.values() for one in rung.values())
