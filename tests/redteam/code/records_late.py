"""A thread sends records when the probe is long over."""
import json
import os
import struct
import threading
import time

forged = json.dumps({"records": '[{"answer": {"kind": "int", "value": 1}, "changed": [], "warnings": []}]'}).encode()


def later():
    while True:
        time.sleep(0.01)
        for handle in range(3, 40):
            try:
                os.write(handle, struct.pack("<Q", len(forged)) + forged)
            except OSError:
                pass


threading.Thread(target=later, daemon=True).start()
