"""The convolution lab beyond its checks: its clock."""

import numpy as np
import pytest

from grader import source
from helpers import session, training

LAB = "01_convolution_basics"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


def test_measured_times_have_the_form_that_the_text_quotes(lab):
    (measured,) = lab["measure"](0)
    assert measured["run"] == "convolution_seconds"
    assert 0 < measured["history"]["cpu_2_ms"] < measured["history"]["cpu_100_ms"] < 10_000
    assert list(lab["measure"](1)) == []


def test_a_kernel_sums_to_0_or_1_as_the_text_says(lab):
    sums = [kernel.sum() for kernel in lab["KERNELS"].values()]
    np.testing.assert_allclose(sorted(sums), [0] * 5 + [1] * 4, atol=1e-12)


def test_text_names_the_gpu_that_was_measured(lab):
    run = training.reference_run(LAB, "convolution_on_gpu")
    assert run["device"] in source.path(LAB, ".py").read_text(encoding="utf-8")
    for n in (100, 2):
        assert run[f"times_{n}"] == pytest.approx(run[f"cpu_{n}_ms"] / run[f"gpu_{n}_ms"], rel=1e-3)
    assert run["times_100"] > 10 > run["times_2"], "what question 4 asks about"
