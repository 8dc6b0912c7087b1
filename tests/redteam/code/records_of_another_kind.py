"""Answers with lists, numbers and nesting in place of a message."""
import os
import struct

for handle in range(3, 300):
    try:
        for forged in (b"[]", b"null", b"1e999", b"[" * 50_000, b"\xff\xfe", b'{"records": {"a": 1}}', b'{"records": [[]]}', b'{"records": ["[]"]}'):
            os.write(handle, struct.pack("<Q", len(forged)) + forged)
    except OSError:
        pass
