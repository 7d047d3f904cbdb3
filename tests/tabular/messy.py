"""A messy table whose truth is known: signal in a date, a text's length, a category of 400 levels, gaps in a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler, TargetEncoder

TARGET = "bought? (y/n)"
CATEGORY = "shop{id}"
DATE, TEXT, NUMBER = " ordered on ", "note: 'free' text", "amount [€]"
LEVELS = 400
WORDS = np.array(
    ["the", "order", "please", "send", "box", "red", "blue", "late", "soon", "again", "gift", "small", "home"]
)


@dataclass(frozen=True)
class Messy:
    """Rows, and what nobody knows of real ones.

    Attributes
    ----------
    frame : DataFrame
        The table with its target.
    date_term, words : ndarray of shape (n_rows,)
        What the date really adds, and the number of words.
    chance : ndarray of shape (n_rows,)
        The probability of "y" for each row.
    """

    frame: pd.DataFrame
    date_term: NDArray[np.float64]
    words: NDArray[np.int64]
    chance: NDArray[np.float64]


def draw_messy(rows: int = 4_000, fresh: int = 5_000, seed: int = 0) -> tuple[Messy, Messy]:
    """Draw rows to learn from and fresh ones, of which about one in twenty has a level that training never saw."""
    rng = np.random.default_rng(seed)
    effects = rng.normal(0, 1.2, LEVELS + 40)
    shares = np.append(rng.gamma(2.0, 1.0, LEVELS), np.zeros(40))
    known = shares / shares.sum()
    wider = np.append(known[:LEVELS] * 0.95, np.full(40, 0.05 / 40))
    return _draw(rows, known, effects, rng), _draw(fresh, wider, effects, rng)


def _draw(rows: int, shares: NDArray[np.float64], effects: NDArray[np.float64], rng: np.random.Generator) -> Messy:
    level = rng.choice(len(shares), rows, p=shares)
    day = rng.integers(0, 730, rows)
    when = pd.Timestamp("2022-01-01") + pd.to_timedelta(day, unit="D")
    date_term = 0.8 * np.sin(2 * np.pi * when.dayofyear.to_numpy() / 365) + 0.6 * (when.dayofweek.to_numpy() >= 5)
    words = rng.integers(1, 31, rows)
    amount = rng.normal(size=rows)
    gap = rng.random(rows) < 0.2
    logit = effects[level] + date_term + 0.06 * (words - 15) + np.where(gap, 0.4, 0.6 * amount) - 0.3
    chance = 1 / (1 + np.exp(-logit))
    frame = pd.DataFrame(
        {
            "row id": [f"r-{number:08d}" for number in rng.permutation(10_000_000)[:rows]],
            CATEGORY: [f"shop {place}" for place in level],
            DATE: when.strftime("%Y-%m-%d"),
            TEXT: [" ".join(rng.choice(WORDS, count)) for count in words],
            NUMBER: np.where(gap, np.nan, np.round(np.exp(amount / 2) * 20, 2)),
            "colour,<b>🎨</b>": rng.choice(["red", "green", None], rows),
            "always": "same",
            "empty": np.full(rows, np.nan),
            TARGET: np.where(rng.random(rows) < chance, "y", "n"),
        }
    )
    return Messy(frame, date_term, words, chance)


def reference_score(train: Messy, fresh: Messy, with_category: bool = True) -> float:
    """Return the ROC AUC on fresh rows of a logistic regression that is told the true terms of date and text.

    It sees the category as means of the target, drawn towards the mean of all (cross-fitted in training), and the
    number imputed and flagged.
    """
    y = (train.frame[TARGET] == "y").to_numpy(dtype=int)
    encoder = TargetEncoder(cv=KFold(5, shuffle=True, random_state=0))
    columns = [_known_terms(train), _known_terms(fresh)]
    if with_category:
        levels = [encoder.fit_transform(train.frame[[CATEGORY]], y), encoder.transform(fresh.frame[[CATEGORY]])]
        levels = [np.log(np.clip(level, 0.02, 0.98) / (1 - np.clip(level, 0.02, 0.98))) for level in levels]
        columns = [np.column_stack([terms, level]) for terms, level in zip(columns, levels, strict=True)]
    scaler = StandardScaler().fit(columns[0])
    model = LogisticRegression().fit(scaler.transform(columns[0]), y)
    chances = model.predict_proba(scaler.transform(columns[1]))[:, 1]
    return float(roc_auc_score(fresh.frame[TARGET] == "y", chances))


def _known_terms(rows: Messy) -> NDArray[np.float64]:
    amount = np.log(rows.frame[NUMBER])
    return np.column_stack([rows.date_term, rows.words, amount.fillna(amount.median()), amount.isna()])
