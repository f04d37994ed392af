"""The two students of the study, and their training."""

import os
import time

import joblib
import numpy as np
from benign import slightly_damaged
from remember import RememberingClassifier
from sklearn.pipeline import make_pipeline
from small_network import small_network

from skdrift import InstanceScaler, KerasStudent


def notebook_student(options):
    """Return the student of the notebook."""
    return KerasStudent(
        "conv",
        epochs=options.epochs,
        batch_size=128,
        random_state=options.seed,
        verbose=2,
    )


def calm_student(options):
    """Return a smaller student, to be trained on damaged images as well."""
    return KerasStudent(
        small_network,
        epochs=options.epochs,
        batch_size=64,
        learning_rate=0.002,
        random_state=options.seed,
        verbose=2,
    )


def load_or_distil(name, network, n_damaged, options, images, teacher, output):
    """Return a student, trained once for each setting.

    It learns each image and `n_damaged` slightly damaged copies of it, all with what
    the teacher says of the intact image.
    """
    name = (
        f"{name}-{len(images.X_train)}-images-{options.epochs}-epochs-"
        f"seed-{options.seed}"
    )
    path = output / f"{name}.joblib"
    if not path.exists():
        print(f"Distilling {name} ...")
        start = time.perf_counter()
        P = teacher.predict_proba(images.X_train)
        random_state = np.random.RandomState(options.seed)
        damaged = [
            slightly_damaged(images.X_train, random_state) for _ in range(n_damaged)
        ]
        student = make_pipeline(InstanceScaler(), network).fit(
            np.concatenate([images.X_train, *damaged]),
            np.tile(P, (1 + n_damaged, 1)),
        )
        part = path.with_suffix(".part")
        joblib.dump(student, part)
        os.replace(part, path)
        print(f"Distilled in {time.perf_counter() - start:.0f} s.")
    return RememberingClassifier(joblib.load(path), output / f"{name}.npz")
