"""Scorers that share one teacher and one student, fitted and asked once for all."""

import copy

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline


class ScorerFamily:
    """Pipelines of preprocessing and scorer that differ in nothing but `divergence`.

    Teacher and student answer once per row, and every member derives its own scores
    from the answers. A scorer without ``teacher_student_proba`` is a family of one.

    Parameters
    ----------
    pipelines : list of Pipeline
        The members: the steps of a detector before its test.
    frozen : bool
        Whether they are used as they are instead of being fitted.
    """

    def __init__(self, pipelines, frozen):
        self.pipelines = pipelines
        self.frozen = frozen

    def fit(self, X, y):
        """Fit on the reference rows and return each member's scores of them.

        Frozen pipelines are not fitted and have no reference to score: None.
        """
        first = self.pipelines[0]
        if self.frozen:
            self._keep(first, [first[-1]])
            return None
        if len(self.pipelines) == 1:
            # As the whole detector's own `fit` would: a scorer may treat the rows it
            # was trained on differently in `fit_transform`.
            scores = first.fit_transform(X, y)
            self._keep(first, [first[-1]])
            return [as_columns(scores)]
        scorer = first[-1]
        divergences = [member[-1].divergence for member in self.pipelines]
        # Fitted for all divergences at once, so that whatever one of them learns from
        # the training rows is there; each member then reads its own.
        scorer.set_params(divergence=_flatten(divergences))
        rows = first[:-1].fit_transform(X, y) if len(first) > 1 else X
        scorer.fit(rows, y)
        members = [
            copy.copy(scorer).set_params(divergence=divergence)
            for divergence in divergences
        ]
        self._keep(first, members)
        return self._ask(rows)[1]

    def _keep(self, pipeline, scorers):
        self._preprocessing = pipeline[:-1] if len(pipeline) > 1 else None
        self._scorers = scorers

    @property
    def classes(self):
        """The teacher's classes."""
        scorer = self._scorers[0]
        if hasattr(scorer, "teacher_student_proba"):
            return scorer.classes_
        return self._teacher().classes_

    def score(self, X):
        """Return the teacher's decisions, shape (n,), and each member's scores."""
        if self._preprocessing is not None:
            X = self._preprocessing.transform(X)
        return self._ask(X)

    def _ask(self, X):
        scorer = self._scorers[0]
        if hasattr(scorer, "teacher_student_proba"):
            answers = scorer.teacher_student_proba(X)
            decisions = scorer.classes_[np.argmax(answers[0], axis=1)]
            scores = [member.score_proba(*answers) for member in self._scorers]
        else:
            decisions = np.asarray(self._teacher().predict(X))
            scores = [scorer.transform(X)]
        return decisions, [as_columns(each) for each in scores]

    def _teacher(self):
        scorer = self._scorers[0]
        try:
            return scorer.estimator_
        except AttributeError:
            raise TypeError(
                f"{type(scorer).__name__} does not tell the classifier's decisions: a "
                "scorer needs teacher_student_proba(X) or, once fitted, the classifier "
                "as estimator_."
            ) from None


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


def build_families(detector, candidates):
    """Group candidates by what they share.

    Parameters
    ----------
    detector : Pipeline or FrozenEstimator
    candidates : list of dict
        The detector's parameters in each candidate.

    Returns
    -------
    families : list of ScorerFamily
    places : list of (int, int)
        For each candidate its family and its place in the family.
    tests : list of estimator
        For each candidate its test, unfitted unless frozen.
    """
    families, members, places, tests = {}, {}, [], []
    for params in candidates:
        candidate = clone(detector)
        if params and isinstance(candidate, FrozenEstimator):
            raise ValueError(
                "detector is frozen as a whole, so param_grid can vary nothing of it; "
                f"got {sorted(params)}."
            )
        if params:
            candidate.set_params(**params)
        scoring, test, frozen = split_detector(candidate)
        tests.append(test)
        whole = isinstance(candidate, FrozenEstimator)
        steps = (candidate.estimator if whole else candidate).steps
        scorer_name, test_name = (name for name, _ in steps[-2:])
        divergence = f"{scorer_name}__divergence"
        can_share = hasattr(scoring[-1], "teacher_student_proba")
        scoring_params = {
            (name, _identity(value))
            for name, value in params.items()
            if name.split("__")[0] != test_name
        }
        family_key = frozenset(
            (name, value)
            for name, value in scoring_params
            if not (can_share and name == divergence)
        )
        member_key = frozenset(scoring_params)
        if family_key not in families:
            families[family_key] = ScorerFamily([], frozen)
            members[family_key] = []
        if member_key not in members[family_key]:
            members[family_key].append(member_key)
            families[family_key].pipelines.append(scoring)
        family = list(families).index(family_key)
        places.append((family, members[family_key].index(member_key)))
    return list(families.values()), places, tests


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


def _flatten(divergences):
    """One list of distinct divergences out of single ones and lists."""
    flat = []
    for divergence in divergences:
        several = divergence if isinstance(divergence, list | tuple) else [divergence]
        flat.extend(each for each in several if each not in flat)
    return flat
