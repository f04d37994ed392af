"""What teacher and student can read together, as scikit-learn's tags say it."""

from contextlib import suppress

from sklearn.utils import get_tags

from skdrift.models._resolve import resolve_teacher


def tags_of_pair(tags, estimator, student, error_model):
    """Narrow a scorer's tags to what its teacher and its student can read.

    Parameters
    ----------
    tags : Tags
        Changed in place.
    estimator, student, error_model : as `DistillationScorer` was given them

    Returns
    -------
    tags : Tags
    """
    try:
        teacher, trained = resolve_teacher(estimator)
    except TypeError:  # fit will say what is wrong with it
        return tags
    tags.target_tags.required = not trained or error_model is not None
    # A classifier that is none of scikit-learn's has no tags.
    with suppress(AttributeError):
        tags.input_tags = get_tags(teacher).input_tags
    if student is not None:
        # What the student cannot read, the two together cannot.
        try:
            reads = get_tags(student).input_tags
        except AttributeError:
            return tags
        tags.input_tags.sparse = tags.input_tags.sparse and reads.sparse
        tags.input_tags.allow_nan = tags.input_tags.allow_nan and reads.allow_nan
    tags.transformer_tags.preserves_dtype = []
    return tags
