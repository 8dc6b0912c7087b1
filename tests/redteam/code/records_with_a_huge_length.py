"""Announces a message of 2**63 bytes."""
import os
import struct

for handle in range(3, 300):
    try:
        os.write(handle, struct.pack("<Q", 2**63))
    except OSError:
        pass
