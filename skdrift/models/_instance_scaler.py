"""A transformer that scales every row by its own mean and standard deviation."""

import math

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import validate_data

_SLICE_VALUES = 1_000_000


class InstanceScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale every row to mean 0 and standard deviation 1 over all its values.

    The rows of a table and whole images alike: all axes but the first are averaged
    over, so that brightness and contrast no longer tell images apart. Nothing is
    learned; each row is scaled by itself, whatever stands beside it.

    A constant row becomes zero.

    Attributes
    ----------
    n_features_in_ : int
        The length of the second axis seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The column names seen in `fit`, where `X` had them all as strings.

    See Also
    --------
    sklearn.preprocessing.Normalizer : Scales rows of a table to unit norm.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import InstanceScaler
    >>> images = np.arange(24.0).reshape(2, 2, 2, 3)
    >>> scaled = InstanceScaler().fit_transform(images)
    >>> scaled.shape
    (2, 2, 2, 3)
    >>> bool(np.allclose(scaled[0], scaled[1]))
    True
    """

    def fit(self, X, y=None):
        """Check the data and remember their shape.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features) or (n_rows, ...)
            Rows, images or any other arrays of numbers.
        y : None
            Ignored.

        Returns
        -------
        self : InstanceScaler
            This object.
        """
        self._check(X, reset=True)
        return self

    def transform(self, X):
        """Scale every row by its own mean and standard deviation.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features) or (n_rows, ...)
            Rows, images or any other arrays of finite numbers, with a second axis as
            long as in `fit`.

        Returns
        -------
        ndarray
            The scaled values in the shape of `X`; float32 stays, integers and
            everything else become float64.
        """
        X = self._check(X, reset=False)
        result = np.empty(X.shape, dtype=X.dtype)
        # Slices bound the memory that the double precision copy takes.
        n_rows = max(1, _SLICE_VALUES // max(1, math.prod(X.shape[1:])))
        for start in range(0, len(X), n_rows):
            part = X[start : start + n_rows]
            scaled = _scale_rows(part.reshape(len(part), -1).astype(np.float64))
            result[start : start + n_rows] = scaled.reshape(part.shape)
        return result

    def _check(self, X, *, reset):
        return validate_data(
            self, X, reset=reset, dtype=[np.float64, np.float32], allow_nd=True
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _scale_rows(rows):
    """Scale the rows of a matrix of float64 in place."""
    largest = np.maximum(rows.max(axis=1), -rows.min(axis=1))[:, np.newaxis]
    extreme = ((largest > 1e100) | (largest < 1e-100)).ravel()
    if extreme.any():
        # Squares of such values leave the range; a power of two changes no digit.
        exponent = -np.frexp(largest[extreme])[1]
        rows[extreme] = np.ldexp(rows[extreme], exponent)
        largest[extreme] = np.ldexp(largest[extreme], exponent)
    rows -= rows.mean(axis=1, keepdims=True)
    std = np.sqrt((rows * rows).mean(axis=1, keepdims=True))
    # What a constant row leaves is the rounding error of its mean.
    constant = std <= 10 * np.finfo(np.float64).eps * largest
    rows /= np.where(constant, 1.0, std)
    rows[constant.ravel()] = 0.0
    return rows
