"""How long networks are trained: the epochs after which they are compared, by rows and budget."""

from __future__ import annotations

FACTOR = 3
MOST_LEVELS = 4
TOPS = (3, 9, 27, 81, 243)  # epochs of a whole training
USUAL = 27  # of them, where neither rows nor time say otherwise
MOST_STEPS = 2500  # minibatches up to which a training is made longer than that
TRAININGS = 3  # that the time is to hold one after the other, each a whole one
MINIBATCH, NUMBER = 4e-3, 4e-7  # seconds of a minibatch, and of each number in it: about those of a middling network
SIZES, FEWEST = (8, 64), 12  # of a minibatch, and how many an epoch should have


def levels_for(n_rows: int, seconds: float | None = None, values: int = 1) -> tuple[int, ...]:
    """Return after how many epochs networks are compared, the last being a whole training.

    Parameters
    ----------
    n_rows : int
        Rows of training.
    seconds : float, optional
        Seconds of the search; without a limit the rows alone decide.
    values : int
        Numbers in one row.

    Examples
    --------
    >>> levels_for(2720, 120, 40), levels_for(6800, 120, 784), levels_for(100, 60, 4), levels_for(1_000_000, 60, 30)
    ((1, 3, 9, 27), (1, 3, 9), (3, 9, 27, 81), (1, 3))
    """
    size = min(SIZES[1], max(SIZES[0], n_rows // FEWEST))
    batches = max(1, n_rows // size)
    epoch = batches * (MINIBATCH + size * values * NUMBER)
    most = max([USUAL, *(top for top in TOPS if top * batches <= MOST_STEPS)])
    if seconds is not None:
        most = max([TOPS[0], *(top for top in TOPS if top <= most and top * epoch * TRAININGS <= seconds)])
    levels = [most // FACTOR**power for power in range(MOST_LEVELS) if most % FACTOR**power == 0]
    return tuple(sorted(levels))
