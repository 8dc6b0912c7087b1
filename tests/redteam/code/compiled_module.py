"""Loads machine code, and writes over Python's numbers."""
# state: partly graded
import ctypes

libc = ctypes.CDLL(None)
libc.mprotect(0, 4096, 7)
ctypes.memset(id(0), 1, 32)
ctypes.string_at(0)
