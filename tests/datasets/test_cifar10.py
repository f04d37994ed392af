"""Tests of the CIFAR-10 fetchers against a server on the loopback interface."""

import hashlib
import io
import os
import pickle
import sys
import tarfile
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdrift.datasets import CIFAR10C_CORRUPTIONS, fetch_cifar10, fetch_cifar10c

MODULE = "skdrift.datasets._cifar10"


def make_images(seed, n_rows):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n_rows, 32, 32, 3), dtype=np.uint8)


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def tar_bytes(members, mode):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture(scope="module")
def cifar10c_members():
    members = {
        f"CIFAR-10-C/{name}.npy": npy_bytes(make_images(seed, 15))
        for seed, name in enumerate(CIFAR10C_CORRUPTIONS)
    }
    labels = np.tile(np.array([3, 8, 0], dtype=np.uint8), 5)
    members["CIFAR-10-C/labels.npy"] = npy_bytes(labels)
    members["../outside.npy"] = npy_bytes(labels)
    members["CIFAR-10-C/README.txt"] = b"text"
    return members


def make_batch(seed):
    images = make_images(seed, 4)
    return {
        b"data": images.transpose(0, 3, 1, 2).reshape(4, 3072),
        b"labels": [seed, 1, 2, 3],
        b"batch_label": b"batch",
    }


@pytest.fixture(scope="module")
def cifar10_members():
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    return {
        f"cifar-10-batches-py/{name}": pickle.dumps(make_batch(seed), protocol=2)
        for seed, name in enumerate(names)
    }


