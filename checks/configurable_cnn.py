"""The checks of the configurable network's lab. Networks are judged by their description and by one batch of noise."""

from collections.abc import Callable

import numpy as np

from checks.compare import compare, judge_number, number, pair
from checks.core import Reason, judges
from checks.images import noise
from checks.networks import (
    DROPOUTS,
    conv,
    drop,
    hidden,
    judge_compiled,
    judge_flattened,
    judge_input,
    judge_order,
    judge_steps,
    judge_strays,
    kinds_of,
    norm,
    pool,
    scores,
    tidy,
)
from checks.probes import configurable_cnn as probes
from checks.probes import functions

# ---- build_cnn ----------------------------------------------------------------------------------------------

DEFAULTS = {"use_batch_norm": True, "l2": 0.0}


def configurations(rng: np.random.Generator):
    """Each knob turned; the first two leave out arguments that have a default. The deepest goes beyond 256 filters."""
    for shape, n_conv_layers, n_dense_layers, use_dropout, more in (
        ((32, 32, 3), 2, 0, True, {}),
        ((24, 20, 1), 3, 2, True, {"l2": float(np.round(rng.uniform(0.002, 0.009), 4))}),
        ((32, 32, 3), 4, 1, False, {"use_batch_norm": False, "l2": 0.0}),
        ((16, 16, 1), 1, 1, True, {"use_batch_norm": False, "l2": float(np.round(rng.uniform(0.002, 0.009), 4))}),
    ):
        yield {
            "input_shape": shape,
            "n_conv_layers": n_conv_layers,
            "n_filters": int(rng.integers(36, 44) if n_conv_layers == 4 else rng.integers(4, 12)),
            "n_dense_layers": n_dense_layers,
            "n_nodes": int(rng.integers(20, 60)),
            "use_dropout": use_dropout,
            "learning_rate": float(np.round(rng.uniform(0.002, 0.01), 4)),
            **more,
            **noise(rng, shape),
        }


def plan_of(case: dict) -> list:
    """The layers that `build_cnn` should make. Normalisation brings a shift of its own: before it no bias is needed."""
    case = DEFAULTS | case
    normalised, dropped = [norm()] * case["use_batch_norm"], [drop(0.5)] * case["use_dropout"]
    bias = not case["use_batch_norm"]
    convolutions = [[conv(case["n_filters"] * 2**k, bias), *normalised, pool()] for k in range(case["n_conv_layers"])]
    dense = [hidden(case["n_nodes"], bias=bias), *normalised, *dropped]
    return [*sum(convolutions, []), *dense * case["n_dense_layers"], scores()]


CALLED = "Called with n_conv_layers={n_conv_layers}, n_dense_layers={n_dense_layers}, use_dropout={use_dropout}"


def called(case: dict) -> str:
    """The knobs of a case in words, those with a default where they were given."""
    more = "".join(f", {name}={case[name]}" for name in DEFAULTS if name in case)
    return f"{CALLED.format(**case)}{more}: "


@judges(probes.build, configurations, called)
def build_cnn(model, case):
    if finding := judge_input(model, list(case["input_shape"])):
        return finding
    asked, plan, (layers, _) = called(case), plan_of(case), tidy(model["layers"])
    kinds = kinds_of(layers)
    if finding := judge_flattened(layers) or judge_strays(layers):
        return finding
    if any(kind.startswith("AveragePooling") for kind in kinds):
        return "Max pooling is wanted; yours takes the mean."
    if "Conv2D" in kinds and {*DROPOUTS} & {*kinds[: len(kinds) - kinds[::-1].index("Conv2D")]}:
        return "Dropout stands among the convolutions. It belongs to the dense layers only."
    if not case["use_dropout"] and {*DROPOUTS} & {*kinds}:
        return f"{asked}dropout was not asked for, yours has it."
    if finding := judge_order(layers, plan):
        return asked + finding
    filters = [layer["filters"] for layer in layers if layer["kind"] == "Conv2D"]
    if filters != [step.fixed["filters"] for step in plan if step.kind == "Conv2D"]:
        return (
            f"{asked}{why_filters(filters, case['n_filters'])} Yours are {filters}, with n_filters={case['n_filters']}."
        )
    if finding := judge_steps(layers, plan) or judge_compiled(model, case):
        return finding
    if not np.isclose(model["learning_rate"], case["learning_rate"], rtol=1e-3):
        return (
            f"Called with learning_rate={case['learning_rate']}, but your optimizer uses {model['learning_rate']:.4g}: "
            "pass the argument on."
        )
    if finding := judge_penalty(model["penalty"], (DEFAULTS | case)["l2"]):
        return asked + finding
    return None


