"""How often a student decides as its teacher does, and when that is too often."""

import warnings

import numpy as np

# A student that decides otherwise on fewer rows than these has no opinion of its own;
# fewer rows than those cannot tell such a share.
_TOO_ALIKE = 0.99
_ROWS_THAT_TELL = 200


def fidelity(P, Q):
    """Share of rows on which teacher and student find the same class most probable."""
    return float(np.mean(P.argmax(axis=1) == Q.argmax(axis=1)))


def warn_if_too_alike(share, n_samples, stacklevel):
    """Warn of a student that decides as its teacher does on nearly all rows.

    Parameters
    ----------
    share : float
        See `fidelity`.
    n_samples : int
    stacklevel : int
        As of `warnings.warn`, seen from the caller.
    """
    if share > _TOO_ALIKE and n_samples >= _ROWS_THAT_TELL:
        warnings.warn(
            f"The student decides as the teacher does on {share:.2%} of the "
            "rows (fidelity_), so it adds little to the teacher's own confidence: "
            "where they are equally blind, no score will rise. Give a student of "
            "another family or of less capacity, or SupportScorer beside it.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
