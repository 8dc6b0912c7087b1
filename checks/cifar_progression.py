"""The checks of lab 03. Networks are judged by their description and by one batch of noise; nothing is trained."""

import numpy as np

from checks.old import Advice, Check, check, first_line, judge_array, judge_number
from checks.probes.networks import (
    ACTIVATIONS,
    DROPOUTS,
    NORMS,
    SCALING,
    describe_model,
    ends_in_softmax,
    is_cross_entropy,
    observe,
)

CLASSES = 10
IMAGE_SHAPE = [32, 32, 3]

# ---- the data -----------------------------------------------------------------------------------------------


def pictures(rng: np.random.Generator):
    """The first batch is dark and lacks the last classes, so that nothing can be read off the batch itself."""
    for n, brightest, classes in ((12, 180, 7), (15, 256, 10)):
        x = rng.integers(0, brightest, (n, 32, 32, 3), dtype=np.uint8)
        yield {"x": x, "y": rng.permutation(np.arange(n) % classes).astype(np.uint8)}


@check(pictures)
def preprocess(student, case):
    parts = student(case["x"], case["y"])
    return {"parts": parts if isinstance(parts, tuple | list) else type(parts).__name__}


@preprocess.judge
def _(answer, case):
    parts, x, y = answer["parts"], case["x"], case["y"]
    if isinstance(parts, str) or len(parts) != 2 or not all(isinstance(part, np.ndarray) for part in parts):
        return "Two arrays are wanted, images and labels: `return x, y`."
    images, labels = parts
    if images.ndim < 4 and labels.ndim == 4:
        return "The order is exchanged: first the images, then the labels."
    finding = judge_array(
        images,
        x / 255,
        {
            "Your images still hold values up to 255. The range should be 0 to 1.": x.astype(float),
            "Your images are 0 nearly everywhere: a whole number was divided without a remainder.": x // 255,
            "You divided by the brightest value of this batch. A dark batch would be made brighter than it is; the "
            "largest value a pixel can have is the same for every batch.": x / x.max(),
            "Dark pixels should be 0 and bright ones 1; yours go from -1 to 1.": x / 127.5 - 1,
            "You divided by 256. There are 256 grey values, but the largest of them is smaller.": x / 256,
            "You divided twice: these values are tiny.": x / 255 / 255,
            "Your images are standardised. This comes later: here, only bring them to the range 0 to 1.": (
                [(x - x.mean()) / x.std(), (x - x.mean((0, 1, 2))) / x.std((0, 1, 2))]
            ),
        },
        "the array of images",
        tol=1e-3,
    )
    if finding:
        return finding
    if images.dtype != np.float32:
        return f"The values are right, but they are {images.dtype} and not float32, which all our networks take."
    one_hot = np.eye(CLASSES)[y]
    if labels.shape == y.shape:
        return (
            "Your labels are still one whole number per image. The loss compares ten outputs with ten wanted numbers."
        )
    if labels.shape == (len(y), 1):
        return "Your labels are a column of whole numbers. One-hot means: ten numbers per image."
    if labels.ndim == 3:
        return f"Your labels have the shape {labels.shape}, one axis too many: ten numbers per image, (N, 10)."
    if labels.ndim == 2 and len(labels) == len(y) and labels.shape[1] != CLASSES:
        return (
            f"For a batch without the last classes your labels have the shape {labels.shape}. There must always be ten "
            "columns: the function must be told so, because it cannot see it in every batch."
        )
    return judge_array(
        labels,
        one_hot,
        {
            "Your one-hot labels stand upside down: one row per image, one column per class.": one_hot.T,
            "0 and 1 are exchanged in your labels: 1 marks the class of the image.": 1 - one_hot,
            "Your labels are shifted by one column: class 0 belongs to the first column.": np.roll(one_hot, 1, 1),
        },
        "the array of labels",
    )


def three_parts(rng: np.random.Generator):
    """Training, validation and test images that differ in brightness and contrast, also from pixel to pixel."""
    for shape, parts in (((8, 6, 3), ("x_train", "x_val", "x_test")), ((5, 7, 2), ("x_train", "x_val"))):
        yield {
            name: (rng.uniform(0.1, 0.3, shape[-1]) * rng.normal(size=(20 + 3 * k, *shape)) + rng.random(shape)).astype(
                "float32"
            )
            for k, name in enumerate(parts)
        }


