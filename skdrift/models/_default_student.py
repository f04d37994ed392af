"""The student that is trained when the user names none."""

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdrift._sklearn import num_samples, safe_indexing
from skdrift.models._soft_labels import SoftLabelClassifier
from skdrift.models._table_encoder import TableEncoder
from skdrift.models._two_family_student import TwoFamilyStudent

# Rows that tell what kind of input the student will meet.
_LOOK_AT = 100
_TEXT_FEATURES = 2**18


def default_student(teacher, X):
    """Build the student that is trained when the user names none.

    Texts: logistic regression on n-grams of characters, another view than that of words
    which classifiers have. Else a teacher that is a Pipeline, or holds one, lends its
    fitted preprocessing; without one N-d arrays are flattened, and tables with columns
    that are no numbers encoded (:class:`TableEncoder`). Then, for sparse rows, logistic
    regression, for all others :class:`TwoFamilyStudent`.

    Parameters
    ----------
    teacher : fitted classifier
    X : training rows

    Returns
    -------
    student : estimator
        Unfitted.

    Raises
    ------
    ValueError
        If nothing here reads X.
    """
    sample = safe_indexing(X, slice(0, _LOOK_AT))
    if _is_text(sample):
        return make_pipeline(
            HashingVectorizer(
                analyzer="char_wb", ngram_range=(3, 4), n_features=_TEXT_FEATURES
            ),
            _linear(),
        )
    lent = borrowed_preprocessing(teacher)
    steps = []
    if lent is not None:
        steps.append(FrozenEstimator(lent))
        sample = lent.transform(sample)
        # The whole of X is looked at only where a sample cannot tell.
        X = sample
    if sparse.issparse(sample):
        return make_pipeline(*steps, _linear())
    steps += _preprocessing(X)
    learner = TwoFamilyStudent()
    return make_pipeline(*steps, learner) if steps else learner


def borrowed_preprocessing(teacher):
    """Find the fitted preprocessing that a teacher holds, None if there is none.

    It is looked for in Pipelines, and in what searches, calibrated and voting
    classifiers hold. Steps that only change training rows are left out.
    """
    while True:
        if isinstance(teacher, FrozenEstimator):
            teacher = teacher.estimator
        elif hasattr(teacher, "best_estimator_"):
            teacher = teacher.best_estimator_
        elif hasattr(teacher, "calibrated_classifiers_"):
            teacher = teacher.calibrated_classifiers_[0].estimator
        elif isinstance(getattr(teacher, "estimators_", None), list):
            teacher = teacher.estimators_[0]
        elif not isinstance(teacher, Pipeline) and hasattr(teacher, "estimator_"):
            teacher = teacher.estimator_
        else:
            break
    if not isinstance(teacher, Pipeline):
        return None
    steps = [
        (name, step)
        for name, step in teacher.steps[:-1]
        if step not in (None, "passthrough") and hasattr(step, "transform")
    ]
    return Pipeline(steps) if steps else None


def _linear():
    return SoftLabelClassifier(LogisticRegression(max_iter=1000))


def _is_text(sample):
    if isinstance(sample, np.ndarray) and sample.dtype.kind in "UT":
        return sample.ndim == 1
    if hasattr(sample, "columns") or sparse.issparse(sample):
        return False
    return num_samples(sample) > 0 and all(isinstance(text, str) for text in sample)


def _preprocessing(X):
    if hasattr(X, "columns"):
        return [TableEncoder()]
    array = np.asarray(X)
    if array.dtype.kind in "fiub":
        return [FunctionTransformer(flatten_rows)] if array.ndim > 2 else []
    if array.ndim == 2:
        return [TableEncoder()]
    raise ValueError(
        "the default student reads numbers, tables, texts and the output of the "
        f"teacher's own preprocessing, but X holds {array.dtype} and the "
        "teacher is no Pipeline; give a student that reads X"
    )


def flatten_rows(X):
    """Lay the values of each row of an N-d array side by side."""
    X = np.asarray(X)
    return X.reshape(len(X), -1)