def why_filters(filters: list[int], first: int) -> str:
    """The usual mistake that gives these numbers of filters."""
    if len(filters) > 1 and len(set(filters)) == 1:
        return "all your convolutions have equally many filters."
    if filters == [filters[0] * 2**k for k in range(len(filters))]:
        return "the filters double as they should, but they do not begin with n_filters."
    if filters[0] == first and set(filters[1:]) == {2 * first}:
        return "the filters double once and then stay. They should double with every layer."
    if filters == [first * (k + 1) for k in range(len(filters))]:
        return "the filters grow by the same number with every layer. They should double."
    if filters == sorted(filters, reverse=True):
        return "the filters become fewer with every layer. They should double."
    return "the first convolution has n_filters, and each further one twice as many as the one before."


def judge_penalty(found: dict, l2: float) -> str | None:
    """What is wrong with the L2 penalty of a network: strength times the sum of the squares of all kernels' weights."""
    total, kernels = found["total"], found["kernels"]
    if found["others"] and not any(kernel["penalised"] for kernel in kernels):
        return (
            f"your penalty counts {' and '.join(PENALISED[name] for name in found['others'])}, and not the kernels: "
            "these have `kernel_regularizer`."
        )
    if found["others"]:
        return (
            f"your penalty also counts {' and '.join(PENALISED[name] for name in found['others'])}. It should count "
            "the kernels alone."
        )
    if l2 == 0:
        return None if total == 0 else "no penalty was asked for, and `model.losses` of your network has one."
    if total == 0:
        return "the penalty is missing: `model.losses` of your network is empty."
    squares = [kernel["squares"] for kernel in kernels]
    convolutions = sum(kernel["squares"] for kernel in kernels if kernel["kind"] == "Conv2D")
    last = squares[-1]
    expected = l2 * sum(squares)
    wrong = {
        "only the kernels of the convolutions have the penalty. Give it to the dense layers, too.": l2 * convolutions,
        "the kernels of the convolutions have no penalty.": expected - l2 * convolutions,
        "the kernel of the last layer has no penalty.": expected - l2 * last,
        "only the kernel of the last layer has a penalty.": l2 * last,
        "only the dense layers before the last one have a penalty.": expected - l2 * (convolutions + last),
        "the penalty does not follow `l2`: it is Keras' usual 0.01 times the squares.": 0.01 * sum(squares),
        "this is an L1 penalty, of absolute values. L2 sums squares.": l2 * sum(one["absolutes"] for one in kernels),
        "your penalty is half of l2 times the squares of the weights.": expected / 2,
        "your penalty is twice l2 times the squares of the weights.": expected * 2,
    }
    if np.isclose(total, expected, rtol=1e-3):
        return None
    for sentence, value in wrong.items():
        if np.isclose(total, value, rtol=1e-3):
            return sentence
    if without := sum(not kernel["penalised"] for kernel in kernels):
        return f"{without} of the {len(kernels)} kernels have no penalty."
    return f"the penalty is {total:.4g}, but l2 times the squares of all kernels' weights is {expected:.4g}."


PENALISED = {"bias": "biases", "activity": "feature maps", "gamma": "gamma", "beta": "beta"}


# ---- read_summary -------------------------------------------------------------------------------------------

