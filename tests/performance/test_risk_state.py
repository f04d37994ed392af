from skdrift import RiskState

FIELDS = (0, 100, 10, 0.2, 0.1, 0.15, 3.0)


def test_a_state_is_true_if_there_was_an_alarm():
    assert not RiskState(*FIELDS, False, 0)
    assert RiskState(*FIELDS, True, 0)
