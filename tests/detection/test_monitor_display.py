import matplotlib.pyplot as plt
import numpy as np
import pytest

from skdrift import DriftMonitor, MonitorDisplay, TailDriftTest

CONTROLS = ["martingale", "lord", "saffron"]


@pytest.fixture(params=CONTROLS)
def monitor(request):
    rng = np.random.default_rng(0)
    test = TailDriftTest().fit(rng.normal(size=(300, 1)))
    monitor = DriftMonitor(test, control=request.param)
    for shift in (0, 0, 0, 0, 2, 2, 2):
        monitor.update(rng.normal(shift, size=(50, 1)))
    return monitor


def labels(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_evidence_or_p_values_are_drawn_batch_by_batch(monitor):
    display = monitor.plot()
    history = monitor.history_
    martingale = monitor.control == "martingale"
    drawn, limit = display.ax_.lines[:2]
    np.testing.assert_array_equal(drawn.get_xdata(), history["batch"])
    column = "e_value" if martingale else "p_value"
    np.testing.assert_array_equal(drawn.get_ydata(), history[column])
    expected = [20, 20] if martingale else history["level"]
    np.testing.assert_allclose(limit.get_ydata(), expected)
    assert display.ax_.get_yscale() == "log"
    plt.close(display.figure_)


def test_alarms_are_marked_the_martingale_one_once(monitor):
    display = monitor.plot()
    history = monitor.history_
    alarms = history.loc[history["is_alarm"], "batch"]
    if monitor.control == "martingale":
        alarms = alarms[:1]
    assert len(alarms) > 0
    np.testing.assert_array_equal(display.ax_.lines[2].get_xdata(), alarms)
    assert labels(display)[-1] == "alarm"
    plt.close(display.figure_)


def test_a_calm_stream_has_no_marks(monitor):
    monitor.reset()
    rng = np.random.default_rng(1)
    monitor.update(rng.normal(size=(50, 1)))
    display = monitor.plot()
    assert "alarm" not in labels(display)
    plt.close(display.figure_)


def test_axes_may_be_given(monitor):
    figure, ax = plt.subplots()
    display = MonitorDisplay.from_monitor(monitor, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.plot(ax=ax).figure_ is figure
    plt.close(figure)


def test_before_the_first_batch_there_is_nothing_to_draw(monitor):
    with pytest.raises(ValueError, match="before the first batch"):
        monitor.reset().plot()
