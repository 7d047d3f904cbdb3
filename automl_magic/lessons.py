"""The lessons' exercises: is the answer right, and if it is not yet, why?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from automl_magic.errors import OptionError, did_you_mean
from automl_magic.leak_exercise import leak
from automl_magic.network_exercise import networks
from automl_magic.sentences import paragraph

Point: TypeAlias = tuple[bool, str]

RATE, LEAVES = "hist_gb.learning_rate", "hist_gb.max_leaf_nodes"
HIGHEST_RATE = 0.1
POINTS = re.compile(r"The grid has ([\d,]+) points?\b")  # as a grid says it first


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

    def _repr_html_(self) -> str:
        return "".join(map(paragraph, repr(self).split("\n")))


def check(exercise: str, *answers: Any) -> Checked:
    """Look at the answer to an exercise of a lesson; say what is right and what is missing.

    Parameters
    ----------
    exercise : str
        Its name, as the lesson gives it: "steer", "race", "grid", "leak" or "networks".
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
    beats = "" if best is None else "an ensemble" if best.id < 0 else f"trial {best.id}"
    ahead = "" if best is None else f", and {beats} beats it: look at what it does otherwise"
    return True, f"trial {first.id} is yours{ahead}."


def _race(race: Any = None, *_: Any) -> list[Point]:
    """A race that can show a difference, and whether it did."""
    if not (hasattr(race, "names") and hasattr(race, "repeats") and hasattr(race, "verdict")):
        raise OptionError(
            f'The exercise "race" needs the result of a race. Got {type(race).__name__} instead.',
            'Write check("race", race).',
        )
    named = ", ".join(race.names)
    return [
        (len(race.names) >= 3, f"{named} raced." if len(race.names) >= 3 else f"only {named} raced: name three."),
        _enough(race),
    ]


def _grid(race: Any = None, run: Any = None, *_: Any) -> list[Point]:
    """A race in which the grid has nothing to search but what matters, and comes to its end."""
    if not (hasattr(race, "lanes") and hasattr(race, "verdict")):
        raise OptionError(
            f'The exercise "grid" needs the result of a race. Got {type(race).__name__} instead.',
            'Write check("grid", mine, best_run).',
        )
    if not hasattr(run, "insight"):
        raise OptionError(
            f'The exercise "grid" needs the search that told what matters. Got {type(run).__name__} instead.',
            'Write check("grid", mine, best_run).',
        )
    lanes = [lane for lane in race.lanes if lane.record.plan.search.partition("(")[0] == "grid"]
    if not lanes:
        named = ", ".join(race.names)
        return [(False, f"no grid raced, only {named}: write --search grid,random,tpe."), _enough(race)]
    return [_only_what_matters(lanes[0].history, run.insight()), _came_to_its_end(lanes[0].history), _enough(race)]


def _only_what_matters(history: Any, insight: Any) -> Point:
    searched = _searched(history)
    mattering = list(dict.fromkeys(label for group in insight.groups for label, _ in group.matter))
    if not mattering:
        return False, f"the insight does not say yet what matters ({insight!r}): search with more trials."
    idle = [label for label in searched if label not in mattering]
    if idle:
        return False, (
            f"{_listed(idle)} {'is' if len(idle) == 1 else 'are'} searched and did not matter: the grid shares its "
            f"trials out among {len(searched)} settings. Leave {'it' if len(idle) == 1 else 'them'} out."
        )
    missed = [label for label in mattering if label not in searched]
    if missed:
        return False, f"{_listed(missed)} mattered and {'is' if len(missed) == 1 else 'are'} not searched any more."
    return True, f"nothing is searched but what mattered: {_listed(searched)}."


def _came_to_its_end(history: Any) -> Point:
    trials = [trial for trial in history.trials.values() if not trial.hidden]
    own = [trial.config for trial in trials if trial.origin == "grid"]
    values = {label: {repr(config.get(label)) for config in own} for label in _searched(history)}
    met = [  # by the grid, or before it: where the defaults are one of its points, it does not try them again
        trial.config
        for trial in trials
        if all(repr(trial.config.get(label)) in those for label, those in values.items())
    ]
    told = next((note.text for note in history.notes if POINTS.match(note.text)), "")
    found = POINTS.match(told)
    if found is None or len(met) < int(found.group(1).replace(",", "")):
        return False, f"{told} {len(met)} of them were tried. Give it more trials."
    counted = " and ".join(f"{len(those)} values of {label}" for label, those in values.items())
    return True, f"the grid has come to its end: {len(met)} points, with {counted}."


def _searched(history: Any) -> list[str]:
    """Return the labels of what a race searched; a choice with one option, or equal bounds, is none."""
    return [
        found["label"]
        for found in history.space["parameters"]
        if (len(found["options"]) > 1 if found["kind"] == "choice" else found["low"] < found["high"])
    ]


def _enough(race: Any) -> Point:
    verdict = race.verdict()
    if verdict.repeats < verdict.needed:
        return False, (
            f"{verdict.repeats} repeats are too few to tell luck from skill: it takes {verdict.needed} or more."
        )
    return True, f"{verdict.repeats} repeats were finished: a verdict is possible. It is: {verdict}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


EXERCISES: dict[str, Callable[..., list[Point]]] = {
    "steer": _steer,
    "race": _race,
    "grid": _grid,
    "leak": leak,
    "networks": networks,
}