@check(three_parts)
def standardise(student, case):
    parts = student(*case.values())
    return {"parts": parts if isinstance(parts, tuple | list) else type(parts).__name__}


@standardise.judge
def _(answer, case):
    parts, given = answer["parts"], list(case.values())
    if isinstance(parts, str):
        return f"A list of arrays is wanted; your function returned {parts}."
    if len(parts) != len(given):
        return f"{len(given)} arrays were handed over, x_train among them; your function returned {len(parts)}."
    train, others, channels = given[0], given[1:], (0, 1, 2)
    mean, deviation = train.mean(channels), train.std(channels)

    def scaled(x, mean_of, deviation_of=None, axes=channels):
        deviation_of = mean_of if deviation_of is None else deviation_of
        return (x - mean_of.mean(axes, keepdims=True)) / deviation_of.std(axes, keepdims=True)

    for name, x, yours in zip(case, given, parts, strict=True):
        mistakes = {
            "The mean and the deviation come from several sets together. Images for validation and testing must not "
            "take part: they stand for images that nobody has seen yet.": (
                [scaled(x, np.concatenate(given[:n])) for n in range(2, len(given) + 1)]
            ),
            f"`{name}` is standardised with its own mean or deviation. All parts must be treated alike, with those "
            "of x_train.": [scaled(x, x), scaled(x, x, train), scaled(x, train, x)],
            "The mean and the deviation come from the validation or the test set. These must not take part.": (
                [scaled(x, other) for other in others]
            ),
            "This is one mean and one deviation for all channels together. Each channel has its own.": (
                scaled(x, train, axes=None)
            ),
            "Each pixel has a mean and a deviation of its own here. Take them over the images *and* over the pixels; "
            "only the channels stay apart.": scaled(x, train, axes=0),
            "Each image has a mean and a deviation of its own here. Take them over all images of x_train.": (
                [scaled(x, x, axes=(1, 2, 3)), scaled(x, x, axes=(1, 2))]
            ),
            "You divided by the variance. The standard deviation is its root.": (x - mean) / deviation**2,
            "You did not divide by the deviation.": x - mean,
            "You did not subtract the mean.": x / deviation,
            "You multiplied by the deviation instead of dividing.": (x - mean) * deviation,
            f"`{name}` came back unchanged.": x,
            "You brought the range to 0 to 1. Standardising means: mean 0, standard deviation 1.": (
                (x - train.min(channels)) / np.ptp(train, channels)
            ),
        }
        if not isinstance(yours, np.ndarray):
            return f"`{name}` came back as {type(yours).__name__}; an array is wanted."
        if yours.shape != x.shape:
            return f"`{name}` went in as {x.shape} and came back as {yours.shape}. The order must stay, too."
        finding = judge_array(yours, scaled(x, train), mistakes, f"`{name}`", tol=2e-3)
        if finding:
            return finding
        if yours.dtype != np.float32:
            return f"The values are right, but `{name}` is {yours.dtype} now and not float32."
    return None


# ---- networks -----------------------------------------------------------------------------------------------


def noise(rng: np.random.Generator, shape=tuple(IMAGE_SHAPE)) -> dict:
    """Four standardised images; sixty labels, with logits that favour the right class in the first half only."""
    y = np.eye(CLASSES, dtype="float32")[rng.permutation(np.arange(60) % CLASSES)]
    logits = rng.normal(size=y.shape, scale=1.5) + y * np.repeat([3, -3], 30)[:, None]
    return {"x": rng.normal(size=(4, *shape)).astype("float32"), "y": y, "logits": logits.astype("float32")}


STRAY = {name.replace("_", "") for name in ACTIVATIONS} | {"activation"}  # kinds of layers that only apply a function
MISSING_SCORES = "The last layer is missing, the one for the scores: a dense layer with one output per class."
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def bearer(layers: list[dict]) -> dict | None:
    """The layer that an activation after these layers belongs to."""
    return next((one for one in reversed(layers) if one["kind"] not in ("MaxPooling2D", "Dropout")), None)


