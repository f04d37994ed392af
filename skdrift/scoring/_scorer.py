"""DistillationScorer: how far a distilled student departs from its teacher."""

from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import (
    HasMethods,
    Interval,
    StrOptions,
    check_feature_names_in,
    fit_context,
    num_samples,
)
from skdrift.models._resolve import (
    is_keras_model,
    resolve_teacher,
    seeded_clone,
    student_proba,
    teacher_proba,
)
from skdrift.scoring._cross_fit import (
    by_fold,
    check_changes,
    fit_fold,
    in_chunks,
    training_rows,
)
from skdrift.scoring._row_hash import assign_folds
from skdrift.scoring._scores import (
    DIVERGENCES,
    check_divergences,
    combined,
    conformal_p_value_knots,
    divergence_name,
    error_features,
    error_probability,
    fit_error_model,
    log_loss,
    temper,
    uncertainty,
)


class TeacherStudentProba(NamedTuple):
    """What teacher and student say about n rows.

    Attributes
    ----------
    teacher, student : arrays of shape (n, n_classes)
        Class probabilities, before any temperature.
    fold : array of int of shape (n,)
        Which of the cross-fitted models answered for the row.
    """

    teacher: np.ndarray
    student: np.ndarray
    fold: np.ndarray


class DistillationScorer(TransformerMixin, BaseEstimator):
    """Score rows by how far a distilled student departs from its teacher.

    A simple student learns the soft outputs of the teacher, the classifier that is
    being watched. Where new data pushes the teacher off what it learnt, the two part
    ways; their divergence is the row's harm score. Larger means more harmful.

    Rows are divided into `cross_fit` folds by a hash of their content, and each row is
    always scored by the student that was trained without its fold. So the training rows
    score as fresh rows would, and serve as the reference of a test such as
    :class:`KSDriftTest` at the end of the same Pipeline.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or Keras model, default=None
        The teacher. It is cloned and fitted on ``(X, y)``; inside
        :class:`~sklearn.frozen.FrozenEstimator` it is used as it is and no y is needed.
        A Keras model is taken as already trained. None means LogisticRegression.
    student : estimator, default=None
        Unfitted learner with ``fit(X, P)``, P of shape (n, n_classes), and
        ``predict_proba`` or ``predict``. A plain classifier is wrapped in
        :class:`SoftLabelClassifier`. A fitted student inside FrozenEstimator is used as
        it is. None means logistic regression behind the teacher's own preprocessing.
    divergence : str, callable or list of these, default="combined"
        "kl", "cross_entropy", "js", "hellinger", "total_variation", "log_loss" (of the
        student on the teacher's predicted class), "blend" (minus log of .8 P + .2 Q at
        that class), "uncertainty" (1 - max P, which asks no student), "combined"
        (Fisher's sum of the conformal p-values of log loss and uncertainty among honest
        clean rows) or a callable ``(P, Q) -> (n,)``. A list gives a column for each.
    temperature : float, default=1.0
        The teacher's probabilities become P**(1/temperature), renormalised, for the
        student's training and for the divergence. The student's stay as they are.
    error_model : classifier, default=None
        Learns from labelled clean rows how probable it is that the teacher is wrong,
        out of features of P and Q. The score is that probability.
    benign : callable or list of callables, default=None
        Changes that should not matter, such as noise or blur of an amount that users
        would not mind: each takes ``(X, random_state)`` and returns the same number of
        rows, changed. The student also learns the changed rows, with what the teacher
        says of the unchanged ones, and so stays on the teacher's side where rows merely
        look different. Every callable adds one copy of the training rows.
    cross_fit : int or None, default=5
        Number of folds. None trains one student on all rows; then hold out the
        reference rows yourself, or the test raises false alarms.
    batch_size : int, default=10_000
        Rows scored at once.
    n_jobs : int, default=None
        Folds fitted at the same time, by joblib.
    verbose : int, default=0
        Progress over the folds, as joblib shows it.
    random_state : int, RandomState or None, default=None
        Seeds the division into folds and every estimator whose own is None.

    Attributes
    ----------
    estimator_ : estimator
        The teacher, fitted on all rows.
    teachers_ : list of estimators
        The teacher of each fold; the same for all if it came trained.
    students_ : list of estimators
        The student of each fold.
    classes_ : array of shape (n_classes,)
    fidelity_ : float
        Share of training rows on which the student that did not see the row decides as
        the teacher does.
    error_models_ : list of estimators
        The error model of each fold, if `error_model` is given.
    n_features_in_ : int
    feature_names_in_ : array of str
        As the teacher sees them, where it does.

    References
    ----------
    The score follows the study "Model Distillation drift detector on CIFAR-10" of
    alibi-detect (Seldon). On conformal p-values: Vovk, Gammerman and Shafer,
    "Algorithmic Learning in a Random World", 2005.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from skdrift import DistillationScorer
    >>> X, y = load_iris(return_X_y=True)
    >>> teacher = RandomForestClassifier(random_state=0).fit(X[::2], y[::2])
    >>> scorer = DistillationScorer(FrozenEstimator(teacher), random_state=0)
    >>> scorer.fit_transform(X[1::2]).shape
    (75, 1)
    """

    _parameter_constraints = {
        "estimator": "no_validation",
        "student": "no_validation",
        "divergence": [StrOptions({*DIVERGENCES, "combined"}), callable, list, tuple],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "error_model": [HasMethods(["fit", "predict_proba"]), None],
        "benign": [callable, list, tuple, None],
        "cross_fit": [Interval(Integral, 2, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        student=None,
        divergence="combined",
        temperature=1.0,
        error_model=None,
        benign=None,
        cross_fit=5,
        batch_size=10_000,
        n_jobs=None,
        verbose=0,
        random_state=None,
    ):
        self.estimator = estimator
        self.student = student
        self.divergence = divergence
        self.temperature = temperature
        self.error_model = error_model
        self.benign = benign
        self.cross_fit = cross_fit
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X, y=None):
        """Train the student of each fold, and the teacher unless it came trained.

        Parameters
        ----------
        X : array of shape (n, ...), DataFrame or sequence of n rows
            Clean rows that a trained teacher has not seen.
        y : array of shape (n,), default=None
            Labels, needed by an untrained teacher and by `error_model`.

        Returns
        -------
        self
        """
        self._fit(X, y)
        return self

    def fit_transform(self, X, y=None):
        """Fit and return the scores of the training rows; a teacher runs only once.

        Parameters
        ----------
        X, y : as in `fit`

        Returns
        -------
        scores : array of shape (n, n_scores)
        """
        return self.score_proba(*self._fit(X, y))

    @fit_context(prefer_skip_nested_validation=False)
    def _fit(self, X, y):
        divergences = check_divergences(self.divergence)
        changes = check_changes(self.benign, self.student)
        X, y = indexable(X, y)
        random_state = check_random_state(self.random_state)
        template, trained = resolve_teacher(self.estimator, X)
        self._require_labels(y, trained)
        if trained:
            teacher = template
        else:
            teacher = seeded_clone(template, random_state).fit(X, y)
        if self.cross_fit is None or (
            trained and isinstance(self.student, FrozenEstimator)
        ):
            n_folds = 1
        else:
            n_folds = self.cross_fit

        # A single teacher answers for all rows here, once. Where each fold has its own,
        # their answers are asked for after they are trained.
        P = None
        if trained or n_folds == 1:
            P = in_chunks(lambda part: teacher_proba(teacher, part), X, self.batch_size)
        classes = getattr(teacher, "classes_", None)
        classes = np.arange(P.shape[1]) if classes is None else np.asarray(classes)

        salt = random_state.randint(2**63, dtype=np.uint64)
        fold = assign_folds(X, n_folds, salt)
        complements = training_rows(fold, n_folds)
        fitted = Parallel(n_jobs=self.n_jobs, verbose=self.verbose)(
            delayed(fit_fold)(
                template if P is None else teacher,
                self.student,
                X,
                y,
                P,
                rows=rows,
                classes=classes,
                temperature=self.temperature,
                changes=changes,
                batch_size=self.batch_size,
                seed=seed,
            )
            for rows, seed in zip(
                complements, random_state.randint(2**31 - 1, size=n_folds)
            )
        )
        students = [student for _, student in fitted]
        if P is None:
            teachers = [teacher for teacher, _ in fitted]
            P = by_fold(self._ask(teacher_proba, classes), teachers, X, fold)
        else:
            teachers = [teacher]
        Q = by_fold(self._ask(student_proba, classes), students, X, fold)
        fidelity = float(np.mean(P.argmax(axis=1) == Q.argmax(axis=1)))

        tempered = temper(P, self.temperature)
        error_models = None
        if self.error_model is not None:
            wrong = classes[P.argmax(axis=1)] != np.asarray(y)
            features = error_features(tempered, Q)
            error_models = [
                fit_error_model(
                    seeded_clone(self.error_model, random_state),
                    features[rows],
                    wrong[rows],
                )
                for rows in complements
            ]

        validate_data(self, X, skip_check_array=True)
        self.estimator_ = teacher
        self.teachers_ = teachers
        self.students_ = students
        self.error_models_ = error_models
        self.classes_ = classes
        self.fidelity_ = fidelity
        self._salt = salt
        if "combined" in divergences:
            self._combination = (
                conformal_p_value_knots(log_loss(tempered, Q)),
                conformal_p_value_knots(uncertainty(tempered, Q)),
                min(1.0, np.sqrt(2 * (1 - fidelity))),
            )
        return TeacherStudentProba(P, Q, fold)

    def transform(self, X):
        """Score each row; larger means more harmful.

        Parameters
        ----------
        X : array of shape (n, ...), DataFrame or sequence of n rows

        Returns
        -------
        scores : array of float of shape (n, n_scores)
            One column, or one for each of a list of divergences.
        """
        return self.score_proba(*self.teacher_student_proba(X))

    def teacher_student_proba(self, X, fold=None):
        """Return the class probabilities of teacher and student.

        Parameters
        ----------
        X : array of shape (n, ...), DataFrame or sequence of n rows
        fold : array of int of shape (n,), default=None
            The cross-fitted models that are to answer for each row, as for changed
            copies of training rows. None takes the row's own.

        Returns
        -------
        proba : TeacherStudentProba
            ``(teacher, student, fold)``, as `score_proba` takes them. The columns of
            the first two follow ``classes_``.
        """
        check_is_fitted(self, "students_")
        (X,) = indexable(X)
        n_classes = len(self.classes_)
        if fold is None:
            proba = in_chunks(self._chunk_proba, X, self.batch_size)
        else:
            proba = self._chunk_proba(X, np.asarray(fold))
        # after the teacher has had its say, whose complaints tell more
        validate_data(self, X, reset=False, skip_check_array=True)
        return TeacherStudentProba(
            proba[:, :n_classes],
            proba[:, n_classes:-1],
            proba[:, -1].astype(np.intp),
        )

    def _chunk_proba(self, X, fold=None):
        n_folds = max(len(self.teachers_), len(self.students_))
        P = None
        if len(self.teachers_) == 1:
            # first of all, so that it is the teacher who complains about bad input
            P = teacher_proba(self.teachers_[0], X, self.classes_)
        if n_folds == 1:
            fold = np.zeros(num_samples(X), dtype=np.intp)
        elif fold is None:
            fold = assign_folds(X, n_folds, self._salt)
        if P is None:
            P = by_fold(
                lambda teacher, part: teacher_proba(teacher, part, self.classes_),
                self.teachers_,
                X,
                fold,
            )
        Q = by_fold(
            lambda student, part: student_proba(student, part, self.classes_),
            self.students_,
            X,
            fold,
        )
        return np.column_stack([P, Q, fold])

    def score_proba(self, P, Q, fold=None):
        """Score rows from the class probabilities of teacher and student.

        Parameters
        ----------
        P, Q : arrays of shape (n, n_classes)
            The teacher's and the student's probabilities.
        fold : array of int of shape (n,), default=None
            The fold of each row; only `error_model` asks for it.

        Returns
        -------
        scores : array of float of shape (n, n_scores)
        """
        check_is_fitted(self, "students_")
        P = temper(P, self.temperature)
        if self.error_models_ is not None:
            return by_fold(
                error_probability, self.error_models_, error_features(P, Q), fold
            )
        columns = []
        for divergence in check_divergences(self.divergence):
            if divergence == "combined":
                columns.append(combined(P, Q, *self._combination))
            else:
                columns.append(DIVERGENCES.get(divergence, divergence)(P, Q))
        return np.column_stack(columns).astype(np.float64, copy=False)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the score columns, such as "harm_kl".

        Parameters
        ----------
        input_features : array-like of str, default=None
            Compared with ``feature_names_in_`` or counted; otherwise unused.

        Returns
        -------
        names : array of str of shape (n_scores,)
        """
        check_is_fitted(self, "students_")
        if input_features is not None:
            check_feature_names_in(self, input_features, generate_names=False)
        if self.error_models_ is not None:
            return np.array(["harm_error_model"], dtype=object)
        names = map(divergence_name, check_divergences(self.divergence))
        return np.array([f"harm_{name}" for name in names], dtype=object)

    def _ask(self, proba, classes):
        def ask(model, X):
            return in_chunks(
                lambda part: proba(model, part, classes), X, self.batch_size
            )

        return ask

    def _require_labels(self, y, trained):
        if y is not None:
            return
        if not trained:
            who = "the teacher, unless a fitted one is wrapped in FrozenEstimator"
        elif self.error_model is not None:
            who = "error_model"
        else:
            return
        raise ValueError(
            "DistillationScorer requires y to be passed, but the target y is None: "
            f"labels are needed by {who}"
        )

    def __getstate__(self):
        state = super().__getstate__()
        given = self.estimator
        if isinstance(given, FrozenEstimator):
            given = given.estimator
        if is_keras_model(given) and "estimator_" in state:
            # A bare Keras model is stored as the teacher that was made of it, which
            # takes no code to load.
            state = {**state, "estimator": self.estimator_}
        return state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        try:
            teacher, trained = resolve_teacher(self.estimator)
        except TypeError:  # fit will say what is wrong with it
            return tags
        tags.target_tags.required = not trained or self.error_model is not None
        tags.input_tags = get_tags(teacher).input_tags
        if self.student is not None:
            # what the student cannot read, the two together cannot
            reads = get_tags(self.student).input_tags
            tags.input_tags.sparse = tags.input_tags.sparse and reads.sparse
            tags.input_tags.allow_nan = tags.input_tags.allow_nan and reads.allow_nan
        tags.transformer_tags.preserves_dtype = []
        return tags
