"""CIFAR-10 and its corrupted test images, CIFAR-10-C."""

import codecs
import os
import pickle
import shutil
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import get_data_home
from sklearn.utils import Bunch

from skdrift.datasets._images import check_severity

_CIFAR10_ARCHIVE = {
    "url": "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    "known_hash": (
        "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
    ),
}
_CIFAR10C_ARCHIVE = {
    "url": "https://zenodo.org/records/2535967/files/CIFAR-10-C.tar",
    "known_hash": (
        "sha256:c72763e101c723b7c507b96205f7e938912a5d587376173b825850cf3cb876a7"
    ),
}
_CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_IMAGE_SHAPE = (32, 32, 3)
_BATCHES = {
    "train": tuple(f"data_batch_{number}" for number in range(1, 6)),
    "test": ("test_batch",),
}
_SUBSETS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}

#: The names of the corruptions of CIFAR-10-C.
CIFAR10C_CORRUPTIONS = (
    "brightness",
    "contrast",
    "defocus_blur",
    "elastic_transform",
    "fog",
    "frost",
    "gaussian_blur",
    "gaussian_noise",
    "glass_blur",
    "impulse_noise",
    "jpeg_compression",
    "motion_blur",
    "pixelate",
    "saturate",
    "shot_noise",
    "snow",
    "spatter",
    "speckle_noise",
    "zoom_blur",
)


def fetch_cifar10(
    *, subset="train", data_home=None, download_if_missing=True, return_X_y=False
):
    """Load CIFAR-10, 60,000 labelled colour images of ten kinds of things.

    The images are downloaded (170 MB) on the first call.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 50,000 training images, the 10,000 test images, or both in this order.
    data_home : str or path-like, default=None
        The folder to look in and to download to; ``None`` is scikit-learn's. Taken as
        they are: a folder ``cifar-10-batches-py``, as the official archive has it, and
        a file ``cifar10.npz`` or ``cifar10_subset.npz`` with the arrays ``x_train``,
        ``y_train``, ``x_test`` and ``y_test``, which may hold fewer images.
    download_if_missing : bool, default=True
        If False, raise an OSError where the data are not there already.
    return_X_y : bool, default=False
        If True, return ``(data, target)`` alone.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data``, uint8 of shape (n, 32, 32, 3), ``target``, int64 of shape (n,)
        in 0..9, ``target_names`` and ``DESCR``.

    Raises
    ------
    ValueError
        If the subset is unknown or a file does not hold what it should.
    OSError
        If the data are missing or the download fails; nothing of it is kept then.

    See Also
    --------
    fetch_cifar10c : The test images under 19 corruptions.

    References
    ----------
    A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

    Examples
    --------
    >>> from skdrift.datasets import fetch_cifar10
    >>> X, y = fetch_cifar10(return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (50000, 32, 32, 3)
    """
    if subset not in tuple(_SUBSETS):
        raise ValueError(
            f"Unknown subset {subset!r}; expected one of {', '.join(_SUBSETS)}."
        )
    folder = _home(data_home)
    parts = _SUBSETS[subset]
    arrays = _find_arrays(folder)
    if arrays is None and not _has_batches(folder):
        if not download_if_missing:
            raise OSError(
                f"CIFAR-10 is not in {folder} and download_if_missing is False; "
                "expected a folder cifar-10-batches-py or a file cifar10.npz."
            )
        names = [name for part in _BATCHES.values() for name in part]
        _download(_CIFAR10_ARCHIVE, folder, "cifar-10-batches-py", names)
    if arrays is not None and not _has_batches(folder):
        pairs = [_read_arrays(arrays, part) for part in parts]
    else:
        batches = folder / "cifar-10-batches-py"
        pairs = [
            _read_batch(batches / name) for part in parts for name in _BATCHES[part]
        ]
    X = np.concatenate([X for X, _ in pairs])
    y = np.concatenate([y for _, y in pairs])
    return _answer(X, y, return_X_y, f"CIFAR-10, {subset} images.")


