import numpy as np
import pytest

from skdrift import KSDriftTest, MonitorState, TailDriftTest
from skdrift.detection._stream import Stream, effective_p_values, history


def fitted(**parameters):
    rng = np.random.default_rng(0)
    return TailDriftTest(**parameters).fit(rng.normal(size=(300, 1)))


def begin(control="martingale", reference="growing", test=None):
    return Stream(
        test or fitted(), alpha=0.05, control=control, reference=reference, settings={}
    )


def batches(n_batches, shift=0.0):
    rng = np.random.default_rng(1)
    return [rng.normal(shift, size=(50, 1)) for _ in range(n_batches)]


def test_the_state_of_a_batch_is_true_if_there_is_an_alarm():
    state = MonitorState(3, 0.2, False, 1.1, np.nan)
    assert not state
    assert state._replace(is_alarm=np.True_)
    several = state._replace(is_alarm=np.array([False, True]))
    with pytest.raises(ValueError, match=r"2 batches.*state\.is_alarm"):
        bool(several)


@pytest.mark.parametrize("control", ["martingale", "lord", "saffron"])
def test_a_copy_goes_on_alone(control):
    stream = begin(control)
    for X in batches(3):
        stream.take(X)
    twin = stream.copy()
    states = [twin.take(X) for X in batches(4, shift=1.5)]
    assert len(stream.states) == len(stream.sizes) == len(stream.groups) == 3
    assert stream.test.reference_size_.tolist() == [450]
    again = [stream.take(X) for X in batches(4, shift=1.5)]
    np.testing.assert_array_equal(again, states)


def test_the_test_that_is_given_is_left_alone():
    test = fitted(window="last", max_reference=200)
    before = test.reference_.copy()
    stream = begin(test=test)
    for X in batches(3):
        stream.take(X)
    np.testing.assert_array_equal(test.reference_, before)
    assert test.window == "last"


@pytest.mark.parametrize("control", ["martingale", "lord", "saffron"])
def test_what_is_foretold_comes_true(control):
    for shift in (0.0, 1.0, 2.0):
        stream = begin(control)
        for X in batches(6, shift):
            p_value = stream.test.predict(X).p_value
            foretold = stream.foretell(p_value)
            several = stream.foretell(np.array([p_value, 1.0]))
            assert several[0] == foretold
            assert bool(stream.take(X)) == foretold


def test_a_batch_in_which_nothing_could_be_tested_is_no_evidence():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(300, 1))
    X[::2] = np.nan
    stream = begin(test=TailDriftTest(nan_policy="omit").fit(X))
    with pytest.warns(UserWarning, match="nothing to test"):
        state = stream.take(np.array([[np.nan]]))
    assert np.isnan(state.p_value)
    assert not state
    plain = begin()
    plain.log_capital, e_value = stream.log_capital, state.e_value
    assert e_value < 1


def test_p_values_count_where_an_effect_is_large_enough():
    rng = np.random.default_rng(3)
    reference, X = rng.normal(size=(400, 2)), rng.normal([0, 0.6], size=(200, 2))
    result = KSDriftTest().fit(reference).predict(X)
    assert effective_p_values(result) == result.p_value
    small, large = np.sort(result.statistic)
    for min_effect, counts in ((small, True), (large - 1e-9, True), (large, False)):
        test = KSDriftTest(min_effect=min_effect).fit(reference)
        found = effective_p_values(test.predict(X))
        assert found == (result.p_value if counts else 1.0)
        groups = np.repeat([0, 1], 100)
        several = test.predict(X, groups=groups)
        expected = np.where(
            (several.statistic > min_effect).any(axis=1), several.p_value, 1
        )
        assert effective_p_values(several).tolist() == expected.tolist()


def test_history_of_nothing_and_of_groups():
    assert history().empty
    assert history().columns.tolist()[:3] == ["batch", "p_value", "is_alarm"]
    stream = begin()
    for X, day in zip(batches(2), ("mon", "tue")):
        stream.take(X, day)
    table = history(stream.states, stream.sizes, stream.groups)
    assert table["group"].tolist() == ["mon", "tue"]
    assert table["n_samples"].tolist() == [50, 50]
