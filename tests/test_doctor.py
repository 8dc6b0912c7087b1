"""What `python -m helpers doctor` finds, and what `python -m helpers fetch` leaves behind."""

import importlib.metadata
import socket
import subprocess
import sys

import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

from helpers import __main__ as command_line
from helpers import datasets, pretrained, session
from helpers.backstage import doctor
from helpers.messages import CourseError
from tests import test_datasets
from tests.test_datasets import arrays, idx_files, put

serve, publish = test_datasets.serve, test_datasets.publish  # fixtures


@pytest.fixture
def run(monkeypatch, capfd):
    """run("doctor") gives the exit status and what stands on stdout; stderr must stay empty."""

    def command(verb):
        monkeypatch.setattr(sys, "argv", ["helpers", verb])
        status = command_line.main()
        out, err = capfd.readouterr()
        assert err == ""
        return status, out

    return command


@pytest.fixture
def healthy(tmp_path, monkeypatch):
    """A machine with a GPU and all that can be downloaded, in COURSE_DATA; returns that folder."""
    folder = tmp_path / "mine"
    for name in datasets.KINDS:
        put(folder, name)
    for name in pretrained.SOURCES:
        (folder / name).touch()
    monkeypatch.setenv("COURSE_DATA", str(folder))
    monkeypatch.setattr(doctor, "DEVICES", "print('GPU: H200')")
    return folder


@pytest.fixture
def no_network(monkeypatch):
    def unreachable(*args, **kwargs):
        raise socket.gaierror("no network")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)


def lines_with(mark, out):
    return [line for line in out.splitlines() if line.startswith(mark)]


def test_healthy_machine(healthy, run):
    status, out = run("doctor")
    assert status == 0
    assert out.endswith("Faults: 0, hints: 0.\n")
    for line in ("✓ ok     Python ", "✓ ok     tensorflow ", "✓ ok     GPU             H200\n"):
        assert line in out
    assert "✓ ok     profile         full\n" in out
    assert "the real Fashion-MNIST, from COURSE_DATA (30 training and 10 test images)" in out
    assert f"✓ ok     ResNet50        ImageNet weights, {healthy / pretrained.WEIGHTS}\n" in out


def test_stand_ins_and_no_gpu_are_hints_only(healthy, run, monkeypatch):
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setattr(doctor, "DEVICES", "")
    put(datasets.cache_folder(), "cifar10")
    put(datasets.cache_folder(), "fashion_mnist")
    status, out = run("doctor")
    assert status == 0
    assert "! hint   MNIST           a stand-in for MNIST: the real 8×8" in out
    assert "→ python -m helpers fetch" in out
    assert "✓ ok     CIFAR-10        the real CIFAR-10, from the local cache" in out
    assert "every lab runs on the CPU" in out
    assert "! hint   ResNet50        EfficientNet-Lite0, with ImageNet weights, stands in" in out
    assert out.endswith("Faults: 0, hints: 3.\n")


def test_missing_and_old_packages_are_faults_with_their_fix(healthy, run, monkeypatch):
    installed = importlib.metadata.version

    def version(package):
        if package == "seaborn":
            raise importlib.metadata.PackageNotFoundError(package)
        return {"pooch": "1.7.0", "nbval": "0.12.0"}.get(package) or installed(package)

    monkeypatch.setattr(importlib.metadata, "version", version)
    status, out = run("doctor")
    assert status == 1
    assert 'seaborn         is missing\n                         → pip install "seaborn>=0.13"\n' in out
    assert len(lines_with("✗ fault", out)) == 3
    assert "pooch           1.7.0 is not <2,>=1.8" in out
    assert "nbval           0.12.0 is not <0.12,>=0.11" in out
    assert "GPU, data       are looked at when the packages are in order" in out


def test_python_without_the_course(healthy, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "packaging.requirements", None)
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    status, out = run("doctor")
    assert status == 1
    assert "the course is not installed in this Python" in out
    assert "is too old" in out
    assert doctor.INSTALL in out


def test_doctor_itself_needs_only_the_standard_library():
    code = "import sys, helpers.__main__; print(*(m for m in ('numpy', 'pooch', 'packaging') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_unknown_profile_is_a_fault(healthy, run, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    status, out = run("doctor")
    assert status == 1
    assert "The run profile is 'fast', but it must be one of: full, quick, ci." in out
    assert "→ correct or unset COURSE_PROFILE" in out


def test_offline_is_said(healthy, run, monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert "profile         full, offline" in run("doctor")[1]


def test_unwritable_folders_are_faults(healthy, run, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "cache"))
    status, out = run("doctor")
    assert status == 1
    assert f"{tmp_path / 'file' / 'cache'} cannot be written to: Not a directory" in out
    assert "→ set COURSE_CACHE to a folder that you may write to" in out


