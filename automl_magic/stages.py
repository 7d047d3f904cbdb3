"""The stages of a pipeline in words: data preparation, feature engineering, model, evaluation.

What a template holds is written once, when the run begins (`stages_of`): so the record alone can tell the steps of any
trial (`described`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from automl_magic.engine.history import History, Trial
from automl_magic.engine.keys import same_key
from automl_magic.engine.space import SearchSpace
from automl_magic.engine.template import TOP, Fork, Leaf, Node, Number, Whole, read, walk
from automl_magic.result import model_of, short

Stage: TypeAlias = Literal["data preparation", "feature engineering", "model", "evaluation"]

PREPARING = ("CleanTable", "SimpleImputer", "KNNImputer", "IterativeImputer", "MissingIndicator")
WORDS = {
    "CleanTable": "reads each column by its role",
    "SimpleImputer": "fills gaps",
    "KNNImputer": "fills gaps from the nearest rows",
    "IterativeImputer": "fills gaps from the other columns",
    "MissingIndicator": "flags gaps",
    "OrdinalEncoder": "turns each level into a code",
    "OneHotEncoder": "gives each level a column of its own",
    "QuickOrdinalEncoder": "turns each level into a code",
    "QuickOneHotEncoder": "gives each level a column of its own",
    "TargetEncoder": "turns each level into the mean target",
    "LevelMeans": "turns each level into the mean target of other rows with it",
    "LevelCounts": "counts how often each level occurs",
    "MostTelling": "keeps the columns that tell most of the target",
    "Arithmetic": "makes quotients, differences and products of the numbers that matter most",
    "Groups": "makes statistics of numbers within levels",
    "Crosses": "pairs categories, as the mean target of other rows with both levels",
    "KeepImportant": "keeps the columns that a quick model gains more from than from shuffled ones",
    "KeepDistinct": "of columns that order the rows alike, keeps the most telling one",
    "SoftScaler": "scales; what lies far out is drawn in",
    "StandardScaler": "scales to mean 0 and deviation 1",
    "MinMaxScaler": "scales to 0 to 1",
    "RobustScaler": "scales by the middle half of the values",
    "QuantileTransformer": "spreads the values as a normal distribution",
    "Unskew": "draws in long tails",
    "DateParts": "splits a date into its parts",
    "TextTopics": "turns a text into topics",
    "PCA": "turns columns into fewer, uncorrelated ones",
    "PolynomialFeatures": "adds products of columns",
    "SelectKBest": "keeps the columns that tell most of the target",
    "VarianceThreshold": "drops columns that hardly vary",
}
PARTS = {
    "levels": "categories of many levels",
    "made": "columns",
}  # names of a ColumnTransformer's parts that say too little
ONE = {
    "columns": "column",
    "numbers": "number",
    "booleans": "boolean",
    "categories": "category",
    "dates": "date",
    "texts": "text",
}


@dataclass(frozen=True)
class Step:
    """A step of one trial's pipeline, in words."""

    stage: Stage
    name: str
    text: str


def stages_of(space: SearchSpace, baseline: Any = None) -> dict[str, list[dict[str, Any]]]:
    """Return, for each family, the steps of its pipeline as JSON: stage, name, words, labels of its parameters.

    Parameters
    ----------
    space : SearchSpace
        What is searched.
    baseline : estimator, optional
        A line to beat outside the space.
    """
    node = space.compiled.node
    is_zoo = isinstance(node, Fork) and node.label == TOP
    families = [(str(key), branch) for key, branch in node.branches] if isinstance(node, Fork) and is_zoo else []
    named = [*(families or [("model", node)])]
    if baseline is not None:
        named.append(("baseline", read(baseline)))
    found = {family: list(_steps(branch, "", is_last=True)) for family, branch in named}
    return {family: steps for family, steps in found.items() if steps}


def described(history: History, trial: Trial) -> list[Step]:
    """Return the steps of a trial under their stages, from the record alone.

    Where the record does not know the template, the parameters stand under the model.
    """
    known: Any = history.about.get("stages")
    written = known.get(model_of(trial)) if isinstance(known, Mapping) else None
    made = [_filled(step, trial.config) for step in written] if isinstance(written, list) else []
    steps = [step for step in made if step is not None]
    if not steps:
        values = [label for label in trial.config if label != TOP]
        steps = [Step("model", model_of(trial), _values(values, trial.config) or "no parameters")]
    return [*steps, *_evaluation(history, trial)]


def _steps(node: Node, where: str, *, is_last: bool) -> Iterator[dict[str, Any]]:
    """Yield the steps of what makes an estimator, in order."""
    if isinstance(node, Fork):
        options = [[key, _name(branch), _words(_name(branch))] for key, branch in node.branches]
        yield {**_step(_name(node), where, is_last, _labels(node)), "choice": node.label, "options": options}
        return
    if not isinstance(node, Whole) or node.kind not in ("estimator", "call"):
        return
    parts = dict(node.parts)
    inner = next((name for name in ("steps", "transformers", "transformer_list") if _are_steps(parts.get(name))), None)
    if inner is None:
        text = _columns_read(node.value) if _name(node) == "CleanTable" else ""
        yield _step(_name(node), where, is_last, _labels(node), text)
        return
    rows = [dict(row.parts) for _, row in parts[inner].parts]
    for place, row in enumerate(rows):
        on = _part(row[0].value, row[2]) if inner == "transformers" and 2 in row else where
        yield from _steps(row[1], on, is_last=is_last and inner == "steps" and place == len(rows) - 1)


