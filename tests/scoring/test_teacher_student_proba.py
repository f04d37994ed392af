import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from skdrift import DistillationScorer, TeacherStudentProba
from tests.round_trips import ROUND_TRIPS

X, y = make_classification(300, 4, n_informative=3, n_redundant=0, random_state=0)


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_what_is_asked_of_a_scorer_is_what_it_scores():
    clf = FrozenEstimator(LogisticRegression().fit(X, y))
    scorer = DistillationScorer(clf, random_state=0).fit(X)
    proba = scorer.teacher_student_proba(X[:50])
    assert isinstance(proba, TeacherStudentProba)
    teacher, student, fold, decision = proba
    assert teacher.shape == student.shape == (50, 2)
    assert set(fold) == set(range(5))
    assert (decision == clf.predict(X[:50])).all()
    assert (scorer.score_proba(*proba) == scorer.transform(X[:50])).all()


def test_it_is_stored_and_read():
    proba = TeacherStudentProba(np.eye(2), np.eye(2)[::-1], np.arange(2), np.arange(2))
    for round_trip in ROUND_TRIPS.values():
        again = round_trip(proba)
        assert all((one == other).all() for one, other in zip(again, proba))