def fetch_cifar10c(
    corruption,
    severity,
    *,
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
):
    """Load the CIFAR-10 test images under one corruption at one severity.

    All corruptions are downloaded (2.9 GB) on the first call; afterwards only the
    images asked for are read (30 MB).

    Parameters
    ----------
    corruption : str
        One of `CIFAR10C_CORRUPTIONS`.
    severity : int
        From 1 (slight) to 5 (strong).
    data_home : str or path-like, default=None
        The folder to look in and to download to; ``None`` is scikit-learn's. The files
        ``<corruption>.npy`` and ``labels.npy`` may lie in it, or in a folder
        ``CIFAR-10-C`` or ``cifar10c`` of it. They hold the five severities one after
        the other, of all 10,000 test images or of the first few.
    download_if_missing : bool, default=True
        If False, raise an OSError where the data are not there already.
    return_X_y : bool, default=False
        If True, return ``(data, target)`` alone.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With ``data``, uint8 of shape (n, 32, 32, 3), ``target``, int64 of shape (n,)
        in 0..9, ``target_names`` and ``DESCR``. Row i is row i of the test images.

    Raises
    ------
    ValueError
        If the corruption or the severity is unknown or a file does not hold what it
        should.
    OSError
        If the data are missing or the download fails; nothing of it is kept then.

    See Also
    --------
    fetch_cifar10 : The clean images.
    corrupt_images : Corruptions of any images.

    References
    ----------
    D. Hendrycks and T. Dietterich, "Benchmarking neural network robustness to common
    corruptions and perturbations", ICLR 2019. https://zenodo.org/records/2535967

    Examples
    --------
    >>> from skdrift.datasets import fetch_cifar10c
    >>> X, y = fetch_cifar10c("fog", 3, return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (10000, 32, 32, 3)
    """
    if corruption not in CIFAR10C_CORRUPTIONS:
        raise ValueError(
            f"Unknown corruption {corruption!r}; expected one of "
            f"{', '.join(CIFAR10C_CORRUPTIONS)}."
        )
    severity = check_severity(severity)
    home = _home(data_home)
    folder = _find_cifar10c(home)
    if folder is None:
        if not download_if_missing:
            raise OSError(
                f"CIFAR-10-C is not in {home} and download_if_missing is False; "
                f"expected a folder CIFAR-10-C with {corruption}.npy and labels.npy."
            )
        names = [f"{name}.npy" for name in (*CIFAR10C_CORRUPTIONS, "labels")]
        _download(_CIFAR10C_ARCHIVE, home, "CIFAR-10-C", names)
        folder = home / "CIFAR-10-C"
    images = _open_blocks(folder / f"{corruption}.npy", _IMAGE_SHAPE)
    labels = _open_blocks(folder / "labels.npy", ())
    if len(labels) != len(images):
        raise ValueError(
            f"{folder} holds {len(images)} images of {corruption} but {len(labels)} "
            "labels."
        )
    n_rows = len(images) // 5
    rows = slice((severity - 1) * n_rows, severity * n_rows)
    description = f"CIFAR-10-C, {corruption} at severity {severity}."
    return _answer(
        np.array(images[rows]), np.array(labels[rows]), return_X_y, description
    )


def _answer(X, y, return_X_y, description):
    y = y.astype(np.int64)
    if return_X_y:
        return X, y
    return Bunch(data=X, target=y, target_names=list(_CLASS_NAMES), DESCR=description)


def _home(data_home):
    # A folder that is there already is only read, so it may be write-protected.
    if data_home is not None and Path(data_home).expanduser().is_dir():
        return Path(data_home).expanduser()
    return Path(get_data_home(data_home))


def _has_batches(home):
    return (home / "cifar-10-batches-py").is_dir()


def _find_arrays(home):
    for name in ("cifar10.npz", "cifar10_subset.npz"):
        if (home / name).is_file():
            return home / name
    return None


def _find_cifar10c(home):
    for folder in (home / "CIFAR-10-C", home / "cifar10c", home):
        if (folder / "labels.npy").is_file():
            return folder
    return None


