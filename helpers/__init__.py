"""What every lab of the course needs and what is not the lesson: data, plots, checks, widgets.

Importing this package is fast: TensorFlow loads only when a lab asks for it.
"""

import os

# TensorFlow logs to stderr, and nbgrader gives 0 points to a graded cell that writes there. The level counts only
# if it is set before TensorFlow is loaded; for what is logged while it loads, see session.load_tensorflow.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The labs are written for TensorFlow, whatever a user has chosen for other work; see also session.load_tensorflow.
os.environ["KERAS_BACKEND"] = "tensorflow"
