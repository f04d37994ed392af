import matplotlib.pyplot as plt
import pandas as pd
import pytest

from skdrift import RiskDisplay, RiskState


@pytest.mark.parametrize("alarm", [False, True])
def test_history_is_drawn(alarm):
    states = [
        RiskState(k, 100, 10 * k, 0.2, 0.1, 0.15, 3.0, alarm and k > 2, 0)
        for k in range(5)
    ]
    history = pd.DataFrame(states)
    display = RiskDisplay(history=history).plot()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["estimated risk", "lower bound", "limit"]
    assert [text.get_text() for text in display.ax_.texts] == ["alarm"] * alarm
    _, ax = plt.subplots()
    assert RiskDisplay(history=history).plot(ax=ax).ax_ is ax
    plt.close("all")