KERNEL = 3 * 3 * 32  # the coefficients of one filter of conv2d_1
DENSE = 8 * 8 * 128 * 64 + 64
TOTAL = 896 + (KERNEL + 1) * 128 + DENSE + 650
ANSWERS = {
    "input_of_conv2d_1": (
        (16, 16, 32),
        {
            "This is the shape of the image. Other layers stand between it and conv2d_1.": (32, 32, 3),
            "A pooling layer stands between conv2d and conv2d_1.": (32, 32, 32),
            "This is what comes out of conv2d_1.": (16, 16, 128),
            "Leave out the first axis, None.": (None, 16, 16, 32),
        },
    ),
    "output_of_conv2d_1": (
        (16, 16, 128),
        {
            "Filters do not multiply the channels. Each filter looks through all channels and makes one map.": (
                (16, 16, 4096)
            ),
            "Each filter makes one map: the channels of the input are used up in it.": (16, 16, 160),
            "With `same` padding height and width stay.": (14, 14, 128),
            "The pooling comes after conv2d_1.": (8, 8, 128),
            "Leave out the first axis; it is not part of one image.": (None, 16, 16, 128),
        },
    ),
    "parameters_of_conv2d_1": (
        (KERNEL + 1) * 128,
        {
            "This is filters × 3×3. But a filter has 3×3 coefficients for every channel of its input.": 128 * 9,
            "Each filter has its bias, but its coefficients for only one channel.": 128 * 10,
            "The biases are missing: one per filter.": KERNEL * 128,
            "There is one bias per filter, not one for the layer.": KERNEL * 128 + 1,
            "There is one bias per filter, not one per input channel.": KERNEL * 128 + 32,
            "This counts each weight once per position. But all positions share one filter.": 128 * 256 * (KERNEL + 1),
        },
    ),
    "pooling_factor": (
        4,
        {
            "This is the factor along one side. How many values does a block of 2×2 become?": 2,
            "This is what is left. The question is by what factor the number of values falls.": 0.25,
            "Channels stay: only height and width shrink.": 8,
        },
    ),
    "output_of_flatten": (
        8 * 8 * 128,
        {
            "The channels are missing: flatten keeps every value of every map.": 64,
            "These are the channels only: flatten keeps every value of every map.": 128,
            "This is before the second pooling.": 16 * 16 * 128,
        },
    ),
    "parameters_of_dense": (
        DENSE,
        {
            "The biases of dense are missing.": DENSE - 64,
            "dense sees the whole flattened list, not only one value per map.": 128 * 64 + 64,
            "There is one bias per unit of dense, not a single one.": DENSE - 63,
            "These are the connections to the input of the second pooling.": 16 * 16 * 128 * 64 + 64,
        },
    ),
    "share_of_dense": (
        DENSE / TOTAL,
        {
            "The two dense layers are counted together; the question is about the first.": (DENSE + 650) / TOTAL,
            "The total lacks the 650 parameters of dense_1.": DENSE / (TOTAL - 650),
            "The total lacks the 896 parameters of conv2d.": DENSE / (TOTAL - 896),
            "The total holds only the two layers whose parameters you found.": DENSE / (TOTAL - 650 - 896),
            "This is the share of all other layers.": 1 - DENSE / TOTAL,
        },
    ),
    "batch_of_50": (
        (50, 16, 16, 128),
        {
            "This is one image. None stands for something in the summary.": (16, 16, 128),
            "The images of a batch are counted along the first axis.": (16, 16, 128, 50),
            "None stands for the number of images; it stands for that axis, it is no further one.": (
                (50, None, 16, 16, 128)
            ),
            "This is the input of conv2d_1; its output is asked for.": (50, 16, 16, 32),
            "None stands for the number of images, and here you know it.": (None, 16, 16, 128),
        },
    ),
}


@judges(functions.call)
def read_summary(answer, case):
    yours = answer["value"]
    if not isinstance(yours, dict):
        return f"A dictionary is wanted, as in the docstring; your function returned {answer['kind']}."
    missing = [name for name in ANSWERS if name not in yours]
    if missing:
        return f"There is no answer to {', '.join(missing)}."
    for name, judged in ANSWERS.items():
        if finding := judge_answer(name, yours[name], *judged):
            known = f"{name}: {finding.mistake}" if isinstance(finding, Reason) and finding.mistake else None
            return Reason(known, mistake=known) if known else finding
    return None


def with_one_wrong(name: str, wrong):
    """The right answers but for one."""
    return lambda: {other: right for other, (right, _) in ANSWERS.items()} | {name: wrong}


