"""Does its work when Python ends."""
import atexit
import os


def late():
    for handle in range(3, 40):
        try:
            os.write(handle, b"\x02\0\0\0\0\0\0\0{}" * 100)
        except OSError:
            pass


atexit.register(late)
