import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skdrift import HarmExplanation, HarmExplanationDisplay, Segment

TABLE = pd.DataFrame(
    {
        "column": ["income", "noise", "age"],
        "verdict": ["changed and harmful", "changed, no harm seen", "unchanged"],
        "excess": [0.3, np.nan, np.nan],
        "error": [0.02, np.nan, np.nan],
        "change": ["about 100 times larger", "mean 5", ""],
    }
)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def explanation(table=TABLE):
    return HarmExplanation({}, Segment(), {}, column_table=table)


def test_worst_column_is_on_top():
    display = HarmExplanationDisplay.from_predictions(explanation())
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["age", "noise", "income"]
    widths = [bar.get_width() for bar in display.ax_.patches]
    assert sorted(widths) == [0, 0, 0.3]
    assert len(display.ax_.get_legend().get_texts()) == 3


def test_draws_where_it_is_told():
    _, ax = plt.subplots()
    display = HarmExplanationDisplay(columns=TABLE, segment="age > 40: 10%")
    assert display.plot(ax=ax) is display
    assert display.ax_ is ax
    assert ax.get_title(loc="left") == "age > 40: 10%"


def test_long_and_odd_names_find_room():
    table = TABLE.assign(column=["x" * 60, "$a_{$ and $", "</b>"])
    display = HarmExplanationDisplay(columns=table, segment="$\\frac{$ > 4").plot()
    # Warnings are errors here: the layout has to work.
    display.figure_.canvas.draw()
    longest = display.ax_.get_yticklabels()[-1].get_text()
    assert 10 < len(longest) < 30
    assert "…" in longest


def test_from_estimator_explains_first():
    class Explainer:
        def explain(self, X):
            return explanation(TABLE[:X])

    display = HarmExplanationDisplay.from_estimator(Explainer(), 2)
    assert len(display.columns) == 2


def test_rows_without_columns_cannot_be_drawn():
    with pytest.raises(ValueError, match="must be of a table"):
        HarmExplanationDisplay.from_predictions(explanation(None))