read_summary.mistakes = {
    f"{name}: {sentence}": with_one_wrong(name, wrong)
    for name, (_, mistakes) in ANSWERS.items()
    for sentence, wrong in mistakes.items()
}


def judge_answer(name: str, yours, expected, mistakes: dict) -> str | Reason | None:
    """One answer of `read_summary`: a number, or a shape."""
    if yours is None:
        return f"{name} is still None."
    if isinstance(expected, tuple):
        shape = yours.tolist() if isinstance(yours, np.ndarray) else yours
        if not isinstance(shape, list) or not all(isinstance(number, int | float | None) for number in shape):
            return f"{name} should be a shape, a tuple of whole numbers."
        if tuple(shape) == expected:
            return None
        sentence = next((text for text, wrong in mistakes.items() if tuple(shape) == wrong), None)
        return Reason(sentence or f"{name} is {tuple(shape)}, and that is not right.", mistake=sentence)
    if name == "share_of_dense" and isinstance(yours, int | float):
        if abs(yours - 100 * expected) < 1:
            return f"{name}: this is a percentage; a fraction between 0 and 1 is wanted."
        if yours == 0.93 or abs(yours - expected) < 0.0006:  # rounded
            return None
        near = [number for number in mistakes.values() if abs(yours - number) < 2e-5]
        if not near and 0 < yours - expected < 0.003:
            return (
                f"{name}: a little too large. It is the share of dense alone, and the total is that of all four layers "
                "with parameters."
            )
        yours = near[0] if near else yours
    return judge_number(yours, expected, mistakes, "your answer", where=f"{name}: ")


# ---- step_with_l2 -------------------------------------------------------------------------------------------


def steps(rng: np.random.Generator):
    for shape in ((5,), (3, 3, 2, 4)):
        yield {
            "weights": rng.normal(size=shape),
            "gradient": rng.normal(size=shape),
            "learning_rate": float(np.round(rng.uniform(0.11, 0.17), 3)),
            "strength": float(np.round(rng.uniform(0.41, 0.49), 3)),
        }


def against(slope: Callable) -> Callable:
    """A step against this slope: of the weights, the gradient and the strength."""
    return lambda w, g, rate, strength: w - rate * slope(w, g, strength)


@compare(steps, "the result", "For weights of shape {weights.shape}: ")
def step_with_l2(weights, gradient, learning_rate, strength):
    return weights - learning_rate * (gradient + 2 * strength * weights)


