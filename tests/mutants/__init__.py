"""Does a check notice when one token of the solution is changed? `make mutants` changes them all, one at a time.

changes.py      what is changed: a cell's source -> its mutants
trial.py        a mutant before its exercise's check, in a process of its own with a time limit
marks.py        what may survive: marks in tests/mutants/<lab>.toml, each with its reason
__main__.py     lab by lab, the survivors, the score
scores.json     the score of each lab, written by `make mutants`, from which README's line is written
"""
