"""SupportScorer: how far rows lie outside of what the reference holds."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import (
    HasMethods,
    Interval,
    check_feature_names_in,
    fit_context,
    num_samples,
    safe_indexing,
)
from skdrift.scoring._coherence import CrossFittedCoherence
from skdrift.scoring._cross_fit import in_chunks
from skdrift.scoring._groups import draw_groups, group_codes
from skdrift.scoring._nearest_others import (
    ReferencePoints,
    mean_distance,
    nearest_others,
)
from skdrift.scoring._representation import (
    ArrayRepresentation,
    TableRepresentation,
    TextRepresentation,
    check_rows,
)

# Unit of distances where all rows of the reference are alike.
_UNIT_OF_EQUALS = 0.1


class SupportScorer(TransformerMixin, BaseEstimator):
    """Score rows by how far they lie outside of what the reference holds.

    A classifier can be sure and wrong where it was never trained, and a student can
    agree with it there. This score is zero for a row with near neighbours in the
    reference whose values go together as those of known rows do, and grows with the
    distance for a row without. Reference rows leave out themselves, their equals and
    their group, so that they score as fresh rows would and serve as the reference of a
    test.

    Parameters
    ----------
    n_neighbors : int, default=5
        The distance of a row is the mean over so many nearest reference rows.
    representation : callable or transformer, default=None
        What turns rows into points: a function of X that gives an array of shape
        (n_samples, ...), such as the last hidden layer of a network, or a transformer.
        A transformer that is not fitted yet is fitted on the reference; inside
        :class:`~sklearn.frozen.FrozenEstimator` it stays as it is, also in clones. None
        takes what suits the data, see Notes.
    margin : float, default=1.5
        Up to this distance the score is zero. The unit is the distance beyond which 1%
        of the reference rows are.
    coherence : bool, default=True
        Whether trees judge, too, if the values of a row of a table go together. They
        learn to tell known rows from rows in which several values are those of others.
        Takes effect with 200 reference rows and three columns at least that know of
        each other, and without ``representation``.
    max_reference : int, default=5000
        Rows of X that are kept as the reference, or about so many rows in whole groups,
        drawn at random where there are more. Time and memory grow with it.
    batch_size : int, default=10_000
        Rows scored at once.
    random_state : int, RandomState instance or None, default=None
        Draws the rows that are kept, and grows the trees.

    Attributes
    ----------
    unit_ : float
        The distance beyond which 1% of the reference rows are.
    reference_indices_ : ndarray of int, shape (n_reference,)
        Where in the X of `fit` the reference rows stand.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str, shape (`n_features_in_`,)
        Names of the features, if X had string column names in `fit`.

    See Also
    --------
    DistillationScorer : Where the student departs from the classifier.

    Notes
    -----
    What the rows are decides how they are compared:

    - Tables, column by column, with Euclidean distances. A number becomes its rank in
      the reference, from 0 to 1. Beyond the range the rank goes on in standard
      deviations, bent so that it never exceeds the range by more than 0.5. Two
      categories differ by 0.5, a missing value and any other by 0.5, a category that
      the reference does not hold and all others by 0.8, as do two values of a column
      that is constant in the reference. So all columns count, but one column out of
      many cannot lead a row far away.
    - Texts and sparse rows: TF-IDF of the words, or of the columns. The distance is
      minus the logarithm of the cosine.
    - Arrays of three or more dimensions: Euclidean distance between all values. On
      photographs this says little; give the last hidden layer of a network instead.

    Rows whose values were shuffled within columns, or replaced by one frequent value,
    have near neighbours. Trees see that their values do not go together, as far as
    columns know of each other: the log odds, by trees that did not meet the row or its
    group, that several of its values come from other rows, beyond their median and in
    units of what 0.5% of the reference rows exceed. The larger of both counts. One
    strange value alone is left to `InputDriftTest`, since one broken column seldom
    does harm.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import SupportScorer
    >>> rng = np.random.default_rng(0)
    >>> scorer = SupportScorer().fit(rng.normal(size=(500, 3)))
    >>> scorer.transform([[0, 1, -1], [0, 1, -9], [8, 7, -9]]).round(1)
    array([[0. ],
           [1.5],
           [3.8]])
    """

    __metadata_request__fit = {"groups": True}

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "representation": [callable, HasMethods(["fit", "transform"]), None],
        "margin": [Interval(Real, 0, None, closed="left")],
        "coherence": ["boolean"],
        "max_reference": [Interval(Integral, 2, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_neighbors=5,
        *,
        representation=None,
        margin=1.5,
        coherence=True,
        max_reference=5_000,
        batch_size=10_000,
        random_state=None,
    ):
        self.n_neighbors = n_neighbors
        self.representation = representation
        self.margin = margin
        self.coherence = coherence
        self.max_reference = max_reference
        self.batch_size = batch_size
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, groups=None):
        """Take rows of X as the reference.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...), DataFrame or sequence of texts
            Clean rows.
        y : None
            Ignored.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group, such as those of one user, leave each other out.

        Returns
        -------
        self : object
        """
        X, kind = check_rows(X, self.representation is not None)
        has_groups = groups is not None
        groups = group_codes(groups, num_samples(X))
        random_state = check_random_state(self.random_state)
        kept = draw_groups(groups, self.max_reference, random_state)
        rows = safe_indexing(X, kept)
        groups = np.unique(groups[kept], return_inverse=True)[1]
        representation = self._representation(kind, rows).fit(rows, groups)
        points, _ = representation.transform(rows)
        own = representation.transform_alone(rows, groups, points)
        reference = ReferencePoints(points, *own, groups)
        distance = mean_distance(
            points,
            np.zeros(len(kept)),
            reference,
            self.n_neighbors,
            representation.is_cosine,
        )
        coherence = None
        asked = self.coherence and self.representation is None
        if asked and kind == "table":
            coherence = CrossFittedCoherence.learn(
                rows, groups if has_groups else None, random_state
            )

        validate_data(self, X, skip_check_array=True)
        self.unit_ = float(np.quantile(distance, 0.99)) or _UNIT_OF_EQUALS
        self.reference_indices_ = kept
        self._kind = kind
        self._n_neighbors = self.n_neighbors
        self._fitted_representation = representation
        self._reference = reference
        self._coherence = coherence
        return self

    def _representation(self, kind, rows):
        given = self.representation
        if given is None:
            return {
                "table": TableRepresentation,
                "text": TextRepresentation,
                "sparse": TextRepresentation,
                "array": ArrayRepresentation,
            }[kind]()
        if hasattr(given, "transform") and not isinstance(given, FrozenEstimator):
            try:
                check_is_fitted(given)
            except NotFittedError:
                given = clone(given).fit(rows)
        return ArrayRepresentation(given)

    def transform(self, X):
        """Score each row; zero is inside, larger is stranger.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...), DataFrame or sequence of texts
            Rows like those of `fit`.

        Returns
        -------
        scores : ndarray of shape (n_samples, 1)
            How far the distance exceeds `margin`, in units of the 99% quantile.
        """
        beyond = self.distance(X)
        if self._coherence is not None:
            rows, _ = check_rows(X)
            mixed = in_chunks(self._coherence.beyond, rows, self.batch_size)
            beyond = np.maximum(beyond, mixed)
        return np.maximum(beyond - self.margin, 0.0)[:, None]

    def distance(self, X):
        """Mean distance to the nearest reference rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...), DataFrame or sequence of texts
            Rows like those of `fit`.

        Returns
        -------
        distance : ndarray of shape (n_samples,)
            In units of the 99% quantile among the reference rows themselves.
        """

        def distances(points, extra):
            return mean_distance(
                points,
                extra,
                self._reference,
                self._n_neighbors,
                self._fitted_representation.is_cosine,
            )

        return self._by_batch(X, distances) / self.unit_

    def nearest(self, X, k=1):
        """Find the nearest reference rows.

        Rows of the reference do not find themselves, their equals or their group,
        unless nothing else is there.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...), DataFrame or sequence of texts
            Rows like those of `fit`.
        k : int, default=1
            How many.

        Returns
        -------
        places : ndarray of int, shape (n_samples, k)
            Places in ``reference_indices_``, the nearest one first.
        """
        check_is_fitted(self)
        n_reference = len(self.reference_indices_)
        if not 1 <= k <= n_reference:
            raise ValueError(
                f"k must lie between 1 and the {n_reference} reference rows; got {k!r}."
            )

        def places(points, extra):
            return nearest_others(points, extra, self._reference, k)[1]

        return self._by_batch(X, places)

    def _by_batch(self, X, function):
        check_is_fitted(self)
        X, kind = check_rows(X, self.representation is not None)
        if kind != self._kind:
            raise ValueError(
                f"SupportScorer was fitted on rows of kind {self._kind!r}; got rows of "
                f"kind {kind!r}."
            )
        validate_data(self, X, reset=False, skip_check_array=True)
        return np.concatenate(
            [
                function(*self._fitted_representation.transform(safe_indexing(X, part)))
                for part in gen_batches(num_samples(X), self.batch_size)
            ]
        )

    def get_feature_names_out(self, input_features=None):
        """Return the name of the score column, "support".

        Parameters
        ----------
        input_features : array-like of str, default=None
            Compared with ``feature_names_in_`` or counted; otherwise unused.

        Returns
        -------
        names : ndarray of str, shape (1,)
        """
        check_is_fitted(self)
        if input_features is not None:
            check_feature_names_in(self, input_features, generate_names=False)
        return np.array(["support"], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
