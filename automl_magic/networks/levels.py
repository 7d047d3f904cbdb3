"""How long networks are trained: the epochs after which they are compared, by rows and budget."""

from __future__ import annotations

FACTOR = 3
MOST_LEVELS = 4
TOPS = (3, 9, 27, 81, 243)  # epochs of a whole training
USUAL = 27
TRAININGS = 16  # that the budget is to hold, each as long as a whole one
MINIBATCH, NUMBER = 3e-3, 1e-6  # seconds of a minibatch, and of each number in it: a mean over networks
BATCH = 64


def levels_for(n_rows: int, seconds: float | None = None, values: int = 1) -> tuple[int, ...]:
    """Return after how many epochs networks are compared, the last being a whole training.

    Parameters
    ----------
    n_rows : int
        Rows of training.
    seconds : float, optional
        Seconds of the search, summed over its workers; without a limit the rows alone decide.
    values : int
        Numbers in one row.

    Examples
    --------
    >>> levels_for(3200, 240, 40), levels_for(8000, 240, 784), levels_for(150, 60, 4), levels_for(1_000_000, 60, 30)
    ((1, 3, 9, 27), (1, 3), (9, 27, 81, 243), (1, 3))
    """
    batches = max(1, n_rows // BATCH)
    epoch = batches * MINIBATCH + n_rows * values * NUMBER
    most = TOPS[-1] if batches <= 4 else TOPS[-2] if batches <= 16 else USUAL
    if seconds is not None:
        fitting = [top for top in TOPS if top <= most and top * epoch * TRAININGS <= seconds]
        most = max(fitting, default=TOPS[0])
    levels = [most // FACTOR**power for power in range(MOST_LEVELS) if most % FACTOR**power == 0]
    return tuple(sorted(levels))
