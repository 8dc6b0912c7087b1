"""The checks students run: `core` is the machinery, one module per lab holds that lab's checks."""
