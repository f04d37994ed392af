"""A student that is small and quick to train, and sees more than the notebook's."""


def small_network(input_shape, n_classes):
    """Return an untrained network of four convolutions with batch normalisation.

    It has 105,000 weights, a seventh of the notebook's student, and an epoch takes a
    quarter of the time.
    """
    from keras import Input, Sequential, layers

    def convolution(filters, strides=1):
        return [
            layers.Conv2D(filters, 3, strides, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]

    return Sequential(
        [
            Input(input_shape),
            *convolution(32, strides=2),
            *convolution(32),
            layers.MaxPooling2D(),
            *convolution(64),
            *convolution(128),
            layers.GlobalAveragePooling2D(),
            layers.Dense(n_classes, activation="softmax"),
        ]
    )
