"""The first call of every lab."""

import gc
import os
import sys
import traceback
import warnings
from pathlib import Path

from helpers import profile, progress
from helpers.backstage import doctor
from helpers.hand_in import MARKER
from helpers.messages import CourseError, Message, in_notebook

faulty: dict[str, str] = {}  # exercise -> why its cell, as it was last run, is no Python


def begin(lab: str = "", seed: int = 0, run_profile: str = "") -> None:
    """Seed everything, set the plot style, let trainings be watched, and say so when the run profile is not `full`.

    lab: the lab's name without its number, under which progress is kept; in a source it is still {{name}}, and
    nothing is kept. run_profile: see `helpers.profile`; COURSE_PROFILE, where it is set, comes first. From here on a
    cell that needs an unsolved exercise says 'not attempted' in one line. Raises CourseError where a file beside the
    notebook has the name of a package that the labs import.
    """
    progress.lab = "" if lab.startswith("{{") else lab
    profile.chosen = run_profile or "full"
    for finding in doctor.shadows(Path.cwd()):
        raise CourseError(f"{finding.says}: {finding.fix}.")
    load_tensorflow()
    from helpers import plots
    from helpers.backstage import diagnosis

    profile.seed_everything(seed)
    plots.use_course_style()
    if profile.current() == "ci":
        run_step_by_step()
    else:
        diagnosis.watch_trainings()
    if profile.current() != "full":
        Message(
            "info",
            f"Run profile: {profile.current()}",
            "Training is shortened and data sets are cut, so figures differ from the text. "
            "For the full lab leave run_profile out above, unset COURSE_PROFILE, and restart the kernel.",
        ).show()
    if in_notebook():
        shell = sys.modules["IPython"].get_ipython()
        shell.set_custom_exc((NotImplementedError, NameError), _say_what_is_missing)
        if _note_faulty not in shell.events.callbacks["post_run_cell"]:
            shell.events.register("post_run_cell", _note_faulty)


def run_step_by_step() -> None:
    """Let Keras take each step of a training at once: to trace it first costs more than a handful of steps save."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})  # the same for pipelines
    # It goes on tracing pipelines, and says so each time.
    warnings.filterwarnings("ignore", "Even though the `tf.config", UserWarning)


def load_tensorflow() -> None:
    """Import TensorFlow and Keras quietly: the start-up log comes from C++ before any log level counts.

    TensorFlow's later remarks, on functions that are traced again, go to stderr too, where they cost points in a graded
    cell. A `keras.json` of other work does not count: images are channels-last, numbers have 32 bits.
    """
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    collects = gc.isenabled()
    gc.disable()  # an import leaves no garbage: to look for it again and again takes a quarter of the time
    try:
        import keras
        import tensorflow

        tensorflow.get_logger().setLevel("ERROR")
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
    finally:
        if collects:
            gc.enable()
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def _say_what_is_missing(shell, kind, error, trace, tb_offset=None) -> list[str]:
    """In place of IPython's traceback: which exercise this cell needs, or under it, that a cell was not run."""
    if isinstance(error, NotImplementedError):
        from matplotlib import pyplot as plt

        plt.close("all")  # what the cell had begun to draw is empty
        lines = [f"not attempted: this cell needs an exercise that is not written yet. {not_attempted(error)}"]
        Message("info", "", lines[0], says_it_all=True).show()
    else:
        lines = shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
        if kind is NameError:
            lines.append(
                f"Is `{error.name}` spelled right? If so, the cell that makes it was not run since the kernel started: "
                "menu Run, Run All Above Selected Cell."
            )
    shell._showtraceback(kind, error, lines)
    return lines


def _note_faulty(result) -> None:
    """After each cell: remember an exercise's cell that did not run, so that no check judges what it held before."""
    if found := MARKER.match(result.info.raw_cell or ""):
        faulty.pop(found["name"], None)
        if isinstance(error := result.error_before_exec, SyntaxError):
            said = error.msg.replace("incomplete input", "a bracket or a quotation mark is not closed")
            faulty[found["name"]] = f"{type(error).__name__} in line {error.lineno}: {said}"


def not_attempted(error: NotImplementedError) -> str:
    """Says which exercise is still to be written: the function whose body raised NotImplementedError."""
    code = list(traceback.walk_tb(error.__traceback__))[-1][0].f_code
    name = code.co_name
    if name == "__init__":  # the exercise is the class
        name = code.co_qualname.split(".")[-2]
    if name == "<module>":
        return "Write your code where it says YOUR CODE HERE."
    return f"`{name}` still raises NotImplementedError: write it where it says YOUR CODE HERE."