def tidy(found: list[dict]) -> tuple[list[dict], bool]:
    """The layers without Flatten, each activation at the layer it belongs to; and whether one could stand elsewhere.

    relu after a max pooling, a dropout or another relu gives the same numbers as without that.
    """
    kept, odd = [], False
    for layer in found:
        if layer["kind"] in ("Flatten", "Reshape") and len(layer["output_shape"] or ()) == 1:
            continue
        function = "softmax" if layer["activation"] == "softmax_v2" else layer["activation"]  # tf.nn.softmax
        if layer["kind"].lower() in STRAY:
            before = bearer(kept)
            if function == "linear":
                continue
            if before and (before["activation"] == "linear" or before["activation"] == function == "relu"):
                odd = odd or before is not kept[-1] or before["activation"] == function
                before["activation"] = function
                continue
        kept.append(layer | {"activation": function})
    return kept, odd


def judge_strays(layers: list[dict]) -> str | None:
    """Whether an activation stands where it belongs to no layer."""
    for place, layer in enumerate(layers):
        if layer["kind"].lower() not in STRAY:
            continue
        before = bearer(layers[:place])
        if before is None:
            return "An activation stands at the very beginning: it would change the images before any layer sees them."
        if before["activation"] == layer["activation"] == "softmax":
            return "Softmax is applied twice at the end of your network."
        if before["activation"] not in (None, "linear"):
            return f"Two activations in a row: {before['activation']}, then {layer['activation']}. One is too many."
        if before["kind"] == "BatchNormalization" and layer["activation"] != "softmax":
            return "An activation stands after a batch normalisation. Here relu belongs to the layer before it."
    return None


def judge_input(model: dict, shape: list[int]) -> str | None:
    """What is wrong with what a network takes: its shape, or a second scaling."""
    if model["input_shape"] is None:
        return "Your network should be Sequential or functional and have one input, `keras.Input(...)`."
    if model["input_shape"] != shape:
        return f"The input should have the shape {tuple(shape)}; yours is {tuple(model['input_shape'])}."
    kinds = [layer["kind"] for layer in model["layers"]]
    if set(kinds) & set(SCALING):
        return "The images arrive standardised, but your network scales them once more. Scaling twice makes them tiny."
    if any(kind.startswith("Random") for kind in kinds):
        return "Your network changes its images at random. That is augmentation, the subject of lab 04."
    return None


def judge_flattened(layers: list[dict]) -> str | None:
    """Whether the dense layers see one list of numbers."""
    dense = next((layer for layer in layers if layer["kind"] == "Dense"), None)
    if dense and len(dense["output_shape"] or [0]) > 1:
        return (
            "A dense layer gets feature maps and works on each of their pixels by itself. Make one list of numbers "
            "of them first."
        )
    if any(layer["kind"].startswith("Global") for layer in layers):
        return "Global pooling forgets where things were found. These networks keep all values: make one list of them."
    return None


def judge_convolution(layer: dict, place: str, filters: int, bias: bool = True) -> str | None:
    """What is wrong with one convolution of 3×3 that keeps the size; without `bias`, it may do without one."""
    size = "×".join(map(str, layer["kernel_size"]))
    if layer["kernel_size"] != [3, 3]:
        return f"The {place} convolution has kernels of {size}; 3×3 is wanted."
    if layer["padding"] != "same":
        return (
            f"The {place} convolution makes its maps smaller: with '{layer['padding']}' padding the border is lost. "
            "Its output should be as high and wide as its input."
        )
    if layer["strides"] != [1, 1]:
        return f"The {place} convolution jumps over pixels: its stride should be 1. Only pooling makes maps smaller."
    if layer["dilation_rate"] != [1, 1]:
        return f"The kernels of the {place} convolution are spread out: leave `dilation_rate` as it is."
    if layer["filters"] != filters:
        return f"The {place} convolution should have {filters} filters; yours has {layer['filters']}."
    if layer["input_shape"] and layer["parameters"] < 9 * layer["input_shape"][-1] * filters:
        return (
            f"The filters of the {place} convolution look through a part of the channels only: leave `groups` as it is."
        )
    return judge_hidden(layer, f"{place} convolution", bias)


def judge_hidden(layer: dict, place: str, bias: bool = True) -> str | None:
    """What is wrong with a layer that should have a bias, relu, and be trained."""
    if layer["activation"] in (None, "linear"):
        return f"The {place} has no activation. Without one, two layers in a row compute no more than a single one."
    if layer["activation"] != "relu":
        return f"The {place} should be followed by relu; yours has {layer['activation']}."
    return judge_weights(layer, place, bias)


