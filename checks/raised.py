"""What an error of Keras or NumPy that a beginner cannot read means, in one sentence."""

import itertools
import re

EXPLANATIONS = {
    r"operands could not be broadcast together with shapes \([^,()]*,[^,()]*,[^()]*\) \([^,()]*,[^,()]*,[^()]*\)": (
        "Two arrays of different shapes meet: print both. (`np.pad(x, 1)` pads every axis, the channels too.)"
    ),
    r"Cannot convert '\d+' to a shape": (
        "A shape is a tuple, and a tuple of one number needs a comma: `keras.Input((64,))`."
    ),
    r"shape=\(None,\) for variable path='[^']*batch_normalization": (
        "The first argument of BatchNormalization is the axis. Give the others by name: `momentum=0.9`."
    ),
    r"expected min_ndim=4, found ndim=3": (
        "A convolution takes images with channels, (height, width, channels). For grey ones the last number is 1."
    ),
    r"expected (min_|max_)?ndim=\d+, found ndim=\d+": (
        "A layer got an array with another number of axes than it needs. Look at the output of the layer before it."
    ),
    r"layer should be called on a list": (
        "A layer that joins has two pairs of parentheses: first make it, then call it on the list, `Concatenate()([a, "
        "b])`."
    ),
    r"too many positional arguments": (
        "A layer is called on one thing. Several tensors go in as a list: `Concatenate()([a, b])`."
    ),
    r"expects 1 input\(s\), but it received \d+ input tensors": (
        "Only one tensor goes in here, and a list of several was given. Join them first."
    ),
    r"`(inputs|outputs)` values must be KerasTensors": (
        "A model is made from tensors: what `keras.Input` gives, and what a layer gives when it is called, `layer(x)`."
    ),
    r"Unrecognized keyword arguments passed to Model": (
        "A model is made with `keras.Model(inputs, outputs)`; look at the spelling of the names."
    ),
    r"Only input tensors may be passed as positional arguments": (
        "A layer was called on another layer. Call it on what that layer gives: `second(first(x))`."
    ),
    r"Only instances of `keras.Layer` can be added to a Sequential model. Received: <class": (
        "The class of a layer stands where a layer should be: parentheses make one of it, `layers.Flatten()`."
    ),
    r"Only instances of `keras.Layer` can be added to a Sequential model. Received: <function": (
        "A function stands where a layer should be. Call it, as in `keras.Input((64,))`."
    ),
    r"Only instances of `keras.Layer` can be added to a Sequential model. Received: \[": (
        "A list stands inside the list of layers. Put a star before it, `*block`, and its layers stand there."
    ),
    r"Only instances of `keras.Layer` can be added to a Sequential model": (
        "A Sequential model is made of layers alone. An activation is `layers.Activation('relu')`."
    ),
    r"Could not interpret [a-z ]+ identifier: <class": (
        "The class itself stands where an object should be: parentheses make one of it, `keras.optimizers.Adam()`."
    ),
    r"Could not interpret (activation function|optimizer|loss|metric) identifier": (
        "Keras knows no such name. Is it spelled as in its documentation?"
    ),
    r"`learning_rate` should be float": "A learning rate is a number with a point, such as 0.001 or 1.0.",
    r"Computed output size would be zero or negative": (
        "The maps have become smaller than the kernel or the pooling window: there are too many of them, or padding "
        "lacks."
    ),
    r"'tuple' object is not callable": (
        "Parentheses follow directly on a tuple, as in `(3, 3)(x)`: a comma is missing between them, or one of them "
        "closes too early or too late. Or `shape` is called: it is a value, `image.shape`, and no function."
    ),
    r"expected axis -1 of input shape to have value": (
        "A layer got an input of another size than before. Does one layer stand in two places, as in `[layer] * 2`? "
        "Make a new one for each place."
    ),
    r"input has incompatible shape": (
        "The network was given an array of another shape than its input. A single image needs a batch axis: "
        "`image[None]`."
    ),
    r"(truth value of an array|non-rectangular Python sequence)[\s\S]*from_tensor_slices": (
        "`from_tensor_slices` takes one argument. Arrays that belong together go in as one tuple: a list would become "
        "one array."
    ),
    r"`generator` must be a Python callable": (
        "`from_generator` calls your generator function by itself, in each epoch: give it the function, without "
        "parentheses behind its name."
    ),
    r"KerasTensor (cannot be used as|is symbolic)": (
        "A symbol of the network has no value yet, so `if`, NumPy and TensorFlow's own functions cannot use it. Use "
        "layers, or `keras.ops`."
    ),
}


def explained(reason: str) -> str:
    """What was raised, with a sentence where the error does not speak for itself."""
    said = reason[:1000]  # a forged record may hold millions of characters, and some patterns search long
    sentences = (sentence for pattern, sentence in EXPLANATIONS.items() if re.search(pattern, said))
    return "\n".join([reason, *itertools.islice(sentences, 1)])