def _are_steps(part: Any) -> bool:
    return isinstance(part, Whole) and all(isinstance(row, Whole) for _, row in part.parts)


def _step(name: str, where: str, is_last: bool, labels: Sequence[str], text: str = "") -> dict[str, Any]:
    preparing = name in PREPARING or name.endswith("Imputer")
    stage: Stage = "model" if is_last else "data preparation" if preparing else "feature engineering"
    return {"stage": stage, "name": name, "text": text or WORDS.get(name, ""), "on": where, "labels": list(labels)}


def _name(node: Node) -> str:
    """Return what a node makes, in a word: a class, or those of a choice."""
    if isinstance(node, Fork):
        return " or ".join(dict.fromkeys(_name(branch) for _, branch in node.branches))
    if not isinstance(node, Whole):
        return "nothing" if isinstance(node, Leaf) and node.value in (None, "passthrough", "drop") else "a value"
    if node.kind == "call":
        return str(getattr(node.value.factory, "__name__", type(node.value.factory).__name__)).removeprefix("make_")
    parts = dict(node.parts)
    lists = [parts[name] for name in ("steps", "transformer_list") if _are_steps(parts.get(name))]
    if lists:
        return " + ".join(_name(dict(row.parts)[1]) for _, row in lists[0].parts)
    around = [part for name, part in node.parts if name in ("estimator", "regressor", "model") and _is_model(part)]
    return f"{type(node.value).__name__} of {_name(around[0])}" if around else type(node.value).__name__


def _words(name: str) -> str:
    """Return what a step does; of several side by side, what each does."""
    return WORDS.get(name) or "; ".join(WORDS[part] for part in name.split(" + ") if part in WORDS)


def _is_model(node: Node) -> bool:
    return isinstance(node, Whole) and node.kind == "estimator"


def _labels(node: Node) -> list[str]:
    found = [part.label for part, _ in walk(node) if isinstance(part, Number | Fork)]
    return list(dict.fromkeys(found))


def _part(name: Any, columns: Node) -> str:
    """Return the part of a table that a transformer is given: "8 numbers"; names of columns are not told."""
    said = PARTS.get(str(name), str(name))
    listed = columns.value if isinstance(columns, Leaf) else [part for _, part in getattr(columns, "parts", ())]
    return _counted(len(listed), said) if isinstance(listed, list | tuple) else said


def _counted(number: int, role: str) -> str:
    return f"{number} {ONE.get(role, role) if number == 1 else role}"


def _columns_read(clean: Any) -> str:
    """Return how many columns of each role are read."""
    given = clean.get_params(deep=False)
    roles = ("numbers", "booleans", "ordered", "categories", "dates", "texts")
    counts = [_counted(len(given[role]), role) for role in roles if given.get(role)]
    left = given.get("left_out")
    told = ", ".join([*counts, *([f"{len(left)} left out"] if left else [])])
    return f"{WORDS['CleanTable']}: {told}" if told else WORDS["CleanTable"]


def _filled(step: Any, config: Mapping[str, Any]) -> Step | None:
    """Return a step with the values of a configuration; None where that leaves it out, or where it is no step."""
    if not isinstance(step, Mapping) or step.get("stage") not in ("data preparation", "feature engineering", "model"):
        return None
    name, text = str(step.get("name", "")), str(step.get("text", ""))
    if not name:
        return None
    labels = [label for label in _listed(step.get("labels")) if isinstance(label, str)]
    choice = step.get("choice")
    if isinstance(choice, str):
        options = [one for one in _listed(step.get("options")) if isinstance(one, list) and len(one) == 3]
        chosen = next((one for one in options if same_key(one[0], config.get(choice))), None)
        if choice not in config or chosen is None or chosen[1] == "nothing":
            return None
        name, text = str(chosen[1]), str(chosen[2])
        labels = [label for label in labels if label != choice]
    on = f"on {step['on']}" if step.get("on") else ""
    return Step(step["stage"], name, "; ".join(part for part in (on, text, _values(labels, config)) if part))


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _values(labels: Sequence[str], config: Mapping[str, Any]) -> str:
    """Return the values of the labels that count, without the family's name in front."""
    own = f"{config.get(TOP)}."
    return ", ".join(f"{label.removeprefix(own)} {short(config[label])}" for label in labels if label in config)


def _evaluation(history: History, trial: Trial) -> list[Step]:
    """Return how the trial was judged."""
    metric = history.about["metric"]
    split = str(history.about.get("splits") or "")
    steps = [Step("evaluation", f"{len(trial.scores)} of {history.folds} folds", split)]
    if trial.score is None:
        return [*steps, Step("evaluation", metric["label"], trial.reason or f"no score: the trial is {trial.state}")]
    folds = [short(float(metric["sign"] * trial.scores[fold].score)) for fold in sorted(trial.scores)]
    direction = "higher is better" if metric["sign"] > 0 else "lower is better"
    mean = f"{short(float(metric['sign'] * trial.score))} ({direction})"
    if len(folds) > 1:
        mean += f", the mean of {', '.join(folds)}"
    return [*steps, Step("evaluation", metric["label"], mean + (f"; {trial.reason}" if trial.reason else ""))]
