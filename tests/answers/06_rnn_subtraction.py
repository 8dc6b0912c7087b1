"""The subtraction lab: answers as students give them. Each wrong one gets its own message, each right one passes."""

import random

import keras
import numpy as np
from keras import layers, ops

from tests.answer_bank import right, wrong

CHARACTERS = "0123456789- "

# ---- CharacterTable -----------------------------------------------------------------------------------------


class Strict:
    """A right table, from which the others differ in one thing."""

    def __init__(self):
        self.characters = CHARACTERS

    def column(self, character):
        if character not in self.characters:
            raise ValueError(f"{character!r} is not in the alphabet.")
        return self.characters.index(character)

    def fill(self, string, length):
        if len(string) > length:
            raise ValueError("too long")
        return string + " " * (length - len(string))

    def encode(self, string, length):
        rows = np.zeros((length, len(self.characters)))
        for place, character in enumerate(self.fill(string, length)):
            rows[place, self.column(character)] = 1
        return rows

    def decode(self, rows):
        text = ""
        for row in rows:
            text += self.characters[int(np.argmax(row))]
        return text


@right("CharacterTable")
class LoopsAndFloat64(Strict):
    pass


@right("CharacterTable")
class WithKeras(Strict):
    def encode(self, string, length):
        return ops.one_hot([self.column(character) for character in self.fill(string, length)], len(self.characters))


@right("CharacterTable")
class ErrorOfIndex(Strict):
    """str.index raises a ValueError by itself."""

    def encode(self, string, length):
        if len(string) > length:
            raise ValueError
        places = [self.characters.index(character) for character in string.ljust(length)]
        return keras.utils.to_categorical(places, len(self.characters))


@right("CharacterTable")
class OwnError(Strict):
    """An error of one's own, derived from ValueError; bool instead of float."""

    class TextError(ValueError):
        pass

    def encode(self, string, length):
        if len(string) > length or not set(string) <= set(self.characters):
            raise self.TextError(f"{string} cannot be encoded")
        return [[one == other for other in self.characters] for one in f"{string:<{length}}"]

    def decode(self, rows):
        return "".join(self.characters[list(row).index(max(row))] for row in rows)


@wrong("CharacterTable", says="a text may hold it anywhere")
class RefusesSpaces(Strict):
    def fill(self, string, length):
        if " " in string:
            raise ValueError("a space")
        return super().fill(string, length)


@wrong("CharacterTable", says="A text may fill all the rows there are.")
class RefusesFullLength(Strict):
    def fill(self, string, length):
        if len(string) >= length:
            raise ValueError("too long")
        return super().fill(string, length)


@wrong("CharacterTable", says="A text may be short: then it is filled up with spaces.")
class RefusesShortTexts(Strict):
    def fill(self, string, length):
        if len(string) != length:
            raise ValueError("wrong length")
        return string


@wrong("CharacterTable", says="Is the space in your alphabet?")
class MinusForSpace(Strict):
    def __init__(self):
        self.characters = CHARACTERS.strip()


@wrong("CharacterTable", says="An empty text is filled up")
class RefusesEmptyText(Strict):
    def fill(self, string, length):
        if not string:
            raise ValueError("nothing to encode")
        return super().fill(string, length)


@wrong("CharacterTable", says="Your code returns None then")
class PrintsAndReturns(Strict):
    def encode(self, string, length):
        try:
            return super().encode(string, length)
        except ValueError as error:
            print(error)


@wrong("CharacterTable", says="Your code returns the text 'ValueError")
class ReturnsTheError(Strict):
    def encode(self, string, length):
        if len(string) > length:
            return ValueError("too long")
        return super().encode(string, length)


@wrong("CharacterTable", says="Your code raises AssertionError; callers")
class Asserts(Strict):
    def encode(self, string, length):
        assert len(string) <= length, "too long"
        return super().encode(string, length)


@wrong("CharacterTable", says="`decode` returns None")
class PrintsText(Strict):
    def decode(self, rows):
        print(super().decode(rows))


@wrong("CharacterTable", says="Which character of a row is meant then?")
class IndexOfOne(Strict):
    def decode(self, rows):
        return "".join(self.characters[row.tolist().index(1)] for row in rows)


@wrong("CharacterTable", says="Your code raises IndexError")
class IndexErrorFromInside(Strict):
    def fill(self, string, length):
        return string.ljust(length)


@wrong("CharacterTable", says="Your code raises KeyError")
class KeyErrorFromInside(Strict):
    def column(self, character):
        return {character: k for k, character in enumerate(self.characters)}[character]


@wrong("CharacterTable", says="an array of the shape (5, 12) came back without a word")
class TooManyRows(Strict):
    def encode(self, string, length):
        return np.eye(12)[[self.column(character) for character in string.ljust(length)]]


