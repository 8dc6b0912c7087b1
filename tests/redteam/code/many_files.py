"""Makes files until there are no more names."""
try:
    for k in range(100_000):
        open(f"/tmp/{k}", "w").close()
except OSError:
    pass
