"""Small networks and rows for the tests of trainings."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from automl_magic.networks.progress import Rows


class Small(nn.Module):
    """A network with all that makes a pause hard: batch normalisation, dropout, a running mean."""

    def __init__(self, columns: int = 6, units: int = 16, outputs: int = 3, dropout: float = 0.2) -> None:
        super().__init__()
        self.first = nn.Linear(columns, units)
        self.norm = nn.BatchNorm1d(units)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(units, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        told: torch.Tensor = self.last(self.dropout(torch.relu(self.norm(self.first(x)))))
        return told


def rows_of(count: int = 200, outputs: int = 3, seed: int = 0) -> Rows:
    """Return rows whose class is that of the largest of the first columns; numbers where there is one output."""
    draws = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 6, generator=draws)
    if outputs == 1:
        return Rows(x, x[:, :1] - x[:, 1:2])
    return Rows(x, x[:, :outputs].argmax(1))


def accuracy_on(rows: Rows) -> Any:
    """Return a judge."""

    def judge(module: nn.Module) -> float:
        module.eval()
        with torch.no_grad():
            return float((module(rows.x).argmax(1) == rows.y).float().mean())

    return judge
