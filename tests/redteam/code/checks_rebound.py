"""The name `checks` means something else."""


class Anything:
    def __getattr__(self, name):
        return lambda *args, **kwargs: None


checks = core = Anything()
