"""DistillationScorer: how far a distilled student departs from its teacher."""

from numbers import Integral, Real

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state, indexable
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
    check_student_classes,
    decides_by_argmax,
    is_keras_model,
    resolve_teacher,
    seeded_clone,
    teacher_decision,
    teacher_proba,
)
from skdrift.scoring._ask_students import ask_students
from skdrift.scoring._cross_fit import (
    FoldRecipe,
    ask_teachers,
    by_fold,
    check_changes,
    in_chunks,
    training_rows,
)
from skdrift.scoring._error_model import (
    error_features,
    error_probability,
    fit_error_models,
)
from skdrift.scoring._fidelity import fidelity, warn_if_too_alike
from skdrift.scoring._groups import group_folds
from skdrift.scoring._labels import check_error_labels, require_labels
from skdrift.scoring._near_rows import warn_of_near_rows
from skdrift.scoring._row_hash import KnownFolds, assign_folds, tells_rows_apart
from skdrift.scoring._scores import (
    DIVERGENCES,
    check_divergences,
    conformal_p_value_knots,
    log_loss,
    score_columns,
    score_names,
    temper,
    uncertainty,
)
from skdrift.scoring._tags import tags_of_pair
from skdrift.scoring._teacher_student_proba import TeacherStudentProba


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
        Folds fitted at the same time, by joblib, and threads in which default students
        answer where there are more than `batch_size` rows.
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
        the teacher does. `fit` warns above 0.99: such a student adds little.
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

    __metadata_request__fit = {"groups": True}

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

    def fit(self, X, y=None, groups=None):
        """Train the student of each fold, and the teacher unless it came trained.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of rows
            Clean rows that a trained teacher has not seen.
        y : array-like of shape (n_samples,), default=None
            Labels, needed by an untrained teacher and by `error_model`.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group, such as those of one user, share a fold: no student
            scores a row of a group that it has seen. Give it where rows come in groups
            of near-equal ones, or fresh rows of others will seem strange.

        Returns
        -------
        self : object
        """
        self._fit(X, y, groups)
        return self

    def fit_transform(self, X, y=None, groups=None):
        """Fit and return the scores of the training rows; a teacher runs only once.

        Parameters
        ----------
        X, y, groups : as in `fit`

        Returns
        -------
        scores : ndarray of shape (n_samples, n_scores)
        """
        return self.score_proba(*self._fit(X, y, groups))

    @fit_context(prefer_skip_nested_validation=False)
    def _fit(self, X, y, groups=None):
        check_divergences(self.divergence)
        changes = check_changes(self.benign, self.student)
        X, y = indexable(X, y)
        random_state = check_random_state(self.random_state)
        template, trained = resolve_teacher(self.estimator, X)
        require_labels(y, trained, self.error_model)
        teacher = template
        if not trained:
            teacher = seeded_clone(template, random_state).fit(X, y)
        n_folds = self.cross_fit or 1
        if trained and isinstance(self.student, FrozenEstimator):
            n_folds = 1

        # A single teacher answers for all rows here, once. Where each fold has its own,
        # their answers are asked for after they are trained.
        P = None
        if trained or n_folds == 1:
            P = in_chunks(lambda part: teacher_proba(teacher, part), X, self.batch_size)
        classes = getattr(teacher, "classes_", None)
        classes = np.arange(P.shape[1]) if classes is None else np.asarray(classes)
        check_student_classes(self.student, classes)
        if self.error_model is not None:
            check_error_labels(y, classes)

        salt = random_state.randint(2**63, dtype=np.uint64)
        coarse = n_folds > 1 and tells_rows_apart(X)
        if groups is None or n_folds == 1:
            fold = assign_folds(X, n_folds, salt, coarse)
        else:
            fold = group_folds(groups, num_samples(X), n_folds, random_state)
            n_folds = int(fold.max()) + 1
        complements = training_rows(fold, n_folds)
        recipe = FoldRecipe(
            template if P is None else teacher,
            P is not None,
            self.student,
            classes,
            self.temperature,
            changes,
            self.batch_size,
        )
        seeds = random_state.randint(2**31 - 1, size=n_folds)
        fitted = Parallel(n_jobs=self.n_jobs, verbose=self.verbose)(
            delayed(recipe.fit)(X, y, P, rows, seed)
            for rows, seed in zip(complements, seeds)
        )
        students = [student for _, student in fitted]
        teachers = [teacher]
        if P is None:
            teachers = [own for own, _ in fitted]
            P = ask_teachers(teachers, X, fold, classes, self.batch_size)
        Q = ask_students(students, X, fold, classes, self.batch_size, self.n_jobs)
        argmax = decides_by_argmax(teacher, X, P, classes) or len(teachers) > 1
        decision = teacher_decision(teacher, X, P, classes, argmax)
        share_alike = fidelity(P, Q)
        tempered = temper(P, self.temperature)
        error_models = None
        if self.error_model is not None:
            error_models = fit_error_models(
                self.error_model,
                error_features(tempered, Q, decision),
                classes[decision] != np.asarray(y),
                complements,
                random_state,
            )
        combination = (
            conformal_p_value_knots(log_loss(tempered, Q, decision)),
            conformal_p_value_knots(uncertainty(tempered, Q)),
            min(1.0, np.sqrt(2 * (1 - share_alike))),
        )

        validate_data(self, X, skip_check_array=True)
        self.estimator_ = teacher
        self.teachers_ = teachers
        self.students_ = students
        self.error_models_ = error_models
        self.classes_ = classes
        self.fidelity_ = share_alike
        self._salt = salt
        self._coarse = coarse
        self._argmax = argmax
        self._combination = combination
        self._known = None if groups is None else KnownFolds(X, fold, coarse)
        if groups is None and n_folds > 1:
            warn_of_near_rows(X)
        warn_if_too_alike(share_alike, len(P), stacklevel=3)
        return TeacherStudentProba(P, Q, fold, decision)

    def transform(self, X):
        """Score each row; larger means more harmful.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of rows

        Returns
        -------
        scores : ndarray of float of shape (n_samples, n_scores)
            One column, or one for each of a list of divergences.
        """
        return self.score_proba(*self.teacher_student_proba(X))

    def teacher_student_proba(self, X, fold=None):
        """Return the class probabilities of teacher and student.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of rows
        fold : ndarray of int of shape (n_samples,), default=None
            The cross-fitted models that are to answer for each row, as for changed
            copies of training rows. None takes the row's own.

        Returns
        -------
        proba : TeacherStudentProba
            As `score_proba` takes it.
        """
        check_is_fitted(self, "students_")
        (X,) = indexable(X)
        P = None
        if len(self.teachers_) == 1:
            # First of all, so that it is the teacher who complains about bad input.
            P = in_chunks(
                lambda part: teacher_proba(self.teachers_[0], part, self.classes_),
                X,
                self.batch_size,
            )
        fold = self._folds(X) if fold is None else np.asarray(fold)
        if P is None:
            P = ask_teachers(self.teachers_, X, fold, self.classes_, self.batch_size)
        Q = ask_students(
            self.students_, X, fold, self.classes_, self.batch_size, self.n_jobs
        )
        decision = teacher_decision(self.estimator_, X, P, self.classes_, self._argmax)
        validate_data(self, X, reset=False, skip_check_array=True)
        return TeacherStudentProba(P, Q, fold, decision)

    def _folds(self, X):
        n_folds = max(len(self.teachers_), len(self.students_))
        if n_folds == 1:
            return np.zeros(num_samples(X), dtype=np.intp)
        fold = assign_folds(X, n_folds, self._salt, self._coarse)
        return fold if self._known is None else self._known.correct(X, fold)

    def score_proba(self, P, Q, fold=None, decision=None, *, divergence=None):
        """Score rows from the class probabilities of teacher and student.

        Parameters
        ----------
        P, Q : ndarray of shape (n_samples, n_classes)
            The teacher's and the student's probabilities.
        fold : ndarray of int of shape (n_samples,), default=None
            The fold of each row; only `error_model` asks for it.
        decision : ndarray of int of shape (n_samples,), default=None
            Places of the teacher's decisions; None takes the most probable classes.
        divergence : str, callable or list of these, default=None
            Takes the place of the parameter of this name; None leaves it.

        Returns
        -------
        scores : ndarray of float of shape (n_samples, n_scores)
        """
        check_is_fitted(self, "students_")
        P, Q = np.asarray(P, dtype=np.float64), np.asarray(Q, dtype=np.float64)
        if decision is None:
            decision = P.argmax(axis=1)
        P = temper(P, self.temperature)
        if self.error_models_ is not None:
            if fold is None and len(self.error_models_) > 1:
                raise ValueError(
                    "score_proba needs the fold of each row to ask the error model "
                    "that did not see it; give what teacher_student_proba returned."
                )
            features = error_features(P, Q, decision)
            return by_fold(error_probability, self.error_models_, features, fold)
        if divergence is None:
            divergence = self.divergence
        divergences = check_divergences(divergence)
        return score_columns(P, Q, decision, divergences, self._combination)

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
        return score_names(check_divergences(self.divergence))

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
        return tags_of_pair(
            super().__sklearn_tags__(), self.estimator, self.student, self.error_model
        )
