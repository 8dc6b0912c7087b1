"""Where `datasets.load` finds its data, what it says of it, and what it does with broken files and networks."""

import dataclasses
import gzip
import hashlib
import http.server
import importlib.resources
import io
import pickle
import socket
import ssl
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import datasets
from helpers.backstage import mirrors
from helpers.messages import CourseError, DataError

SHAPES = {name: kind.image_shape for name, kind in datasets.KINDS.items()}


def arrays(name="mnist", seed=0, train=30, test=10):
    """A small data set of noise, as in the .npz files."""
    random = np.random.default_rng(seed)

    def images(count):
        return random.integers(0, 256, (count, *SHAPES[name]), np.uint8)

    def labels(count):
        return (np.arange(count) % 10).astype(np.uint8)

    return {"x_train": images(train), "y_train": labels(train), "x_test": images(test), "y_test": labels(test)}


def put(folder, name="mnist", **changes):
    """Write `folder/name.npz`, changed where the test wants it; an array set to None is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {key: array for key, array in (arrays(name) | changes).items() if array is not None}
    np.savez(folder / f"{name}.npz", **content)
    return folder / f"{name}.npz"


# A mirror on this machine that can misbehave ---------------------------------------------------------------


class Mirror(http.server.ThreadingHTTPServer):
    """Serves `files`; `ranges` remembers what each request asked for."""

    daemon_threads = True

    def __init__(self, files, status=None, cut=None, hang=False, honours_range=True):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files, self.ranges, self.released = files, [], threading.Event()
        self.status, self.cut, self.hang, self.honours_range = status, cut, hang, honours_range
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        mirror, wanted = self.server, self.headers.get("Range")
        mirror.ranges.append(wanted)
        if mirror.hang:
            mirror.released.wait(5)
        content = mirror.files.get(self.path.strip("/"))
        compress = "gzip" in self.headers.get("Accept-Encoding", "")
        if compress and content:
            content = gzip.compress(content)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and mirror.honours_range else 0
        if mirror.status or content is None:
            self.send_error(mirror.status or 404)
        elif start and start >= len(content):
            self.send_error(416)
        else:
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if compress:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(content[start : mirror.cut])

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    """serve(files, ...) starts a Mirror."""
    mirrors = []

    def start(files, **behaviour):
        mirrors.append(Mirror(files, **behaviour))
        threading.Thread(target=mirrors[-1].serve_forever, kwargs={"poll_interval": 0.01}).start()
        return mirrors[-1]

    yield start
    for mirror in mirrors:
        mirror.released.set()
        mirror.shutdown()
        mirror.server_close()


@pytest.fixture
def publish(monkeypatch):
    """publish(name, files, mirrors) makes them the data set's source, with the true checksums of `files`."""

    def set_source(name, files, *served):
        sums = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
        urls = tuple(mirror.url for mirror in served)
        source = mirrors.Source(urls, sums, mirrors.SOURCES[name].unpack)
        monkeypatch.setitem(mirrors.SOURCES, name, source)

    monkeypatch.setattr(mirrors, "TIMEOUT", (20, 20))  # a mirror on a busy machine is slow, not broken
    return set_source


def idx_files(content):
    """The four published files of MNIST, in the order of `datasets.ARRAYS`."""

    def packed(array):
        sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
        return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())

    names = list(mirrors.SOURCES["mnist"].files)
    return dict(zip(names, map(packed, content.values()), strict=True))