def judge_weights(layer: dict, place: str, bias: bool = True) -> str | None:
    """What is wrong with a layer that should have a bias and be trained."""
    if bias and not layer["use_bias"]:
        return f"The {place} has no bias. Leave `use_bias` as it is."
    if not layer["trainable"]:
        return f"The {place} is frozen: it would never learn."
    return None


def judge_pooling(layer: dict, place: str) -> str | None:
    """What is wrong with a max pooling that halves height and width."""
    size, strides = layer["pool_size"], layer["strides"]
    if size != [2, 2]:
        return f"The {place} pooling should look at 2×2 pixels; yours looks at {size[0]}×{size[1]}."
    if strides != [2, 2]:
        return f"The {place} pooling should halve height and width; yours moves by {strides[0]} pixel at a time."
    return None


def judge_output(layer: dict) -> str | None:
    """What is wrong with the last layer: ten logits, or softmax."""
    if layer["units"] != CLASSES:
        return f"The last layer should have one output per class, 10; yours has {layer['units']}."
    if layer["activation"] == "sigmoid":
        return (
            "The last layer's sigmoid judges each class by itself. Here exactly one class is right: use logits or "
            "softmax."
        )
    if layer["activation"] not in ("softmax", "linear", None):
        return (
            f"The last layer ends in {layer['activation']}, which cuts off or squeezes the scores. It should give "
            "logits, as they are, or softmax."
        )
    return judge_weights(layer, "last layer")


def judge_compiled(model: dict, case: dict) -> str | None:
    """What is wrong with how a network is compiled: its loss for one-hot labels, and its accuracy."""
    if model["optimizer"] is None:
        return "Your network is not compiled yet: it lacks an optimizer, a loss and a metric."
    if "raised" in model["outputs"]:
        return f"Your network fails on a batch of images: {first_line(model['outputs'])}"
    softmax = ends_in_softmax(model["outputs"])
    loss = model["loss"] or ""
    if "sparse" in loss:
        return "Your loss is the sparse one: it wants whole numbers as labels, but ours are one-hot."
    if "binary" in loss:
        return "Binary cross-entropy asks ten separate yes-or-no questions. Here exactly one of ten classes is right."
    if loss in ("mean_squared_error", "mean_absolute_error", "huber"):
        return f"{loss} is a loss for numbers to be met. For classes use the cross-entropy of one-hot labels."
    if softmax and model["from_logits"]:
        return "Your network ends in softmax, but the loss is told to expect logits: softmax would be applied twice."
    if loss == "categorical_crossentropy" and not softmax and not model["from_logits"]:
        return (
            "Your network ends in logits, any numbers, but the loss takes them for probabilities. Last layer and loss "
            "must agree."
        )
    if model["batch_metrics"].get("value") == {}:
        return "Your network does not measure its accuracy: `compile` can be given `metrics=`, by this name."
    if "value" not in model["half_losses"]:
        return f"On a batch with one-hot labels your loss fails: {first_line(model['half_losses'])}"
    if not is_cross_entropy(model["half_losses"]["value"], case):
        return (
            "The loss should be the cross-entropy of one-hot labels and your ten outputs; yours "
            f"({loss or 'your own'}) gives another number."
        )
    return judge_accuracy(model, case)


def judge_accuracy(model: dict, case: dict) -> str | None:
    """Whether one of the metrics is the accuracy."""
    if "value" not in model["batch_metrics"]:
        return "One of your metrics fails on one-hot labels. (Sparse ones want whole numbers as labels.)"
    metrics = model["batch_metrics"]["value"]
    hits = case["logits"].argmax(1) == case["y"].argmax(1)
    if any(np.isclose(value, hits.mean(), atol=1e-3) for value in metrics.values()):
        return None
    if "binary_accuracy" in metrics:
        return (
            "Binary accuracy counts each of the ten outputs by itself, and nine of ten wanted numbers are 0: it looks "
            "high for a network that knows nothing."
        )
    return f"None of your metrics ({', '.join(metrics)}) is the fraction of images that get the right class."