@wrong("CharacterTable", says="an array of the shape (4, 12) came back without a word")
class OneTooManyIsCut(Strict):
    def fill(self, string, length):
        return super().fill(string[:length] if len(string) == length + 1 else string, length)


@wrong("CharacterTable", says="  ', 4)` the text has more characters than fit")
class SpacesDoNotCount(Strict):
    def fill(self, string, length):
        return super().fill(string.rstrip(), length)


@wrong("CharacterTable", says="One character per row is wanted, spaces too.")
class StrippedOnTheLeft(Strict):
    def decode(self, rows):
        return super().decode(rows).lstrip()


@wrong("CharacterTable", says="and an array of the shape (4, 12)")
class CutSilently(Strict):
    def fill(self, string, length):
        return string.ljust(length)[:length]


@wrong("CharacterTable", says="was encoded without a word")
class SkipsUnknown(Strict):
    def encode(self, string, length):
        codes = [self.characters.find(character) for character in self.fill(string, length)]
        return np.array([[k == code for k in range(len(self.characters))] for code in codes], dtype=float)


@wrong("CharacterTable", says="Is the minus sign in your alphabet?")
class StillPlus(Strict):
    def __init__(self):
        self.characters = "0123456789+ "


@wrong("CharacterTable", says="still the table of the network that adds")
class AsHandedOver:
    def __init__(self):
        self.characters = "0123456789+ "

    def encode(self, string, length):
        rows = np.zeros((length, len(self.characters)), dtype="float32")
        for k, character in enumerate(string.ljust(length)):
            rows[k, self.characters.index(character)] = 1
        return rows

    def decode(self, rows):
        return "".join(self.characters[k] for k in np.asarray(rows).argmax(axis=-1))


@wrong("CharacterTable", says="your rows have 11 columns")
class WithoutMinus(Strict):
    def __init__(self):
        self.characters = CHARACTERS.replace("-", "")

    def column(self, character):
        return max(0, self.characters.find(character))


@wrong("CharacterTable", says="stands on its side")
class Transposed(Strict):
    def encode(self, string, length):
        return super().encode(string, length).T


@wrong("CharacterTable", says="but not probabilities")
class LooksForOnes(Strict):
    def decode(self, rows):
        return "".join(self.characters[k] for row in rows for k in np.flatnonzero(row == 1))


@wrong("CharacterTable", says="`decode` loses spaces: of")
class Stripped(Strict):
    def decode(self, rows):
        return super().decode(rows).strip()


@wrong("CharacterTable", says="yours gives")
class ArgmaxOverPlaces(Strict):
    def decode(self, rows):
        return "".join(self.characters[k % len(self.characters)] for k in np.argmax(rows, axis=0))


@wrong("CharacterTable", says="return one text")
class ListOfCharacters(Strict):
    def decode(self, rows):
        return list(super().decode(rows))


@wrong("CharacterTable", says="`decode` fails on rows")
class TakesRowsForNumbers(Strict):
    def decode(self, rows):
        return "".join(self.characters[row] for row in rows)


@wrong("CharacterTable", says="Only a text that is too long, or holds a foreign character")
class RefusesSingleCharacters(Strict):
    def fill(self, string, length):
        if len(string) == 1:
            raise ValueError("too short")
        return super().fill(string, length)


# ---- subtraction_question -----------------------------------------------------------------------------------


def question(a, b):
    return f"{a}-{b}".ljust(7)[::-1], str(a - b).ljust(4)


@right("subtraction_question")
def with_format(a, b):
    return "".join(reversed(f"{f'{a}-{b}':<7}")), f"{a - b:<4}"


@right("subtraction_question")
def spaces_by_hand(a, b):
    query, answer = str(a) + "-" + str(b), str(a - b)
    query += " " * (7 - len(query))
    while len(answer) < 4:
        answer += " "
    return [query[::-1], answer]


@right("subtraction_question")
def reversed_then_padded_on_the_left(a, b):
    return f"{a}-{b}"[::-1].rjust(7), f"{a - b}".ljust(4)


@wrong("subtraction_question", says="still the questions of the network that adds")
def still_adds(a, b):
    return f"{a}+{b}".ljust(7)[::-1], str(a + b).ljust(4)


@wrong("subtraction_question", says="The query is not reversed.")
def not_reversed(a, b):
    return f"{a}-{b}".ljust(7), question(a, b)[1]


@wrong("subtraction_question", says="The answer is reversed. Only the query is.")
def both_reversed(a, b):
    return question(a, b)[0], question(a, b)[1][::-1]


@wrong("subtraction_question", says="The answer is that of b - a")
def exchanged(a, b):
    return question(a, b)[0], question(b, a)[1]


@wrong("subtraction_question", says="The minus sign of negative results is missing")
def absolute(a, b):
    return question(a, b)[0], str(abs(a - b)).ljust(4)


