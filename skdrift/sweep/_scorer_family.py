"""Scorers that share one teacher and one student, fitted and asked once for all."""

from dataclasses import dataclass
from inspect import signature

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline


@dataclass(frozen=True)
class Candidate:
    """One detector of a sweep.

    Attributes
    ----------
    test : estimator
        Its drift test, unfitted unless frozen.
    family, member : int
        Which family scores its rows, and which of the family's scores are its own.
    batch_size : int
        Rows in its batches.
    """

    test: BaseEstimator
    family: int
    member: int
    batch_size: int


class ScorerFamily:
    """Scorers behind one preprocessing that differ in nothing but `divergence`.

    Teacher and student answer once per row, and every member derives its own scores
    from the answers. A scorer that is no :class:`TeacherStudentScorer` is a family of
    one.

    Parameters
    ----------
    pipeline : Pipeline
        The steps of a detector before its test.
    frozen : bool
        Whether they are used as they are instead of being fitted.
    """

    def __init__(self, pipeline, frozen):
        self.frozen = frozen
        self.divergences = []
        self._preprocessing = pipeline[:-1] if len(pipeline) > 1 else None
        self._scorer = pipeline[-1]

    def fit(self, X, y, groups=None):
        """Fit on the reference rows and return each member's scores of them.

        A frozen family is not fitted and has no reference to score: None.
        """
        if self.frozen:
            return None
        if self._preprocessing is not None:
            X = self._preprocessing.fit_transform(X, y)
        scorer = self._scorer
        if len(self.divergences) == 1 and hasattr(scorer, "fit_transform"):
            # As the whole detector's own `fit` would: a scorer may treat the rows it
            # was trained on differently in `fit_transform`.
            return [as_columns(with_groups(scorer.fit_transform, groups, X, y))]
        if len(self.divergences) > 1 and not _scores_any_divergence(scorer):
            scorer.set_params(divergence=_flatten(self.divergences))
        with_groups(scorer.fit, groups, X, y)
        return self._ask(X)[1]

    @property
    def classes(self):
        """The teacher's classes."""
        if is_teacher_student_scorer(self._scorer):
            return self._scorer.classes_
        return self._teacher().classes_

    def score(self, X):
        """Return the teacher's decisions, shape (n,), and each member's scores."""
        if self._preprocessing is not None:
            X = self._preprocessing.transform(X)
        return self._ask(X)

    def _ask(self, X):
        scorer = self._scorer
        if not is_teacher_student_scorer(scorer):
            decisions = np.asarray(self._teacher().predict(X))
            return decisions, [as_columns(scorer.transform(X))]
        answers = tuple(scorer.teacher_student_proba(X))
        if len(answers) == 4:
            decisions = answers[3]
        else:
            decisions = np.argmax(answers[0], axis=1)
        return scorer.classes_[decisions], self._member_scores(answers)

    def _member_scores(self, answers):
        scorer = self._scorer
        if len(self.divergences) == 1:
            return [as_columns(scorer.score_proba(*answers))]
        if _scores_any_divergence(scorer):
            return [
                as_columns(scorer.score_proba(*answers, divergence=divergence))
                for divergence in self.divergences
            ]
        scores = as_columns(scorer.score_proba(*answers))
        flat = _flatten(self.divergences)
        if scores.shape[1] != len(flat):
            return [scores] * len(self.divergences)
        return [
            scores[:, [flat.index(each) for each in _as_list(divergence)]]
            for divergence in self.divergences
        ]

    def _teacher(self):
        teacher = _classifier_of(self._scorer)
        if teacher is None:
            raise TypeError(
                f"{type(self._scorer).__name__} does not tell the classifier's "
                "decisions: a scorer needs teacher_student_proba(X) and score_proba, "
                "or, once fitted, the classifier as estimator_."
            )
        return teacher


def _classifier_of(scorer):
    """Find the classifier of a scorer, of several the first one's; or None."""
    while _is_frozen(scorer):
        scorer = scorer.estimator
    if isinstance(scorer, FeatureUnion):
        found = (_classifier_of(part) for _, part in scorer.transformer_list)
        return next((teacher for teacher in found if teacher is not None), None)
    return getattr(scorer, "estimator_", None)


def with_groups(method, groups, *rows):
    """Call ``fit`` or ``fit_transform`` with the groups, where it takes them."""
    if groups is not None and "groups" in signature(method).parameters:
        return method(*rows, groups=groups)
    return method(*rows)


def is_teacher_student_scorer(scorer):
    """Whether a scorer follows the protocol :class:`TeacherStudentScorer`."""
    return hasattr(scorer, "teacher_student_proba") and hasattr(scorer, "score_proba")


