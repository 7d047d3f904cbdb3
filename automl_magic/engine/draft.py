"""The `space` of a cell's body: a draft of a search space that statements change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from automl_magic.engine.holes import as_hole
from automl_magic.engine.parameters import Parameter
from automl_magic.engine.rules import Rule
from automl_magic.engine.space import SearchSpace


class SpaceDraft:
    """Change a search space by statements.

    Parameters
    ----------
    space : SearchSpace
        Where the draft begins.

    Attributes
    ----------
    space : SearchSpace
        The space as it is by now.

    Examples
    --------
    >>> from automl_magic.engine.holes import Float
    >>> from automl_magic.engine.space import compile_space
    >>> draft = SpaceDraft(compile_space({"x": Float(0, 10), "y": Float(0, 1)}))
    >>> draft["x"] = Float(2, 3)
    >>> draft["y"] = 0.5
    >>> draft.space.default()
    {'x': 3.0, 'y': 0.5}
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of what is searched."""
        return self.space.labels

    def models(self, *keys: str) -> None:
        """Keep these families."""
        self.space = self.space.models(*keys)

    def narrow(
        self, label: str, low: float | None = None, high: float | None = None, options: Iterable[Any] | None = None
    ) -> None:
        """Set bounds or options within those declared."""
        self.space = self.space.narrow(label, low, high, options)

    def fix(self, label: str, value: Any) -> None:
        """Give a parameter one value; so does ``space[label] = value``."""
        self.space = self.space.fix(label, value)

    def search(self, label: str, hole: Any) -> None:
        """Put a hole in the place of a parameter; so does ``space[label] = hole``."""
        self.space = self.space.search(label, hole)

    def free(self, label: str) -> None:
        """Give a parameter back what was declared."""
        self.space = self.space.free(label)

    def drop(self, label: str, key: Any) -> None:
        """Take an option out of a choice."""
        self.space = self.space.drop(label, key)

    def rule(self, rule: str | Callable[[Mapping[str, Any]], Any] | Rule) -> None:
        """Forbid what does not meet `rule`."""
        self.space = self.space.rule(rule)

    def start(self, config: Mapping[str, Any]) -> None:
        """Try this configuration first."""
        self.space = self.space.start(config)

    def __setitem__(self, label: str, value: Any) -> None:
        if as_hole(value) is None:
            self.fix(label, value)
        else:
            self.search(label, value)

    def __delitem__(self, label: str) -> None:
        self.free(label)

    def __getitem__(self, label: str) -> Parameter:
        return self.space[label]

    def __contains__(self, label: object) -> bool:
        return label in self.space

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return repr(self.space)
