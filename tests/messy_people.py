"""One table as people bring it: gaps, words, dates as texts, true and false, names that need quoting."""

from __future__ import annotations

import numpy as np
import pandas as pd

WORDS = ("paid late", "paid in time and asked for more", "never came back", "a good one", "moved to Ulm")


def people(rows: int = 150, seed: int = 0) -> pd.DataFrame:
    """Return the table; its targets are "left" (two classes), "grade" (three) and "worth" (a number)."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 12, rows)
    colour = rng.choice(np.array(["red", "green", "blue", None], dtype=object), rows)
    since = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D")
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(rows) < 0.1, np.nan, age),
            'colour "x" <b>': colour,
            "line\nbreak": rng.lognormal(0, 1, rows),
            "it's": rng.choice(np.array([True, False, None], dtype=object), rows),
            "since": since.strftime("%d.%m.%Y"),
            "paid": [f"{value:.2f}" for value in rng.gamma(2.0, 3.0, rows)],
            "shop\\no": [f"shop {place}" for place in rng.integers(0, 28, rows)],
            "note": [f"{WORDS[place]} {rng.integers(99)}" for place in rng.integers(0, 5, rows)],
            "size": pd.Series(rng.integers(0, 9, rows)).astype("Int64").mask(rng.random(rows) < 0.1),
        }
    )
    signal = age / 12 + 1.5 * (colour == "red") + rng.normal(size=rows)
    frame["left"] = np.where(signal > np.median(signal), "yes", "no")
    frame["grade"] = pd.qcut(signal, 3, labels=["low", "mid", "high"]).astype(str)
    frame["worth"] = 100 * signal
    return frame


def fresh(rows: int = 40) -> pd.DataFrame:
    """Return rows that hold what training did not: other levels, gaps, another order of columns, another index."""
    frame = people(rows, seed=9).drop(columns=["left", "grade", "worth"])
    frame['colour "x" <b>'] = frame['colour "x" <b>'].where(frame.index % 3 > 0, "violet")
    frame["shop\\no"] = frame["shop\\no"].where(frame.index % 4 > 0, "elsewhere")
    frame.loc[frame.index[:3], ["age", "since", "note", "paid"]] = None
    return frame[frame.columns[::-1]].set_axis(range(1000, 1000 + rows), axis=0)
