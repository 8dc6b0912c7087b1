"""Takes memory in many processes, each of them modest."""
# state: partly graded
import os
import time

for _ in range(30):
    if os.fork() == 0:
        keep = bytearray(os.urandom(1000)) * 100_000
        time.sleep(60)
time.sleep(60)
