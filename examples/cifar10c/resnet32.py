"""The ResNet-32 for CIFAR-10 (He et al., 2016), for who has no trained one."""

import numpy as np

# Mean and standard deviation of the training images' channels.
_CHANNEL_MEAN = (0.4914, 0.4822, 0.4465)
_CHANNEL_STD = (0.2470, 0.2435, 0.2616)


def build_resnet32(n_classes=10, n_blocks=5):
    """Return the untrained network: images in [0, 1] to class probabilities.

    Its depth is ``6 * n_blocks + 2``.
    """
    import keras
    from keras import layers

    def convolution(x, filters, strides=1, size=3):
        x = layers.Conv2D(
            filters,
            size,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
        )(x)
        return layers.BatchNormalization()(x)

    def block(x, filters, strides):
        y = layers.ReLU()(convolution(x, filters, strides))
        y = convolution(y, filters)
        if strides > 1:
            x = convolution(x, filters, strides, size=1)
        return layers.ReLU()(layers.Add()([x, y]))

    images = keras.Input((32, 32, 3))
    x = layers.Normalization(
        mean=_CHANNEL_MEAN, variance=np.square(_CHANNEL_STD).tolist()
    )(images)
    x = layers.ReLU()(convolution(x, 16))
    for filters in (16, 32, 64):
        for number in range(n_blocks):
            x = block(x, filters, strides=2 if filters > 16 and number == 0 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, layers.Dense(n_classes, activation="softmax")(x))


def train_resnet32(X, y, epochs, seed=0, n_blocks=5):
    """Train on images in [0, 1], randomly flipped and moved by up to four pixels.

    All 50,000 images and 100 epochs or more take hours without a GPU.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    network = build_resnet32(n_blocks=n_blocks)
    images = keras.Input(X.shape[1:])
    x = layers.RandomFlip("horizontal", seed=seed)(images)
    x = layers.RandomTranslation(4 / 32, 4 / 32, fill_mode="constant", seed=seed)(x)
    trained = keras.Model(images, network(x))
    n_steps = epochs * int(np.ceil(len(X) / 128))
    trained.compile(
        keras.optimizers.SGD(
            keras.optimizers.schedules.CosineDecay(0.1, n_steps),
            momentum=0.9,
            weight_decay=1e-4,
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    trained.fit(X, y, batch_size=128, epochs=epochs, verbose=2)
    return network
