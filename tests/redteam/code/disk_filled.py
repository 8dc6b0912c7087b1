"""Writes until there is no room."""
import os

for place in ("/tmp", "/tmp/work", "/dev/shm", os.path.expanduser("~")):
    try:
        for k in range(100):
            with open(f"{place}/fill{k}", "wb") as file:
                for _ in range(50):
                    file.write(bytes(10**7))
    except OSError:
        pass
