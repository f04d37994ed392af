"""Autoencoders trained through a Keras model, so that its outputs stay as they are."""

from math import prod

import numpy as np

from skdrift.models._keras_runtime import Network, borrowed_random_state, import_keras

_CONV_FILTERS = (16, 32)


def build_autoencoder(architecture, rows, encoding_dim):
    """Return an untrained autoencoder for rows like those given.

    Parameters
    ----------
    architecture : {"dense", "conv"} or callable
        "dense": two layers to the encoding and two back. "conv": for images of shape
        (height, width, channels), convolutions in place of the outer ones. A callable
        takes the shape of a row and returns a Keras model from rows to rows.
    rows : ndarray of float32 of shape (n_samples, ...)
    encoding_dim : int

    Returns
    -------
    model : keras.Model

    Raises
    ------
    ValueError
        If the architecture does not fit the rows.
    """
    import keras

    shape = rows.shape[1:]
    if callable(architecture):
        model = architecture(shape)
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"architecture must return a keras.Model, but it returned {model!r}."
            )
        if np.asarray(model(rows[:2], training=False)).shape != rows[:2].shape:
            raise ValueError(
                "architecture must return a model whose outputs have the shape of its "
                f"inputs, {shape}."
            )
        return model
    layers = keras.layers
    if architecture == "conv":
        if len(shape) != 3:
            raise ValueError(
                'architecture="conv" takes images of shape (height, width, channels), '
                f"but got rows of shape {shape}."
            )
        small = [-(-side // 4) for side in shape[:2]]
        outer = [
            layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")
            for filters in _CONV_FILTERS
        ]
        inner = [
            layers.Dense(prod(small) * _CONV_FILTERS[1], activation="relu"),
            layers.Reshape((*small, _CONV_FILTERS[1])),
            *(
                layers.Conv2DTranspose(
                    filters, 3, strides=2, padding="same", activation="relu"
                )
                for filters in _CONV_FILTERS[::-1]
            ),
            # Sides that are no multiples of four have grown.
            layers.Cropping2D(
                tuple((0, 4 * n - side) for n, side in zip(small, shape[:2]))
            ),
            layers.Conv2D(shape[2], 3, padding="same"),
        ]
        body = [*outer, layers.Flatten(), layers.Dense(encoding_dim), *inner]
        return keras.Sequential([keras.Input(shape), *body])
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    mean, scale = flat.mean(axis=0), flat.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    width = max(2 * encoding_dim, 16)
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten(),
            layers.Rescaling(1.0, offset=(-mean).tolist()),
            layers.Rescaling((1 / scale).tolist()),
            layers.Dense(width, activation="relu"),
            layers.Dense(encoding_dim),
            layers.Dense(width, activation="relu"),
            layers.Dense(flat.shape[1]),
            layers.Rescaling(scale.tolist(), offset=mean.tolist()),
            layers.Reshape(shape),
        ]
    )


def train_autoencoder(
    teacher, rows, targets, *, architecture, encoding_dim, hidden, weights, settings
):
    """Train an autoencoder so that the teacher says of rebuilt rows what it should.

    Parameters
    ----------
    teacher : keras.Model
        From rows to probabilities or logits; a copy is used, and none of it trained.
    rows : ndarray of float32 of shape (n_samples, ...)
    targets : ndarray of shape (n_samples, n_classes)
        Probabilities that the teacher is to give of the reconstructions.
    architecture, encoding_dim : as in `build_autoencoder`
    hidden : keras.Model or None
        Features of rows that are to stay as they are, too.
    weights : (float, float)
        Of the squared error of the reconstruction and of the hidden features.
    settings : dict
        ``epochs``, ``batch_size``, ``learning_rate``, ``verbose`` and ``seed``.

    Returns
    -------
    network : Network
    losses : list of float
        Of the epochs.

    Raises
    ------
    ValueError
        If the training diverges.
    """
    keras = import_keras()
    with borrowed_random_state(settings["seed"]):
        autoencoder = build_autoencoder(architecture, rows, encoding_dim)
        inputs = keras.Input(rows.shape[1:])
        rebuilt = autoencoder(inputs)
        outputs, wanted = [teacher(rebuilt)], [targets]
        losses, shares = [_output_loss(teacher, targets)], [1.0]
        if weights[0] > 0:
            outputs.append(rebuilt)
            wanted.append(rows)
            losses.append("mse")
            shares.append(weights[0])
        if hidden is not None and weights[1] > 0:
            outputs.append(hidden(rebuilt))
            wanted.append(np.asarray(hidden.predict(rows, verbose=0)))
            losses.append("mse")
            shares.append(weights[1])
        frozen = [part for part in (teacher, hidden) if part is not None]
        flags = [(part, part.trainable) for part in frozen]
        try:
            for part in frozen:
                part.trainable = False
            whole = keras.Model(inputs, outputs)
            whole.compile(
                keras.optimizers.Adam(settings["learning_rate"]),
                loss=losses,
                loss_weights=shares,
                jit_compile=False,
            )
            history = whole.fit(
                rows,
                wanted,
                epochs=settings["epochs"],
                batch_size=settings["batch_size"],
                verbose=int(settings["verbose"]),
            )
        finally:
            for part, flag in flags:
                part.trainable = flag
    losses = list(map(float, history.history["loss"]))
    if not np.isfinite(losses).all():
        raise ValueError(
            "The training of the autoencoder diverged: its loss is not finite. Lower "
            f"learning_rate (now {settings['learning_rate']:g}) or scale X."
        )
    return Network(autoencoder), losses


def _output_loss(teacher, targets):
    """Loss on what the teacher returns: probabilities, one column, or logits."""
    import keras

    from skdrift.models._keras_teacher import declared_output

    logits = declared_output(teacher) == "logits"
    if targets.shape[1] == 1:
        return keras.losses.BinaryCrossentropy(from_logits=logits)
    if logits:
        return keras.losses.CategoricalCrossentropy(from_logits=True)
    return keras.losses.KLDivergence()
