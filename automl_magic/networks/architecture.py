"""The space of networks: builders of architectures, joined with what is searched in their training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np

from automl_magic.engine.events import Config
from automl_magic.engine.holes import Build, Choice, Float, Int, key_of
from automl_magic.engine.space import SearchSpace, compile_space
from automl_magic.engine.template import TOP
from automl_magic.errors import SpaceError, did_you_mean
from automl_magic.networks.families.bag import bag
from automl_magic.networks.families.cell import cell
from automl_magic.networks.families.conv import conv
from automl_magic.networks.families.mlp import mlp
from automl_magic.networks.families.own import OwnFactory, OwnModule
from automl_magic.networks.families.recurrent import recurrent
from automl_magic.networks.families.repeat import Block, is_family, repeat
from automl_magic.networks.families.residual_mlp import residual_mlp
from automl_magic.networks.graph import Inputs
from automl_magic.networks.shaping import family_of, graph_of
from automl_magic.networks.training import Training

__all__ = [
    "Candidate",
    "OwnModule",
    "bag",
    "candidate_space",
    "cell",
    "conv",
    "default_template",
    "defaults",
    "graph_of",
    "mlp",
    "recurrent",
    "repeat",
    "residual_mlp",
]

Architecture: TypeAlias = Block | OwnModule
BATCHES = (8, 16, 32, 64, 128, 256, 512)
BUILDERS = ("bag", "cell", "conv", "mlp", "recurrent", "repeat", "residual_mlp")
STEPS = (12, 1000)  # fewest and most minibatches of an epoch
PLACES = 4096  # pixels or steps up to which all of them, not their mean, are tried first
SHORT = 64  # steps up to which a sequence is tried as one row of numbers too


@dataclass(frozen=True)
class Candidate:
    """What a configuration stands for: a concrete architecture, and how it is trained."""

    architecture: Architecture
    training: Training

    @property
    def family(self) -> str:
        """The name of the architecture's family, as its builder is called."""
        return family_of(self.architecture)


class CandidateBuild(Build):
    """A candidate to be searched; the labels of its architecture begin with the family."""

    unnamed = ("architecture",)


def candidate_space(template: Any, inputs: Inputs, training: Any = None, rows: int | None = None) -> SearchSpace:
    """Return the space of candidates: architectures of the template, and their training.

    Parameters
    ----------
    template : Build or Choice
        What a builder returns, `Build(MyNetwork, ...)` around the class of a torch module, or a Choice of such.
    inputs : Inputs
        What the networks take.
    training : Training, Build or dict, optional
        Values and holes by name in the place of those that are searched else.
    rows : int, optional
        Of training; the sizes of minibatches that are tried depend on it.

    Raises
    ------
    SpaceError
        If the template holds anything else, or a family cannot take such inputs.

    Examples
    --------
    >>> space = candidate_space(mlp(), Inputs("table", (4,), outputs=3))
    >>> space.make(space.default()).family
    'mlp'
    """
    alone = key_of(template) if isinstance(template, Build) else type(template).__name__
    written = template if isinstance(template, Choice) else Choice.of([(alone, template)])
    architecture = Choice.of(_options(written), written.default)  # its label is always "model"
    space = compile_space(CandidateBuild(Candidate, architecture=architecture, training=_training(training, rows)))
    for key in space[TOP].options:
        made = space.make(space.validate({TOP: key})).architecture
        if not isinstance(made, OwnModule):
            graph_of(made, inputs)
    return space


def _options(choice: Choice) -> list[tuple[Any, Any]]:
    """Return the options of a choice of networks with their keys, which begin the labels."""
    options = [(key, _networks(option)) for key, option in zip(choice.keys, choice.options, strict=True)]
    for key, _ in options:
        if not (isinstance(key, str) and key.isidentifier()):
            raise SpaceError(
                f"A network must have a name to be told by. Got {key!r}.", "Give it one: Choice(mine=Build(...))."
            )
    return options


