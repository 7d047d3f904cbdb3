"""S4, S5: whatever a name or a message holds, it is shown as text; what is saved reads without JavaScript and trust."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

import automl_magic
from automl_magic import Choice
from automl_magic.engine.history import History
from automl_magic.notebook import charts
from automl_magic.notebook.rows import NOTHING, rows, status_line
from automl_magic.rerunning import Rerun
from automl_magic.sentences import paragraph

EVIL = "<img src=x onerror=alert(1)></script>\"'&$\\frac{"
SOURCES = Path(__file__).parents[2] / "widgets" / "src"
PACKAGE = Path(automl_magic.__file__).parent
KNOWN = {
    *("div", "table", "thead", "tbody", "tr", "th", "td", "p", "style", "label", "input", "pre", "a", "span", "i"),
    *("br", "ul", "li", "b", "details", "summary", "svg", "path", "button", "code"),
}


class Tags(html.parser.HTMLParser):
    """Collect the elements of a page and their handlers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Take an element."""
        self.tags.add(tag)
        self.handlers += [f"{name}={value}" for name, value in attrs if name.startswith("on") and "alert" in str(value)]

    def handle_data(self, data: str) -> None:
        """Take its text."""
        self.text += data


def is_plain(page: str) -> Tags:
    """Fail where the page holds an element that a name brought in."""
    found = Tags(page)
    assert "img" not in found.tags and "script" not in found.tags and found.handlers == []
    assert "<img" not in page and "</script>" not in page
    return found


class Fails(ClassifierMixin, BaseEstimator):
    """Fail with markup in the message, the text of which the code itself holds, or learn nothing."""

    def __init__(self, way: str = EVIL) -> None:
        self.way = way

    def fit(self, X: Any, y: Any) -> Fails:
        """Fail where the parameter says so."""
        self.classes_ = np.unique(y)
        if self.way == EVIL:
            raise ValueError(f"cannot {self.way!r} <b>now</b>")
        return self

    def predict(self, X: Any) -> Any:
        """Return the first class."""
        return np.repeat(self.classes_[0], len(X))


@pytest.fixture(scope="module")
def evil_run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a run in which every name that a person can give holds markup."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"{EVIL}{number}": rng.normal(size=80) for number in range(2)})
    frame[f"{EVIL}t"] = np.where(frame.iloc[:, 0] > 0, f"{EVIL}yes", f"{EVIL}no")
    space = Pipeline(
        [("model", Choice(name="model", log=LogisticRegression(), **{EVIL: Fails(Choice(EVIL, f"{EVIL}ok"))}))]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("evil"))
        return automl_magic.fit(
            frame, target=f"{EVIL}t", space=space, trials=8, workers=0, cv=2, metric="accuracy", search="random"
        )


@pytest.mark.filterwarnings("ignore")
def test_s04_results_show_text_only(evil_run: Any) -> None:
    assert any(trial.state == "failed" for trial in evil_run.history.trials.values())
    assert any(EVIL in map(str, trial.config.values()) for trial in evil_run.history.trials.values())
    page = is_plain(evil_run._repr_html_())
    assert page.tags <= KNOWN and "<img src=x" in page.text
    is_plain(evil_run.leaderboard()._repr_html_())
    is_plain(evil_run.html_table(100))


@pytest.mark.parametrize("text", [f"Say `{EVIL}` `", f"`{EVIL}", f"{EVIL}`x`{EVIL}", "`` `<code>`"])
def test_s04_what_a_sentence_shows_as_code_is_text(text: str) -> None:
    page = is_plain(paragraph(text))
    assert page.tags <= {"p", "code"} and page.text.strip() == re.sub("`([^`]+)`", r"\1", text).strip()


@pytest.mark.filterwarnings("ignore")
def test_s04_what_else_is_displayed_is_text(evil_run: Any) -> None:
    drawn = evil_run.best._repr_html_()  # scikit-learn's, with its own style and script
    assert "<img" not in drawn and "alert(1)></script>" not in drawn
    is_plain(Rerun(EVIL, ((0, 0, 1.0, None, False),), (EVIL,))._repr_html_())
    for object_ in (evil_run.score, evil_run.plan, evil_run.history):
        assert not hasattr(object_, "_repr_html_") and not hasattr(object_, "_repr_javascript_")


def test_s04_a_name_is_no_formula_and_no_hidden_label_in_a_picture(evil_run: Any) -> None:
    figure = charts.trial_curve(evil_run.history)
    assert charts.as_png(figure)
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert any("<img" in text for text in legend)
    history: Any = History()
    history.about = {"metric": {"label": "$\\frac{", "sign": 1}, "models": []}
    assert charts.as_png(charts.trial_curve(history))
    assert status_line(evil_run.history) and charts.told(evil_run.history)


def test_s04_rows_are_json_for_a_view_that_writes_text_only(evil_run: Any) -> None:
    import json

    json.dumps(rows(evil_run.history, NOTHING, 1.0), allow_nan=False)


BANNED = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|srcdoc|setHTML\w*|new Function)\b"
    r"|document\.write|\beval\(|javascript:|setAttribute\(\s*[\"'`]on|setTimeout\(\s*[\"'`]"
)


def without_comments(text: str) -> str:
    """Return TypeScript without its comments."""
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def test_s04_the_panel_writes_text_only() -> None:
    found = {
        file.name: found.group()
        for file in SOURCES.rglob("*.ts")
        if not file.name.endswith(".test.ts") and (found := BANNED.search(without_comments(file.read_text("utf-8"))))
    }
    assert found == {} and len(list(SOURCES.rglob("*.ts"))) > 20


def test_s04_the_scan_sees_what_it_looks_for() -> None:
    for line in ('node.innerHTML = "x"', "a.insertAdjacentHTML(1)", 'x.setAttribute("onclick", y)', "eval(text)"):
        assert BANNED.search(line), line


def test_s04_python_makes_html_in_five_places_only() -> None:
    makers = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if re.search(r"_repr_html_|text/html|HTML\(|\.to_html\(|Styler|\.style\b|Javascript\(", file.read_text("utf-8"))
    }
    places = {"result.py", "rerunning.py", "race_result.py", "lessons.py", "network_ablation.py"}
    assert makers == places  # each with a test of names that hold markup; the last one shows numbers and our own words


def test_s04_the_check_of_an_exercise_shows_names_as_text() -> None:
    from automl_magic.lessons import Checked

    page = Tags(
        Checked("<img src=x onerror=alert(1)>", ((False, "<script>alert(2)</script> is missing"),))._repr_html_()
    )
    assert page.tags == {"p"}


# -- S5 -------------------------------------------------------------------------------------------------------------


def test_s05_a_result_has_text_and_html_without_script(evil_run: Any) -> None:
    from IPython.core.formatters import DisplayFormatter

    formatter = DisplayFormatter()
    bundle, _ = formatter.format(evil_run)
    assert set(bundle) == {"text/plain", "text/html"}
    page = Tags(bundle["text/html"])
    assert not page.tags & {"script", "iframe", "object", "embed", "link", "style", "form", "input"}
    assert "href" not in bundle["text/html"] and "url(" not in bundle["text/html"]
    assert str(round(float(evil_run.score), 2))[:3] in bundle["text/plain"] and "ended because" in bundle["text/plain"]


def test_s05_a_frozen_panel_is_a_picture_with_words(evil_run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from automl_magic.notebook import live
    from automl_magic.notebook.live import LivePanel

    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(live, "display", lambda data, **_: shown.append(data))
    monkeypatch.setattr(live, "update_display", lambda data, **_: shown.append(data))
    monkeypatch.setattr(live, "front_end", lambda shell: "reader")

    class Ended:
        history = evil_run.history

        def elapsed(self) -> float:
            return 1.0

    panel = LivePanel()
    panel.show(Ended())  # type: ignore[arg-type]
    panel.close(evil_run)
    kinds = {kind for data in shown for kind in data}
    assert kinds == {"image/png", "text/plain"}
    pictures = [data for data in shown if "image/png" in data]
    assert pictures and all(data["text/plain"].startswith("Trial curve") for data in pictures)