def judge_network(model: dict, case: dict, blocks: list[tuple[int, int]], fully_connected: int):
    """Judge a network: blocks of (filters, convolutions), each with a pooling, then FC layers and the last one."""
    if finding := judge_input(model, IMAGE_SHAPE):
        return finding
    layers, odd = tidy(model["layers"])
    kinds = [layer["kind"] for layer in layers]
    if set(kinds) & set(NORMS):
        return "Normalisation layers come with `build_cnn` in section 6. Here, leave them out."
    if finding := judge_flattened(layers) or judge_dropout(layers) or judge_strays(layers):
        return finding
    layers = [layer for layer in layers if layer["kind"] not in DROPOUTS]
    kinds = [layer["kind"] for layer in layers]
    expected = [kind for _, n in blocks for kind in ["Conv2D"] * n + ["MaxPooling2D"]]
    expected += ["Dense"] * (fully_connected + 1)
    if finding := judge_counts(kinds, expected, fully_connected):
        return finding
    if kinds != expected:
        if sorted(kinds) == sorted(expected):
            return f"All layers are there, but in another order. Yours: {', '.join(kinds)}."
        return f"The layers should be {', '.join(expected)}; yours are {', '.join(kinds)}."
    filters = [size for size, n in blocks for _ in range(n)]
    convolutions = [layer for layer in layers if layer["kind"] == "Conv2D"]
    poolings = [layer for layer in layers if layer["kind"] == "MaxPooling2D"]
    dense = [layer for layer in layers if layer["kind"] == "Dense"]
    places = zip(ORDINALS, convolutions, filters, strict=False)
    findings = [judge_convolution(layer, place, number) for place, layer, number in places]
    findings += [judge_pooling(layer, place) for place, layer in zip(ORDINALS, poolings, strict=False)]
    findings += [judge_hidden(layer, "FC layer") for layer in dense[:-1]] + [judge_output(dense[-1])]
    findings += [
        f"The FC layer has only {layer['units']} units: a bottleneck. Take at least 16."
        for layer in dense[:-1]
        if layer["units"] < 16
    ]
    if finding := next(filter(None, findings), None) or judge_compiled(model, case):
        return finding
    if odd:
        return Advice("Right. One relu stands after a pooling, a dropout or another relu: the numbers are the same.")
    return None


def judge_counts(kinds: list[str], expected: list[str], fully_connected: int) -> str | None:
    """Whether convolutions, poolings and dense layers are as many as they should be."""
    if any(kind.startswith("AveragePooling") for kind in kinds):
        return "POOL is max pooling in these networks: it keeps the strongest answer of four, not their mean."
    names = {"Conv2D": "convolution", "MaxPooling2D": "pooling"}
    for kind, name in names.items():
        yours, wanted = kinds.count(kind), expected.count(kind)
        if yours < wanted:
            return f"A {name} is missing: {wanted} wanted, yours has {yours}. Compare with the diagram."
        if yours > wanted:
            return f"There is a {name} too many: {wanted} wanted, yours has {yours}. Compare with the diagram."
    if kinds.count("Dense") == 0:
        return MISSING_SCORES
    yours = kinds.count("Dense") - 1
    if yours < fully_connected:
        return "The FC layer before the last layer FCS is missing."
    if yours > fully_connected:
        return f"There should be {fully_connected or 'no'} FC layer before the last layer FCS; yours has {yours}."
    return None


def judge_dropout(layers: list[dict]) -> str | None:
    """Whether dropout stands after FC layers only."""
    for place, layer in enumerate(layers):
        if layer["kind"] not in DROPOUTS:
            continue
        before = next((one for one in reversed(layers[:place]) if one["kind"] not in DROPOUTS), None)
        if before is None or before["kind"] != "Dense":
            where = "at the input" if before is None else "on feature maps"
            return f"Dropout stands {where}. In these networks it comes only after FC layers."
        if not any(one["kind"] == "Dense" for one in layers[place:]):
            return "Dropout stands after the last layer: it would erase scores of classes."
    return None


def network_check(name: str, blocks: list[tuple[int, int]], fully_connected: int) -> Check:
    """The check of one of the four networks."""
    made = Check(name, lambda student, case: observe(student(), **case), lambda rng: [noise(rng)])
    made.judge(lambda model, case: judge_network(model, case, blocks, fully_connected))
    return made


build_a = network_check("build_a", [], fully_connected=1)
build_b = network_check("build_b", [(32, 1)], fully_connected=0)
build_c = network_check("build_c", [(32, 2), (32, 2)], fully_connected=1)
build_d = network_check("build_d", [(32, 2), (64, 2), (128, 3)], fully_connected=1)


# ---- build_cnn ----------------------------------------------------------------------------------------------


