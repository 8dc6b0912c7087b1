"""What every lab of the course needs and what is not the lesson: data, plots, checks, widgets.

Importing this package is fast: TensorFlow loads only when a lab asks for it.
"""

import os

# TensorFlow writes its start-up log to stderr, and nbgrader gives 0 points to a graded cell that does.
# The level counts only if it is set before TensorFlow is loaded.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
