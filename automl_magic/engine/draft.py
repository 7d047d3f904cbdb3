"""The `space` of a cell's body: a draft of a search space that statements change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automl_magic.engine.holes import Build, Parameter, as_hole
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
    {'x': 2.5, 'y': 0.5}
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

    def narrow(self, label: str, low: float | None = None, high: float | None = None, options: Any = None) -> None:
        """Set bounds or options within those declared."""
        self.space = self.space.narrow(label, low, high, options)

    def drop(self, label: str, key: Any) -> None:
        """Take an option out of a choice."""
        self.space = self.space.drop(label, key)

    def rule(self, rule: Any) -> None:
        """Forbid what does not meet `rule`."""
        self.space = self.space.rule(rule)

    def start(self, config: Mapping[str, Any]) -> None:
        """Try this configuration first."""
        self.space = self.space.start(config)

    def __setitem__(self, label: str, value: Any) -> None:
        """Fix a parameter to a value, or search it over a hole."""
        is_hole = as_hole(value) is not None or isinstance(value, Build)
        self.space = self.space.search(label, value) if is_hole else self.space.fix(label, value)

    def __getitem__(self, label: str) -> Parameter:
        return self.space[label]

    def __contains__(self, label: object) -> bool:
        return label in self.space

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return "\n".join(["A draft of the search space:", *(f"  {parameter}" for parameter in self.space.parameters)])