@wrong("subtraction_question", says="makes one of a number")
def answer_as_number(a, b):
    return question(a, b)[0], a - b


@wrong("subtraction_question", says="Two texts are wanted")
def only_the_query(a, b):
    return question(a, b)[0]


@wrong("subtraction_question", says="first the query, then the answer")
def answer_first(a, b):
    return question(a, b)[::-1]


@wrong("subtraction_question", says="returned None")
def printed(a, b):
    print(*question(a, b))


@wrong("subtraction_question", says="not lists of characters")
def lists_of_characters(a, b):
    return [list(text) for text in question(a, b)]


@wrong("subtraction_question", says="For 4 - 381 the query")
def example_only(a, b):
    return "   7-26", "55  "


@wrong("subtraction_question", says="characters; 7 are wanted")
def query_too_long(a, b):
    return f"{a} - {b}".ljust(9)[::-1], question(a, b)[1]


# ---- make_questions -----------------------------------------------------------------------------------------


def draw(n, digits, rng, key=tuple, same_count=False):
    """n different pairs by the loop of the addition."""
    seen, pairs = set(), []
    while len(pairs) < n:
        counts = rng.integers(1, digits + 1, 2)
        a, b = (int(rng.integers(10 ** counts[0 if same_count else k])) for k in (0, 1))
        if key((a, b)) not in seen:
            seen.add(key((a, b)))
            pairs.append((a, b))
    return pairs


