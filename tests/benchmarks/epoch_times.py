"""How long an epoch of network d takes: in the course's precision against float32, with augmentation and without.

    .venv/bin/python -m tests.benchmarks.epoch_times

Prints seconds per epoch, carried over to 45,000 images, and the ratios of one run. Nothing is asserted: times on
shared machines swing by two, which is why every variant is timed in turn, several times, and its fastest time counts.
"""

import os
import time

from grader import source
from helpers import session

IMAGES = 10_000
ROUNDS = 4


def variants(lab: dict) -> dict:
    """Name to a function that trains one epoch; `lab` is the augmentation lab's namespace. All is compiled here."""
    import keras

    from helpers import datasets, training

    x, y, *_ = datasets.three_parts(datasets.stand_in("cifar10"))
    x, y = x[:IMAGES], y[:IMAGES]

    def in_precision(name: str):
        keras.config.set_dtype_policy(name)
        model = lab["build_d"]()
        return lambda data, **more: model.fit(*data, epochs=1, verbose=0, **more)

    plain, fast = in_precision("float32"), in_precision(training.use_fast_precision())
    piped, layered, augmented = (
        lab["make_pipeline"](x, y, lab["BATCH_SIZE"], augment, training=True)
        for augment in (None, lab["build_augmenter"](), lab["FlipShiftTurn"]())
    )
    return {
        "float32, arrays": lambda: plain((x, y), batch_size=lab["BATCH_SIZE"]),
        "fast precision, arrays": lambda: fast((x, y), batch_size=lab["BATCH_SIZE"]),
        "fast precision, pipeline": lambda: fast((piped,), shuffle=False),
        "fast precision, three augmenting layers": lambda: fast((layered,), shuffle=False),
        "fast precision, augmented in one step": lambda: fast((augmented,), shuffle=False),
    }


def main() -> None:
    session.load_tensorflow()
    runs = variants(source.definitions("05_augmentation"))
    fastest = dict.fromkeys(runs, float("inf"))
    for number in range(ROUNDS + 1):  # the first round traces the graphs and does not count
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            if number:
                fastest[name] = min(fastest[name], time.perf_counter() - began)
    print(f"\nOne epoch of network d, {os.cpu_count()} CPU cores, batch 128, seconds for 45,000 images:")
    for name, seconds in fastest.items():
        print(f"  {name:<41}{seconds * 45_000 / IMAGES:6.1f}")
    plain, fast, piped, layered, augmented = fastest.values()
    print(f"fast precision / float32:              {fast / plain:.2f}   (wanted: at most 0.60 with bf16, else 1)")
    print(f"augmented / the same pipeline without: {augmented / piped:.2f}   (wanted: at most 1.15)")
    print(f"three layers / the pipeline without:   {layered / piped:.2f}")


if __name__ == "__main__":
    main()
