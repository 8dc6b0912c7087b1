"""Prints 60 MB on every way out."""
import os
import sys

for _ in range(60):
    print("x" * 1_000_000)
    sys.stderr.write("y" * 1_000_000)
    os.write(1, b"z" * 1_000_000)