def configurations(rng: np.random.Generator):
    for shape, n_conv_layers, n_dense_layers, use_dropout in (
        ((32, 32, 3), 2, 0, False),
        ((24, 20, 1), 3, 2, True),
        ((32, 32, 3), 4, 1, False),
    ):
        yield {
            "input_shape": shape,
            "n_conv_layers": n_conv_layers,
            "n_filters": int(rng.integers(4, 12)),
            "n_dense_layers": n_dense_layers,
            "n_nodes": int(rng.integers(20, 60)),
            "use_dropout": use_dropout,
            "learning_rate": float(np.round(rng.uniform(0.002, 0.01), 4)),
            **noise(rng, shape),
        }


@check(configurations)
def build_cnn(student, case):
    batch = {name: case[name] for name in ("x", "y", "logits")}
    return observe(student(**{name: value for name, value in case.items() if name not in batch}), **batch)


@build_cnn.judge
def _(model, case):
    n_conv, n_dense, dropout = case["n_conv_layers"], case["n_dense_layers"], case["use_dropout"]
    asked = f"Called with n_conv_layers={n_conv}, n_dense_layers={n_dense}, use_dropout={dropout}: "
    if finding := judge_input(model, list(case["input_shape"])):
        return finding
    layers, _ = tidy(model["layers"])
    if finding := judge_flattened(layers):
        return finding
    kinds = [layer["kind"] for layer in layers]
    convolutions, poolings, norms, dropouts, dense = (
        [layer for layer in layers if layer["kind"] == kind]
        for kind in ("Conv2D", "MaxPooling2D", "BatchNormalization", "Dropout", "Dense")
    )
    if len(convolutions) != n_conv:
        return f"{asked}convolutions: {n_conv} wanted, yours has {len(convolutions)}."
    if not dense:
        return MISSING_SCORES
    if len(dense) != n_dense + 1:
        return f"{asked}dense layers before the last one: {n_dense} wanted, yours has {len(dense) - 1}."
    if finding := judge_strays(layers):
        return finding
    if finding := judge_cnn_order(kinds, case, asked):
        return finding
    filters = [layer["filters"] for layer in convolutions]
    first = case["n_filters"]
    wanted = [first * 2**k for k in range(n_conv)]
    if filters != wanted:
        return f"{asked}{why_filters(filters, first)} Yours are {filters}, with n_filters={first}."
    places = zip(ORDINALS, convolutions, wanted, strict=False)
    # Batch normalisation brings a shift of its own: a layer before it needs no bias.
    findings = [judge_convolution(layer, place, number, bias=False) for place, layer, number in places]
    findings += [judge_pooling(layer, place) for place, layer in zip(ORDINALS, poolings, strict=False)]
    if finding := next(filter(None, findings), None):
        return finding
    units = [layer["units"] for layer in dense[:-1]]
    if any(number != case["n_nodes"] for number in units):
        return f"Called with n_nodes={case['n_nodes']}, but your dense layers have {units}."
    findings = [judge_hidden(layer, "dense layer", bias=False) for layer in dense[:-1]]
    findings += [
        f"The dropout rate should be 0.5; yours is {layer['rate']}."
        for layer in dropouts
        if not np.isclose(layer["rate"], 0.5)
    ]
    if finding := next(filter(None, findings), None) or judge_output(dense[-1]) or judge_compiled(model, case):
        return finding
    if not np.isclose(model["learning_rate"], case["learning_rate"], rtol=1e-3):
        return (
            f"Called with learning_rate={case['learning_rate']}, but your optimizer uses {model['learning_rate']:.4g}: "
            "pass the argument on."
        )
    return None


