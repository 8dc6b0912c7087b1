"""The checks of the subtraction lab. Nothing is trained here.

Four exercises hand over code that works, and adds. Who leaves it as it is has not attempted them.
"""

import re
from collections.abc import Callable

import numpy as np

from checks.compare import compare, each, judge_array, judge_number, through
from checks.core import NOT_ATTEMPTED, Advice, Outcome, Reason, judges
from checks.networks import NO_METRIC, judge_learning
from checks.probes import rnn_subtraction as probes
from checks.probes.networks import ends_in_softmax
from checks.probes.rnn_subtraction import CHARACTERS, RECURRENT
from checks.probes.running import first_line

DIGITS = 3
QUERY, ANSWER = 2 * DIGITS + 1, DIGITS + 1  # characters

# ---- questions and what is right about them -----------------------------------------------------------------


def _encoded(pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Queries (N, 7, 12) and answers (N, 4, 12) of the pairs (N, 2), one-hot, float32."""
    queries, answers = zip(*(_question(a, b) for a, b in pairs.tolist()), strict=True)
    return _one_hot(queries), _one_hot(answers)


def _borrows(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How often one borrows when |a - b| is worked out on paper; a, b: whole numbers (N,), of up to three digits."""
    large, small = np.maximum(a, b), np.minimum(a, b)
    return sum((large % 10**k < small % 10**k).astype(int) for k in range(1, DIGITS + 1))


def _question(a: int, b: int) -> tuple[str, str]:
    return f"{a}-{b}".ljust(QUERY)[::-1], str(a - b).ljust(ANSWER)


def _one_hot(texts, characters: str = CHARACTERS) -> np.ndarray:
    codes = np.array([[characters.index(character) for character in text] for text in texts])
    return np.eye(len(characters), dtype="float32")[codes]


def untouched(exercise: str, what: str) -> Outcome:
    """The outcome of an answer that does what the code did that was handed over."""
    return Outcome(exercise, NOT_ATTEMPTED, f"{what} Change it between START MOD and END MOD.")


# ---- CharacterTable -----------------------------------------------------------------------------------------


def texts(rng: np.random.Generator):
    """Texts of full length, short ones, an empty one, one with spaces inside, and texts to be refused."""
    for more in ("", "  "):  # a text may be too long by its spaces alone
        digits = list(CHARACTERS[:10])
        texts = ["62-7", *("".join(rng.choice(digits, size)) for size in (7, 3, 1, 0)), "  2 3"]
        too_long = "".join(rng.choice(digits, 5 - len(more))) + more  # for an alphabet with a plus, too
        yield {
            "texts": texts,
            "lengths": [7, 7, 5, 4, 2, 5],
            "too_long": too_long,
            "unknown": "0?1",
            "one_hot": _one_hot([f" {texts[2]} "])[0],
            "probabilities": rng.dirichlet(np.ones(len(CHARACTERS)), int(rng.integers(5, 7))).astype("float32"),
        }


@judges(probes.CharacterTable, texts, "With texts such as {texts[1]!r}: ")
def CharacterTable(answer, case):
    if answer["sum"] and "IndexError" in answer["too_long"].get("raised", []):
        return untouched("CharacterTable", "This is still the table of the network that adds: it knows 1+1.")
    asked = list(zip(case["texts"], case["lengths"], strict=True))
    if finding := judge_refused(answer["encoded"], asked):
        return finding
    for encoded, (text, length) in zip(answer["encoded"], asked, strict=True):
        if finding := judge_encoded(encoded, text, length):
            return finding
    for name, text in (("too_long", case["too_long"]), ("unknown", case["unknown"])):
        if finding := judge_refusal(answer[name], name, f"encode('{text}', 4)"):
            return finding
    if finding := judge_decoded(answer, case):
        return finding
    if any(np.asarray(encoded).dtype != np.float32 for encoded in answer["encoded"]):
        return Advice("Right. float32 is what networks take: other numbers are changed into it each time.")
    return None


REFUSED = {
    "An empty text is filled up like every other.": lambda text, length: not text,
    "Is the minus sign in your alphabet?": lambda text, length: "-" in text,
    "Is the space in your alphabet? Short texts are filled up with it.": lambda text, length: " " in text.ljust(length),
    "The space is a character of the alphabet: a text may hold it anywhere.": lambda text, length: " " in text,
    "A text may fill all the rows there are. Where does your limit come from?": lambda text, length: (
        len(text) == length
    ),
    "A text may be short: then it is filled up with spaces.": lambda text, length: len(text) < length,
}


def judge_refused(encoded: list, asked: list[tuple[str, int]]) -> str | None:
    """What is wrong with a table that refuses texts which it should accept, from which ones it refuses."""
    refused = [isinstance(one, dict) for one in encoded]
    if not any(refused):
        return None
    place = refused.index(True)
    hint = next(
        (hint for hint, applies in REFUSED.items() if refused == [applies(*one) for one in asked]),
        "Only a text that is too long, or holds a foreign character, should be refused.",
    )
    text, length = asked[place]
    return (
        f"Your table refuses to encode('{text}', {length}), though the text fits and is made of the characters "
        f"'{CHARACTERS}': {encoded[place]['refused']}. {hint}"
    )


def judge_encoded(encoded, text: str, length: int):
    """What is wrong with one text's one-hot rows."""
    expected = _one_hot([text.ljust(length)])[0]
    if isinstance(encoded, np.ndarray) and encoded.ndim == 2 and encoded.shape[1] != len(CHARACTERS):
        if encoded.shape == expected.T.shape:
            return (
                "Your table stands on its side: one row per character of the text is wanted, with one column per sign."
            )
        return (
            f"For an alphabet of {len(CHARACTERS)} characters your rows have {encoded.shape[1]} columns; one column "
            "per character is wanted."
        )
    where = f"encode('{text}', {length}): "
    return judge_array(encoded, expected, ENCODE_MISTAKES, "the table", where, arguments=(text, length))


def filled_with(character: str, fill: Callable = str.ljust) -> Callable:
    """Fills up a text with another character than the space."""
    return lambda text, length: _one_hot([fill(text, length, character)])[0]


def without_spaces(text: str, length: int) -> np.ndarray:
    table = _one_hot([text.ljust(length)])[0]
    table[len(text) :] = 0
    return table


ENCODE_MISTAKES = {
    "The empty rows at the end hold only zeros. They stand for spaces, and a space has a 1 of its own.": without_spaces,
    "Spaces of the text itself are lost. They are characters too: a reversed query begins with them.": [
        lambda text, length: _one_hot([text.strip().ljust(length)])[0],
        lambda text, length: _one_hot([text.replace(" ", "").ljust(length)])[0],
    ],
    "The empty rows are filled with another character than the space.": [
        filled_with(character, fill) for character in CHARACTERS.strip() for fill in (str.ljust, str.rjust)
    ],
    "The spaces stand on the left. A short text is filled up on its right.": lambda text, length: _one_hot(
        [text.rjust(length)]
    )[0],
    "The spaces stand on both sides. A short text is filled up on its right.": lambda text, length: _one_hot(
        [text.center(length)]
    )[0],
    "A short text is not filled up: there must always be `length` rows.": lambda text, length: _one_hot(
        [text.ljust(1)]
    )[0],
    "Your columns are in another order than the characters of `CHARACTERS`. (Did you sort them?)": [
        lambda text, length, order=order: _one_hot([text.ljust(length)], order)[0]
        for order in ("".join(sorted(CHARACTERS)), "-0123456789 ", " 0123456789-", "0123456789 -")
    ],
    "These are the numbers of the characters. One-hot means: a row of zeros with a single 1.": (
        lambda text, length: _one_hot([text.ljust(length)])[0].argmax(axis=1)
    ),
    "The text came out reversed. `encode` keeps its order; reversing is the work of the question.": [
        lambda text, length: _one_hot([text.ljust(length)])[0][::-1],
        lambda text, length: _one_hot([text[::-1].ljust(length)])[0],
    ],
}


def table_with(wrong: Callable) -> type:
    """A class that is right but for what `wrong(text, length)` makes of a text."""

    class Table:
        characters = CHARACTERS

        def encode(self, text, length):
            if len(text) > length or not set(text) <= set(CHARACTERS):
                raise ValueError
            return wrong(text, length)

        def decode(self, rows):
            return "".join(CHARACTERS[k] for k in np.argmax(rows, axis=1))

    return Table


CharacterTable.mistakes = each(ENCODE_MISTAKES, table_with)


def judge_refusal(outcome: dict, name: str, called: str) -> str | None:
    """Whether a text that cannot be encoded gave a ValueError."""
    what = "has more characters than fit" if name == "too_long" else "holds a character that is not in the alphabet"
    if "value" in outcome:
        if outcome["value"] is None or isinstance(outcome["value"], str):
            found = "None" if outcome["value"] is None else f"the text '{outcome['value'][:60]}'"
            return f"In `{called}` the text {what}. Your code returns {found} then. An error is raised, not returned."
        happened = "it was encoded without a word"
        if name == "too_long":
            rows = np.shape(outcome["value"])
            happened = f"an array of the shape {rows} came back without a word" if rows else "it was accepted"
        return f"In `{called}` the text {what}, and {happened}. Raise a ValueError that says what is wrong."
    kinds = outcome["raised"]
    if "ValueError" in kinds:
        return None
    if kinds[0] in ("IndexError", "KeyError"):
        return (
            f"In `{called}` the text {what}. Your code raises {kinds[0]}, which comes from inside and tells the caller "
            "nothing about the text. Look first, then raise a ValueError with a sentence of your own."
        )
    return f"In `{called}` the text {what}. Your code raises {kinds[0]}; callers of this function expect a ValueError."


def judge_decoded(answer: dict, case: dict):
    """What is wrong with the texts read from one-hot rows, and from probabilities."""
    text = "".join(CHARACTERS[k] for k in case["one_hot"].argmax(axis=1))
    if "raised" in answer["decoded"]:
        return f"`decode` fails on rows with one column per character: {first_line(answer['decoded'])}"
    decoded, read = answer["decoded"]["value"], answer["read"].get("value")
    if decoded is None:
        return "`decode` returns None. Does it end with `return`?"
    if not isinstance(decoded, str):
        return "`decode` should return one text, not a list or an array. (`''.join(...)` makes a text of characters.)"
    if decoded.strip() == text.strip() and len(decoded) < len(text):
        return f"`decode` loses spaces: of '{text}' it makes '{decoded}'. One character per row is wanted, spaces too."
    if decoded != text:
        return f"`decode` should give '{text}' back, as it was encoded; yours gives '{decoded}'."
    if read != "".join(CHARACTERS[k] for k in case["probabilities"].argmax(axis=1)):
        return (
            "`decode` reads one-hot rows, but not probabilities, where no entry is exactly 1. Which character of a row "
            "is meant then?"
        )
    return None


# ---- subtraction_question -----------------------------------------------------------------------------------


def sums(rng: np.random.Generator):
    """Short and long numbers, results of either sign; the last query has all its seven characters."""
    pairs = [(62, 7), (4, 381), (5, 5), (0, 94)]
    pairs += [tuple(int(value) for value in rng.integers(0, 10**digits, 2)) for digits in (1, 2, 2, 3)]
    yield {"pairs": [*pairs, (123, 987)]}


def addition_question(a: int, b: int) -> tuple[str, str]:
    """As it is handed over."""
    return f"{a}+{b}".ljust(QUERY)[::-1], str(a + b).ljust(ANSWER)


QUERY_MISTAKES = {
    "The query is not reversed.": lambda a, b: f"{a}-{b}".ljust(QUERY),
    "The spaces of the query are on the wrong side. Before it is reversed, they stand on its right.": lambda a, b: (
        f"{a}-{b}"[::-1].ljust(QUERY)
    ),
    "The query is neither reversed, nor are its spaces on the right.": lambda a, b: f"{a}-{b}".rjust(QUERY),
    "The query has no spaces: all queries need 7 characters.": lambda a, b: f"{a}-{b}"[::-1],
    "The query says b - a.": lambda a, b: f"{b}-{a}".ljust(QUERY)[::-1],
    "The query still has a plus sign.": lambda a, b: f"{a}+{b}".ljust(QUERY)[::-1],
    "The minus of your query is a longer dash, another character than the one of the alphabet.": lambda a, b: (
        f"{a}\N{MINUS SIGN}{b}".ljust(QUERY)[::-1]
    ),
    "Your query has zeros in front of its numbers. A short query is filled up with spaces.": lambda a, b: (
        f"{a:03}-{b:03}"[::-1]
    ),
    "Spaces stand on both sides of the query. Before it is reversed, all of them stand on its right.": lambda a, b: (
        f"{a}-{b}".center(QUERY)[::-1]
    ),
    "The query always begins with the larger number. 4-62 and 62-4 are two questions.": lambda a, b: (
        f"{max(a, b)}-{min(a, b)}".ljust(QUERY)[::-1]
    ),
}
ANSWER_MISTAKES = {
    "The answer is reversed. Only the query is.": lambda a, b: str(a - b).ljust(ANSWER)[::-1],
    "The spaces of the answer are on the wrong side: fill it up on its right.": lambda a, b: str(a - b).rjust(ANSWER),
    "Spaces stand on both sides of the answer: fill it up on its right.": lambda a, b: str(a - b).center(ANSWER),
    "The answer has no spaces: all answers need 4 characters.": lambda a, b: str(a - b),
    "The answer is that of b - a.": lambda a, b: str(b - a).ljust(ANSWER),
    "The minus sign of negative results is missing.": lambda a, b: str(abs(a - b)).ljust(ANSWER),
    "The answer is the sum: there is still a plus in your code.": lambda a, b: str(a + b).ljust(ANSWER),
    "Negative results become 0. They are answers like all others.": lambda a, b: str(max(a - b, 0)).ljust(ANSWER),
}


@judges(probes.subtraction_question, sums)
def subtraction_question(answer, case):
    pairs, questions = case["pairs"], answer["questions"]
    for question in questions:
        if isinstance(question, str) or len(question) != 2:
            if question == "NoneType":
                return "Your function returned None. Does it end with `return`?"
            found = question if isinstance(question, str) else f"{len(question)} things"
            return f"Two texts are wanted, query and answer; your function returned {found}."
        if any(isinstance(part, list) for part in question):
            return "Query and answer should both be texts, not lists of characters."
        if not all(isinstance(part, str) for part in question):
            return "Query and answer should both be texts: `str(number)` makes one of a number."
    if all(question[::-1] == list(_question(a, b)) for question, (a, b) in zip(questions, pairs, strict=True)):
        return "The order is exchanged: first the query, then the answer."
    if questions == [list(addition_question(a, b)) for a, b in pairs]:
        return untouched("subtraction_question", "These are still the questions of the network that adds.")
    for part, name, mistakes in ((0, "query", QUERY_MISTAKES), (1, "answer", ANSWER_MISTAKES)):
        yours = [question[part] for question in questions]
        expected = [_question(a, b)[part] for a, b in pairs]
        if yours == expected:
            continue
        for sentence, mistake in mistakes.items():
            if yours == [mistake(a, b) for a, b in pairs]:
                return Reason(sentence, mistake=sentence)
        (a, b), text = next((p, y) for p, y, wanted in zip(pairs, yours, expected, strict=True) if y != wanted)
        wanted = QUERY if part == 0 else ANSWER
        if len(text) != wanted:
            return f"For {a} - {b} the {name} '{text}' has {len(text)} characters; {wanted} are wanted."
        return f"For {a} - {b} the {name} '{text}' is not right. Compare with the example, character by character."
    return None


subtraction_question.mistakes = {
    sentence: lambda a, b, wrong=wrong: (wrong(a, b), _question(a, b)[1]) for sentence, wrong in QUERY_MISTAKES.items()
} | {
    sentence: lambda a, b, wrong=wrong: (_question(a, b)[0], wrong(a, b)) for sentence, wrong in ANSWER_MISTAKES.items()
}


# ---- make_questions -----------------------------------------------------------------------------------------


def draws(rng: np.random.Generator):
    """Many questions of three digits; of two digits so few that even a function that draws only one comes to an end."""
    for n, digits in ((2000, 3), (100, 2)):
        yield {"n": n, "digits": digits, "seed": int(rng.integers(1_000_000))}


def make_additions(n: int, digits: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """As it is handed over: 2+7 and 7+2 are the same question."""
    seen, pairs = set(), []
    while len(pairs) < n:
        a, b = (int(rng.integers(10 ** rng.integers(1, digits + 1))) for _ in range(2))
        key = tuple(sorted((a, b)))
        if key not in seen:
            seen.add(key)
            pairs.append((a, b))
    return np.array(pairs[n // 10 :]), np.array(pairs[: n // 10])


def same(one, other) -> bool:
    """Whether two splits hold the same questions in the same order."""
    return all(np.array_equal(p, q) for p, q in zip(one, other, strict=True))


@judges(probes.make_questions, draws, "For n={n} and digits={digits}: ")
def make_questions(answer, case):
    n, digits, parts = case["n"], case["digits"], answer["parts"]
    for part in parts:
        if part.ndim != 2 or part.shape[1] != 2:
            return f"Each part should be an array (N, 2), one pair per row; one of yours has the shape {part.shape}."
        if part.dtype.kind not in "iu":
            return f"The numbers should be whole numbers; yours are {part.dtype}."
    if same(parts, make_additions(n, digits, np.random.default_rng(case["seed"]))):
        return untouched("make_questions", "This is still the function of the network that adds.")
    train, val = parts
    both = np.concatenate(parts)
    if not len(both):
        return "Both parts are empty."
    if both.min() < 0 or both.max() >= 10**digits:
        return f"With digits={digits} numbers go from 0 to {10**digits - 1}; yours from {both.min()} to {both.max()}."
    if any(len(np.unique(part, axis=0)) < len(part) for part in parts):
        return "Some questions occur more than once. Every pair (a, b) may occur only once."
    if len(np.unique(both, axis=0)) < len(both):
        return (
            "Some validation questions are among the training questions: the network would have seen their answers. "
            "Draw different pairs first, then split."
        )
    if (len(train), len(val)) == (n // 10, n - n // 10):
        return "The parts are exchanged: first the 90 % for training, then the 10 % for validation."
    if len(both) < n:
        return f"Called with n={n}, your function returns {len(both)} questions. Draw on until there are n different."
    if (len(train), len(val)) != (n - n // 10, n // 10):
        return (
            f"Of {n} questions {n - n // 10} are for training and {n // 10} for validation; yours: {len(train)} "
            f"and {len(val)}."
        )
    many = n >= 1000
    return (
        (judge_drawn(both, digits) if many else None)
        or judge_split(train, val)
        or (judge_means(train, val) if many else None)
        or judge_generator(answer)
    )


def judge_drawn(pairs: np.ndarray, digits: int) -> str | None:
    """Whether both orders of a pair occur, and all numbers of digits in both places."""
    a, b = pairs.T
    if (a >= b).all() or (a <= b).all():
        return (
            "One of the numbers is never smaller than the other, so only one sign of results occurs. Questions with "
            "either sign are wanted."
        )
    lengths = np.array([[len(str(number)) for number in pair] for pair in pairs.tolist()])
    differ = (lengths[:, 0] != lengths[:, 1]).mean()  # more than one half, if the counts are independent
    if differ < 0.1 or (differ < 0.35 and (lengths == digits).mean() < 0.8):
        return "Both numbers of a question nearly always have equally many digits. Draw the count for each of them."
    large = sorted((int(a.max()), int(b.max())))
    if large[0] < 0.98 * 10**digits <= large[1]:
        return (
            f"One of the two numbers is never above {large[0]}, the other one goes up to {large[1]}. Did you throw "
            "away the end of a sorted array? (`np.unique` sorts.) Or is one count of digits drawn for all?"
        )
    for count in range(1, digits + 1):
        shares = (lengths == count).mean(axis=0)
        if shares.min() < 0.4 / digits:
            which = "" if shares.max() < 0.4 / digits else ("first ", "second ")[shares.argmin()]
            return (
                f"Only {shares.min():.0%} of the {which}numbers have {count} digit{'s' * (count > 1)}. First draw how "
                "many digits a number has, each count equally often, then the number."
            )
    if not {tuple(pair) for pair in pairs.tolist() if pair[0] != pair[1]} & {(q, p) for p, q in pairs.tolist()}:
        return (
            "Where 7-2 is a question, 2-7 never is. In the addition a sum and its mirror image counted as the same; "
            "are they the same here?"
        )
    if (a != b).all():
        return "No number is ever subtracted from itself: 5-5 is a question like all others."
    zeros, nines = (pairs == 0).sum(), (pairs == 9).sum()
    if not zeros:
        return "0 never occurs. It is a number of one digit, like 1 to 9."
    if not nines:
        return "9 never occurs. Is the upper limit itself ever drawn?"
    if zeros > 3 * nines:
        return (
            f"0 occurs {zeros} times, but 9 only {nines} times. Both are numbers of one digit, and should occur "
            "equally often. Look at the limits of what you draw, the lower and the upper one."
        )
    for count in range(1, digits + 1):
        share = (lengths == count).mean()
        if share > 1.3 / digits:  # right ones, of three digits: 0.385 ± 0.007 at most; twice as many: 0.475 ± 0.006
            return (
                f"{share:.0%} of the numbers have {count} digit{'s' * (count > 1)}, more than if each count of digits "
                "were drawn equally often."
            )
    return None


def judge_split(train: np.ndarray, val: np.ndarray) -> str | None:
    """Whether the validation questions are of the same kind as the training questions."""
    for one, other in ((train, val), (val, train)):
        if (one.max(axis=0) <= other.min(axis=0)).any():
            return (
                "The questions were split while they were in order: validation gets only the largest or the smallest "
                "numbers. Shuffle before the split."
            )
    return None


def judge_means(train: np.ndarray, val: np.ndarray) -> str | None:
    """Whether the means of both parts are alike, as they are when chance alone has split them."""
    both = np.concatenate([train, val])
    a, b = both.T
    for name, values in (
        ("a", a),
        ("b", b),
        ("a + b", a + b),
        ("the difference |a - b|", abs(a - b)),
        ("the digits of a", np.char.str_len(a.astype(str))),
        ("the digits of b", np.char.str_len(b.astype(str))),
    ):
        means = values[: len(train)].mean(), values[len(train) :].mean()
        # Right ones: -2 to 2, ± 1. (What is drawn last is longer, because few short questions are left.)
        if abs(means[0] - means[1]) > 9 * values.std() * (1 / len(train) + 1 / len(val)) ** 0.5:
            return (
                f"The mean of {name} is {means[0]:.3g} in the training questions, and {means[1]:.3g} in the validation "
                "questions. Were they in some order when you split them?"
            )
    return None


def judge_generator(answer: dict) -> str | None:
    """Whether the questions follow the generator that was handed over."""
    if not same(answer["parts"], answer["again"]):
        return (
            "Called twice with generators of the same seed, your function gives different questions. Draw everything "
            "from `rng`, and keep nothing from one call to the next: then a run can be repeated."
        )
    if same(answer["parts"], answer["other"]):
        return "Generators of different seeds give the same questions. Your function should use the `rng` it gets."
    return None


# ---- build_seq2seq ------------------------------------------------------------------------------------------


def configurations(rng: np.random.Generator):
    """Three networks; queries to hand through; answers, with scores that favour the right character by chance."""
    for rnn, hidden, n_layers in (("LSTM", 128, 1), ("GRU", int(rng.integers(8, 16)), 3), ("SimpleRNN", 20, 2)):
        pairs = rng.integers(0, 1000, (4, 2))
        x, y = _encoded(pairs)
        scores = rng.normal(size=y.shape) + 3 * y * rng.integers(0, 2, (*y.shape[:2], 1))
        yield {"rnn": rnn, "hidden": hidden, "n_layers": n_layers, "x": x, "y": y, "scores": scores.astype("float32")}


ASKED = "For rnn={rnn}, hidden={hidden}, n_layers={n_layers}: "


@judges(probes.build_seq2seq, configurations, ASKED)
def build_seq2seq(model, case):
    if "axes" in model:
        if model["axes"] == "repeat":
            return (
                "RepeatVector got a whole sequence. The encoder should hand on only its last state, one vector: what "
                "does its `return_sequences` say?"
            )
        return (
            "A layer of the decoder, or one behind it, got one vector where a sequence is needed. Each decoder layer "
            "must hand on its state for every character, and RepeatVector stands before the first one."
        )
    recurrent = [(layer["kind"], layer["units"]) for layer in model["layers"] if layer["kind"] in RECURRENT]
    if case["n_layers"] > 1 and recurrent == [("LSTM", 128)] * 2:
        return untouched("build_seq2seq", "This is still the network that adds: it always has two LSTMs.")
    if finding := judge_layers(model, case) or judge_answers(model, case) or judge_compiled(model, case):
        return finding
    if model["optimizer"] != "Adam" or not 0.002 < model["learning_rate"] < 0.03:
        return Advice(
            f"Right. The network that adds was trained with Adam and LEARNING_RATE, yours with {model['optimizer']} "
            f"and {model['learning_rate']:g}: its curves may differ much from ours."
        )
    return None


def judge_layers(model: dict, case: dict) -> str | None:
    """What is wrong with the recurrent layers, and with what is around them."""
    rnn, hidden, n_layers = case["rnn"], case["hidden"], case["n_layers"]
    asked = ASKED.format(**case)
    kinds = [layer["kind"] for layer in model["layers"]]
    if model["input_shape"] is None:
        return "Your network does not tell the shape of its input: begin it with `keras.Input(...)`."
    if model["input_shape"] not in ([QUERY, len(CHARACTERS)], [None, len(CHARACTERS)]):
        return f"The input should have the shape (7, 12): 7 rows, one per character. Yours: {model['input_shape']}."
    if "Bidirectional" in kinds:
        return "One of your layers reads in both directions. That is a good idea, but another network: use `rnn` alone."
    recurrent = [layer for layer in model["layers"] if layer["kind"] in RECURRENT]
    inside = kinds[: max((k for k, kind in enumerate(kinds) if kind in RECURRENT), default=0)]
    extra = [kind for kind in kinds if re.search("Embedding|Masking|Dropout|Noise", kind)]
    extra += [kind for kind in inside if re.search("Activation|LU$", kind)]
    if extra:
        return f"{extra[0]} was not asked for. Encoder, RepeatVector, decoder and a dense layer will do."
    if any(layer["kind"] != rnn for layer in recurrent):
        return f"{asked}your network has {', '.join(layer['kind'] for layer in recurrent)}. Use the class `rnn`."
    if len(recurrent) != 1 + n_layers:
        if len(recurrent) == n_layers:
            return f"{asked}recurrent layers in all: {n_layers}. The encoder does not count as one of the decoder's."
        return f"{asked}one recurrent layer for the encoder and {n_layers} for the decoder; yours: {len(recurrent)}."
    repeat = kinds.index("RepeatVector") if "RepeatVector" in kinds else None
    before = sum(kind in RECURRENT for kind in kinds[:repeat])
    if repeat is not None and before != 1:
        return (
            f"{asked}one recurrent layer for the encoder and {n_layers} for the decoder; yours has {before} before "
            f"RepeatVector and {len(recurrent) - before} behind it."
        )
    if any(layer["units"] != hidden for layer in recurrent):
        return f"{asked}the recurrent layers have {[layer['units'] for layer in recurrent]} units."
    if recurrent[0]["return_sequences"] and not ("GetItem" in kinds and model["reads_on"]):
        return "The encoder returns its state after every character. Only the last one should be handed on."
    if not all(layer["return_sequences"] for layer in recurrent[1:]):
        return (
            "A layer of the decoder returns only its last state. It must return one for each character of the answer."
        )
    if model["settings"]:
        return f"A recurrent layer was given {model['settings'][0]}, which was not asked for."
    if model["penalties"]:
        return "A layer adds a penalty to the loss, by a regularizer for example, which was not asked for."
    return None


def judge_answers(model: dict, case: dict) -> str | None:
    """What is wrong with the network's outputs and the number of its parameters."""
    wanted = [ANSWER, len(CHARACTERS)]
    if "raised" in model["outputs"]:
        return f"Your network fails on a batch of queries: {first_line(model['outputs'])}"
    shape = list(model["outputs"]["value"].shape[1:])
    if len(shape) == 2 and shape[0] != ANSWER:
        return (
            f"Your network answers with {shape[0]} characters; an answer has 4. How often must the encoder's state be "
            "repeated?"
        )
    if len(shape) == 2 and shape[1] == case["hidden"]:
        return "The output still has one number per unit. A dense layer makes scores for the 12 characters of them."
    if shape != wanted:
        return f"The output should have the shape (4, 12), 12 scores for each of 4 characters; yours: {tuple(shape)}."
    gates = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[case["rnn"]]
    h, d = case["hidden"], len(CHARACTERS)
    biases = 2 if case["rnn"] == "GRU" else 1
    expected = gates * h * (d + h + biases) + case["n_layers"] * gates * h * (h + h + biases) + d * (h + 1)
    if model["parameters"] == expected - (case["n_layers"] - 1) * gates * h * (h + h + biases) and case["n_layers"] > 1:
        return "All layers of your decoder are one and the same, with the same weights. Make a new one each time."
    if model["parameters"] != expected:
        return (
            f"Your network has {model['parameters']:,} parameters, {expected:,} are wanted. Compare the layers with "
            "those of the network that adds."
        )
    if model["trainable_parameters"] != expected:
        return "A part of your network is frozen: it would never learn."
    return None


def judge_compiled(model: dict, case: dict) -> str | None:
    """What is wrong with the loss and the metric."""
    if model["optimizer"] is None:
        return "Your network is not compiled yet: it lacks an optimizer, a loss and a metric."
    loss, softmax = model["loss"] or "", ends_in_softmax(model["outputs"])
    if "sparse" in loss:
        return "Your loss is the sparse one: it wants whole numbers as answers, but ours are one-hot."
    if "binary" in loss:
        return "Binary cross-entropy asks twelve yes-or-no questions. Here exactly one of 12 characters is right."
    if loss.startswith("mean_"):
        return f"{loss} is a loss for numbers to be met. For characters use the cross-entropy of one-hot answers."
    if softmax and model["from_logits"]:
        return "Your network ends in softmax, but its loss is told to expect logits: softmax would be applied twice."
    if loss == "categorical_crossentropy" and not softmax and not model["from_logits"]:
        return (
            "Your network does not end in probabilities, but the loss takes its outputs for probabilities. Which "
            "activation belongs at the end?"
        )
    if model["turned"] is not None and not is_linear(*model["turned"], softmax):
        return (
            "The scores of your dense layer go through an activation that does not belong there (relu, or softmax "
            "twice, for example). How does the network that adds end?"
        )
    metrics = model["metrics"].get("value")
    if metrics == {}:
        return NO_METRIC
    scores = case["scores"].astype(float)
    logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    expected = -(logs * case["y"]).sum(-1).mean()
    if "raised" in model["computed_loss"]:
        return f"On one-hot answers your loss fails: {first_line(model['computed_loss'])}"
    if not np.isclose(model["computed_loss"]["value"], expected, rtol=1e-3):
        if loss == "categorical_crossentropy":
            return (
                "Your loss is called categorical_crossentropy, but its values are not those of the usual one. Did you "
                "give it a setting, such as `label_smoothing`?"
            )
        return f"The loss should be the cross-entropy of one-hot answers; yours ({loss or 'your own'}) is another."
    if "raised" in model["metrics"]:
        return "One of your metrics fails on one-hot answers. (Sparse ones want whole numbers.)"
    hits = (scores.argmax(-1) == case["y"].argmax(-1)).mean()
    right = [name for name, value in metrics.items() if np.isclose(value, hits, atol=1e-3)]
    if not right:
        return f"None of your metrics ({', '.join(metrics)}) is the fraction of characters that are right."
    if "accuracy" not in right:
        return (
            f"The history would call your accuracy '{right[0]}'; later cells look for 'accuracy'. Which name for the "
            "metric gives this entry?"
        )
    return judge_learning(model) if model["first_step"] else None


def is_linear(before: np.ndarray, after: np.ndarray, softmax: bool) -> bool:
    """Whether weights times -3 make the scores times -3; of probabilities the scores are the logarithms."""
    one, two = (np.log(np.maximum(part, 1e-30)) if softmax else part for part in (before, after))
    one, two = (part - part.mean(axis=-1, keepdims=True) for part in (one, two))
    return np.allclose(two, -3 * one, atol=0.02 * np.abs(two).max())


# ---- exact_match --------------------------------------------------------------------------------------------


# How answers are wrong: right but for a space or a zero in front, in the order of two characters, in one place, in all.
WRONG = [*["moved"] * 7, *["zero"] * 8, *["swapped"] * 4, *[0] * 11, *[1] * 4, *[2] * 4, *[3] * 5, *[slice(None)] * 3]


def answered(rng: np.random.Generator):
    """Questions with answers, some of them right. The last case has no probabilities.

    How many are wrong in which way is fixed, and the numbers of questions are prime, so that no two usual mistakes give
    one fraction by chance. Of the right ones some are said with full certainty, some with more than one half, most with
    less.
    """
    for n, right, logits in ((97, 51, False), (131, 29, True)):
        pairs = np.sort(rng.permutation(10_000)[:n])  # short answers, first, are right ones
        x, y = _encoded(np.column_stack([pairs // 10, pairs % 10]))
        codes = y.argmax(-1)
        for k in range(right, n):
            how = WRONG[(k - right) % len(WRONG)]
            if how in ("moved", "zero"):
                codes[k] = [CHARACTERS.index(" " if how == "moved" else "0"), *codes[k, :-1]]
            elif how == "swapped" and codes[k, 0] != codes[k, 1]:
                codes[k, :2] = codes[k, [1, 0]]
            else:
                places = slice(None) if how == "swapped" else how
                codes[k, places] = (codes[k, places] + rng.integers(1, 12)) % 12
        certain = np.full(n, 0.35)
        certain[:3], certain[3:7], certain[7:12] = 1, 0.4, 0.7
        noise = rng.dirichlet(np.full(12, 5.0), (n, 4))
        noise[:7] = 1 / 12  # even, so that the highest score of a column is at its own place
        share = ((certain - 1 / 12) / (11 / 12))[:, None, None]
        outputs = share * np.eye(12)[codes] + (1 - share) * noise
        order = np.r_[0, 2 + rng.permutation(n - 2), 1]  # a right one at each end: who leaves one out miscounts
        outputs = 5 * outputs - 2 if logits else outputs
        yield {"x": x[order], "y": y[order], "outputs": outputs[order].astype("float32")}


@judges(probes.exact_match, answered, "For {x.shape[0]} questions: ")
def exact_match(answer, case):
    y = case["y"]
    right = float((case["outputs"].argmax(-1) == y.argmax(-1)).all(axis=1).mean())
    mistakes = through(exact_match, case, lambda answer: answer["value"])
    if finding := judge_number(answer["value"], right, mistakes, "the exact match"):
        return finding
    if answer["calls"] > len(y) // 4:
        return Advice(
            f"Right, but your function asks the network {answer['calls']} times for {len(y)} questions. One call for "
            "all of them is a hundred times faster: with 5,000 questions you would wait for minutes."
        )
    return None


def when_equal(count: Callable) -> Callable:
    """An answer that makes its number of an array (N, 4): which characters are right."""
    return lambda model, x, y: count(model.predict(x).argmax(-1) == y.argmax(-1))


def along(axis: int, count: Callable) -> Callable:
    """The same, with the argmax over another axis than that of the characters."""
    return lambda model, x, y: count(model.predict(x).argmax(axis) == y.argmax(axis))


def exact(hits: np.ndarray) -> float:
    """The fraction of the answers whose characters are all right."""
    return hits.all(axis=1).mean()


def in_words(change: Callable) -> Callable:
    """An answer that compares what `change` makes of the texts."""

    def read(rows: np.ndarray) -> list:
        return [change("".join(CHARACTERS[k] for k in row)) for row in rows.argmax(-1)]

    return lambda model, x, y: np.mean([a == b for a, b in zip(read(model.predict(x)), read(y), strict=True)])


exact_match.mistakes = {
    "This is the fraction of the *characters* that are right, as Keras' accuracy counts. An answer is right only if "
    "all its characters are.": when_equal(np.mean),
    "An answer counts as right here although only some of its characters are. All must be.": [
        when_equal(lambda hits: hits.any(axis=1).mean()),
        when_equal(lambda hits: (hits.sum(axis=1) >= 3).mean()),
    ],
    "Only the first character of each answer is compared.": when_equal(lambda hits: hits[:, 0].mean()),
    "Only the last character of each answer is compared.": when_equal(lambda hits: hits[:, -1].mean()),
    "This is what the first 32 questions alone give. Ask all of them, and compare all characters.": [
        lambda model, x, y: exact(model.predict(x[:32]).argmax(-1) == y[:32].argmax(-1)),
        lambda model, x, y: exact(model.predict(x[:32]).argmax(-1) == y[:32].argmax(-1)) * 32 / len(y),
    ],
    "This is the fraction of the wrong answers.": when_equal(lambda hits: 1 - exact(hits)),
    "This is how many answers are right or wrong, not the fraction that is right.": [
        when_equal(lambda hits: exact(hits) * len(hits)),
        when_equal(lambda hits: (1 - exact(hits)) * len(hits)),
    ],
    "Not all four characters are compared. A space is a character like all others.": [
        when_equal(lambda hits: exact(hits[:, :-1])),
        when_equal(lambda hits: exact(hits[:, 1:])),
        lambda model, x, y: exact(
            (model.predict(x).argmax(-1) == y.argmax(-1)) | (y.argmax(-1) == CHARACTERS.index(" "))
        ),
    ],
    "The answers are compared without their spaces, or as numbers. ' 55 ' and '055 ' are not '55  ': each character "
    "must be in its place.": [
        in_words(str.strip),
        in_words(lambda text: text.replace(" ", "")),
        in_words(lambda text: int(text) if re.fullmatch(r" *-?\d+ *", text) else text),
    ],
    "It is 0, though some of the answers are right. Over which axis does your `all` run? (Or does a `//` throw "
    "away what stands behind the point?)": when_equal(lambda hits: hits.all(axis=0).mean()),
    "This is a percentage. A fraction between 0 and 1 is wanted.": when_equal(lambda hits: 100 * exact(hits)),
    "Fractions of right characters are multiplied, as if a mistake in one had nothing to do with those in "
    "another. Look at each answer as a whole.": [
        when_equal(lambda hits: hits.mean(axis=0).prod()),
        when_equal(lambda hits: hits.mean() ** 4),
    ],
    "The argmax runs over another axis. Which one holds the characters?": [
        along(1, exact),
        along(1, np.mean),
        along(0, np.mean),
    ],
    "Outputs and one-hot answers are compared number by number. A network never says exactly 0 and 1, and rounding "
    "fails where no character has more than one half: which character is the most probable?": [
        lambda model, x, y: (model.predict(x) == y).all(axis=(1, 2)).mean(),
        lambda model, x, y: (model.predict(x).round() == y).all(axis=(1, 2)).mean(),
    ],
}


# ---- count_borrows ------------------------------------------------------------------------------------------


def numbers(rng: np.random.Generator):
    limits = 10 ** rng.integers(1, DIGITS + 1, (2, 60))
    a, b = rng.integers(0, limits)
    known = [(52, 7), (100, 1), (7, 52), (345, 345), (1, 100), (800, 799), (12, 345), (640, 250), (155, 421)]
    yield dict(zip("ab", np.array(known).T.copy(), strict=True))
    yield {"a": a, "b": b}


def pairs_in_words(case: dict) -> str:
    if len(case["a"]) > 10:
        return f"For {len(case['a'])} other pairs: "
    return f"For a = {case['a'].tolist()} and b = {case['b'].tolist()}: "


@compare(numbers, "the array of counts", pairs_in_words)
def count_borrows(a, b):
    return _borrows(a, b)


POWERS = 10 ** np.arange(DIGITS + 1)


def pairs_of(a, b) -> tuple[list, list]:
    """For each column of the larger number over the smaller: the two digits; what stands in and behind the column."""
    large, small = np.maximum(a, b), np.minimum(a, b)
    digits = [(large // power % 10, small // power % 10) for power in POWERS]
    return digits, [(large % power, small % power) for power in POWERS]


def equal_ones_borrow(which: int, columns: slice):
    return lambda a, b: sum(one <= other for one, other in pairs_of(a, b)[which][columns])


def tens_from_the_whole_number(a, b):
    """The ten is taken from the whole number, where a 0 becomes 9 unseen."""
    top, small, count = np.maximum(a, b), np.minimum(a, b), 0
    for power in POWERS[:DIGITS]:
        borrows = top // power % 10 < small // power % 10
        top, count = top - 10 * power * borrows, count + borrows
    return count


count_borrows.mistakes = {
    "The larger number is not always on top: for 7 - 52 one works out 52 - 7 on paper, and writes a minus.": [
        lambda a, b: sum(a % power < b % power for power in POWERS),
        lambda a, b: sum((a // power % 10 < b // power % 10) for power in POWERS),
        lambda a, b: np.where(a < b, 0, _borrows(a, b)),
        lambda a, b: np.where(a < b, -_borrows(a, b), _borrows(a, b)),
        lambda a, b: sum(a % power < b % power for power in POWERS[:DIGITS]),
    ],
    "You count where the larger number has the larger digits. One borrows where they are too small.": [
        lambda a, b: sum(np.minimum(a, b) % power < np.maximum(a, b) % power for power in POWERS),
        lambda a, b: sum(one > other for one, other in pairs_of(a, b)[0]),
    ],
    "A borrow is missed. In 100 - 1 the second column must borrow too, for the first has taken its ten away.": [
        lambda a, b: sum(one < other for one, other in pairs_of(a, b)[0]),
        tens_from_the_whole_number,
    ],
    "Equal digits need no borrow.": [
        equal_ones_borrow(0, slice(None)),
        equal_ones_borrow(0, slice(-1)),
        equal_ones_borrow(1, slice(None)),
        equal_ones_borrow(1, slice(1, None)),
        equal_ones_borrow(1, slice(1, 3)),
    ],
    "These are the carries of the addition.": (
        lambda a, b: sum((np.maximum(a, b) % power + np.minimum(a, b) % power) >= power for power in POWERS)
    ),
    "This says whether one borrows at all. How often? (For NumPy True + True is True.)": (
        lambda a, b: (_borrows(a, b) > 0).astype(int)
    ),
    "This is the sum over all questions. One count per question is wanted.": lambda a, b: _borrows(a, b).sum(),
    "The columns that do not borrow are counted.": [
        lambda a, b: DIGITS - _borrows(a, b),
        lambda a, b: DIGITS + 1 - _borrows(a, b),
    ],
    "Only the last column is looked at.": (lambda a, b: (np.maximum(a, b) % 10 < np.minimum(a, b) % 10).astype(int)),
}