step_with_l2.mistakes = {
    "The penalty is missing: this step follows the gradient alone.": against(lambda w, g, s: g),
    "The gradient is missing: this step follows the penalty alone.": against(lambda w, g, s: 2 * s * w),
    "A factor is wrong: the slope of w² is 2w.": [
        against(lambda w, g, s: g + s * w),
        against(lambda w, g, s: g + s * w / 2),
    ],
    "Mind the brackets: the learning rate multiplies the sum of both slopes, and all of it is subtracted.": [
        lambda w, g, rate, s: w - rate * g + 2 * s * w,
        lambda w, g, rate, s: w - rate * g + s * w,
    ],
    "The slope of the penalty belongs to each weight by itself and has its sign: 2 · strength · w.": [
        against(lambda w, g, s: g + 2 * s),
        against(lambda w, g, s: g + 2 * s * np.sum(w)),
        against(lambda w, g, s: g + 2 * s * w**2),
        against(lambda w, g, s: g + 2 * s * np.abs(w)),
    ],
    "The gradient works the wrong way round: a step goes against it.": lambda w, g, rate, s: (
        w + rate * g - 2 * rate * s * w
    ),
    "`learning_rate` and `strength` are exchanged.": lambda w, g, rate, s: w - s * (g + 2 * rate * w),
    "`strength` belongs to the penalty alone, not to the gradient.": [
        against(lambda w, g, s: s * (g + 2 * w)),
        against(lambda w, g, s: s * (g + w)),
    ],
    "Your weights are the same as before the step.": lambda w, g, rate, s: w,
    "The penalty works the wrong way round here: weights grow. Its slope adds to the gradient.": [
        against(lambda w, g, s: g - 2 * s * w),
        against(lambda w, g, s: g - s * w),
    ],
    "This step goes uphill. A step goes against the slope, downhill.": (
        lambda w, g, rate, s: w + rate * (g + 2 * s * w)
    ),
    "You added the penalty itself. A step follows its slope.": [
        against(lambda w, g, s: g + s * w**2),
        against(lambda w, g, s: g + s * np.sum(w**2)),
    ],
    "All weights shrink by the same number here: that is L1. With L2 a weight shrinks in proportion to its size.": [
        against(lambda w, g, s: g + s * np.sign(w)),
        against(lambda w, g, s: g + 2 * s * np.sign(w)),
    ],
    "The learning rate does not reach the penalty: both slopes are multiplied by it.": [
        lambda w, g, rate, s: w - rate * g - 2 * s * w,
        lambda w, g, rate, s: w - rate * g - s * w,
    ],
    "The learning rate does not reach the gradient: both slopes are multiplied by it.": (
        lambda w, g, rate, s: w - g - rate * 2 * s * w
    ),
    "The learning rate is missing.": lambda w, g, rate, s: w - (g + 2 * s * w),
    "`strength` is missing: how much the penalty counts.": against(lambda w, g, s: g + 2 * w),
    "You took two steps, one after the other. Both slopes belong to the weights before the step.": [
        lambda w, g, rate, s: (w - rate * g) * (1 - 2 * rate * s),
        lambda w, g, rate, s: (w - rate * g) * (1 - rate * s),
        lambda w, g, rate, s: w * (1 - 2 * rate * s) - rate * (g + 2 * s * w * (1 - 2 * rate * s)),
    ],
    "This is the change. The weights after the step are wanted.": [
        lambda w, g, rate, s: -rate * (g + 2 * s * w),
        lambda w, g, rate, s: rate * (g + 2 * s * w),
    ],
    "This is the slope. The weights after the step are wanted.": lambda w, g, rate, s: g + 2 * s * w,
}

# ---- early_stopping -----------------------------------------------------------------------------------------

# Losses that fall and rise, and a patience. Each pattern is there for a mistake that the others do not show.
PATTERNS = (
    (
        [9, 7, 6, 6.5, 6.2, 5, 5.5, 5.7, 5.9, 5.8, 4, 4.5, 4.6, 4.7, 4.8],
        3,
    ),  # better again too late, and an epoch without improvement before
    ([8, 6, 7, 6.6, 6.4, 6.2, 6.1], 2),  # better than the epoch before, and not than the best
    ([5, 4, 4, 4.2, 4.3, 4.4], 2),  # as good as the best is not better
    ([5, 4, 3, 3.5], 5),  # never stopped
    ([3, 4, 5, 2], 3),  # better in the last moment
    ([4, 4, 4.1, 4.2], 2),  # as good as the first one
    ([6, 5, 5.5, 1], 1),
    ([7, 5, 7, 9], 2),  # as bad as so many epochs ago is not the same as no improvement since
    ([8e6, 9e6, 5e6, 6e6, 7e6], 2),  # large losses
    ([5, 4, 3.998, 3.996, 4.2, 4.3, 4.4], 3),  # a little better is better
    ([5, 3, 4, 4, 4, 4, 6, 6], 3),  # a loss that comes again has another epoch each time
    ([-2, -5, -4, -3, -3.5], 2),  # below 0: what an accuracy with a minus sign gives
    ([5, 0, 2, 3], 2),  # 0 is a loss like any other
)


def courses(rng: np.random.Generator):
    for pattern, patience in PATTERNS:
        stretch, shift = rng.uniform(0.05, 0.2), rng.uniform(0.1, 0.8) * (min(pattern) > 0)
        yield {"val_losses": [round(shift + stretch * loss, 4) for loss in pattern], "patience": patience}


def stopped(val_losses, patience, better=lambda loss, losses: loss < min(losses), last=lambda waited, p: waited >= p):
    """Epochs trained, and the best epoch. better: whether a loss counts as improved after earlier ones."""
    best = 1
    for epoch in range(2, len(val_losses) + 1):
        if better(val_losses[epoch - 1], val_losses[: epoch - 1]):
            best = epoch
        elif last(epoch - best, patience):
            return epoch, best
    return len(val_losses), best


