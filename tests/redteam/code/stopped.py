"""Puts itself to sleep by a signal."""
# state: partly graded
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