def _read_arrays(path, part):
    try:
        with np.load(path, allow_pickle=False) as arrays:
            X, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{path} could not be read: {error}") from error
    y = y.ravel()
    if X.shape != (len(y), *_IMAGE_SHAPE) or X.dtype != np.uint8:
        raise ValueError(
            f"{path} must hold x_{part} of shape (n, 32, 32, 3) and type uint8 with n "
            f"labels; got shape {X.shape}, type {X.dtype} and {len(y)} labels."
        )
    return X, y


class _ArrayUnpickler(pickle.Unpickler):
    """Reads dicts, lists, numbers and arrays, and refuses to run anything else."""

    _allowed = {
        ("numpy.core.multiarray", "_reconstruct"): np.zeros(0).__reduce__()[0],
        ("numpy._core.multiarray", "_reconstruct"): np.zeros(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        # Python 3 writes bytes this way in the older protocols.
        ("_codecs", "encode"): codecs.encode,
    }

    def find_class(self, module, name):
        if (module, name) not in self._allowed:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in it")
        return self._allowed[module, name]


def _read_batch(path):
    try:
        with open(path, "rb") as file:
            batch = _ArrayUnpickler(file, encoding="bytes").load()
        X = np.asarray(batch[b"data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
        y = np.asarray(batch[b"labels"], dtype=np.int64)
    except FileNotFoundError:
        raise OSError(
            f"{path} is missing. Remove the folder {path.parent} to have CIFAR-10 "
            "downloaded again."
        ) from None
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a batch of CIFAR-10: {error}") from error
    if len(X) != len(y):
        raise ValueError(f"{path} holds {len(X)} images but {len(y)} labels.")
    return X.transpose(0, 2, 3, 1), y


def _open_blocks(path, row_shape):
    """Map a file of five blocks of rows into memory."""
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        present = sorted(
            p.stem for p in path.parent.glob("*.npy") if p.stem != "labels"
        )
        raise OSError(
            f"{path} is missing; the folder holds {', '.join(present) or 'none'}. "
            "Remove the folder to have CIFAR-10-C downloaded."
        ) from None
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is not a complete .npy file: {error}") from error
    if rows.dtype.kind not in "iu" or rows.shape[1:] != row_shape or len(rows) % 5:
        raise ValueError(
            f"{path} must hold integers of shape {('5 * n', *row_shape)}; got type "
            f"{rows.dtype} and shape {rows.shape}."
        )
    return rows


def _download(archive, home, folder_name, file_names):
    """Download an archive and unpack the named files of it, all or nothing."""
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            'Downloading needs pooch: pip install "skdrift[datasets]".'
        ) from error

    url = archive["url"]
    target = home / folder_name
    if target.exists():
        raise OSError(
            f"{target} is incomplete. Remove it to have {url} downloaded and unpacked."
        )
    home.mkdir(parents=True, exist_ok=True)
    try:
        # pooch downloads under a temporary name and moves the file when it is whole.
        path = pooch.retrieve(**archive, fname=url.rpartition("/")[2], path=home)
    except (OSError, ValueError) as error:
        raise OSError(
            f"{url} could not be downloaded to {home}: {error} Nothing of it was kept."
        ) from error
    unpacked = Path(tempfile.mkdtemp(prefix=f".{folder_name}-", dir=home))
    try:
        _unpack(path, unpacked, file_names)
        unpacked.chmod(0o755)
        os.replace(unpacked, target)
    except (OSError, tarfile.TarError) as error:
        raise OSError(f"{path} could not be unpacked to {home}: {error}") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    os.remove(path)


def _unpack(path, folder, file_names):
    missing = set(file_names)
    with tarfile.open(path) as archive:
        for member in archive:
            # Only the name counts, so that no member can be written elsewhere.
            name = member.name.rpartition("/")[2]
            if member.isfile() and name in missing:
                with (
                    archive.extractfile(member) as source,
                    open(folder / name, "wb") as target,
                ):
                    shutil.copyfileobj(source, target, 1 << 20)
                missing.remove(name)
    if missing:
        raise OSError(f"the archive lacks {', '.join(sorted(missing))}")
