"""Trainings: they learn, repeat to the last bit, stop at once, and refuse what cannot be trained."""

from __future__ import annotations

import functools
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from automl_magic.errors import RunError
from automl_magic.networks.guard import Guard, TooSlow
from automl_magic.networks.optimizing import batches_of
from automl_magic.networks.pausing import progress_from_bytes, progress_to_bytes, weights_from_bytes
from automl_magic.networks.progress import Progress, Rows, is_as_good
from automl_magic.networks.train import start, train_epochs
from automl_magic.networks.training import Training
from tests.networks.nets import Small, accuracy_on, rows_of

ROOT = Path(__file__).parent.parent.parent
SGD = Training("sgd", 0.05, schedule="constant", averaging=0.0)


def same(mine: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return mine.keys() == others.keys() and all(torch.equal(mine[name], others[name]) for name in mine)


def trained(training: Training, until: int = 9, epochs: int = 9, seed: int = 0) -> Progress:
    rows = rows_of()
    progress = start(Small, training, epochs, seed)
    train_epochs(progress, rows, until, accuracy_on(rows))
    return progress


def test_a_network_learns() -> None:
    progress = trained(Training(learning_rate=0.01, batch_size=16), 27, 27)
    assert progress.curve[0] < 0.8 < 0.93 < progress.best_score
    assert progress.epoch == len(progress.curve) == len(progress.losses) == 27
    assert progress.losses[-1] < progress.losses[0]
    assert progress.best_score > max(progress.curve) - 0.02


def test_the_best_epoch_is_a_late_one_unless_it_is_worse() -> None:
    for curve, best in (
        ([0.1, 0.5, 0.9, 0.91, 0.9], True),  # as good as the highest but for noise
        ([0.1, 0.5, 0.9, 0.8, 0.7], False),  # it learns by heart
        ([0.5, 0.4], False),  # too early to tell what is noise
        ([0.5, 0.5], True),
        ([math.nan, 0.1], True),
        ([0.1, math.nan], False),
        ([math.nan], True),
    ):
        assert is_as_good(curve) is best, curve
    rows, scores = rows_of(), iter((0.1, 0.5, 0.9, 0.91, 0.9, 0.5, 0.3))
    progress = start(Small, SGD, 7, 0)
    train_epochs(progress, rows, 5, lambda module: next(scores))
    kept = {name: value.clone() for name, value in progress.mean.state_dict().items()}
    train_epochs(progress, rows, 7, lambda module: next(scores))
    assert progress.best_epoch == 5 and progress.best_score == 0.9 and same(progress.best, kept)


def test_a_number_is_learnt() -> None:
    rows = rows_of(outputs=1)
    progress = start(functools.partial(Small, outputs=1, dropout=0.0), Training(learning_rate=0.02), 27, 0)
    train_epochs(progress, rows, 27)
    progress.mean.eval()
    assert float(((progress.mean(rows.x) - rows.y) ** 2).mean()) < 0.15 * float(rows.y.var())


@pytest.mark.parametrize("training", [Training(), SGD], ids=["adamw", "sgd"])
def test_the_same_seed_gives_the_same_bits(training: Training) -> None:
    state = torch.get_rng_state()
    one, two, other = trained(training), trained(training), trained(training, seed=1)
    assert same(one.module.state_dict(), two.module.state_dict()) and one.curve == two.curve
    assert not same(one.module.state_dict(), other.module.state_dict())
    assert torch.equal(state, torch.get_rng_state()), "it drew from the person's generator"


@pytest.mark.parametrize("training", [Training(), SGD], ids=["adamw", "sgd"])
def test_a_pause_changes_no_bit(training: Training) -> None:
    whole, rows = trained(training), rows_of()
    progress = start(Small, training, 9, 0)
    for until in (1, 3, 9):
        train_epochs(progress, rows, until, accuracy_on(rows))
        progress = progress_from_bytes(progress_to_bytes(progress), Small)
    assert progress.epoch == 9 and progress.curve == whole.curve and progress.best_epoch == whole.best_epoch
    for part in ("module", "mean"):
        assert same(getattr(progress, part).state_dict(), getattr(whole, part).state_dict())
    assert same(progress.best, whole.best)


@pytest.mark.further
def test_another_process_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole, rows = trained(Training()), rows_of()
    progress = start(Small, Training(), 9, 0)
    train_epochs(progress, rows, 3, accuracy_on(rows))
    (tmp_path / "state").write_bytes(progress_to_bytes(progress))
    code = (
        "import sys, pathlib\n"
        "from automl_magic.networks.pausing import progress_from_bytes, weights_to_bytes\n"
        "from automl_magic.networks.train import train_epochs\n"
        "from tests.networks.nets import Small, accuracy_on, rows_of\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "progress = progress_from_bytes((folder / 'state').read_bytes(), Small)\n"
        "train_epochs(progress, rows_of(), 9, accuracy_on(rows_of()))\n"
        "(folder / 'weights').write_bytes(weights_to_bytes(progress.module.state_dict()))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=ROOT, timeout=120)
    assert same(weights_from_bytes((tmp_path / "weights").read_bytes()), whole.module.state_dict())


def test_what_is_no_paused_training_is_refused() -> None:
    content = progress_to_bytes(trained(Training(), 1))
    for broken in (b"", b"nothing", content[:-10]):
        with pytest.raises(RunError, match="no file of weights"):
            progress_from_bytes(broken, Small)
    with pytest.raises(RunError, match="no paused training of this network"):
        progress_from_bytes(content, functools.partial(Small, units=8))


def test_it_stops_before_the_next_minibatch() -> None:
    rows, asked = rows_of(), iter(range(10_000))
    batches = batches_of(len(rows), 16)
    progress = start(Small, Training(batch_size=16), 9, 0)
    curve = train_epochs(progress, rows, 9, accuracy_on(rows), lambda: next(asked) >= 3 * batches + 2)
    assert next(asked) == 3 * batches + 3, "it asks once for each minibatch"
    assert progress.epoch == len(curve) == 3 and progress.step == 3 * batches
    whole = start(Small, Training(batch_size=16), 9, 0)
    train_epochs(whole, rows, 3)
    assert same(progress.module.state_dict(), whole.module.state_dict()), "it is set back to the last whole epoch"
    assert train_epochs(progress, rows, 9, accuracy_on(rows)) == trained_curve(rows)[3:]


def trained_curve(rows: Rows) -> list[float]:
    progress = start(Small, Training(batch_size=16), 9, 0)
    return train_epochs(progress, rows, 9, accuracy_on(rows))


def test_a_first_epoch_that_is_cut_short_is_scored() -> None:
    rows, asked = rows_of(), iter(range(10_000))
    progress = start(Small, Training(batch_size=16), 9, 0)
    curve = train_epochs(progress, rows, 9, accuracy_on(rows), lambda: next(asked) >= 5)
    assert len(curve) == 1 and progress.epoch == 0 and progress.best


def test_nothing_is_scored_where_there_was_no_time_at_all() -> None:
    rows = rows_of()
    progress = start(Small, Training(), 9, 0)
    assert train_epochs(progress, rows, 9, accuracy_on(rows), lambda: True) == [] and not progress.best


def test_a_loss_that_is_no_number_ends_it() -> None:
    rows = rows_of()
    spoilt = Rows(rows.x.clone(), rows.y)
    progress = start(Small, Training(batch_size=16), 9, 0)
    train_epochs(progress, rows, 2, accuracy_on(rows))
    spoilt.x[7] = math.inf
    assert train_epochs(progress, spoilt, 9, accuracy_on(rows)) == []
    assert progress.is_broken and progress.epoch == 2 and progress.best
    assert all(bool(value.isfinite().all()) for value in progress.mean.state_dict().values())
    again = progress_from_bytes(progress_to_bytes(progress), Small)
    assert again.is_broken and train_epochs(again, rows, 9, accuracy_on(rows)) == []


@pytest.mark.parametrize(("count", "batch_size"), [(65, 64), (33, 16), (5, 2), (4, 1), (10, 64), (3, 2)])
def test_no_minibatch_has_a_single_row(count: int, batch_size: int) -> None:
    rows = rows_of(count)
    progress = start(Small, Training(batch_size=batch_size), 3, 0)
    train_epochs(progress, rows, 3, accuracy_on(rows))  # batch normalisation refuses a single row
    assert len(progress.curve) == 3


def test_three_hundred_classes() -> None:
    draws = torch.Generator().manual_seed(0)
    rows = Rows(torch.randn(900, 6, generator=draws), torch.arange(900) % 300)
    progress = start(functools.partial(Small, outputs=300), Training(), 3, 0)
    assert len(train_epochs(progress, rows, 3, accuracy_on(rows))) == 3


def test_a_slow_network_is_refused_by_its_first_minibatches() -> None:
    with pytest.raises(TooSlow) as caught:
        train_epochs(start(Small, Training(batch_size=16), 81, 0), rows_of(), 1, longest=0.001)
    assert "so 81 epochs would take" in str(caught.value)
    guard = Guard(10.0, 100, 9)
    for seconds in (99.0, 0.15, 0.12, 0.09, 99.0):  # the first one is not counted, nor those after the fourth
        guard.tell(seconds, 16)
    with pytest.raises(TooSlow, match=r"A minibatch of 16 rows takes 250 ms, so 9 epochs would take 25 s; .* 10 s"):
        again = Guard(10.0, 100, 9)
        again.tell(0.1, 16)
        again.tell(0.25, 16)


class Square(nn.Module):
    """A network that forgets to flatten."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        told: torch.Tensor = self.last(x[:, None])
        return told


def test_a_network_of_another_shape_is_refused() -> None:
    with pytest.raises(RunError, match=r"shape \(67, classes\). Got \(67, 1, 3\)"):
        train_epochs(start(Square, Training(), 3, 0), rows_of(), 1)
    with pytest.raises(RunError, match=r"one number for each row, shape \(67, 1\). Got \(67, 3\)"):
        train_epochs(start(Small, Training(), 3, 0), rows_of(outputs=1), 1)
    with pytest.raises(RunError, match="gives 2 numbers for each row, and there are at least 3 classes"):
        train_epochs(start(functools.partial(Small, outputs=2), Training(), 3, 0), rows_of(), 1)
    with pytest.raises(RunError, match="Identity has no weights to learn"):
        start(nn.Identity, Training(), 3, 0)