def split(pairs):
    return np.array(pairs[len(pairs) // 10 :]), np.array(pairs[: len(pairs) // 10])


@right("make_questions")
def loop_with_a_set(n, digits, rng):
    pairs = draw(n, digits, rng)
    return pairs[: n * 9 // 10], pairs[n * 9 // 10 :]  # lists of tuples


@right("make_questions")
def digit_by_digit(n, digits, rng):
    """As in the published code: a number is a text of random digits."""

    def number():
        return int("".join(rng.choice(list("0123456789")) for _ in range(rng.integers(1, digits + 1))))

    pairs = {}
    while len(pairs) < n:
        pairs[number(), number()] = None
    return split(list(pairs))


@right("make_questions")
def all_pairs_shuffled(n, digits, rng):
    """Numbers without leading zeros, drawn as one array."""
    pairs = set()
    while len(pairs) < n:
        counts = rng.integers(1, digits + 1, (n, 2))
        a, b = rng.integers(np.where(counts == 1, 0, 10 ** (counts - 1)), 10**counts).T
        pairs |= set(zip(a.tolist(), b.tolist(), strict=True))
    pairs = rng.permutation(sorted(pairs))[:n]
    return pairs[: n - n // 10], pairs[n - n // 10 :]


@wrong("make_questions", says="still the function of the network that adds")
def as_handed_over(n, digits, rng):
    seen, pairs = set(), []
    while len(pairs) < n:
        a, b = (int(rng.integers(10 ** rng.integers(1, digits + 1))) for _ in range(2))
        if (key := tuple(sorted((a, b)))) not in seen:
            seen.add(key)
            pairs.append((a, b))
    return split(pairs)


@wrong("make_questions", says="0 never occurs")
def without_zero(n, digits, rng):
    pairs = {}
    while len(pairs) < n:
        counts = rng.integers(1, digits + 1, 2)
        pairs[tuple(rng.integers(10 ** (counts - 1), 10**counts).tolist())] = None
    return split(list(pairs))


@wrong("make_questions", says="9 never occurs")
def without_nine(n, digits, rng):
    pairs = {}
    while len(pairs) < n:
        texts = ["".join(str(digit) for digit in rng.integers(0, 9, rng.integers(1, digits + 1))) for _ in "ab"]
        pairs[tuple(int(text) for text in texts)] = None
    return split(list(pairs))


@wrong("make_questions", says="should occur equally often")
def counts_from_zero(n, digits, rng):
    pairs = {}
    while len(pairs) < n:
        pairs[tuple(rng.integers(0, 10 ** rng.integers(0, digits + 1, 2)).tolist())] = None
    return split(list(pairs))


@wrong("make_questions", says="have 3 digits. First draw")
def upper_limit_forgotten(n, digits, rng):
    """With digits=2 there are only 100 such pairs: this must not run for ever."""
    pairs = {}
    while len(pairs) < n:
        pairs[tuple(rng.integers(0, 10 ** rng.integers(1, digits, 2)).tolist())] = None
    return split(list(pairs))


@wrong("make_questions", says="subtracted from itself")
def never_equal(n, digits, rng):
    return split([(a, b) for a, b in draw(2 * n, digits, rng) if a != b][:n])


def unique_pairs(n, digits, rng, columns=2):
    """More than n different pairs, sorted."""
    pairs = np.empty((0, 2), dtype=int)
    while len(pairs) < n:
        limits = 10 ** rng.integers(1, digits + 1, (n, columns))
        pairs = np.unique(np.concatenate([pairs, rng.integers(0, limits, (n, 2))]), axis=0)
    return pairs


@wrong("make_questions", says="the end of a sorted array")
def cut_before_shuffling(n, digits, rng):
    return split(rng.permutation(unique_pairs(n, digits, rng)[:n]))


@wrong("make_questions", says="Both numbers of a question nearly always")
def one_limit_for_both(n, digits, rng):
    return split(rng.permutation(unique_pairs(n, digits, rng, columns=1))[:n])


@wrong("make_questions", says="Both parts are empty")
def nothing_drawn(n, digits, rng):
    return np.empty((0, 2), dtype=int), np.empty((0, 2), dtype=int)


@wrong("make_questions", says="Each of the two parts should be an array (N, 2), one pair per row.")
def only_the_sizes(n, digits, rng):
    return n - n // 10, n // 10


@wrong("make_questions", says="are they the same here?")
def sorted_pair_key(n, digits, rng):
    return split(draw(n, digits, rng, key=lambda pair: tuple(sorted(pair))))


@wrong("make_questions", says="Draw different pairs first, then split")
def leaking_split(n, digits, rng):
    return np.array(draw(n - n // 10, digits, rng)), np.array(draw(n // 10, digits, rng))


@wrong("make_questions", says="Some questions occur more than once")
def repeated(n, digits, rng):
    return split(rng.integers(0, 10 ** rng.integers(1, digits + 1, (n, 2))))


@wrong("make_questions", says="different questions. Draw everything")
def module_random(n, digits, rng):
    other = random.Random()  # noqa: S311
    return split(draw(n, digits, np.random.default_rng(other.randrange(10**9))))


KNOWN = set()


@wrong("make_questions", says="keep nothing from one call to the next")
def remembers_earlier_calls(n, digits, rng):
    if len(KNOWN) > 2 * n:
        KNOWN.clear()
    pairs = [pair for pair in draw(3 * n, digits, rng) if pair not in KNOWN][:n]
    KNOWN.update(pairs)
    return split(pairs)


@wrong("make_questions", says="Were they in some order when you split them?")
def sorted_by_sum(n, digits, rng):
    return split(sorted(draw(n, digits, rng), key=sum))


@wrong("make_questions", says="The mean of a is ")
def group_after_group(n, digits, rng):
    return split(sorted(draw(n, digits, rng), key=lambda pair: len(str(pair[0]))))


@wrong("make_questions", says="more than if each count of digits were drawn equally often")
def long_numbers_twice_as_often(n, digits, rng):
    pairs = {}
    while len(pairs) < n:
        counts = np.minimum(rng.integers(1, digits + 2, 2), digits)
        pairs[tuple(rng.integers(0, 10**counts).tolist())] = None
    return split(list(pairs))


@wrong("make_questions", says="should use the `rng` it gets")
def fixed_seed(n, digits, rng):
    return split(draw(n, digits, np.random.default_rng(0)))


@wrong("make_questions", says="First draw how many digits")
def uniform_numbers(n, digits, rng):
    codes = rng.choice(100**digits, n, replace=False)
    return split(np.column_stack(np.divmod(codes, 10**digits)))


@wrong("make_questions", says="of the second numbers have 1 digit. First draw")
def second_numbers_uniform(n, digits, rng):
    pairs = {}
    while len(pairs) < n:
        pairs[int(rng.integers(10 ** rng.integers(1, digits + 1))), int(rng.integers(10**digits))] = None
    return split(list(pairs))


@wrong("make_questions", says="numbers go from 0 to")
def one_digit_too_many(n, digits, rng):
    return split(draw(n, digits + 1, rng))


@wrong("make_questions", says="Shuffle before the split")
def split_in_order(n, digits, rng):
    return split(sorted(draw(n, digits, rng)))


@wrong("make_questions", says="only one sign of results occurs")
def never_negative(n, digits, rng):
    return split([(a, b) for a, b in draw(4 * n, digits, rng) if a >= b][:n])


@wrong("make_questions", says="Draw on until there are n different")
def fewer_after_removing(n, digits, rng):
    pairs = rng.permutation(np.unique(rng.integers(0, 10 ** rng.integers(1, digits + 1, (n, 2))), axis=0))
    return split(pairs)


@wrong("make_questions", says="are for training and")
def split_by_a_fifth(n, digits, rng):
    pairs = np.array(draw(n, digits, rng))
    return pairs[n // 5 :], pairs[: n // 5]


@wrong("make_questions", says="The parts are exchanged")
def validation_first(n, digits, rng):
    return split(draw(n, digits, rng))[::-1]


@wrong("make_questions", says="equally many digits. Draw the count")
def one_count_for_both(n, digits, rng):
    most = draw(n // 10, digits, rng, same_count=True)
    while len(most) < n:  # there are only 100 pairs of one digit
        most = list(dict.fromkeys(most + [(int(a), int(b)) for a, b in rng.integers(0, 10**digits, (n, 2))]))
        most = [pair for pair in most if len(str(pair[0])) == len(str(pair[1]))]
    return split([most[k] for k in rng.permutation(len(most))[:n]])


@wrong("make_questions", says="should be whole numbers; yours are float")
def floats(n, digits, rng):
    return [part.astype(float) for part in split(draw(n, digits, rng))]


@wrong("make_questions", says="Two arrays are wanted")
def not_split(n, digits, rng):
    return np.array(draw(n, digits, rng))


@wrong("make_questions", says="one of yours has the shape (2, ")
def one_row_per_number(n, digits, rng):
    limits = 10 ** rng.integers(1, digits + 1, size=(4 * n, 2))
    pairs = rng.permutation(np.unique(rng.integers(0, limits), axis=0))[:n]
    return pairs[n // 10 :].T, pairs[: n // 10].T


# ---- build_seq2seq ------------------------------------------------------------------------------------------


def compiled(model, loss="categorical_crossentropy", metrics=("accuracy",)):
    model.compile("adam", loss, metrics=list(metrics))
    return model


def stack(rnn, hidden, n_layers, repeats=4, last=None, encoder=False, decoder=True, **settings):
    """The network, with one thing changed."""
    return compiled(
        keras.Sequential(
            [
                keras.Input((7, 12)),
                rnn(hidden, return_sequences=encoder),
                layers.RepeatVector(repeats),
                *(rnn(hidden, return_sequences=decoder) for _ in range(n_layers)),
                last or layers.Dense(12, activation="softmax"),
            ]
        ),
        **settings,
    )


@right("build_seq2seq")
def last_state_picked_from_all(rnn, hidden, n_layers):
    inputs = keras.Input((7, 12))
    value = layers.RepeatVector(4)(rnn(hidden, return_sequences=True)(inputs)[:, -1])
    for _ in range(n_layers):
        value = rnn(hidden, return_sequences=True)(value)
    model = keras.Model(inputs, layers.Dense(12, activation="softmax")(value))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_seq2seq", says="still the network that adds: it always has two LSTMs")
def deaf_to_its_arguments(rnn, hidden, n_layers):
    return stack(layers.LSTM, 128, 1)


@wrong("build_seq2seq", says="The encoder returns its state after every character")
def first_state_picked_from_all(rnn, hidden, n_layers):
    inputs = keras.Input((7, 12))
    value = layers.RepeatVector(4)(rnn(hidden, return_sequences=True)(inputs)[:, 0])
    for _ in range(n_layers):
        value = rnn(hidden, return_sequences=True)(value)
    model = keras.Model(inputs, layers.Dense(12, activation="softmax")(value))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_seq2seq", says="a learning rate of 1000 is far too large")
def rate_of_1000(rnn, hidden, n_layers):
    model = last_state_picked_from_all.function(rnn, hidden, n_layers)
    model.compile(keras.optimizers.Adam(1000.0), "categorical_crossentropy", metrics=["accuracy"])
    return model


@right("build_seq2seq")
def functional_with_time_distributed(rnn, hidden, n_layers):
    query = keras.Input((None, 12))
    state = rnn(hidden)(query)
    sequence = layers.RepeatVector(4)(state)
    for _ in range(n_layers):
        sequence = rnn(hidden, return_sequences=True)(sequence)
    scores = layers.TimeDistributed(layers.Dense(12))(sequence)
    return compiled(keras.Model(query, layers.Activation("softmax")(scores)))


NAMED = keras.metrics.CategoricalAccuracy(name="accuracy")  # one for all networks, and it remembers


@right("build_seq2seq")
def logits(rnn, hidden, n_layers):
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    return stack(rnn, hidden, n_layers, last=layers.Dense(12), loss=loss, metrics=[NAMED])


@wrong("build_seq2seq", says="The history would call your accuracy 'categorical_accuracy'")
def metric_of_another_name(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, metrics=["categorical_accuracy"])


@wrong("build_seq2seq", says="before RepeatVector and 1 behind it")
def layers_in_the_encoder(rnn, hidden, n_layers):
    model = keras.Sequential([keras.Input((7, 12)), *(rnn(hidden, return_sequences=True) for _ in range(n_layers - 1))])
    for layer in (rnn(hidden), layers.RepeatVector(4), rnn(hidden, return_sequences=True)):
        model.add(layer)
    model.add(layers.Dense(12, activation="softmax"))
    return compiled(model)


@wrong("build_seq2seq", says="A layer adds a penalty to the loss")
def with_regularizer(rnn, hidden, n_layers):
    return stack(lambda *given, **settings: rnn(*given, kernel_regularizer="l2", **settings), hidden, n_layers)


@wrong("build_seq2seq", says="Did you give it a setting, such as `label_smoothing`?")
def smoothed_labels(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1))


@right("build_seq2seq")
def softmax_layer_and_other_optimizer(rnn, hidden, n_layers):
    model = keras.Sequential([keras.Input((7, 12)), rnn(units=hidden), layers.RepeatVector(n=4)])
    for _ in range(n_layers):
        model.add(rnn(hidden, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(12, activation="softmax")))
    model.compile(keras.optimizers.RMSprop(), keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    return model


@right("build_seq2seq")
def built_afterwards(rnn, hidden, n_layers):
    """Without Input; encoder and decoder are networks of their own; another optimizer passes with advice."""
    decoder = [rnn(hidden, return_sequences=True, activation="tanh") for _ in range(n_layers)]
    decoder = keras.Sequential([layers.RepeatVector(4), *decoder, layers.Dense(12), layers.Softmax()])
    model = keras.Sequential([keras.Sequential([rnn(hidden)]), decoder])
    model.build((None, 7, 12))
    model.compile("sgd", "categorical_crossentropy", metrics=[keras.metrics.categorical_accuracy, "accuracy"])
    return model


@right("build_seq2seq")
def scores_that_begin_as_zeros(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, last=layers.Dense(12, activation="softmax", kernel_initializer="zeros"))


@wrong("build_seq2seq", says="begin as zeros: at first nothing of its input comes through")
def encoder_that_begins_as_zeros(rnn, hidden, n_layers):
    model = stack(rnn, hidden, n_layers)
    model.weights[0].assign(0 * np.asarray(model.weights[0]))
    return model


@wrong("build_seq2seq", says="go through an activation that does not belong")
def scores_of_zero_through_tanh(rnn, hidden, n_layers):
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    last = layers.Dense(12, activation="tanh", kernel_initializer="zeros")
    return stack(rnn, hidden, n_layers, last=last, loss=loss)


@wrong("build_seq2seq", says="was given activation=relu")
def relu_cells(rnn, hidden, n_layers):
    return stack(lambda *given, **settings: rnn(*given, activation="relu", **settings), hidden, n_layers)


@wrong("build_seq2seq", says="was given go_backwards=True")
def reads_backwards(rnn, hidden, n_layers):
    return stack(lambda *given, **settings: rnn(*given, go_backwards=True, **settings), hidden, n_layers)


@wrong("build_seq2seq", says="was given dropout=0.2")
def dropout_in_the_cells(rnn, hidden, n_layers):
    return stack(lambda *given, **settings: rnn(*given, dropout=0.2, **settings), hidden, n_layers)


@wrong("build_seq2seq", says="ReLU was not asked for")
def relu_between(rnn, hidden, n_layers):
    first, *rest = stack(rnn, hidden, n_layers).layers
    return compiled(keras.Sequential([keras.Input((7, 12)), first, layers.ReLU(), *rest]))


@wrong("build_seq2seq", says="an activation that does not belong there")
def relu_before_softmax(rnn, hidden, n_layers):
    last = layers.TimeDistributed(keras.Sequential([layers.Dense(12, activation="relu"), layers.Softmax()]))
    return stack(rnn, hidden, n_layers, last=last)


@wrong("build_seq2seq", says="does not belong there (relu")
def tanh_as_logits(rnn, hidden, n_layers):
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    return stack(rnn, hidden, n_layers, last=layers.Dense(12, activation="tanh"), loss=loss)


@wrong("build_seq2seq", says="are one and the same")
def one_decoder_layer_again_and_again(rnn, hidden, n_layers):
    first, repeat, decoder, *rest = stack(rnn, hidden, 1).layers
    return compiled(keras.Sequential([keras.Input((7, 12)), first, repeat, *[decoder] * n_layers, *rest]))


@wrong("build_seq2seq", says="Your network should be Sequential or functional and have one input, `keras.")
def subclassed(rnn, hidden, n_layers):
    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.chain = [rnn(hidden), layers.RepeatVector(4)]
            self.chain += [rnn(hidden, return_sequences=True) for _ in range(n_layers)]
            self.chain += [layers.Dense(12, activation="softmax")]

        def call(self, x):
            for layer in self.chain:
                x = layer(x)
            return x

    model = compiled(Network())
    model(np.zeros((1, 7, 12), dtype="float32"))
    return model


@wrong("build_seq2seq", says="what does its `return_sequences` say?")
def sequences_from_the_encoder(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, encoder=True)


@wrong("build_seq2seq", says="A layer of the decoder returns only its last state")
def last_state_from_the_decoder(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, decoder=False)


@wrong("build_seq2seq", says="RepeatVector stands before the first one.")
def without_repeat_vector(rnn, hidden, n_layers):
    return compiled(keras.Sequential([keras.Input((7, 12)), rnn(hidden), rnn(hidden), layers.Dense(12)]))


@wrong("build_seq2seq", says="got one vector where a sequence is needed")
def last_state_to_time_distributed(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, decoder=False, last=layers.TimeDistributed(layers.Dense(12)))


@wrong("build_seq2seq", says="must the encoder's state be")
def repeats_seven_times(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, repeats=7)


@wrong("build_seq2seq", says="Which activation belongs at the end?")
def without_softmax(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, last=layers.Dense(12))


@wrong("build_seq2seq", says="softmax would be applied twice")
def softmax_and_from_logits(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, loss=keras.losses.CategoricalCrossentropy(from_logits=True))


@wrong("build_seq2seq", says="the sparse one")
def sparse(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, loss="sparse_categorical_crossentropy")


@wrong("build_seq2seq", says="yes-or-no questions")
def binary(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, loss="binary_crossentropy")


@wrong("build_seq2seq", says="a loss for numbers to be met")
def squares(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, loss="mse")


@wrong("build_seq2seq", says="Use the class `rnn`")
def always_lstm(rnn, hidden, n_layers):
    return stack(layers.LSTM, hidden, n_layers)


@wrong("build_seq2seq", says="recurrent layers have [128, 128")
def always_128(rnn, hidden, n_layers):
    return stack(rnn, 128, n_layers)


@wrong("build_seq2seq", says="for the decoder; yours: 2")
def always_one_layer(rnn, hidden, n_layers):
    return stack(rnn, hidden, 1)


@wrong("build_seq2seq", says="does not count as one of the decoder's.")
def encoder_counted(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers - 1)


@wrong("build_seq2seq", says="not compiled yet")
def not_compiled(rnn, hidden, n_layers):
    made = stack(rnn, hidden, n_layers)
    return keras.Model(made.inputs, made.outputs)


@wrong("build_seq2seq", says="does not measure its accuracy")
def no_accuracy(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, metrics=[])


@wrong("build_seq2seq", says="`compile` can be given `metrics=`, by this name")
def metrics_in_the_place_of_weights(rnn, hidden, n_layers):
    model = not_compiled.function(rnn, hidden, n_layers)
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    return model


@wrong("build_seq2seq", says="None of your metrics (mae) is the fraction of characters that are right")
def mean_error_as_metric(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, metrics=["mae"])


@wrong("build_seq2seq", says="yours: (4, 11)")
def eleven_characters(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, last=layers.Dense(11, activation="softmax"))


@wrong("build_seq2seq", says="one number per unit")
def without_dense(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, last=layers.Activation("softmax"))


@wrong("build_seq2seq", says="not asked for")
def masked(rnn, hidden, n_layers):
    model = keras.Sequential([keras.Input((7, 12)), layers.Masking(), *stack(rnn, hidden, n_layers).layers])
    return compiled(model)


@wrong("build_seq2seq", says="reads in both directions")
def bidirectional(rnn, hidden, n_layers):
    return stack(lambda units, **settings: layers.Bidirectional(rnn(units, **settings)), hidden, n_layers)


@wrong("build_seq2seq", says="Does your function end with `return model`?")
def no_return(rnn, hidden, n_layers):
    stack(rnn, hidden, n_layers)


@wrong("build_seq2seq", says="does not tell the shape of its input")
def two_inputs(rnn, hidden, n_layers):
    query, other = keras.Input((7, 12)), keras.Input((7, 12))
    value = layers.RepeatVector(4)(rnn(hidden)(query + other))
    for _ in range(n_layers):
        value = rnn(hidden, return_sequences=True)(value)
    return compiled(keras.Model([query, other], layers.Dense(12, activation="softmax")(value)))


def from_input(shape, rnn, hidden, n_layers, last=lambda value: value, **settings):
    query = keras.Input(shape)
    value = layers.RepeatVector(4)(rnn(hidden, **settings)(query))
    for _ in range(n_layers):
        value = rnn(hidden, return_sequences=True, **settings)(value)
    return compiled(keras.Model(query, last(layers.Dense(12, activation="softmax")(value))))


@wrong("build_seq2seq", says="The input should have the shape (7, 12)")
def eight_places(rnn, hidden, n_layers):
    return from_input((8, 12), rnn, hidden, n_layers)


@wrong("build_seq2seq", says="Your network fails on a batch of queries")
def for_three_queries_only(rnn, hidden, n_layers):
    return from_input((7, 12), rnn, hidden, n_layers, last=lambda value: keras.ops.reshape(value, (3, 4, 12)))


@wrong("build_seq2seq", says="parameters, ")
def without_biases(rnn, hidden, n_layers):
    return from_input((7, 12), rnn, hidden, n_layers, use_bias=False)


@wrong("build_seq2seq", says="A part of your network is frozen")
def encoder_frozen(rnn, hidden, n_layers):
    model = from_input((7, 12), rnn, hidden, n_layers)
    model.layers[1].trainable = False
    return model


@wrong("build_seq2seq", says="On one-hot answers your loss fails")
def loss_that_fails(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, loss=lambda wanted, scores: keras.ops.matmul(wanted, scores))


@wrong("build_seq2seq", says="The loss should be the cross-entropy of one-hot answers; yours (<lambda>) is another")
def distance_as_loss(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, loss=lambda wanted, scores: keras.ops.mean(keras.ops.abs(wanted - scores)))


@wrong("build_seq2seq", says="One of your metrics fails on one-hot answers")
def metric_for_whole_numbers(rnn, hidden, n_layers):
    return stack(rnn, hidden, n_layers, metrics=["sparse_categorical_accuracy"])


# ---- exact_match --------------------------------------------------------------------------------------------


def ask(model, x):
    return model.predict(x, verbose=0)


@right("exact_match")
def one_by_one(model, x, y):
    """Right but slow: passes with advice."""
    hits = 0
    for k in range(len(x)):
        hits += (ask(model, x[k : k + 1])[0].argmax(1) == y[k].argmax(1)).all()
    return hits / len(x)


@right("exact_match")
def as_texts(model, x, y):
    def texts(rows):
        return ["".join(CHARACTERS[k] for k in row) for row in rows.argmax(axis=2)]

    pairs = list(zip(texts(ask(model, x)), texts(y), strict=True))
    return sum(one == other for one, other in pairs) / len(pairs)


@right("exact_match")
def with_ops(model, x, y):
    same = ops.equal(ops.argmax(model(x), axis=-1), ops.argmax(y, axis=-1))
    return ops.mean(ops.cast(ops.all(same, axis=1), "float32"))


@right("exact_match")
def in_large_batches(model, x, y):
    parts = [ask(model, x[k : k + 32]).argmax(-1) for k in range(0, len(x), 32)]
    return np.mean(np.prod(np.concatenate(parts) == y.argmax(-1), axis=1))


@wrong("exact_match", says="and that is not right.")
def sums_of_codes(model, x, y):
    return np.mean(ask(model, x).argmax(-1).sum(axis=1) == y.argmax(-1).sum(axis=1))


@wrong("exact_match", says="The exact match is 0.515")
def last_question_left_out(model, x, y):
    return sum((ask(model, x).argmax(-1) == y.argmax(-1)).all(1)[:-1]) / len(x)


@wrong("exact_match", says="none of the queries x")
def queries_turned_round(model, x, y):
    return as_texts.function(model, x[:, ::-1], y)


@wrong("exact_match", says="This network has no `predict_classes`")
def old_keras(model, x, y):
    return (model.predict_classes(x) == y.argmax(-1)).all(axis=1).mean()


@wrong("exact_match", says="should be a number, not an array")
def not_averaged(model, x, y):
    return (ask(model, x).argmax(-1) == y.argmax(-1)).all(axis=1)


@wrong("exact_match", says="should be a number, not a list")
def list_of_evaluate(model, x, y):
    return model.evaluate(x, y, verbose=0)


@wrong("exact_match", says="The network expects a batch")
def without_batch_axis(model, x, y):
    return np.mean([np.array_equal(ask(model, one).argmax(-1), two.argmax(-1)) for one, two in zip(x, y, strict=True)])


# ---- count_borrows ------------------------------------------------------------------------------------------


def on_paper(a, b):
    """Column by column, for one question."""
    top, bottom, borrow, n = max(a, b), min(a, b), 0, 0
    for _ in range(3):
        borrow = top % 10 - borrow < bottom % 10
        n += borrow
        top, bottom = top // 10, bottom // 10
    return n


@right("count_borrows")
def column_by_column(a, b):
    return [on_paper(int(one), int(two)) for one, two in zip(a, b, strict=True)]


@right("count_borrows")
def digit_sums(a, b):
    """Each borrow adds 9 to the sum of the digits."""

    def digits(n):
        return n // 100 + n // 10 % 10 + n % 10

    large, small = np.maximum(a, b), np.minimum(a, b)
    return (digits(large - small) - digits(large) + digits(small)) / 9


@right("count_borrows")
def with_vectorize(a, b):
    return np.vectorize(on_paper)(a, b)


@wrong("count_borrows", says="carries of the addition")
def carries(a, b):
    return sum((a % 10**k + b % 10**k >= 10**k).astype(int) for k in (1, 2, 3))


@wrong("count_borrows", says="changed its input")
def swaps_in_place(a, b):
    swapped = a < b
    a[swapped], b[swapped] = b[swapped], a[swapped]
    return with_vectorize.function(a, b)


@wrong("count_borrows", says="Does your function end with `return`?")
def borrows_without_return(a, b):
    with_vectorize.function(a, b)