class Server:
    """Serves named contents; a path in `broken` stops half-way."""

    def __init__(self):
        self.contents, self.broken, self.requests = {}, set(), []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.requests.append(self.path)
                content = owner.contents.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.path in owner.broken:
                    content = content[: len(content) // 2]
                self.wfile.write(content)

            def log_message(self, *arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch, cifar10_members, cifar10c_members):
    pytest.importorskip("pooch", reason="pooch is not installed")
    server = Server()
    for constant, name, content in [
        (
            "_CIFAR10_ARCHIVE",
            "/cifar-10-python.tar.gz",
            tar_bytes(cifar10_members, "w:gz"),
        ),
        ("_CIFAR10C_ARCHIVE", "/CIFAR-10-C.tar", tar_bytes(cifar10c_members, "w")),
    ]:
        server.contents[name] = content
        checksum = hashlib.sha256(content).hexdigest()
        monkeypatch.setattr(
            f"{MODULE}.{constant}",
            {"url": server.url + name, "known_hash": f"sha256:{checksum}"},
        )
    yield server
    server.close()


def test_names():
    assert len(CIFAR10C_CORRUPTIONS) == len(set(CIFAR10C_CORRUPTIONS)) == 19
    assert list(CIFAR10C_CORRUPTIONS) == sorted(CIFAR10C_CORRUPTIONS)


def test_cifar10c_is_downloaded_once_and_read_in_slices(server, tmp_path):
    for severity in range(1, 6):
        X, y = fetch_cifar10c("fog", severity, data_home=tmp_path, return_X_y=True)
        expected = make_images(CIFAR10C_CORRUPTIONS.index("fog"), 15)
        assert_array_equal(X, expected[3 * (severity - 1) : 3 * severity])
        assert_array_equal(y, [3, 8, 0])
        assert y.dtype == np.int64
        assert X.flags.owndata
        assert not isinstance(X, np.memmap)
    assert server.requests == ["/CIFAR-10-C.tar"]
    # Neither the archive nor anything else of it is left.
    assert os.listdir(tmp_path) == ["CIFAR-10-C"]
    assert len(os.listdir(tmp_path / "CIFAR-10-C")) == 20
    assert not (tmp_path.parent / "outside.npy").exists()


def test_cifar10_is_downloaded_once(server, tmp_path):
    bunch = fetch_cifar10(data_home=tmp_path)
    assert_array_equal(
        bunch.data, np.concatenate([make_images(s, 4) for s in range(5)])
    )
    assert_array_equal(bunch.target[:5], [0, 1, 2, 3, 1])
    assert bunch.target_names[0] == "airplane"
    assert len(bunch.target_names) == 10
    assert "train" in bunch.DESCR
    X, y = fetch_cifar10(subset="test", data_home=tmp_path, return_X_y=True)
    assert_array_equal(X, make_images(5, 4))
    assert_array_equal(y, [5, 1, 2, 3])
    X, y = fetch_cifar10(subset="all", data_home=tmp_path, return_X_y=True)
    assert X.shape == (24, 32, 32, 3)
    assert X.dtype == np.uint8
    assert server.requests == ["/cifar-10-python.tar.gz"]
    assert os.listdir(tmp_path) == ["cifar-10-batches-py"]


def fetch_either(which, data_home, **arguments):
    if which == "CIFAR-10":
        return fetch_cifar10(data_home=data_home, **arguments)
    return fetch_cifar10c("fog", 1, data_home=data_home, **arguments)


both = pytest.mark.parametrize("which", ["CIFAR-10", "CIFAR-10-C"])


@both
def test_broken_download_leaves_nothing(server, tmp_path, which):
    server.broken.update(server.contents)
    with pytest.raises(OSError, match=r"127\.0\.0\.1.*could not be downloaded"):
        fetch_either(which, tmp_path)
    assert os.listdir(tmp_path) == []
    # Once the server is well again, so is the next call.
    server.broken.clear()
    fetch_either(which, tmp_path)


@both
def test_wrong_checksum_leaves_nothing(server, tmp_path, which):
    for name in server.contents:
        server.contents[name] = server.contents[name][:-1] + b"!"
    with pytest.raises(OSError, match=r"could not be downloaded.*hash"):
        fetch_either(which, tmp_path)
    assert os.listdir(tmp_path) == []


@both
def test_missing_file_on_the_server(server, tmp_path, which):
    server.contents.clear()
    with pytest.raises(OSError, match=r"could not be downloaded.*404"):
        fetch_either(which, tmp_path)
    assert os.listdir(tmp_path) == []


@both
def test_no_server(server, tmp_path, which, monkeypatch):
    for constant in ("_CIFAR10_ARCHIVE", "_CIFAR10C_ARCHIVE"):
        archive = {"url": "http://127.0.0.1:9/a.tar", "known_hash": "md5:0"}
        monkeypatch.setattr(f"{MODULE}.{constant}", archive)
    with pytest.raises(OSError, match="could not be downloaded"):
        fetch_either(which, tmp_path)
    assert os.listdir(tmp_path) == []


@both
def test_failure_while_unpacking_leaves_no_part(server, tmp_path, which, monkeypatch):
    def copy_half(source, target, length):
        target.write(source.read(10))
        raise OSError("no space left")

    monkeypatch.setattr(f"{MODULE}.shutil.copyfileobj", copy_half)
    with pytest.raises(OSError, match=r"could not be unpacked.*no space left"):
        fetch_either(which, tmp_path)
    # The archive is whole and has been checked: it need not be downloaded again.
    (kept,) = os.listdir(tmp_path)
    assert kept in ("cifar-10-python.tar.gz", "CIFAR-10-C.tar")
    monkeypatch.undo()


@both
def test_archive_that_is_already_there_is_used(server, tmp_path, which):
    for name, content in server.contents.items():
        (tmp_path / name[1:]).write_bytes(content)
    fetch_either(which, tmp_path)
    assert server.requests == []


@both
def test_missing_without_download(tmp_path, which):
    with pytest.raises(OSError, match=f"{which} is not in .* download_if_missing"):
        fetch_either(which, tmp_path, download_if_missing=False)
    assert os.listdir(tmp_path) == []


@both
def test_without_pooch(tmp_path, which, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r'pip install "skdrift\[datasets\]"'):
        fetch_either(which, tmp_path)


@both
def test_incomplete_folder_is_not_overwritten(tmp_path, which, server):
    name = {"CIFAR-10": "cifar-10-batches-py", "CIFAR-10-C": "CIFAR-10-C"}[which]
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine.txt").write_text("keep")
    with pytest.raises(OSError, match=r"is missing\. Remove|is incomplete\. Remove"):
        fetch_either(which, tmp_path)
    assert server.requests == []
    assert (tmp_path / name / "mine.txt").read_text() == "keep"


def test_default_data_home_is_that_of_scikit_learn(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    with pytest.raises(OSError, match="home and download_if_missing"):
        fetch_cifar10c("fog", 1, download_if_missing=False)


@pytest.fixture
def local_folder(tmp_path):
    for name in ("fog", "snow"):
        np.save(tmp_path / f"{name}.npy", make_images(len(name), 10))
    np.save(tmp_path / "labels.npy", np.tile([4, 5], 5))
    return tmp_path


@pytest.mark.parametrize("inner", ["", "CIFAR-10-C", "cifar10c"])
def test_local_folder_in_the_official_layout(local_folder, tmp_path_factory, inner):
    home = tmp_path_factory.mktemp("home")
    folder = home / inner
    folder.mkdir(exist_ok=True)
    for path in local_folder.iterdir():
        path.rename(folder / path.name)
    bunch = fetch_cifar10c("snow", 4, data_home=str(home))
    assert_array_equal(bunch.data, make_images(4, 10)[6:8])
    assert_array_equal(bunch.target, [4, 5])
    with pytest.raises(OSError, match=r"frost\.npy is missing.*fog, snow"):
        fetch_cifar10c("frost", 4, data_home=home)


def test_bad_local_files(local_folder):
    path = local_folder / "fog.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    with pytest.raises(ValueError, match=r"fog\.npy is not a complete \.npy file"):
        fetch_cifar10c("fog", 1, data_home=local_folder)
    path.write_bytes(content[:40])
    with pytest.raises(ValueError, match=r"fog\.npy is not a complete \.npy file"):
        fetch_cifar10c("fog", 1, data_home=local_folder)
    np.save(path, make_images(0, 9))
    with pytest.raises(ValueError, match=r"5 \* n.*got type uint8 and shape \(9, 32"):
        fetch_cifar10c("fog", 1, data_home=local_folder)
    np.save(path, make_images(0, 15))
    with pytest.raises(ValueError, match="15 images of fog but 10 labels"):
        fetch_cifar10c("fog", 1, data_home=local_folder)
    np.save(path, np.zeros((10, 32, 32, 3)))
    with pytest.raises(ValueError, match=r"must hold integers.*float64"):
        fetch_cifar10c("fog", 1, data_home=local_folder)
    np.save(path, np.array([object()]), allow_pickle=True)
    with pytest.raises(ValueError, match="not a complete"):
        fetch_cifar10c("fog", 1, data_home=local_folder)


@pytest.mark.parametrize("name", ["cifar10.npz", "cifar10_subset.npz"])
def test_local_arrays(tmp_path, name):
    arrays = {
        "x_train": make_images(0, 6),
        "y_train": np.arange(6).reshape(6, 1),
        "x_test": make_images(1, 3),
        "y_test": np.arange(3),
    }
    np.savez(tmp_path / name, **arrays)
    X, y = fetch_cifar10(data_home=tmp_path, return_X_y=True)
    assert_array_equal(X, arrays["x_train"])
    assert_array_equal(y, np.arange(6))
    X, y = fetch_cifar10(subset="all", data_home=tmp_path, return_X_y=True)
    assert_array_equal(X[6:], arrays["x_test"])
    np.savez(tmp_path / name, **{**arrays, "y_test": np.arange(2)})
    with pytest.raises(ValueError, match=r"x_test of shape.*2 labels"):
        fetch_cifar10(subset="test", data_home=tmp_path)
    np.savez(tmp_path / name, x_train=arrays["x_train"])
    with pytest.raises(ValueError, match=r"could not be read.*y_train"):
        fetch_cifar10(data_home=tmp_path)
    (tmp_path / name).write_bytes(b"PK nonsense")
    with pytest.raises(ValueError, match="could not be read"):
        fetch_cifar10(data_home=tmp_path)


class Trap:
    def __reduce__(self):
        return os.mkdir, ("trap",)


def test_batches_run_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cifar-10-batches-py").mkdir()
    path = tmp_path / "cifar-10-batches-py" / "test_batch"
    path.write_bytes(pickle.dumps({b"data": Trap(), b"labels": []}))
    with pytest.raises(ValueError, match=r"test_batch is not a batch.*mkdir"):
        fetch_cifar10(subset="test", data_home=tmp_path)
    assert not (tmp_path / "trap").exists()
    path.write_bytes(pickle.dumps({b"labels": []}))
    with pytest.raises(ValueError, match=r"is not a batch.*data"):
        fetch_cifar10(subset="test", data_home=tmp_path)
    path.write_bytes(pickle.dumps(make_batch(0))[:-500])
    with pytest.raises(ValueError, match="is not a batch"):
        fetch_cifar10(subset="test", data_home=tmp_path)


@pytest.mark.parametrize("corruption", ["mist", None, ["fog"], 3])
def test_unknown_corruption_names_the_known_ones(corruption, tmp_path):
    with pytest.raises(ValueError, match="expected one of brightness, contrast"):
        fetch_cifar10c(corruption, 1, data_home=tmp_path)


@pytest.mark.parametrize("severity", [0, 6, 1.0, "1", None])
def test_unknown_severity(severity, tmp_path):
    with pytest.raises(ValueError, match="severity must be one of 1, 2, 3, 4, 5"):
        fetch_cifar10c("fog", severity, data_home=tmp_path)


@pytest.mark.parametrize("subset", ["valid", None, ["train"]])
def test_unknown_subset(subset, tmp_path):
    with pytest.raises(ValueError, match="expected one of train, test, all"):
        fetch_cifar10(subset=subset, data_home=tmp_path)


def test_one_severity_does_not_read_the_others(tmp_path):
    n_rows = 5000
    np.lib.format.open_memmap(
        tmp_path / "fog.npy", "w+", np.uint8, (5 * n_rows, 32, 32, 3)
    ).flush()
    np.save(tmp_path / "labels.npy", np.zeros(5 * n_rows, dtype=np.uint8))
    tracemalloc.start()
    try:
        X, _ = fetch_cifar10c("fog", 2, data_home=tmp_path, return_X_y=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(X) == n_rows
    assert peak < 1.1 * X.nbytes