def judge_cnn_order(kinds: list[str], case: dict, asked: str) -> str | None:
    """Whether the layers stand in the order of the recipe, and what usual mistake it is if not."""
    n_conv, n_dense, dropout = case["n_conv_layers"], case["n_dense_layers"], case["use_dropout"]
    expected = ["Conv2D", "BatchNormalization", "MaxPooling2D"] * n_conv
    expected += (["Dense", "BatchNormalization"] + ["Dropout"] * dropout) * n_dense + ["Dense"]
    if kinds == expected:
        return None
    last = max(place for place, kind in enumerate(kinds) if kind == "Conv2D")
    first_dense = kinds.index("Dense")
    maps, rest = kinds[:first_dense], kinds[first_dense:]
    if any(kind in DROPOUTS for kind in maps):
        return "Dropout stands among the convolutions. It belongs to the dense layers only."
    if "AveragePooling2D" in kinds:
        return "Max pooling is wanted; yours takes the mean."
    if kinds.count("MaxPooling2D") < n_conv:
        return f"Each convolution has a pooling of its own: {n_conv} wanted, yours has {kinds.count('MaxPooling2D')}."
    if "BatchNormalization" not in maps:
        return "The convolutions have no batch normalisation."
    if maps.count("BatchNormalization") < n_conv:
        return f"Batch normalisation is missing after {n_conv - maps.count('BatchNormalization')} of the convolutions."
    if kinds[0] == "BatchNormalization":
        return "Batch normalisation stands before the convolution. It should come directly after it."
    if kinds[last + 1 : last + 2] == ["MaxPooling2D"]:
        return "Batch normalisation stands after the pooling. It should come directly after the convolution."
    if maps.count("BatchNormalization") > n_conv:
        return "There is a batch normalisation too many between the last pooling and the dense layer after it."
    if n_dense and "BatchNormalization" not in rest:
        return "Batch normalisation is missing after the dense layers."
    after_scores = rest[len(rest) - rest[::-1].index("Dense") :]
    if after_scores:
        return f"Nothing should stand between the last dense layer and its scores; yours has {after_scores[0]}."
    if not dropout and "Dropout" in rest:
        return f"{asked}dropout was not asked for, yours has it."
    if dropout and rest.count("Dropout") < n_dense:
        return f"{asked}{n_dense} dropout layers are wanted, one per dense layer; yours has {rest.count('Dropout')}."
    if rest[1:2] == ["Dropout"]:
        return "Dropout stands before the batch normalisation, which then sees values with holes. Exchange them."
    return f"{asked}the layers should be {', '.join(expected)}; yours are {', '.join(kinds)}."


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
            "This counts each weight once for every place. But all places share one filter.": (KERNEL + 1) * 128 * 256,
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
            "This is the share of all other layers.": 1 - DENSE / TOTAL,
        },
    ),
    "batch_of_50": (
        (50, 16, 16, 128),
        {
            "This is one image. None stands for something in the summary.": (16, 16, 128),
            "The images of a batch are counted along the first axis.": (16, 16, 128, 50),
            "None stands for the number of images; it takes that place, it is no further axis.": (
                (50, None, 16, 16, 128)
            ),
            "This is the input of conv2d_1; its output is asked for.": (50, 16, 16, 32),
            "None stands for the number of images, and here you know it.": (None, 16, 16, 128),
        },
    ),
}


@check()
def read_summary(student, case):
    answers = student()
    return {"answers": answers if isinstance(answers, dict) else type(answers).__name__}


@read_summary.judge
def _(answer, case):
    yours = answer["answers"]
    if isinstance(yours, str):
        return f"A dictionary is wanted, as in the docstring; your function returned {yours}."
    missing = [name for name in ANSWERS if name not in yours]
    if missing:
        return f"There is no answer to {', '.join(missing)}."
    findings = (judge_answer(name, yours[name], *judged) for name, judged in ANSWERS.items())
    return next(filter(None, findings), None)


def judge_answer(name: str, yours, expected, mistakes: dict) -> str | None:
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
        return f"{name}: {sentence}" if sentence else f"{name} is {tuple(shape)}, and that is not right."
    if name == "share_of_dense" and isinstance(yours, int | float):
        if abs(yours - 100 * expected) < 1:
            return f"{name}: this is a percentage; a fraction between 0 and 1 is wanted."
        near = [number for number in (expected, *mistakes.values()) if abs(yours - number) < 0.0006]
        if not near and abs(yours - expected) < 0.006:  # rounded to two places
            return None
        yours = near[0] if near else yours
    return judge_number(yours, expected, mistakes, "your answer", where=f"{name}: ")


# ---- add_l2 -------------------------------------------------------------------------------------------------


def small_networks(rng: np.random.Generator):
    for functional in (False, True):
        yield {
            "functional": functional,
            "weights_seed": int(rng.integers(1, 10_000)),
            "strength": float(np.round(rng.uniform(0.001, 0.004), 5)),
        }


