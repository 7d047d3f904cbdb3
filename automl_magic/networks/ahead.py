"""What a process imports before it trains a network for the first time, so that no trial pays for it.

Torch imports some 800 modules with the first optimiser: a second in which a trial would learn nothing.
"""

from __future__ import annotations

import torch

from automl_magic.networks import module, table_network

__all__ = ["module", "table_network"]

torch.optim.AdamW([torch.zeros(1, requires_grad=True)])
