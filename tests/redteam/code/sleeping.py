"""Waits, without using the processor."""
# state: partly graded
import time

time.sleep(10**6)