def cifar_files(content):
    """The published archive of CIFAR-10: five batches to train, one to test."""
    buffer = io.BytesIO()
    batches = [(content["x_train"][i::5], content["y_train"][i::5]) for i in range(5)]
    batches.append((content["x_test"], content["y_test"]))
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, (x, y) in zip([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"], batches, strict=True):
            batch = pickle.dumps({b"data": x.transpose(0, 3, 1, 2).reshape(len(x), -1), b"labels": y.tolist()})
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(batch)
            tar.addfile(entry, io.BytesIO(batch))
    return {"cifar-10-python.tar.gz": buffer.getvalue()}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


# The order of looking --------------------------------------------------------------------------------------


def test_course_data_comes_before_the_cache_and_the_cache_before_a_download(
    tmp_path, cache, monkeypatch, serve, publish
):
    files = idx_files(arrays(seed=3))
    mirror = serve(files)
    publish("mnist", files, mirror)
    in_course_data = put(tmp_path / "mine", **arrays(seed=1))
    put(cache, **arrays(seed=2))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "mine"))

    def found():
        data = datasets.load("mnist")
        seed = next(seed for seed in (1, 2, 3) if (arrays(seed=seed)["x_test"] == data.x_test).all())
        return seed, data.real, data.source

    counts = "(30 training and 10 test images)"
    assert found() == (1, True, f"the real MNIST, from COURSE_DATA {counts}")
    monkeypatch.setenv("COURSE_DATA_NOTE", "JPEG copy")
    assert found() == (1, True, f"the real MNIST, JPEG copy, from COURSE_DATA {counts}")
    monkeypatch.delenv("COURSE_DATA_NOTE")
    in_course_data.unlink()  # COURSE_DATA without this file: the cache is next, no error
    assert found() == (2, True, f"the real MNIST, from the local cache {counts}")
    assert mirror.ranges == []
    (cache / "mnist.npz").unlink()
    assert found() == (3, True, f"the real MNIST, from the local cache {counts}")
    assert len(mirror.ranges) == 4
    assert found()[0] == 3
    assert len(mirror.ranges) == 4  # kept, not downloaded twice


def test_course_data_that_is_no_folder_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError) as error:
        datasets.load("mnist")
    assert str(error.value) == f"COURSE_DATA is '{tmp_path / 'nowhere'}', which is no folder: correct it or unset it."


def test_unknown_name_lists_the_names():
    with pytest.raises(CourseError, match="no data set 'mnits'; there are: mnist, fashion_mnist, cifar10"):
        datasets.load("mnits")


@pytest.mark.parametrize("setting", [("COURSE_PROFILE", "ci"), ("COURSE_OFFLINE", "1")])
def test_offline_touches_no_network_but_reads_what_is_here(setting, cache, monkeypatch, serve, publish, capsys):
    files = idx_files(arrays())
    mirror = serve(files)
    publish("mnist", files, mirror)
    monkeypatch.setenv(*setting)

    def refuse(*args, **kwargs):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert not datasets.load("mnist").real
    assert "profile 'ci' or COURSE_OFFLINE forbids it" in capsys.readouterr().out
    assert mirror.ranges == []
    put(cache)
    assert datasets.load("mnist").real


# Downloads -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "pack"), [("mnist", idx_files), ("cifar10", cifar_files)])
def test_download_is_converted_and_tidied(name, pack, cache, serve, publish):
    content = arrays(name, train=50)
    files = pack(content)
    publish(name, files, serve(files))
    data = datasets.load(name)
    order = slice(None)
    if name == "cifar10":  # five batches, one after the other
        order = np.concatenate([np.arange(50)[i::5] for i in range(5)])
    np.testing.assert_array_equal(data.x_train, content["x_train"][order])
    np.testing.assert_array_equal(data.y_train, content["y_train"][order])
    np.testing.assert_array_equal(data.x_test, content["x_test"])
    np.testing.assert_array_equal(data.y_test, content["y_test"])
    assert [path.name for path in cache.iterdir()] == [f"{name}.npz"]


