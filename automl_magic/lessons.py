"""The lessons' exercises: is the answer right, and if it is not yet, why?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from automl_magic.errors import OptionError, did_you_mean

Point: TypeAlias = tuple[bool, str]

RATE, LEAVES = "hist_gb.learning_rate", "hist_gb.max_leaf_nodes"
HIGHEST_RATE = 0.1


@dataclass(frozen=True)
class Checked:
    """What came of an exercise.

    Attributes
    ----------
    exercise : str
        Its name.
    points : tuple of (bool, str)
        Each thing that was asked for: whether it is there, and a sentence that says why, or what is missing.
    """

    exercise: str
    points: tuple[Point, ...]

    @property
    def is_right(self) -> bool:
        """Whether all is there."""
        return all(is_there for is_there, _ in self.points)

    def __repr__(self) -> str:
        made = sum(is_there for is_there, _ in self.points)
        lines = [f"{'Right' if is_there else 'Not yet'}: {text}" for is_there, text in self.points]
        return "\n".join([f"{self.exercise}: {made} of {len(self.points)}", *lines])


def check(exercise: str, *answers: Any) -> Checked:
    """Look at the answer to an exercise of a lesson; say what is right and what is missing.

    Parameters
    ----------
    exercise : str
        Its name, as the lesson gives it: "steer" or "race".
    *answers : object
        What the exercise asks for, for instance the result of a run.

    Returns
    -------
    Checked
        ``is_right`` is for a program, its text for the reader. A wrong answer is no error.

    Raises
    ------
    OptionError
        If there is no such exercise, or an answer is of another kind than it needs.

    Examples
    --------
    >>> check("race", 7)
    Traceback (most recent call last):
    automl_magic.errors.OptionError: The exercise "race" needs the result of a race. Got int instead.
    Write check("race", race).
    """
    if exercise not in EXERCISES:
        raise OptionError(
            f'No exercise named "{exercise}".{did_you_mean(exercise, EXERCISES)}', f"There are {', '.join(EXERCISES)}."
        )
    return Checked(exercise, tuple(EXERCISES[exercise](*answers)))


def _steer(run: Any = None, *_: Any) -> list[Point]:
    """A run with a narrowed learning rate, a rule about the leaves, and a point of one's own."""
    history = getattr(run, "history", None)
    if history is None or not getattr(history, "space", None):
        raise OptionError(
            f'The exercise "steer" needs the result of a search. Got {type(run).__name__} instead.',
            'Write check("steer", best_run), with the name that --out gave.',
        )
    return [_narrowed(history.space), _ruled(history.space), _planted(history)]


def _narrowed(space: dict[str, Any]) -> Point:
    rate = next((found for found in space["parameters"] if found["label"] == RATE), None)
    if rate is None:
        return False, f"the space has no {RATE}: keep the family hist_gb."
    if rate["high"] > HIGHEST_RATE:
        return False, (
            f"{RATE} still goes up to {rate['high']:g}. Pull its right thumb to {HIGHEST_RATE:g}, or write "
            f'space["{RATE}"] = Float({rate["low"]:g}, {HIGHEST_RATE:g}, log=True).'
        )
    return True, f"{RATE} is at most {rate['high']:g}: small steps, so that no single tree decides much."


def _ruled(space: dict[str, Any]) -> Point:
    texts = [rule for rule in space.get("rules", ()) if LEAVES in rule]
    if not texts:
        return False, f'no rule speaks of {LEAVES}. Add one, for instance space.rule("{LEAVES} <= 40").'
    return True, f"the rule {texts[0]!r} keeps the search away from what you know to be too much."


def _planted(history: Any) -> Point:
    own = [trial for trial in history.trials.values() if trial.origin == "you"]
    if not own:
        return False, 'no trial is yours. Click a dot and press "Edit and run", or write space.start({…}).'
    best, first = history.best(), own[0]
    if best is not None and best.origin == "you":
        return True, f"trial {best.id} is yours, and nothing that the search found beats it."
    ahead = "" if best is None else f", and trial {best.id} beats it: look at what it does otherwise"
    return True, f"trial {first.id} is yours{ahead}."


def _race(race: Any = None, *_: Any) -> list[Point]:
    """A race that can show a difference, and whether it did."""
    if not (hasattr(race, "names") and hasattr(race, "repeats") and hasattr(race, "verdict")):
        raise OptionError(
            f'The exercise "race" needs the result of a race. Got {type(race).__name__} instead.',
            'Write check("race", race).',
        )
    named, verdict = ", ".join(race.names), race.verdict()
    enough = verdict.repeats >= verdict.needed
    return [
        (len(race.names) >= 3, f"{named} raced." if len(race.names) >= 3 else f"only {named} raced: name three."),
        (
            enough,
            f"{verdict.repeats} repeats were finished: a verdict is possible. It is: {verdict}"
            if enough
            else f"{verdict.repeats} repeats are too few to tell luck from skill: it takes {verdict.needed} or more.",
        ),
    ]


EXERCISES: dict[str, Callable[..., list[Point]]] = {"steer": _steer, "race": _race}
