"""The first call of every lab."""

import os
import sys
import traceback
import warnings

from helpers import profile, progress
from helpers.messages import Message, in_notebook


def begin(lab: str = "", seed: int = 0) -> None:
    """Seed everything, set the plot style, and say so when the run profile is not `full`.

    lab: the lab's name without its number, under which progress is kept; in a source it is still {{name}}, and
    nothing is kept. From here on a cell that needs an unsolved exercise says 'not attempted' in one line.
    """
    progress.lab = "" if lab.startswith("{{") else lab
    load_tensorflow()
    from helpers import plots

    profile.seed_everything(seed)
    plots.use_course_style()
    if profile.current() == "ci":
        run_step_by_step()
    if profile.current() != "full":
        Message(
            "info",
            f"Run profile: {profile.current()}",
            "Training is shortened and data sets are cut, so figures differ from the text. "
            "Unset COURSE_PROFILE and restart the kernel for the full lab.",
        ).show()
    if in_notebook():
        sys.modules["IPython"].get_ipython().set_custom_exc((NotImplementedError,), _say_not_attempted)


def run_step_by_step() -> None:
    """Let Keras take each step of a training at once: to trace it first costs more than a handful of steps save."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    # It goes on tracing pipelines, and says so each time.
    warnings.filterwarnings("ignore", "Even though the `tf.config", UserWarning)


def load_tensorflow() -> None:
    """Import TensorFlow quietly: its start-up log comes from C++ before any log level counts.

    Its later remarks, on functions that are traced again, go to stderr too, where they cost points in a graded cell.
    """
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import tensorflow

        tensorflow.get_logger().setLevel("ERROR")
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def _say_not_attempted(shell, kind, error, trace, tb_offset=None) -> list[str]:
    line = [f"not attempted: this cell needs an exercise that is not written yet. {not_attempted(error)}"]
    shell._showtraceback(kind, error, line)
    return line


def not_attempted(error: NotImplementedError) -> str:
    """Says which exercise is still to be written: the function whose body raised NotImplementedError."""
    code = list(traceback.walk_tb(error.__traceback__))[-1][0].f_code
    name = code.co_name
    if name == "__init__":  # the exercise is the class
        name = code.co_qualname.split(".")[-2]
    if name == "<module>":
        return "Write your code where it says YOUR CODE HERE."
    return f"`{name}` still raises NotImplementedError: write it where it says YOUR CODE HERE."