def test_download_shows_its_progress_and_writes_nothing_to_stderr(serve, publish):
    files = idx_files(arrays())
    publish("mnist", files, serve(files))
    source = mirrors.SOURCES["mnist"]
    # In a process of its own, because loggers keep the stderr that they found when they were made.
    code = f"""
from helpers import datasets
from helpers.backstage import mirrors
mirrors.SOURCES["mnist"] = mirrors.Source({source.mirrors}, {source.files}, mirrors._unpack_idx)
print(datasets.load("mnist").source)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    assert "MNIST: 100%" in done.stdout
    assert "the real MNIST, from the local cache" in done.stdout


OTHER_FILE = {"files": {"cifar-10-python.tar.gz": b"<html>please log in</html>"}}


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 503}, {"hang": True}, {"cut": 70_000}, OTHER_FILE])
def test_a_bad_mirror_is_followed_by_the_next(fault, serve, publish, monkeypatch):
    monkeypatch.setattr(mirrors, "TIMEOUT", (20, 2 if "hang" in fault else 20))
    content = arrays("cifar10")
    files = cifar_files(content)
    bad, good = serve(**{"files": files} | fault), serve(files)
    publish("cifar10", files, bad, good)
    data = datasets.load("cifar10")
    assert data.real
    np.testing.assert_array_equal(data.x_test, content["x_test"])
    # Only what a cut connection has left behind is good enough to go on from.
    assert good.ranges == (["bytes=65536-"] if fault == {"cut": 70_000} else [None])


def test_when_all_mirrors_fail_the_message_says_what_each_did(serve, publish, cache, capsys, monkeypatch):
    files = cifar_files(arrays("cifar10"))
    other = dict.fromkeys(files, b"no archive")
    publish("cifar10", files, serve(files, status=404), serve(other), serve(files, hang=True))
    monkeypatch.setattr(mirrors, "TIMEOUT", (20, 2))
    with pytest.raises(DataError) as error:
        datasets.download("cifar10")
    assert str(error.value) == (
        "CIFAR-10 could not be downloaded from 127.0.0.1 (error 404), 127.0.0.1 (wrong checksum), "
        "127.0.0.1 (no answer in time)."
    )
    assert not (cache / "cifar10.npz").exists()


def test_a_wrong_proxy_is_told_apart_from_no_network(serve, publish, monkeypatch):
    files = cifar_files(arrays("cifar10"))
    publish("cifar10", files, serve(files))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    for variable in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(DataError, match="the proxy that HTTP_PROXY or HTTPS_PROXY names does not answer"):
        datasets.download("cifar10")


def test_a_certificate_that_is_not_trusted_is_told_apart_from_no_network(serve, publish, tmp_path):
    """As where a firewall opens every connection and signs it anew."""
    files = cifar_files(arrays("cifar10"))
    mirror = serve(files)
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    subprocess.run([*made, "-subj", "/CN=127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    mirror.socket = context.wrap_socket(mirror.socket, server_side=True)
    mirror.url = mirror.url.replace("http:", "https:")
    mirror.handle_error = lambda *_: None
    publish("cifar10", files, mirror, mirror)
    with pytest.raises(DataError) as error:
        datasets.download("cifar10")
    assert str(error.value) == (
        "CIFAR-10 could not be downloaded from 127.0.0.1, 127.0.0.1 (certificate not trusted; a network that reads "
        "along needs its own in REQUESTS_CA_BUNDLE)."
    )


def test_two_kernels_that_download_at_once_both_get_the_data(cache, monkeypatch):
    def cleared_away(source, title, workshop):
        cache.mkdir()
        (cache / "cifar10.npz").touch()
        raise FileNotFoundError(workshop)

    monkeypatch.setattr(mirrors, "files", cleared_away)
    assert datasets.download("cifar10") == cache / "cifar10.npz"


def test_an_interrupted_download_is_resumed_and_its_half_never_loaded(serve, publish, cache, capfd):
    content = arrays("cifar10")
    files = cifar_files(content)
    mirror = serve(files, cut=100_000)
    publish("cifar10", files, mirror)
    half = cache / "cifar10.download" / "cifar-10-python.tar.gz.part"
    assert not datasets.load("cifar10").real
    there = half.read_bytes()
    assert 0 < len(there) < len(files["cifar-10-python.tar.gz"])
    assert files["cifar-10-python.tar.gz"].startswith(there)
    assert not (cache / "cifar10.npz").exists()
    assert datasets.locate("cifar10") is None
    mirror.cut = None
    data = datasets.load("cifar10")
    assert mirror.ranges == [None, f"bytes={len(there)}-"]
    np.testing.assert_array_equal(data.x_test, content["x_test"])
    assert capfd.readouterr().err == ""


def test_a_resumed_download_goes_on_at_the_next_file(serve, publish):
    files = idx_files(arrays())
    names = list(files)
    mirror = serve({name: files[name] for name in names[:2]})
    publish("mnist", files, mirror)
    assert not datasets.load("mnist").real
    mirror.files = files
    mirror.ranges.clear()
    assert datasets.load("mnist").real
    assert len(mirror.ranges) == 2  # the first two files lie there, verified


@pytest.mark.parametrize(
    ("half", "honours_range", "ranges"),
    [
        (lambda archive: archive[:500], False, ["bytes=500-"]),  # answered by the whole file
        (lambda archive: archive, True, ["bytes={size}-", None]),  # nothing is missing
        (lambda archive: archive + b"more", True, ["bytes={size}-", None]),  # too long
    ],
    ids=["server ignores Range", "half is whole", "half is too long"],
)
def test_unusual_halves(half, honours_range, ranges, serve, publish, cache):
    content = arrays("cifar10")
    files = cifar_files(content)
    mirror = serve(files, honours_range=honours_range)
    publish("cifar10", files, mirror)
    part = cache / "cifar10.download" / "cifar-10-python.tar.gz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(half(files["cifar-10-python.tar.gz"]))
    size = part.stat().st_size
    np.testing.assert_array_equal(datasets.load("cifar10").x_test, content["x_test"])
    assert mirror.ranges == [asked and asked.format(size=size) for asked in ranges]


def test_a_half_of_something_else_spoils_one_mirror_only(serve, publish, cache):
    files = cifar_files(arrays("cifar10"))
    first, second = serve(files), serve(files)
    publish("cifar10", files, first, second)
    part = cache / "cifar10.download" / "cifar-10-python.tar.gz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"<html>please log in</html>")
    assert datasets.load("cifar10").real
    assert (first.ranges, second.ranges) == (["bytes=26-"], [None])


def test_a_failed_conversion_leaves_no_data_set(serve, publish, cache, monkeypatch, capsys):
    files = idx_files(arrays())
    publish("mnist", files, serve(files))

    def disk_full(file, **arrays):
        Path(file).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", disk_full)
    assert not datasets.load("mnist").real
    assert "MNIST could not be stored" in capsys.readouterr().out
    assert not (cache / "mnist.npz").exists()


def test_a_cache_that_cannot_be_made_gives_the_stand_in(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "cache"))
    assert not datasets.load("mnist").real
    assert "MNIST could not be stored" in capsys.readouterr().out


def test_three_parts_are_stratified_standardised_and_seeded(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    whole = datasets.stand_in("cifar10")
    few = {name: getattr(whole, name)[:2000] for name in ("x_train", "y_train", "x_test", "y_test")}
    data = dataclasses.replace(whole, **few)
    x_train, y_train, x_val, y_val, x_test, y_test = datasets.three_parts(data)
    assert {one.dtype for one in (x_train, y_train, x_val, y_val, x_test, y_test)} == {np.dtype("float32")}
    assert len(x_train) + len(x_val) == len(data.x_train) and len(x_test) == len(data.x_test)
    share = len(x_val) / len(data.x_train) * np.bincount(data.y_train.ravel())
    assert np.all(abs(y_val.sum(axis=0) - share) <= 1) and (y_val.sum(axis=1) == 1).all()
    np.testing.assert_allclose(x_train.mean(axis=(0, 1, 2), dtype=float), 0, atol=1e-3)
    np.testing.assert_allclose(x_train.std(axis=(0, 1, 2), dtype=float), 1, atol=1e-3)
    assert abs(x_test.mean(axis=(0, 1, 2))).max() > 1e-4  # its own mean took no part
    again, other = datasets.three_parts(data), datasets.three_parts(data, seed=1)
    assert np.array_equal(x_val, again[2]) and not np.array_equal(y_val, other[3])
    monkeypatch.setenv("COURSE_PROFILE", "ci")
    assert len(datasets.three_parts(data)[0]) == 64


def test_sources_are_complete():
    assert mirrors.SOURCES.keys() == datasets.KINDS.keys()
    for source in mirrors.SOURCES.values():
        assert len(source.mirrors) >= 3
        assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in source.mirrors)
        assert all(len(bytes.fromhex(checksum)) == 32 for checksum in source.files.values())


# Broken files ----------------------------------------------------------------------------------------------

MNIST = arrays()
BROKEN = {
    "missing array": ({"y_test": None}, "is no whole .npz file with x_train, y_train, x_test, y_test"),
    "pickled array": ({"y_test": np.array([{}] * 10)}, "is no whole .npz file with"),
    "images in colour": (
        {"x_train": np.zeros((30, 32, 32, 3), np.uint8)},
        "holds x_train of shape (30, 32, 32, 3) instead of ('N', 28, 28)",
    ),
    "a single number": ({"x_test": np.uint8(3)}, "holds x_test of shape () instead of ('N', 28, 28)"),
    "images in floats": ({"x_test": MNIST["x_test"] / 255}, "holds x_test of type float64 instead of uint8"),
    "labels in floats": ({"y_train": MNIST["y_train"] * 1.0}, "holds y_train of type float64 instead of uint8"),
    "label 10": ({"y_test": MNIST["y_test"] + 1}, "holds labels from 1 to 10 in y_test instead of 0 to 9"),
    "label -1": ({"y_test": MNIST["y_test"].astype(int) - 1}, "holds labels from -1 to 8 in y_test"),
    "too few labels": ({"y_train": MNIST["y_train"][1:]}, "holds y_train of shape (29,) for 30 images"),
    "one-hot labels": ({"y_test": np.eye(10, dtype=np.uint8)}, "holds y_test of shape (10, 10) for 10 images"),
    "no images": ({"x_test": MNIST["x_test"][:0], "y_test": MNIST["y_test"][:0]}, "holds no image in x_test"),
}


def check_refused(path, says):
    with pytest.raises(DataError) as error:
        datasets.load("mnist")
    sentence = str(error.value)
    assert sentence.startswith(f"{path} {says}")
    assert sentence.endswith(": replace or remove it, then run `python -m helpers fetch`.")
    assert "\n" not in sentence


@pytest.mark.parametrize(("changes", "says"), BROKEN.values(), ids=BROKEN)
def test_broken_content_is_refused_in_one_sentence(changes, says, cache):
    check_refused(put(cache, **changes), says)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"<html>not found</html>",
        lambda content: content[: len(content) // 2],
        lambda content: content[:5000] + bytes(200) + content[5200:],
    ],
    ids=["empty", "no zip", "truncated", "bytes flipped"],
)
def test_damaged_file_is_refused_in_one_sentence(damage, tmp_path, monkeypatch):
    path = put(tmp_path / "mine")
    path.write_bytes(damage(path.read_bytes()))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "mine"))
    check_refused(path, "is no whole .npz file with x_train, y_train, x_test, y_test")


def test_member_that_is_no_array_is_refused(cache):
    cache.mkdir()
    with zipfile.ZipFile(cache / "mnist.npz", "w") as archive:
        for name in datasets.ARRAYS:
            archive.writestr(name + ".npy", "text")
    check_refused(cache / "mnist.npz", "holds x_train of type")


def test_labels_as_keras_saves_them_and_other_integers_are_welcome(cache):
    put(cache, y_train=MNIST["y_train"].reshape(-1, 1).astype(np.int64))
    data = datasets.load("mnist")
    np.testing.assert_array_equal(data.y_train, MNIST["y_train"])
    assert data.y_train.dtype == np.uint8


# Stand-ins and photographs ---------------------------------------------------------------------------------


def fake_sheet(folder, file, mode, size, train, test):
    """A picture sheet whose tiles are as bright as 20 times their class."""
    classes = np.concatenate([np.repeat(np.arange(10), count // 10) for count in (train, test)])
    tiles = np.broadcast_to((classes * 20).astype(np.uint8)[:, None, None], (train + test, size, size))
    sheet = tiles.reshape(-1, 100, size, size).swapaxes(1, 2).reshape(-1, 100 * size)
    Image.fromarray(sheet).convert(mode).save(folder / file, quality=95, lossless=True)


@pytest.fixture
def sheets(tmp_path, monkeypatch):
    """Small fake sheets in place of those in data/; returns their folder."""
    monkeypatch.setattr(datasets, "STAND_INS", tmp_path)
    layouts = {
        "cifar10": ("cifar10_doodles.jpg", "RGB", 32, 300, 100),
        "fashion_mnist": ("fashion_mnist_garments.webp", "L", 28, 200, 100),
    }
    for name, layout in layouts.items():
        fake_sheet(tmp_path, *layout)
        kind = datasets.KINDS[name]
        small = datasets.Kind(
            kind.title,
            kind.image_shape,
            kind.class_names,
            kind.stand_in,
            lambda layout=layout: datasets._sheet(*layout),
        )
        monkeypatch.setitem(datasets.KINDS, name, small)
    return tmp_path


@pytest.mark.parametrize("name", datasets.KINDS)
def test_stand_in_is_announced_every_time_on_stdout_only(name, sheets, monkeypatch, capfd):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    for _ in range(2):
        data = datasets.load(name)
        out, err = capfd.readouterr()
        assert out.startswith(f"STAND-IN DATA: this is not {datasets.KINDS[name].title}\n")
        assert datasets.KINDS[name].stand_in in out
        assert "COURSE_OFFLINE" in out
        assert "python -m helpers fetch" in out and f"COURSE_DATA to a folder that holds {name}.npz" in out
        assert err == ""
        assert not data.real
        assert data.source.startswith(f"a stand-in for {datasets.KINDS[name].title}: ")


@pytest.mark.parametrize("name", ["cifar10", "fashion_mnist"])
def test_sheet_is_cut_into_tiles_that_keep_their_labels_and_are_mixed(name, sheets):
    data = datasets.stand_in(name)
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert x.shape[1:] == SHAPES[name] and x.dtype == y.dtype == np.uint8
        seen = x.reshape(len(x), -1).mean(axis=1) / 20
        np.testing.assert_allclose(seen, y, atol=0.2)
        assert set(np.bincount(y, minlength=10)) == {len(y) // 10}
        assert len(set(y[:30])) > 6
    np.testing.assert_array_equal(data.y_train, datasets.stand_in(name).y_train)


def test_shipped_sheets_have_the_layout_that_the_loader_expects():
    for name in ("cifar10", "fashion_mnist"):
        data = datasets.stand_in(name)
        assert data.x_train.shape[1:] == data.x_test.shape[1:] == SHAPES[name]
        assert len(data.class_names) == 10
        # Neighbouring tiles of a well cut sheet differ at every seam; a badly cut one has empty tiles.
        assert (data.x_train.reshape(len(data.x_train), -1).std(axis=1) > 0).all()


def test_missing_or_broken_sheet_is_one_sentence(sheets, monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    sheet = sheets / "cifar10_doodles.jpg"
    picture = sheet.read_bytes()
    fake_sheet(sheets, "other.png", "RGB", 32, 200, 100)
    other = (sheets / "other.png").read_bytes()
    for content in (b"", picture[: len(picture) // 2], other, None):
        sheet.write_bytes(content) if content is not None else sheet.unlink()
        with pytest.raises(DataError) as error:
            datasets.load("cifar10")
        assert str(error.value) == (
            f"{sheet} is no picture of 400 tiles: bring it back with `git checkout data/cifar10_doodles.jpg`."
        )


def test_mnist_stand_in_looks_like_mnist():
    data = datasets.stand_in("mnist")
    assert data.x_train.shape == (1437, 28, 28) and data.x_test.shape == (360, 28, 28)
    assert data.x_train.dtype == data.y_train.dtype == np.uint8
    assert data.x_train[:, :4].max() == data.x_train[:, :, 24:].max() == 0
    assert data.x_train.max() == 255
    shares = np.bincount(data.y_train) / 1437 - np.bincount(data.y_test) / 360
    assert abs(shares).max() < 0.01  # stratified
    np.testing.assert_array_equal(data.y_test, datasets.stand_in("mnist").y_test)


def test_a_photograph_that_an_installation_lacks_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.resources, "files", lambda package: tmp_path)
    with pytest.raises(DataError, match="The photograph 'camera' is missing: install scikit-image"):
        datasets.photograph("camera")


def test_photographs_need_no_download(capfd):
    for name in datasets.PHOTOGRAPHS:
        picture = datasets.photograph(name)
        assert picture.dtype == np.uint8 and picture.ndim in (2, 3) and min(picture.shape[:2]) >= 300
    assert datasets.photograph("camera").shape == (512, 512)
    assert datasets.photograph("chelsea").shape == (300, 451, 3)
    assert capfd.readouterr().err == ""


def test_unknown_photograph_lists_the_names():
    with pytest.raises(CourseError, match="no photograph 'cat'; there are: astronaut, camera, chelsea"):
        datasets.photograph("cat")


def test_importing_stays_light():
    heavy = "tensorflow keras sklearn skimage scipy matplotlib pooch requests PIL"
    code = f"import sys, helpers.datasets; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_photograph_shrinks_to_the_size_that_is_asked_for():
    whole, small = datasets.photograph("coffee"), datasets.photograph("coffee", (20, 30))
    assert small.shape == (20, 30, 3) and small.dtype == np.uint8
    assert np.abs(small.mean(axis=(0, 1)) - whole.mean(axis=(0, 1))).max() < 2