def test_file_that_python_would_take_for_a_package_is_a_fault(healthy, run, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numpy.py").write_text("")
    (tmp_path / "mine.py").write_text("")
    status, out = run("doctor")
    assert status == 1
    (line,) = lines_with("✗ fault", out)
    assert f"{tmp_path / 'numpy.py'} stands in the way of the package of that name" in line
    assert "→ give it another name" in out
    with pytest.raises(CourseError, match="numpy.py stands in the way of the package of that name: give it another"):
        session.begin()


def test_little_memory_and_another_kernel_are_hints(healthy, run, monkeypatch):
    spec = KernelSpec(argv=["/old/python", "-m", "ipykernel_launcher"])
    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda manager, name: spec)
    monkeypatch.setattr(doctor, "MEMORY", 1e9)
    status, out = run("doctor")
    assert status == 0
    memory, kernel = lines_with("! hint", out)
    assert "GB free; the kernel may die" in memory
    assert f"notebooks run in /old/python, not in {sys.executable}" in kernel


def test_full_disk_is_a_hint(healthy, run, monkeypatch):
    monkeypatch.setattr(doctor, "GIGABYTES", 1e9)
    status, out = run("doctor")
    assert status == 0
    assert "GB free" in lines_with("! hint", out)[0]


def test_broken_data_is_a_fault(healthy, run):
    (healthy / "mnist.npz").write_bytes(b"not a zip")
    status, out = run("doctor")
    assert status == 1
    (line,) = lines_with("✗ fault", out)
    assert str(healthy / "mnist.npz") in line and "replace or remove it" in line


def test_course_data_that_is_no_folder_is_a_fault(healthy, run, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(healthy / "nowhere"))
    status, out = run("doctor")
    assert status == 1
    assert "which is no folder" in out


def test_tensorflow_that_crashes_is_a_fault(healthy, run, monkeypatch):
    monkeypatch.setattr(doctor, "DEVICES", "import os; os.abort()")
    status, out = run("doctor")
    assert status == 1
    assert "TensorFlow does not start: exit status" in out
    monkeypatch.setattr(doctor, "DEVICES", "raise ImportError('libcuda is missing')")
    assert "TensorFlow does not start: ImportError: libcuda is missing" in run("doctor")[1]


def test_doctor_in_a_terminal_with_the_real_tensorflow(healthy):
    done = subprocess.run([sys.executable, "-m", "helpers", "doctor"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert lines_with("✗ fault", done.stdout) == []
    assert " GPU " in done.stdout


def test_fetch_with_all_mirrors_dead(run, no_network):
    status, out = run("fetch")
    assert status == 1
    assert len(lines_with("✗ fault", out)) == 4
    assert f"{pretrained.WEIGHTS} could not be downloaded from storage.googleapis.com, " in out
    assert "MNIST could not be downloaded from storage.googleapis.com, " in out and "(no network: the name" in out
    assert "→ python -m helpers fetch goes on where it stopped" in out


def test_fetch_downloads_what_is_missing_and_verifies_the_rest(run, serve, publish):
    files = idx_files(arrays())
    mirror = serve(files)
    publish("mnist", files, mirror)
    put(datasets.cache_folder(), "cifar10")
    put(datasets.cache_folder(), "fashion_mnist")
    for name in pretrained.SOURCES:
        (datasets.cache_folder() / name).touch()
    status, out = run("fetch")
    assert status == 0
    assert len(lines_with("✓ ok", out)) == 4
    assert run("fetch")[0] == 0
    assert len(mirror.ranges) == 4  # the second time, nothing


def test_fetch_replaces_a_broken_file_in_the_cache(run, healthy, monkeypatch, serve, publish):
    files = idx_files(arrays())
    publish("mnist", files, serve(files))
    (healthy / "mnist.npz").unlink()
    broken = put(datasets.cache_folder())
    broken.write_bytes(b"cut off")
    with broken.open("rb") as reader:
        assert run("fetch")[0] == 0
        assert reader.read() == b"cut off"  # replaced in one go: nobody reads half of one and half of the other
    assert datasets.load("mnist").real


def test_fetch_leaves_a_broken_file_in_course_data_alone(run, healthy, no_network):
    (healthy / "mnist.npz").write_bytes(b"mine")
    status, out = run("fetch")
    assert status == 1
    assert len(lines_with("✗ fault", out)) == 1 and "replace or remove it" in out
    assert (healthy / "mnist.npz").read_bytes() == b"mine"


@pytest.mark.parametrize(("setting", "says"), [("COURSE_OFFLINE=1", "forbids it"), ("COURSE_PROFILE=x", "'x'")])
def test_fetch_that_may_not_download_says_so(setting, says, run, monkeypatch):
    monkeypatch.setenv(*setting.split("="))
    status, out = run("fetch")
    assert status == 1
    assert says in out


def test_interrupted_command_has_no_traceback(run, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "fetch", interrupted)
    assert run("fetch") == (1, "\nStopped; the same command goes on from here.\n")


@pytest.mark.parametrize("arguments", [[], ["cure"]])
def test_unknown_command_shows_the_usage(arguments):
    done = subprocess.run([sys.executable, "-m", "helpers", *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m helpers [-h] lab|doctor|fetch|progress")
