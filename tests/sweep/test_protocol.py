from inspect import Parameter, signature

import pytest

from skdrift import DistillationScorer, TeacherStudentScorer
from skdrift.sweep._scorer_family import is_teacher_student_scorer


@pytest.mark.parametrize("method", ["teacher_student_proba", "score_proba"])
def test_the_scorer_of_the_package_takes_what_the_protocol_says(method):
    promised = signature(getattr(TeacherStudentScorer, method)).parameters
    offered = signature(getattr(DistillationScorer, method)).parameters
    for name, parameter in promised.items():
        assert offered[name].kind == parameter.kind
        assert offered[name].default == parameter.default
    others = [offered[name] for name in offered if name not in promised]
    assert all(parameter.default is not Parameter.empty for parameter in others)


def test_a_scorer_needs_both_methods():
    class Half:
        def teacher_student_proba(self, X):
            return X

    assert is_teacher_student_scorer(DistillationScorer())
    assert not is_teacher_student_scorer(Half())
