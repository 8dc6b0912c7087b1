"""Calls itself until Python's stack, or the machine's, is full."""
# state: partly graded
import sys

sys.setrecursionlimit(10**9)


def correlate_valid(*args):
    return correlate_valid(*args)


correlate_valid(0, 0)