def small_network(functional: bool):
    """Two convolutions, batch normalisation and two dense layers."""
    import keras

    stack = [
        keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Conv2D(5, 3, strides=2, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(6, activation="relu"),
        keras.layers.Dense(CLASSES),
    ]
    inputs = value = keras.Input((8, 8, 3))
    if not functional:
        return keras.Sequential([inputs, *stack])
    for layer in stack:
        value = layer(value)
    return keras.Model(inputs, value)


SHAPES = [(3, 3, 3, 4), (4,), *[(4,)] * 4, (3, 3, 4, 5), (5,), (45, 6), (6,), (6, CLASSES), (CLASSES,)]


def random_weights(case: dict) -> list[np.ndarray]:
    """Weights of `small_network`, in the order of its layers; the variances are positive."""
    rng = np.random.default_rng(case["weights_seed"])
    return [rng.uniform(0.1, 1, shape).astype("float32") for shape in SHAPES]


@check(small_networks)
def add_l2(student, case):
    model = small_network(case["functional"])
    model.set_weights(random_weights(case))
    before = describe_model(model)
    copy = student(model, case["strength"])
    after = describe_model(copy)
    penalty = [float(value) for value in copy.losses]
    copy(np.ones((2, 8, 8, 3), "float32"), training=False)
    return {
        "before": before["layers"],
        "after": after["layers"],
        "weights": copy.get_weights(),
        "penalty": penalty,
        "penalty_after_a_call": [float(value) for value in copy.losses],
    }


@add_l2.judge
def _(answer, case):
    before, after = (
        [{name: value for name, value in layer.items() if name != "regularizer"} for layer in layers]
        for layers in (answer["before"], answer["after"])
    )
    if before != after:
        return (
            "The network you return has other layers than the one you got, or other settings in them. Only the "
            "penalty should be new."
        )
    weights = random_weights(case)
    if not all(np.allclose(one, two, atol=1e-5) for one, two in zip(answer["weights"], weights, strict=True)):
        return "The weights are not those of the network you got: what it had learned would be lost."
    strength, total = case["strength"], sum(answer["penalty"])
    squares = [float(np.sum(weight.astype(float) ** 2)) for weight in weights]
    convolutions, first_bias, dense = (0, 6), (1, 7), (8, 10)
    expected = strength * sum(squares[k] for k in convolutions)
    if not answer["penalty"] and len(answer["penalty_after_a_call"]) > 0:
        return "Your penalty depends on the feature maps, not on the kernels: it appears only when images come."
    if total == 0 and any(layer["regularizer"] for layer in answer["after"]):
        return (
            "The layers name a regularizer, but `model.losses` is empty: nothing is penalised. Keras reads this "
            "setting only at the moment when it makes a layer's weights."
        )
    if total == 0:
        return "There is no penalty: `model.losses` is empty."
    if sum(answer["penalty_after_a_call"]) > 1.001 * total:
        return "Besides the kernels, your penalty counts the feature maps."
    if sum(answer["penalty_after_a_call"]) < 0.999 * total:
        return (
            "Your penalty is a number that was worked out once: it is gone as soon as the network sees images. It "
            "should be a setting of the layers."
        )
    also_dense = strength * sum(squares[k] for k in convolutions + dense)
    mistakes = {
        "The dense layers are penalised too. Only the convolutions should be.": also_dense,
        "The dense layers are penalised, and the convolutions are not.": strength * sum(squares[k] for k in dense),
        "The biases are penalised too. Only the kernels should be.": (
            expected + strength * sum(squares[k] for k in first_bias)
        ),
        "Only the biases are penalised, and not the kernels.": strength * sum(squares[k] for k in first_bias),
        "This is L1, the sum of absolute values. L2 sums squares.": (
            strength * sum(float(np.abs(weights[k]).sum()) for k in convolutions)
        ),
        "The penalty is Keras' usual 0.01 times the squares: `strength` is not used.": expected / strength * 0.01,
        "The penalty is half of what it should be: L2 is strength times the sum of squares.": expected / 2,
        "`strength` counts twice.": strength * expected,
        "Only the first convolution is penalised.": strength * squares[0],
        "Only the last convolution is penalised.": strength * squares[6],
        "The penalty is there twice.": 2 * expected,
    }
    if np.isclose(total, expected, rtol=1e-3):
        return None
    for sentence, number in mistakes.items():
        if np.isclose(total, number, rtol=1e-3):
            return sentence
    return f"The penalty is {total:.4g}, and that is not strength times the squares of all convolutions' kernels."