def split_detector(detector):
    """Split a detector into scoring Pipeline and test, and tell whether it is frozen.

    Returns
    -------
    scoring : Pipeline
        Everything before the test.
    test : estimator
    frozen : bool
        Whether nothing of the detector is to be fitted.
    """
    whole = isinstance(detector, FrozenEstimator)
    pipeline = detector.estimator if whole else detector
    if not isinstance(pipeline, Pipeline) or len(pipeline) < 2:
        raise TypeError(
            "detector must be a Pipeline of optional preprocessing, a scorer and a "
            "test, such as make_pipeline(DistillationScorer(...), KSDriftTest()), or a "
            f"fitted one inside FrozenEstimator; got {detector!r}."
        )
    scorer, test = pipeline[-2], pipeline[-1]
    if not hasattr(scorer, "transform"):
        raise TypeError(
            "The last step but one of detector must be a scorer with transform; got "
            f"{scorer!r}."
        )
    if not hasattr(test, "predict"):
        raise TypeError(
            f"The last step of detector must be a test with predict; got {test!r}."
        )
    loose = [name for name, step in pipeline.steps if not _is_frozen(step)]
    if not whole and _is_frozen(test) and loose:
        raise ValueError(
            "The test of detector is frozen, so its reference stays as it is, but the "
            f"steps {loose} before it would be fitted anew. Wrap the whole fitted "
            "Pipeline in FrozenEstimator, or leave the test unfrozen."
        )
    return pipeline[:-1], test, whole or not loose


def _is_frozen(step):
    return isinstance(step, FrozenEstimator)


def build_families(detector, params, batch_sizes):
    """Group candidates by what they share.

    Parameters
    ----------
    detector : Pipeline or FrozenEstimator
    params : list of dict
        The detector's parameters in each candidate.
    batch_sizes : list of int
        Rows in the batches of each candidate.

    Returns
    -------
    families : list of ScorerFamily
    candidates : list of Candidate
    """
    families, members, candidates = {}, {}, []
    for given, batch_size in zip(params, batch_sizes, strict=True):
        scoring, test, frozen = split_detector(_with_params(detector, given))
        family_key, member_key = _keys(given, scoring[-1], detector)
        if family_key not in families:
            families[family_key] = ScorerFamily(scoring, frozen)
            members[family_key] = []
        family = families[family_key]
        if member_key not in members[family_key]:
            members[family_key].append(member_key)
            family.divergences.append(getattr(scoring[-1], "divergence", None))
        candidates.append(
            Candidate(
                test,
                list(families).index(family_key),
                members[family_key].index(member_key),
                batch_size,
            )
        )
    return list(families.values()), candidates


def _with_params(detector, params):
    """Copy of a detector with the parameters of a candidate."""
    candidate = clone(detector)
    if params and isinstance(candidate, FrozenEstimator):
        raise ValueError(
            "detector is frozen as a whole, so param_grid can vary nothing of it; "
            f"got {sorted(params)}."
        )
    of_detector = candidate.get_params()
    for name in params:
        owner, _, _ = name.rpartition("__")
        # Its parameters would be set on the user's own object, which is never copied.
        if _is_frozen(of_detector.get(owner)):
            raise ValueError(
                f"param_grid varies {name!r}, but {owner!r} of detector is frozen; "
                f"vary {owner!r} as a whole."
            )
    return candidate.set_params(**params) if params else candidate


def _keys(params, scorer, detector):
    """Return what members of a family share, and what tells one from the others."""
    pipeline = detector.estimator if _is_frozen(detector) else detector
    scorer_name, test_name = (name for name, _ in pipeline.steps[-2:])
    of_scoring = frozenset(
        (name, _identity(value))
        for name, value in params.items()
        if name.split("__")[0] != test_name
    )
    if not is_teacher_student_scorer(scorer):
        return of_scoring, of_scoring
    divergence = f"{scorer_name}__divergence"
    return frozenset(item for item in of_scoring if item[0] != divergence), of_scoring


def as_columns(scores):
    """Scores as a float array of shape (n, k)."""
    scores = np.asarray(scores, dtype=float)
    return scores.reshape(-1, 1) if scores.ndim == 1 else scores


def _identity(value):
    """Return what two values of a grid share when they are the same."""
    try:
        hash(value)
    except TypeError:
        return id(value)
    return type(value), value


def _scores_any_divergence(scorer):
    return "divergence" in signature(scorer.score_proba).parameters


def _flatten(divergences):
    """One list of distinct divergences out of single ones and lists."""
    flat = []
    for divergence in divergences:
        flat.extend(each for each in _as_list(divergence) if each not in flat)
    return flat


def _as_list(divergence):
    return list(divergence) if isinstance(divergence, list | tuple) else [divergence]
