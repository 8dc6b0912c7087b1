"""The run profile: how much of a lab's full length to run.

`COURSE_PROFILE`, or else what a lab's first cell chooses, is one of

- `full` (default): everything, as the text describes it;
- `quick`: a third of the epochs on a fifth of the samples, for a first walk through a lab;
- `ci`: one or two epochs on 64 samples, step by step, no network: proves that every cell runs.
"""

import os
import random

from helpers.messages import CourseError

PROFILES = ("full", "quick", "ci")
chosen = "full"  # by session.begin


def current() -> str:
    """The profile's name. Raises CourseError for an unknown one."""
    name = os.environ.get("COURSE_PROFILE") or chosen
    if name not in PROFILES:
        raise CourseError(f"The run profile is '{name}', but it must be one of: {', '.join(PROFILES)}.")
    return name


def epochs(full: int) -> int:
    """Epochs to train in this profile, where the full run takes `full`."""
    return {"full": full, "quick": max(1, full // 3), "ci": min(full, 2)}[current()]


def samples(full: int) -> int:
    """Samples to use in this profile, where the full run uses `full`."""
    return {"full": full, "quick": max(min(full, 500), full // 5), "ci": min(full, 64)}[current()]


def some(examples: tuple) -> tuple:
    """Which of these examples to show in this profile: all of them, in CI the first."""
    return examples[:1] if current() == "ci" else examples


def offline() -> bool:
    """True where no network may be touched: profile `ci` or `COURSE_OFFLINE=1`."""
    return current() == "ci" or os.environ.get("COURSE_OFFLINE", "") not in ("", "0")


def seed_everything(seed: int = 0) -> None:
    """Seed Python's, NumPy's and Keras' random numbers, so that two runs on one machine agree."""
    import keras

    keras.utils.set_random_seed(seed)


def seed_python(seed: int = 0) -> None:
    """Seed Python's and NumPy's random numbers, and with them all of Keras', but not those of `tf.random`.

    To seed those as well makes TensorFlow forget how to run every operation, and takes much longer.
    """
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what students may use