def compared_with_the_one_before(val_losses, patience):
    """As many epochs in a row, each of them no better than the one before; the best one is found at the end."""
    waited = 0
    for epoch in range(2, len(val_losses) + 1):
        waited = 0 if val_losses[epoch - 1] < val_losses[epoch - 2] else waited + 1
        if waited == patience:
            return epoch, int(np.argmin(val_losses[:epoch])) + 1
    return len(val_losses), int(np.argmin(val_losses)) + 1


def never_reset(val_losses, patience):
    """All epochs without improvement count, also those before an improvement."""
    waited, best = 0, 1
    for epoch in range(2, len(val_losses) + 1):
        if val_losses[epoch - 1] < val_losses[best - 1]:
            best = epoch
        else:
            waited += 1
            if waited >= patience:
                return epoch, best
    return len(val_losses), best


@compare(
    courses,
    where="For val_losses = {val_losses} and patience = {patience}: ",
    form=pair({"the number of epochs": number(), "the best epoch": number()}, whole=True),
)
def early_stopping(val_losses, patience):
    return stopped(val_losses, patience)


early_stopping.mistakes = {
    "The order is exchanged: first the number of epochs, then the best one.": lambda v, p: stopped(v, p)[::-1],
    "You count epochs from 0. The first epoch is 1.": [
        lambda v, p: tuple(one - 1 for one in stopped(v, p)),
        lambda v, p: (stopped(v, p)[0], stopped(v, p)[1] - 1),
    ],
    "You stop one epoch too late: after as many epochs without improvement as `patience` says, training ends.": (
        lambda v, p: stopped(v, p, last=lambda waited, p: waited > p)
    ),
    "You do not use `patience`: training ends after the first epoch without improvement.": lambda v, p: stopped(v, 1),
    "There are more epochs than losses: a training that is never stopped ends with the last loss.": (
        lambda v, p: (stopped(v, p)[1] + p, stopped(v, p)[1])
    ),
    "The last loss counts, too: you stopped looking one epoch before the end.": (
        lambda v, p: (stopped(v[:-1], p)[0] + (stopped(v[:-1], p)[0] == len(v) - 1), stopped(v[:-1], p)[1])
    ),
    "Only where training was stopped does the best epoch lie `patience` epochs before the end.": (
        lambda v, p: (stopped(v, p)[0], max(1, stopped(v, p)[0] - p))
    ),
    "you stop one epoch too early.": lambda v, p: stopped(v, p, last=lambda waited, p: waited >= max(1, p - 1)),
    "You compare with the epoch before. What counts is whether an epoch is better than the best one so far.": [
        lambda v, p: stopped(v, p, better=lambda loss, losses: loss < losses[-1]),
        compared_with_the_one_before,
    ],
    "You count epochs without improvement from the beginning. Each improvement starts the count again.": never_reset,
    "For you an epoch as good as the best one is an improvement. Keras wants it to be better.": (
        lambda v, p: stopped(v, p, better=lambda loss, losses: loss <= min(losses))
    ),
    "You looked at all losses. After training has ended there are no more: the best epoch lies before it.": (
        [
            lambda v, p: (stopped(v, p)[0], int(np.argmin(v)) + 1),
            lambda v, p: (min(int(np.argmin(v)) + 1 + p, len(v)), int(np.argmin(v)) + 1),
        ]
    ),
    "You look for the highest loss. The lowest one is the best.": (
        lambda v, p: stopped(v, p, better=lambda loss, losses: loss > max(losses))
    ),
    "The last epoch is not the best one: the best has the lowest loss.": lambda v, p: (stopped(v, p)[0],) * 2,
    "Training never ends early here.": [
        lambda v, p: (len(v), int(np.argmin(v)) + 1),
        lambda v, p: (len(v), stopped(v, p)[1]),
    ],
    "The second number is the best loss. Its epoch is wanted.": (
        [lambda v, p: (stopped(v, p)[0], v[stopped(v, p)[1] - 1]), lambda v, p: (stopped(v, p)[0], min(v))]
    ),
}
