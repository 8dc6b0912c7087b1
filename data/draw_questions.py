"""Draw the questions of the subtraction lab's networks: `python -m data.draw_questions`, in the folder above this one.

Whoever has not solved an exercise of the lab goes on with the file that this script writes,
`reference_runs/06_rnn_subtraction/questions.npz`. The lab's own solution makes it, so both are the same.
"""

import numpy as np

from grader import checksums, reproduce, source

LAB = "06_rnn_subtraction"


def arrays() -> dict[str, np.ndarray]:
    """Pairs (N, 2); queries and answers, one-hot; and in row a, column b how often a and b, of up to 999, borrow."""
    lab = source.definitions(LAB)
    pairs = lab["make_questions"](lab["QUESTIONS"], lab["DIGITS"], np.random.default_rng(0))
    found = {}
    for part, chosen in zip(("train", "val"), pairs, strict=True):
        found[f"pairs_{part}"] = chosen
        found[f"x_{part}"], found[f"y_{part}"] = lab["encode_questions"](chosen)
    a, b = np.indices((10 ** lab["DIGITS"],) * 2)
    return found | {"borrows": lab["count_borrows"](a, b)}


if __name__ == "__main__":
    np.savez_compressed(reproduce.RUNS / LAB / "questions.npz", **arrays())
    checksums.write()
