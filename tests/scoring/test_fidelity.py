import warnings

import numpy as np
import pytest

from skdrift.scoring._fidelity import fidelity, warn_if_too_alike


def test_share_of_rows_with_the_same_most_probable_class():
    P = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.4, 0.6]])
    Q = np.array([[0.6, 0.4], [0.3, 0.7], [0.1, 0.9], [0.45, 0.55]])
    assert fidelity(P, Q) == 0.75


def test_the_warning_points_at_who_asked():
    with pytest.warns(UserWarning, match=r"on 99\.50% of the rows") as caught:
        warn_if_too_alike(0.995, 200, stacklevel=1)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("share", "n_samples"), [(0.99, 10_000), (1.0, 199)])
def test_other_opinions_or_few_rows_are_no_cause(share, n_samples):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_too_alike(share, n_samples, stacklevel=1)
