"""A guard on time: a network that would take too long is told by its first minibatches."""

from __future__ import annotations

from dataclasses import dataclass, field

from automl_magic.errors import RunError

LOOKS = 4  # minibatches that are timed; the first does what is done only once and does not count


class TooSlow(RunError):
    """A network whose training would take longer than it may."""


@dataclass
class Guard:
    """Time the first minibatches of a training.

    Attributes
    ----------
    longest : float
        Seconds that the whole training may take.
    steps, epochs : int
        Minibatches and epochs of the whole training.
    """

    longest: float
    steps: int
    epochs: int
    _seen: int = field(default=0, init=False)
    _fastest: float = field(default=float("inf"), init=False)

    def tell(self, seconds: float, rows: int) -> None:
        """Hear how long a minibatch of so many rows took.

        Raises
        ------
        TooSlow
            If the fastest so far tells that all of them would take too long; before `LOOKS` only if by far.
        """
        self._seen += 1
        if not 1 < self._seen <= LOOKS:
            return
        self._fastest = min(self._fastest, seconds)
        whole = self._fastest * self.steps
        if whole > (1 if self._seen == LOOKS else 2) * self.longest:
            raise TooSlow(
                f"A minibatch of {rows} rows takes {1000 * self._fastest:.0f} ms, so {self.epochs} epochs "
                f"would take {whole:.0f} s; one network may take {self.longest:.0f} s.",
                "Give more time, allow fewer layers or units, or larger minibatches.",
            )
