"""Closes everything that is open."""
# state: partly graded
import os

os.closerange(0, 1000)