def _networks(template: Any) -> Any:
    """Return a template of architectures: the person's own modules are held, not made."""
    if isinstance(template, Choice):
        return Choice.of(_options(template), template.default, template.name)
    if isinstance(template, Build):
        return template if is_family(template.factory) else Build(OwnFactory(template.factory), **template.holes)
    name = getattr(template, "__name__", None)
    called = f"Call it: {name}()." if name in BUILDERS else "Choice(mlp(), conv()) searches several."
    got = repr(template) if isinstance(template, str | int | float | None) else name or type(template).__name__
    raise SpaceError(
        f"A network must be mlp(...), conv(...) or another builder, or Build(MyModule, ...). Got {got}.", called
    )


def _training(given: Any, rows: int | None) -> Build:
    """Return what is searched in training, with what the person gave in its place."""
    sizes = batch_sizes(rows)
    searched: dict[str, Any] = {
        **asdict(Training()),
        "optimizer": Choice("adamw", "sgd"),
        "learning_rate": Float(1e-4, 1e-1, log=True, default=Training.learning_rate),
        "weight_decay": Float(1e-6, 1e-1, log=True, default=1e-2),
        "batch_size": Choice(*sizes, default=min(sizes, key=lambda size: (abs(size - 64), size))),
    }
    own = given.holes if isinstance(given, Build) else asdict(given) if isinstance(given, Training) else given or {}
    if not isinstance(own, Mapping):
        raise SpaceError(
            f"training must be a dict of values and holes. Got {type(own).__name__} instead.",
            'Write {"learning_rate": Float(1e-3, 1e-1, log=True)}.',
        )
    for name in own:
        if name not in searched:
            raise SpaceError(
                f'A training has no "{name}".{did_you_mean(name, searched)}', f"It has {', '.join(searched)}."
            )
    return Build(Training, **{**searched, **own})


def batch_sizes(rows: int | None) -> tuple[int, ...]:
    """Return up to four sizes of minibatches to be tried on so many rows of training.

    Examples
    --------
    >>> batch_sizes(4000), batch_sizes(200), batch_sizes(3)
    ((32, 64, 128, 256), (8, 16), (8,))
    """
    if rows is None:
        return 32, 64, 128, 256
    fewest, most = STEPS
    fitting = [size for size in BATCHES if fewest <= rows / size <= most]
    if fitting:
        return tuple(fitting[-4:])
    return (BATCHES[0],) if rows < BATCHES[-1] else (BATCHES[-1],)


def default_template(inputs: Inputs) -> Choice:
    """Return the families that suit the inputs, with what is worth searching in them.

    Examples
    --------
    >>> default_template(Inputs("image", (28, 28, 1), outputs=10)).keys
    ('conv', 'cell', 'mlp')
    """
    if inputs.kind == "table":
        return Choice(mlp(), residual_mlp())
    if inputs.kind == "text":
        width = Choice(16, 32, 64, 128, default=32)
        heads = Choice("max", "mean")
        return Choice(
            bag(),
            conv(depth=Int(1, 2, default=1), channels=Choice(16, 32, 64, 128), head=heads, embedding=width),
            recurrent(embedding=width),
        )
    places = math.prod(inputs.shape[:-1])
    head = Choice("mean", "flatten", default="flatten" if places <= PLACES else "mean")
    if inputs.kind == "image":
        return Choice(conv(kernel=Choice(3, 5), head=head), cell(head=head), mlp(skip=False))
    short = [mlp()] if places <= SHORT else []
    return Choice(conv(head=head), recurrent(), *short, cell(head=head))


def defaults(space: SearchSpace) -> list[Config]:
    """Return one configuration for each family, to be tried first: its defaults, or where a rule forbids them a draw.

    A family of which no draw meets the rules is left out.
    """
    found = []
    for key in space[TOP].options:
        family = space.fix(TOP, key)
        try:
            default = family.default()
            found.append(family.sample(np.random.default_rng(0)) if family.broken_rules(default) else default)
        except SpaceError:
            continue
    return found
