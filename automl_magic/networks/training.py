"""How a network is trained: one frozen description, which a search may draw and a script can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from automl_magic.errors import OptionError, did_you_mean

OPTIMIZERS = ("adamw", "sgd")
SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True)
class Training:
    """Say how a network is trained; how many epochs is told apart from it.

    Attributes
    ----------
    optimizer : str
        "adamw", or "sgd" with Nesterov's momentum of 0.9.
    learning_rate : float
        The largest rate.
    weight_decay : float
        Of weights of layers; biases and the parameters of normalisations do not decay.
    batch_size : int
        Rows of a minibatch.
    label_smoothing : float
        Share of a label that is spread over all classes; a regression has no use for it.
    schedule : str
        "cosine": the rate rises in the first twentieth of the steps and falls to nothing along half a cosine;
        "constant": after the rise it stays.
    averaging : float
        Decay of the running mean of the weights, which is what predicts; 0: the weights themselves predict.

    Examples
    --------
    >>> Training(learning_rate=0.01).learning_rate
    0.01
    """

    optimizer: str = "adamw"
    learning_rate: float = 1e-2
    weight_decay: float = 1e-2
    batch_size: int = 64
    label_smoothing: float = 0.0
    schedule: str = "cosine"
    averaging: float = 0.99

    def __post_init__(self) -> None:
        for name, allowed in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            given = getattr(self, name)
            if given not in allowed:
                raise OptionError(
                    f"{name} must be one of {', '.join(allowed)}. Got {given!r} instead.{did_you_mean(given, allowed)}",
                    f"Leave it out for {getattr(type(self), name)}.",
                )
        for name, holds, wanted in (
            ("learning_rate", self.learning_rate > 0, "above 0"),
            ("weight_decay", self.weight_decay >= 0, "0 or more"),
            ("batch_size", self.batch_size >= 1 and self.batch_size == int(self.batch_size), "a whole number above 0"),
            ("label_smoothing", 0 <= self.label_smoothing < 1, "at least 0 and below 1"),
            ("averaging", 0 <= self.averaging < 1, "at least 0 and below 1"),
        ):
            if not holds:
                raise OptionError(
                    f"{name} must be {wanted}. Got {getattr(self, name)!r} instead.",
                    f"Leave it out for {getattr(type(self), name)}.",
                )

    def to_json(self) -> dict[str, Any]:
        """Return it in JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Training:
        """Return what `to_json` wrote; what is missing has its default.

        Raises
        ------
        OptionError
            If a name is none of these.
        """
        known = [field.name for field in fields(cls)]
        for name in record:
            if name not in known:
                raise OptionError(
                    f'A training has no "{name}".{did_you_mean(name, known)}', f"It has {', '.join(known)}."
                )
        return cls(**record)
